import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditExposure, auditHabits, type Exposure, type Finding } from "../../../src/channel/audit.ts";
import { auditDuplicates, auditPlainSecrets } from "../../../src/channel/audit-accounts.ts";
import { auditFiles } from "../../../src/channel/audit-files.ts";
import { openAgents } from "../../../src/channel/audit-tools.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { clawchatChannel } from "../../../src/channel/clawchat.ts";
import { judgeLogin } from "../../../src/channel/clawchat-login.ts";
import { instaClawChannel } from "../../../src/channel/insta-claw.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import { dmPolicyOf } from "../../../src/channel/security.ts";
import { websocketChannel } from "../../../src/channel/websocket.ts";
import { openJournal } from "../../../src/store/journal.ts";
import { openLogins, peekLogin, type StoredLogin } from "../../../src/store/logins.ts";
import { system } from "../../../src/core/system.ts";

const names = { id: "websocket", legacy: ["ws"] };
const listening: Exposure = {
  accountId: "default",
  place: "0.0.0.0:18800",
  listens: { takesQueryToken: false, allowedOrigins: ["https://app.example"], hasPage: false },
  isLocal: false,
  verifies: "all",
  admitsAll: true,
  allowFrom: [],
  groupAllowFrom: [],
  groups: {},
  secretUrls: [],
  logsMessages: false,
};
const { listens: _listens, ...rest } = listening;
const dialing: Exposure = { ...rest, place: "im.example", dials: "own" };
const messaging: OpenClawConfig = { tools: { profile: "messaging" } };

const say = (findings: readonly Finding[]) => findings.map(({ checkId, severity }) => `${severity} ${checkId.replace(/^channels\.[^.]+\./, "")}`);
const open = (about: Partial<Exposure>, cfg: OpenClawConfig = messaging) => say(auditExposure(names, { ...listening, ...about }, cfg));
const habits = (about: Partial<Exposure>) => say(auditHabits(names, { ...listening, ...about }));

describe("the audit of what an account is open to", () => {
  it("has nothing to say of a verified channel with restricted tools", () => {
    expect(open({})).toEqual([]);
    expect(say(auditExposure(names, dialing, messaging))).toEqual([]);
  });

  it("calls it critical that anybody can connect from elsewhere under any name", () => {
    expect(open({ verifies: "none" })).toEqual(["critical open-bind"]);
    expect(open({ verifies: "none", allowFrom: ["ann"] })).toEqual(["critical open-bind", "warn claimed-allowlist"]);
    expect(open({ verifies: "some" })).toEqual(["critical open-bind", "warn anonymous-senders"]);
    expect(open({ verifies: "some", isLocal: true })).toEqual(["warn anonymous-senders"]);
    expect(open({ verifies: "none", isLocal: true })).toEqual([]);
  });

  it("warns of a link that is not encrypted, and calls one that leaves the own network critical", () => {
    const dial = (dials: "own" | "foreign") => say(auditExposure(names, { ...dialing, dials, verifies: "none" }, messaging));
    expect([dial("own"), dial("foreign")]).toEqual([["warn plain-link"], ["critical plain-link"]]);
  });

  it("warns of a secret in an address by the field's name, and shows nothing of it", () => {
    const [finding] = auditExposure(names, { ...dialing, secretUrls: ["wsUrl"] }, messaging);
    expect(finding).toMatchObject({ severity: "warn", checkId: "channels.websocket.secret-in-url", detail: expect.stringContaining("wsUrl") as string });
  });

  it("calls it critical that everybody may run commands, and warns where it is files alone", () => {
    const wildcard: Partial<Exposure> = { allowFrom: ["*"], isLocal: true };
    expect(open(wildcard, {})).toEqual(["critical tools-for-everybody"]);
    expect(open({ ...wildcard, allowFrom: [], groupAllowFrom: ["*"] }, {})).toEqual(["critical tools-for-everybody"]);
    expect(open({ ...wildcard, allowFrom: [], groups: { team: { allowFrom: ["*"] }, other: { allowFrom: ["ann"] } } }, {})).toEqual(["critical tools-for-everybody"]);
    expect(open(wildcard, { tools: { exec: { security: "deny" } } })).toEqual(["warn tools-for-everybody"]);
    expect(open({ ...wildcard, verifies: "none" }, {})).toEqual([]);
    expect(open({}, {})).toEqual(["info plugin-tools"]);
  });

  it("calls it critical that everybody is elevated, under an older key of the channel too", () => {
    const elevated = (channel: string, enabled = true): OpenClawConfig => ({ tools: { profile: "messaging", elevated: { enabled, allowFrom: { [channel]: ["*"] } } } });
    expect(open({}, elevated("ws"))).toEqual(["critical elevated-for-everybody"]);
    expect([open({}, elevated("ws", false)), open({}, elevated("telegram"))]).toEqual([[], []]);
  });

  it("tells of habits in the audit alone", () => {
    expect(habits({ admitsAll: false })).toEqual(["info plain-listener"]);
    expect(habits({})).toEqual(["info plain-listener", "info open-to-verified"]);
    expect(habits({ isLocal: true, verifies: "none" })).toEqual(["info local-senders"]);
    expect(habits({ isLocal: true, admitsAll: false, listens: { takesQueryToken: true, allowedOrigins: [], hasPage: false } })).toEqual(["info token-in-url"]);
    expect(habits({ admitsAll: false, listens: { takesQueryToken: true, allowedOrigins: [], hasPage: false } })).toEqual(["info plain-listener", "warn token-in-url", "info no-origins"]);
    expect(habits({ isLocal: true, admitsAll: false, listens: { takesQueryToken: false, allowedOrigins: ["null", "http://app.example"], hasPage: false } })).toEqual(["warn loose-origin"]);
    expect(habits({ admitsAll: false, listens: { takesQueryToken: false, allowedOrigins: ["https://app.example"], hasPage: true } })).toEqual(["info plain-listener", "warn open-page"]);
    expect(habits({ isLocal: true, admitsAll: false, listens: { takesQueryToken: false, allowedOrigins: [], hasPage: true } })).toEqual([]);
    expect(say(auditHabits(names, { ...dialing, logsMessages: true }))).toEqual(["info detailed-log"]);
  });

  it("gives every finding a remedy and the account's name", () => {
    const all = { ...listening, verifies: "some", allowFrom: ["*"], secretUrls: ["x"], logsMessages: true, listens: { takesQueryToken: true, allowedOrigins: ["null"], hasPage: true } } as const;
    for (const { detail, remediation = "" } of [...auditExposure(names, all, {}), ...auditHabits(names, all)]) {
      expect(detail).toMatch(/^Account default: /);
      expect(remediation).not.toBe("");
    }
  });
});

describe("the tools of the agents that answer", () => {
  const reach = (cfg: object, accountId = "default") => openAgents(cfg as OpenClawConfig, ["websocket", "ws"], accountId).map(({ agentId, tools }) => `${agentId}: ${tools.join(" ")}`);

  it.each([
    ["nothing is said", {}, ["main: exec write read"]],
    ["the profile has none", { tools: { profile: "minimal" } }, []],
    ["the profile is widened", { tools: { profile: "messaging", alsoAllow: ["group:fs"] } }, ["main: write read"]],
    ["they are refused", { tools: { deny: ["group:runtime", "group:fs"] } }, []],
    ["they are refused by a pattern", { tools: { deny: ["*"] } }, []],
    ["others are listed", { tools: { allow: ["message"] } }, []],
    ["one is listed", { tools: { allow: ["bash"] } }, ["main: exec"]],
    ["every sender is refused them", { tools: { toolsBySender: { "*": { deny: ["exec", "write", "read"] } } } }, []],
    ["everything is in a sandbox", { agents: { defaults: { sandbox: { mode: "all" } } } }, []],
    ["an agent has a profile of its own", { tools: { profile: "messaging" }, agents: { entries: { main: {}, ops: { tools: { profile: "coding" } } } } }, ["ops: exec write read"]],
    ["an agent of a list is shut", { agents: { list: [{ id: "main", tools: { exec: { security: "deny" }, deny: ["group:fs"] } }] } }, []],
  ])("are found where %s", (_what, cfg, expected) => {
    expect(reach(cfg)).toEqual(expected);
  });

  it("are those of the bound agent, and of all others too where a binding is for one conversation", () => {
    const agents = { entries: { main: {}, desk: { tools: { profile: "minimal" } } } };
    const bind = (match: object) => ({ agents, bindings: [{ agentId: "desk", match }] });
    expect(reach(bind({ channel: "ws" }))).toEqual([]);
    expect(reach(bind({ channel: "websocket", accountId: "other" }))).toEqual(["main: exec write read"]);
    expect(reach(bind({ channel: "websocket", peer: { kind: "direct", id: "ann" } }))).toEqual(["main: exec write read"]);
  });
});

describe("the audit of accounts beside each other", () => {
  it.each([
    ["websocket", websocketChannel, { port: 18801, accounts: { a: { port: 1, path: "/x" }, b: { port: 1, path: "/x" }, c: { path: "/c" } } }, "port and path are the same as of b"],
    ["insta-claw-connector", instaClawChannel, { clientSecret: "s", wsUrl: "wss://x.example/", accounts: { a: { clientId: "one" }, b: { clientId: "one" }, c: { clientId: "two" } } }, "wsUrl and clientId are the same as of b"],
    ["nc-local-im-connector", localImChannel, { serverUrl: "ws://127.0.0.1:1", accounts: { A: {}, a: {}, c: {} } }, "names in OpenClaw are the same as of a"],
    ["clawchat", clawchatChannel, { accounts: { a: { userId: "usr_1" }, b: { userId: "usr_1" }, c: { userId: "usr_2" }, d: { userId: "usr_1", enabled: false } } }, "baseUrl and userId are the same as of b"],
  ] as const)("finds the accounts of %s that push each other out, once", async (id, channel, block, expected) => {
    const cfg: OpenClawConfig = { channels: { [id]: block } };
    const each = await Promise.all(
      channel.config.listAccountIds(cfg).map(async (accountId) => {
        const account = channel.config.resolveAccount(cfg, accountId);
        // Each channel has accounts of a type of its own.
        const { collectWarnings } = channel.security as { collectWarnings(about: object): Promise<Finding[]> };
        return collectWarnings({ cfg, accountId, account });
      }),
    );
    const found = each.flat().filter(({ checkId }) => checkId.endsWith(".duplicate-account"));
    expect(found.map(({ detail }) => detail)).toEqual([expect.stringContaining(expected)]);
  });

  it("keeps what they have in common out of the finding", () => {
    const account = (accountId: string) => ({ accountId, claims: [{ what: "tokens", key: "canary-77" }] });
    const findings = auditDuplicates("clawchat", "a", [account("a"), account("b")]);
    expect(findings).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain("canary");
    expect(auditDuplicates("clawchat", "b", [account("a"), account("b")])).toEqual([]);
  });

  it("names the fields that hold secrets in plain text, the root's once, and no references", () => {
    const block = { token: "canary-1", refreshToken: "$CLAW_REFRESH", accounts: { a: { token: { source: "env", provider: "default", id: "X" } }, b: { refreshToken: "canary-2" } } };
    const cfg: OpenClawConfig = { channels: { "clawchat-plugin-openclaw": block } };
    const details = ["a", "b"].map((accountId) => auditPlainSecrets(clawchatRules, ["token", "refreshToken"], cfg, accountId).map(({ detail }) => detail));
    expect(details).toEqual([
      [expect.stringMatching(/^Account a: channels\.clawchat-plugin-openclaw\.token: /)],
      [expect.stringMatching(/^Account b: channels\.clawchat-plugin-openclaw\.accounts\.b\.refreshToken: /)],
    ]);
    expect(JSON.stringify(details)).not.toContain("canary");
  });
});

describe("what the host is told of direct messages", () => {
  it("is that open means everybody, wildcard or not", () => {
    const account = { accountId: "default", enabled: true, configured: true, warnings: [], dmPolicy: "open", allowFrom: ["ann"] };
    expect(dmPolicyOf("websocket", account)).toMatchObject({ policy: "open", allowFrom: ["ann", "*"] });
  });

  it.each([
    ["a verifier lets in whom it knows", {}, null],
    ["nobody but this machine connects", { auth: { enabled: false } }, null],
    ["strangers are let in too", { host: "0.0.0.0", auth: { required: false }, dmPolicy: "open" }, "open"],
    ["nobody verifies", { host: "0.0.0.0", auth: { enabled: false }, dmPolicy: "open" }, "open"],
    ["senders have to be approved", { dmPolicy: "pairing" }, "pairing"],
  ])("is nothing where an open account is shut to strangers, else the policy: %s", (_what, block, expected) => {
    const cfg: OpenClawConfig = { channels: { websocket: block } };
    const account = websocketChannel.config.resolveAccount(cfg, "default");
    const told = websocketChannel.security?.resolveDmPolicy?.({ cfg, accountId: "default", account });
    expect(told?.policy ?? null).toBe(expected);
  });
});

describe("what is kept on disk", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "clawwire-audit-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const files = () => ({ journalFile: path.join(folder, "a.sqlite"), loginFile: path.join(folder, "a.login.sqlite"), pairingFile: path.join(folder, "a.pairing.json") });

  it("is found where others can read it, and is shut again when the account opens it", async () => {
    const { journalFile, loginFile } = files();
    writeFileSync(journalFile, "");
    chmodSync(journalFile, 0o644);
    expect(await auditFiles("clawchat", "a", files())).toEqual([]);
    chmodSync(folder, 0o755);
    const [finding] = await auditFiles("clawchat", "a", files());
    expect(finding).toMatchObject({ severity: "warn", remediation: `chmod go= ${journalFile}` });
    openJournal(journalFile, { remembered: 0 }).close();
    openLogins(loginFile, system).close();
    expect(await auditFiles("clawchat", "a", files())).toEqual([]);
  });

  it("is looked at and not made: a login file that is not there, or is none", () => {
    expect(peekLogin(files().loginFile, system)).toBeUndefined();
    mkdirSync(path.join(folder, "b.login.sqlite"));
    expect(peekLogin(path.join(folder, "b.login.sqlite"), system)).toBeUndefined();
    const store = openLogins(files().loginFile, system);
    expect(peekLogin(files().loginFile, system)).toEqual(store.read());
    store.close();
  });
});

describe("the login of an account", () => {
  const config = (block: object = {}) => {
    const found = resolveAccount(clawchatRules, { channels: { clawchat: block } }, "default", {}).config;
    if (!found) throw new Error("the block is not valid");
    return { accountId: "work", config: found };
  };
  const identity = { userId: "usr_1", ownerUserId: "usr_2", deviceId: "d", baseUrl: "https://app.clawling.com" };
  const stored = (about: Partial<StoredLogin>): StoredLogin => ({ version: 1, isRejected: false, ...about });
  const expired = `x.${Buffer.from(JSON.stringify({ exp: 1000 })).toString("base64url")}.y`;
  const now = 2_000_000;

  it("is missing where there is none on disk or in the configuration", () => {
    expect(judgeLogin(config(), undefined, now)).toMatchObject({ kind: "no-login", remedy: expect.stringContaining("--account work --code") as string });
    expect(judgeLogin(config({ token: "t" }), undefined, now)).toBeUndefined();
    expect(judgeLogin(config(), stored({ identity, loggedOut: { at: 1, why: "the server has ended it" } }), now)).toMatchObject({ kind: "expired-login", why: "the server has ended it", remedy: expect.stringContaining("--as re-pair") as string });
  });

  it("is over where the server refuses it, or its token has expired and nothing renews it", () => {
    expect(judgeLogin(config(), stored({ identity, grant: { accessToken: "t", refreshToken: "r" }, isRejected: true }), now)?.kind).toBe("expired-login");
    expect(judgeLogin(config(), stored({ identity, grant: { accessToken: expired } }), now)?.kind).toBe("expired-login");
    expect(judgeLogin(config({ token: expired }), undefined, now)?.kind).toBe("expired-login");
    expect(judgeLogin(config(), stored({ identity, grant: { accessToken: expired, refreshToken: "r" } }), now)).toBeUndefined();
    expect(judgeLogin(config({ baseUrl: "https://other.example" }), stored({ identity, grant: { accessToken: "t" } }), now)?.why).toContain("the login is from");
  });
});
