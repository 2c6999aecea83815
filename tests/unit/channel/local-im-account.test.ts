import fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { deleteAccount, editAccount } from "../../../src/channel/account-edits.ts";
import { defaultAccountId, listAccountIds, resolveAccount } from "../../../src/channel/accounts.ts";
import { localImRules as rules } from "../../../src/channel/local-im-account.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";

const key = "nc-local-im-connector";
const cfgOf = (block: object) => ({ channels: { [key]: block } });
const resolve = (block: object, accountId?: string, environment: Record<string, string> = {}) => resolveAccount(rules, cfgOf(block), accountId, environment);
const serverUrl = "ws://192.168.100.168:8080";
const secret = "tok-canary-0c1d";

describe("the accounts of the local IM channel", () => {
  it("are the documented example's one, which has none of them below accounts", () => {
    const block = { enabled: true, serverUrl, defaultAccount: "u00267", name: "Office", debug: true };
    expect(listAccountIds(rules, cfgOf(block))).toEqual(["u00267"]);
    expect(resolve(block)).toMatchObject({ accountId: "u00267", name: "Office", configured: true, warnings: [], config: { url: `${serverUrl}/?accountId=u00267`, debug: true, dmPolicy: "pairing" } });
  });

  it.each([
    [{}, ["default"]],
    [{ accounts: {} }, ["default"]],
    [{ accountId: "u1" }, ["u1"]],
    [{ defaultAccount: " u2 ", accountId: "u1" }, ["u2"]],
    [{ defaultAccount: "u2", accounts: { U1: {}, u3: {} } }, ["U1", "u3"]],
  ])("of %j are %j", (block, ids) => {
    expect(listAccountIds(rules, cfgOf(block))).toEqual(ids);
  });

  it("keep their capitals, also where the host writes them small", () => {
    const block = { serverUrl, accounts: { U1: { name: "One" }, "Büro 2": {} } };
    for (const asked of ["U1", "u1", " u1"]) expect(resolve(block, asked)).toMatchObject({ accountId: "U1", name: "One", config: { url: `${serverUrl}/?accountId=U1` } });
    expect(resolve(block, "b-ro-2")).toMatchObject({ accountId: "Büro 2", config: { url: `${serverUrl}/?accountId=B%C3%BCro%202` } });
    expect(resolve({ serverUrl, accounts: { U1: {}, u1: { enabled: false } } }, "U1")).toMatchObject({ accountId: "U1", enabled: true });
  });

  it("are named where OpenClaw cannot tell them apart", () => {
    expect(resolve({ serverUrl, accounts: { U1: {}, u1: {}, u2: {} } }, "u2").warnings).toEqual([`channels.${key}: accounts "U1" and "u1" are one and the same to OpenClaw, approved senders and all: rename one`]);
  });

  it("each resolve to themselves, whatever they are called", () => {
    const id = fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "" && text.isWellFormed());
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 4, selector: (text) => text.trim() }), (ids) => {
        const block = { serverUrl, accounts: Object.fromEntries(ids.map((name) => [name, {}])) };
        for (const listed of listAccountIds(rules, cfgOf(block))) expect(resolve(block, listed)).toMatchObject({ accountId: listed, configured: true });
        expect(listAccountIds(rules, cfgOf(block)).toSorted()).toEqual(Object.keys(block.accounts).map((name) => name.trim()).toSorted());
      }),
    );
  });

  it("take what they do not say from the root, bounds field by field", () => {
    const block = { serverUrl, token: "of-the-root", limits: { turnSeconds: 5 }, allowFrom: ["ann"], accounts: { a: { token: "of-its-own", limits: { maxConcurrent: 1 } }, b: {} } };
    expect(resolve(block, "a").config).toMatchObject({ limits: { turnSeconds: 5, maxConcurrent: 1 }, allowFrom: ["ann"] });
    expect(resolve(block, "a").config?.token?.reveal()).toBe("of-its-own");
    expect(resolve(block, "b").config?.token?.reveal()).toBe("of-the-root");
  });

  it("are said to be missing in the words of the original plugin", () => {
    expect(resolve({ serverUrl, accounts: { a: {} } }, "b")).toMatchObject({ configured: false, problem: 'Local IM account "b" not configured or disabled' });
  });

  it("begin with the chosen one, and else with the first, with a warning", () => {
    const block = { serverUrl, defaultAccount: "B", accounts: { a: {}, b: {} } };
    expect(defaultAccountId(rules, cfgOf(block))).toBe("b");
    expect(defaultAccountId(rules, cfgOf({ ...block, defaultAccount: "c" }))).toBe("a");
    expect(defaultAccountId(rules, cfgOf({ serverUrl, defaultAccount: "u1", accounts: { U1: {}, u1: {} } }))).toBe("u1");
    expect(resolve({ ...block, defaultAccount: "c" }).warnings).toEqual([`channels.${key}: defaultAccount is none of accounts; the first one is taken`]);
  });
});

describe("a block of the original local IM plugin", () => {
  it("works under its older names, each of which is named once and no value", () => {
    const block = { clientWsUrl: serverUrl, gatewayToken: secret, connectionMode: "client", accountId: "u7", wsPort: 3001, httpPort: 3002, tokenType: "ApiKey" };
    const account = resolve(block);
    expect(account).toMatchObject({ accountId: "u7", configured: true, config: { url: `${serverUrl}/?accountId=u7` } });
    expect(account.config?.token?.reveal()).toBe(secret);
    expect(account.warnings.map((text) => text.replace(`channels.${key}: `, ""))).toEqual([
      "clientWsUrl is an older name: write serverUrl instead",
      "gatewayToken is an older name: write token instead",
      "accountId is an older name: write defaultAccount instead",
      "wsPort has no meaning any more and is ignored",
      "httpPort has no meaning any more and is ignored",
      "tokenType has no meaning any more and is ignored",
    ]);
    expect(account.warnings.join()).not.toContain(secret);
  });

  it("yields to today's names, where an account's own older one is nearer than the root's", () => {
    expect(resolve({ serverUrl, clientWsUrl: "ws://10.0.0.1" })).toMatchObject({ config: { url: `${serverUrl}/?accountId=default` } });
    expect(resolve({ serverUrl, accounts: { a: { clientWsUrl: "ws://10.0.0.1" } } })).toMatchObject({ config: { url: "ws://10.0.0.1/?accountId=a" } });
  });

  it("in server mode does not start and says so", () => {
    expect(resolve({ serverUrl, connectionMode: "server" }).problem).toBe(`channels.${key}: Local IM account "default" 当前版本只支持 Client 模式 (connectionMode must be client)`);
  });
});

describe("an account of the local IM channel", () => {
  it.each([
    [{}, "Missing required configuration: serverUrl must be provided and non-empty"],
    [{ serverUrl: "im.example:8080" }, "serverUrl needs wss:// in front: im.example is neither this machine nor a private address"],
    [{ serverUrl: "ws://im.example" }, "serverUrl must be wss://, for im.example is neither this machine nor a private address; allowInsecure permits ws:// all the same"],
    [{ serverUrl: "https://im.example" }, "serverUrl must begin with ws:// or wss://, not with https://"],
  ])("from %j does not run: %s", (block, problem) => {
    expect(resolve(block)).toMatchObject({ configured: false, problem: `channels.${key}: ${problem}` });
  });

  it("runs without encryption only where the operator says so, and the audit says it too", async () => {
    const cfg = cfgOf({ serverUrl: "ws://im.example", allowInsecure: true, allowFrom: ["ann"] });
    const findings = await localImChannel.security?.collectWarnings?.({ cfg, account: localImChannel.config.resolveAccount(cfg), accountId: "default" });
    expect(findings).toMatchObject([{ checkId: `channels.${key}.plain-link`, severity: "critical" }, { checkId: `channels.${key}.claimed-allowlist` }]);
  });

  it.each(["line\r\nX-Evil: 1", "schlüssel", "two words", ""])("takes no token like %j", (token) => {
    const { configured, problem = "" } = resolve({ serverUrl, token });
    expect(configured).toBe(false);
    expect(problem).toMatch(/^channels\.nc-local-im-connector\.token: expected a string of 1 to 4096 characters \(ASCII without spaces\) or a SecretRef, got a string$/);
    if (token !== "") expect(problem).not.toContain(token);
  });

  it("does not run on a SecretRef without a value, and is no less configured for it", () => {
    const account = resolve({ serverUrl, token: { source: "env", provider: "default", id: "NOT_SET" } });
    expect(account).toMatchObject({ configured: true, problem: `channels.${key}: token: OpenClaw has found no value for the SecretRef` });
    expect(account.config?.token).toBeUndefined();
  });

  it("shows its token nowhere", () => {
    const account = resolve({ serverUrl, token: secret });
    expect(account.config?.token?.reveal()).toBe(secret);
    expect(JSON.stringify(account) + inspect(account, { depth: 9, showHidden: true }) + String(account.config?.token)).not.toContain(secret);
  });

  it("follows its variables, which win over the root", () => {
    const block = { serverUrl, accounts: { a: {}, b: { serverUrl: "ws://10.0.0.2" } } };
    const environment = { LOCAL_IM_SERVER_URL: "ws://10.0.0.1", LOCAL_IM_DEBUG: "on", LOCAL_IM_TOKEN: secret };
    expect(resolve(block, "a", environment).config).toMatchObject({ url: "ws://10.0.0.1/?accountId=a", debug: true });
    expect(resolve(block, "b", environment).config).toMatchObject({ url: "ws://10.0.0.2/?accountId=b" });
    expect(resolve({ serverUrl }, undefined, environment).config).toMatchObject({ url: "ws://10.0.0.1/?accountId=default" });
  });
});

describe("an edit of the local IM channel", () => {
  const blockOf = (cfg: { channels?: unknown }) => (cfg.channels as Record<string, unknown>)[key];

  it("goes to the root while that is the account, however the host calls it", () => {
    expect(blockOf(editAccount(rules, cfgOf({ serverUrl, defaultAccount: "u1" }), "default", { enabled: false }))).toEqual({ serverUrl, defaultAccount: "u1", enabled: false });
  });

  it("keeps the root an account when a second one comes", () => {
    expect(blockOf(editAccount(rules, cfgOf({ serverUrl, defaultAccount: "u1" }), "u2", { enabled: true }))).toEqual({ serverUrl, defaultAccount: "u1", accounts: { u1: {}, u2: { enabled: true } } });
    expect(blockOf(editAccount(rules, {}, "u2", { serverUrl }))).toEqual({ accounts: { u2: { serverUrl } } });
  });

  it("removes the block with its last account", () => {
    const two = cfgOf({ serverUrl, accounts: { U1: {}, u2: {} } });
    expect(blockOf(deleteAccount(rules, two, "u1"))).toEqual({ serverUrl, accounts: { u2: {} } });
    expect(deleteAccount(rules, deleteAccount(rules, two, "u1"), "u2").channels).toEqual({});
  });

  it("of the setup makes a block that is valid, or says why not", () => {
    const setup = localImChannel.setupContract;
    expect(setup?.validateInput?.({ cfg: {}, accountId: "default", input: { token: "x" } })).toContain("serverUrl must be provided");
    expect(setup?.validateInput?.({ cfg: {}, accountId: "default", input: { serverUrl } })).toBeNull();
    expect(blockOf(setup?.applyAccountConfig({ cfg: {}, accountId: "default", input: { serverUrl, token: "x", allowFrom: ["ann"] } }) ?? {})).toEqual({ enabled: true, serverUrl, token: "x", allowFrom: ["ann"] });
  });
});
