import fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { editAccount } from "../../../src/channel/account-edits.ts";
import { listAccountIds, resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules as rules, groupSettingsOf, ownedBy } from "../../../src/channel/clawchat-account.ts";
import { readServers } from "../../../src/channel/clawchat-servers.ts";
import { writeId } from "../../../src/channel/identity.ts";
import { processWide } from "../../../src/channel/process-wide.ts";
import { createResumed } from "../../../src/channel/resumed.ts";
import { createLiveAccounts } from "../../../src/channel/running.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import { clawchatChannel, clawchatToolGuard } from "../../../src/channel/clawchat.ts";
import { noApprovals } from "./fake-host.ts";

const cfgOf = (block: object) => ({ channels: { clawchat: block } });
const resolve = (block: object, accountId?: string, environment: Record<string, string> = {}) => resolveAccount(rules, cfgOf(block), accountId, environment);
const secret = "tok-canary-51c7";
const login = { token: secret, refreshToken: `${secret}-r`, userId: "usr_AGENT", agentId: "agt_1", ownerUserId: "usr_OWNER", homeConversationId: "cnv_HOME", deviceId: "openclaw-1" };

describe("an account of the ClawChat channel", () => {
  it("CC-1 needs nothing but to be there: a login comes later", () => {
    expect(resolve({})).toMatchObject({
      accountId: "default",
      configured: true,
      warnings: [],
      config: { baseUrl: "https://app.clawling.com", url: "wss://app.clawling.com/ws", mediaUrl: "https://app.clawling.com", trustsPeer: true, leavesOwnNetwork: false, dmPolicy: "pairing", groupPolicy: "allowlist", reliableDelivery: true, streaming: false },
    });
    expect(resolve({}).config?.token).toBeUndefined();
  });

  it("is read under the original key too", () => {
    const cfg = { channels: { "clawchat-plugin-openclaw": { enabled: true, token: secret, refreshToken: "r", userId: "usr_A", mediaBaseUrl: "https://m.example:39003/" } } };
    expect(resolveAccount(rules, cfg, undefined, {})).toMatchObject({ configured: true, config: { userId: "usr_A", mediaUrl: "https://m.example:39003" } });
    expect(clawchatChannel.config.listAccountIds(cfg)).toEqual(["default"]);
  });

  it("of the original plugin goes on without what has no meaning here, and says so", () => {
    const block = { allowAll: true, media: { localRoots: ["/srv"] }, awarenessNote: true, richInteractions: true };
    expect(resolve(block)).toMatchObject({ configured: true, config: { dmPolicy: "pairing" } });
    expect(resolve(block).warnings).toEqual(["allowAll", "media", "awarenessNote", "richInteractions"].map((field) => `channels.clawchat: ${field} has no meaning any more and is ignored`));
    expect(Object.keys(resolve(block).config ?? {})).not.toContain("media");
  });

  it.each([
    [{ groupMode: "some" }, "groupMode"],
    [{ groupCommandMode: "boss" }, "groupCommandMode"],
    [{ deviceId: "x".repeat(129) }, "deviceId"],
    [{ deviceId: "two words" }, "deviceId"],
    [{ baseUrl: "app.clawling.com" }, "baseUrl must be a URL that begins with https:// or http://"],
    [{ websocketUrl: "https://app.clawling.com/ws" }, "websocketUrl must be a URL that begins with wss:// or ws://"],
    [{ websocketUrl: "ws://chat.example/ws" }, "websocketUrl must be wss://, for chat.example is neither this machine nor a private address; allowInsecure permits ws:// all the same"],
    [{ websocketUrl: "wss://a:b@chat.example/ws" }, "websocketUrl must not hold a user name or password"],
    [{ websocketUrl: "wss://chat.example/ws?token=x" }, "websocketUrl must end with its path, without ? or #"],
    [{ mediaBaseUrl: "http://media.example" }, "mediaBaseUrl must be https://"],
    [{ limits: { mediaMegabytes: 101 } }, "limits.mediaMegabytes"],
  ])("that is written wrongly does not run and says what was expected: %j", (block, problem) => {
    const account = resolve(block);
    expect([account.configured, account.config]).toEqual([false, undefined]);
    expect(account.problem).toContain(problem);
  });

  it("takes a token that OpenClaw has yet to look up for a good one, and names it", () => {
    const account = resolve({ token: { source: "env", provider: "default", id: "T" } });
    expect(account).toMatchObject({ configured: true, problem: "channels.clawchat: token: OpenClaw has found no value for the SecretRef" });
  });

  it("CC-90 shows no token to whoever looks", () => {
    const account = resolve(login);
    expect(account.config?.token?.reveal()).toBe(secret);
    expect(account.config?.refreshToken?.reveal()).toBe(`${secret}-r`);
    const description = clawchatChannel.config.describeAccount?.(account, {});
    for (const shown of [JSON.stringify(account), inspect(account, { depth: 9 }), JSON.stringify(description)]) expect(shown).not.toContain(secret);
    expect(resolve({ token: `${secret} with spaces` }).problem).not.toContain(secret);
  });
});

describe("the addresses of a ClawChat server", () => {
  it.each([
    [{ baseUrl: "https://chat.example/" }, ["https://chat.example", "wss://chat.example/ws", "https://chat.example"]],
    [{ baseUrl: "http://127.0.0.1:18803" }, ["http://127.0.0.1:18803", "ws://127.0.0.1:18803/ws", "http://127.0.0.1:18803"]],
    [{ baseUrl: "https://api.example/base/" }, ["https://api.example/base", "wss://api.example/ws", "https://api.example"]],
    [{ websocketUrl: "wss://ws.example:39002/hub/" }, ["https://app.clawling.com", "wss://ws.example:39002/hub", "https://ws.example:39002"]],
    [{ websocketUrl: "wss://ws.example/ws", mediaBaseUrl: "https://m.example/files/" }, ["https://app.clawling.com", "wss://ws.example/ws", "https://m.example/files"]],
  ])("CC-2 of %j are %j", (block, [baseUrl, url, mediaUrl]) => {
    expect(resolve(block).config).toMatchObject({ baseUrl, url, mediaUrl });
  });

  it.each([
    [{ baseUrl: "https://chat.example" }, true, false],
    [{ baseUrl: "http://localhost:1" }, true, false],
    [{ baseUrl: "http://192.168.1.4" }, false, false],
    [{ baseUrl: "http://chat.example", allowInsecure: true }, false, true],
    [{ baseUrl: "http://192.168.1.4", websocketUrl: "wss://chat.example/ws" }, false, false],
  ])("let the server's word count where nobody on the way can speak for it: %j", (block, trustsPeer, leavesOwnNetwork) => {
    expect(resolve(block).config).toMatchObject({ trustsPeer, leavesOwnNetwork });
  });

  it("CC-2 never lead out of the operator's networks unencrypted, unless that is allowed", () => {
    const host = fc.constantFrom("chat.example", "10.0.0.1", "127.0.0.1", "8.8.8.8", "localhost", "192.168.3.4");
    const address = fc.tuple(fc.constantFrom("http", "https", "ws", "wss", "ftp"), host, fc.constantFrom("", "/", "/ws", "/a/b/")).map(([scheme, name, path]) => `${scheme}://${name}${path}`);
    const fields = fc.record({ baseUrl: address, websocketUrl: fc.option(address, { nil: undefined }), mediaBaseUrl: fc.option(address, { nil: undefined }) }, { requiredKeys: ["baseUrl"] });
    fc.assert(
      fc.property(fields, ({ baseUrl, websocketUrl, mediaBaseUrl }) => {
        const servers = readServers({ baseUrl, allowInsecure: false, ...(websocketUrl !== undefined && { websocketUrl }), ...(mediaBaseUrl !== undefined && { mediaBaseUrl }) });
        if (!servers.ok) return;
        for (const url of [servers.baseUrl, servers.socketUrl, servers.mediaUrl]) {
          const { protocol, hostname } = new URL(url);
          expect(protocol === "https:" || protocol === "wss:" || !["chat.example", "8.8.8.8"].includes(hostname)).toBe(true);
          expect(url.endsWith("/")).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("accounts beside each other", () => {
  const block = { ...login, dmPolicy: "open", limits: { turnSeconds: 5 }, accounts: { default: {}, work: { userId: "usr_WORK", limits: { maxConcurrent: 1 } } } };

  it("inherit from the root, field by field inside limits", () => {
    expect(resolve(block, "work").config).toMatchObject({ dmPolicy: "open", limits: { turnSeconds: 5, maxConcurrent: 1 } });
  });

  it("CC-3 never share a login: the root's is that of the default one alone", () => {
    const work = resolve(block, "work").config;
    expect([work?.token, work?.refreshToken, work?.userId, work?.agentId, work?.ownerUserId, work?.homeConversationId, work?.deviceId]).toEqual([undefined, undefined, "usr_WORK", undefined, undefined, undefined, undefined]);
    expect(work?.allowFrom).toEqual([]);
    const first = resolve(block, "default").config;
    expect([first?.token?.reveal(), first?.userId, first?.deviceId]).toEqual([secret, "usr_AGENT", "openclaw-1"]);
  });

  it("keep the first one's login when a second one comes", () => {
    const cfg = editAccount(rules, cfgOf(login), "work", { enabled: true });
    expect(listAccountIds(rules, cfg)).toEqual(["default", "work"]);
    expect(resolveAccount(rules, cfg, "default", {}).config?.userId).toBe("usr_AGENT");
    expect(resolveAccount(rules, cfg, "work", {}).config?.userId).toBeUndefined();
  });

  it("leave the variables to the root, a login in them too", () => {
    const environment = { CLAWCHAT_TOKEN: secret, CLAWCHAT_USER_ID: "usr_ENV", CLAWCHAT_BASE_URL: "https://env.example" };
    expect(resolve(block, "default", environment).config).toMatchObject({ userId: "usr_ENV", baseUrl: "https://env.example" });
    expect(resolve({ accounts: { work: {} } }, "work", environment).config).toMatchObject({ baseUrl: "https://env.example" });
    expect(resolve({ accounts: { work: {} } }, "work", environment).config?.token).toBeUndefined();
  });
});

describe("the variables of the ClawChat channel", () => {
  it("have the names of the original, the older one behind the newer", () => {
    expect(resolve({}, undefined, { CLAWCHAT_WS_URL: "wss://old.example/ws" }).config?.url).toBe("wss://old.example/ws");
    expect(resolve({}, undefined, { CLAWCHAT_WS_URL: "wss://old.example/ws", CLAWCHAT_WEBSOCKET_URL: "wss://new.example/ws" }).config?.url).toBe("wss://new.example/ws");
    expect(resolve({}, undefined, { CLAWCHAT_HOME_CHANNEL: "cnv_1", CLAWCHAT_DEVICE_ID: "pin", CLAWCHAT_GROUP_COMMAND_MODE: "off" }).config).toMatchObject({ homeConversationId: "cnv_1", deviceId: "pin", groupCommandMode: "off" });
  });

  it("list users separated by commas", () => {
    expect(resolve({ allowFrom: ["usr_0"] }, undefined, { CLAWCHAT_ALLOWED_USERS: " usr_1, usr_2 ,," }).config?.allowFrom).toEqual(["usr_1", "usr_2"]);
  });
});

describe("the owner", () => {
  it("counts as listed, in groups as well", () => {
    expect(resolve({ ownerUserId: "usr_O", allowFrom: ["usr_1"] }).config).toMatchObject({ allowFrom: ["usr_1", "usr_O"], groupAllowFrom: ["usr_O"] });
  });

  it("is one user and never everybody, whatever the server calls them", () => {
    expect(resolve({ ownerUserId: "*" }).config).toMatchObject({ allowFrom: ["%2a"], groupAllowFrom: ["%2a"] });
  });
});

describe("the settings of a group", () => {
  it("are its own, else those of all others, else the account's, field by field", () => {
    const config = resolve({ groupMode: "all", groups: { cnv_1: { muted: true }, "*": { groupMode: "mention", batchDelaySeconds: 3 } } }).config;
    if (!config) throw new Error("no account");
    expect(groupSettingsOf(config, "cnv_1")).toEqual({ groupMode: "mention", muted: true, batchDelaySeconds: 3 });
    expect(groupSettingsOf(config, "cnv_2")).toEqual({ groupMode: "mention", muted: false, batchDelaySeconds: 3 });
    expect(groupSettingsOf({ groups: {}, groupMode: "all" }, "__proto__")).toEqual({ groupMode: "all", muted: false });
  });
});

describe("the ClawChat channel", () => {
  it("restarts an account whose login or server is another, and follows the rest", () => {
    const { noopPrefixes = [], configPrefixes } = clawchatChannel.reload ?? {};
    expect(configPrefixes).toEqual(["channels.clawchat", "channels.clawchat-plugin-openclaw"]);
    for (const field of Object.keys(login)) expect(noopPrefixes).not.toContain(`channels.clawchat.${field}`);
    for (const field of ["allowFrom", "groups", "streaming", "limits"]) expect(noopPrefixes).toContain(`channels.clawchat.accounts.*.${field}`);
  });

  it("CC-1 is started by the host without a login too, or it would never notice one", () => {
    const cfg = cfgOf({});
    const isLinked = () => clawchatChannel.config.isLinked?.(clawchatChannel.config.resolveAccount(cfg, "default"), cfg);
    const live = processWide("clawchat.accounts", createLiveAccounts);
    const running = (state: "blocked" | "ready") => ({ connected: false, running: 0, waiting: 0, login: "no login", link: { state, reason: "", attempts: 0, ...(state === "blocked" && { lastLoss: { fault: "login" as const, text: "" } }) } });
    expect(isLinked()).toBe("linked");
    for (const [state, link] of [["blocked", "not-linked"], ["ready", "linked"]] as const) {
      const account = { status: () => running(state), url: "", send: async () => "away" as const, carries: () => [], act: async () => ({ is: "away" }) as const, probe: async () => ({ ok: true, checked: [], roundTripMs: 1 }) as const };
      const remove = live.add("default", { account, resumed: createResumed(), approvals: noApprovals, log: { debug() {}, info() {}, warn() {}, error() {} }, mediaBytes: () => 0 });
      expect(isLinked()).toBe(link);
      remove();
    }
    expect(isLinked()).toBe("linked");
    expect(localImChannel.config.isLinked).toBeUndefined();
  });

  it("gives tools outside of a message to sessions of the owner alone, a group's member's too", () => {
    const cfg = cfgOf({ ...login, groupAllowFrom: ["usr_1"] });
    const isListed = (conversation: Parameters<typeof clawchatToolGuard.isListed>[1]["conversation"]) => clawchatToolGuard.isListed(cfg, { accountId: "default", conversation }, []);
    expect(isListed({ kind: "direct", id: "usr_OWNER" })).toBe(true);
    expect(isListed({ kind: "group", id: "cnv_1", member: "usr_OWNER" })).toBe(true);
    expect(isListed({ kind: "group", id: "cnv_1" })).toBe(false);
    expect(isListed({ kind: "group", id: "cnv_1", member: "usr_1" })).toBe(false);
    expect(isListed({ kind: "direct", id: "usr_owner" })).toBe(false);
  });
});

describe("the owner that a login names", () => {
  const block = { baseUrl: "https://chat.example" };
  const config = rules.complete(block, { accountId: "default", own: block, root: block });

  it("CC-84 is listed before the configuration is written, encoded like every entry, and once", () => {
    const owned = ownedBy(config, "usr_O*");
    expect(owned).toMatchObject({ ownerUserId: "usr_O*", allowFrom: [writeId("usr_O*")], groupAllowFrom: [writeId("usr_O*")] });
    expect(ownedBy(owned, "usr_O*")).toBe(owned);
  });
});
