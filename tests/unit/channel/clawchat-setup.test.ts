import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { plantLogin } from "../../../src/auth/configured.ts";
import { accountFiles } from "../../../src/channel/account-files.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules as rules } from "../../../src/channel/clawchat-account.ts";
import { dropLogin, isSomebody, missingLogin, redeemCode } from "../../../src/channel/clawchat-activation.ts";
import { clawchatChannel } from "../../../src/channel/clawchat.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import { clawchatSetup } from "../../../src/channel/clawchat-setup.ts";
import { type Answers, createSetupContract } from "../../../src/channel/setup.ts";
import { createSetupWizard } from "../../../src/channel/setup-wizard.ts";
import { system } from "../../../src/core/system.ts";
import type { HttpAnswer, HttpRequest } from "../../../src/rest/http.ts";
import { openLogins } from "../../../src/store/logins.ts";

const code = "INV-canary-9a2f";
const tokens = { access_token: "acc-canary-1", refresh_token: "ref-canary-1" };
const granted: HttpAnswer = {
  kind: "answered",
  status: 200,
  body: { code: 0, msg: "", data: { ...tokens, agent: { id: "agt_1", user_id: "usr_A", owner_id: "usr_O" }, conversation: { id: "cnv_1" } } },
};
const refused: HttpAnswer = { kind: "answered", status: 200, body: { code: 16014, msg: `owner mismatch for ${code}` } };

let stateDirectory: string;
let calls: HttpRequest[];
let answer: HttpAnswer;
let told: string[];

beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), "clawchat-setup-"));
  calls = [];
  told = [];
  answer = granted;
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDirectory, { recursive: true });
});

const runtime = { log: (...line: unknown[]) => void told.push(line.join(" ")), error() {}, exit() {} };
const resolve = (cfg: OpenClawConfig, accountId?: string | null) => resolveAccount(rules, cfg, accountId, {});
const http = async (request: HttpRequest) => (calls.push(request), answer);
const setup = { ...clawchatSetup, prepare: (about: Parameters<typeof redeemCode>[0]) => redeemCode(about, { stateDirectory, http }) };
const filesOf = (accountId: string) => accountFiles(stateDirectory, "clawchat", accountId);
const storedIn = (accountId = "default") => {
  const store = openLogins(filesOf(accountId).loginFile, system);
  try {
    return store.read();
  } finally {
    store.close();
  }
};

/** What `openclaw channels add` does with a channel, in its order; rejects or returns what it would print. */
async function add(input: Answers, cfg: OpenClawConfig = {}, accountId = "default"): Promise<OpenClawConfig> {
  const contract = createSetupContract(rules, setup, resolve, () => process.env);
  const parsed = contract.parseInput(input);
  if (!parsed.ok) throw new Error(parsed.error);
  const prepared = await contract.prepareAccountConfigInput?.({ cfg, accountId, input: parsed.value, runtime });
  const problem = contract.validateInput?.({ cfg, accountId, input: prepared });
  if (problem != null) throw new Error(problem);
  return contract.applyAccountConfig({ cfg, accountId, input: prepared });
}

const blockIn = (cfg: OpenClawConfig) => cfg.channels?.["clawchat"] as unknown;

describe("openclaw channels add with an invite code", () => {
  it("CC-84 stores the login beside the journal and writes down who the account is, without a token", async () => {
    const cfg = await add({ code: ` ${code} `, baseUrl: "http://127.0.0.1:9/", allowFrom: ["usr_1"] });
    expect(blockIn(cfg)).toEqual({ enabled: true, baseUrl: "http://127.0.0.1:9", allowFrom: ["usr_1"], userId: "usr_A", ownerUserId: "usr_O", agentId: "agt_1", homeConversationId: "cnv_1" });
    expect(storedIn()).toMatchObject({ identity: { userId: "usr_A", baseUrl: "http://127.0.0.1:9" }, grant: { accessToken: tokens.access_token, refreshToken: tokens.refresh_token } });
    expect(calls).toMatchObject([{ url: "http://127.0.0.1:9/v1/agents/connect", body: { json: { code, platform: "openclaw", plugin_version: expect.any(String) as string } } }]);
    expect(resolve(cfg)).toMatchObject({ configured: true, config: { allowFrom: ["usr_1", "usr_O"] } });
    expect(told).toEqual(["ClawChat: logged in as usr_A, whose owner is usr_O."]);
  });

  it("CC-90 leaves code and tokens in no configuration and no line", async () => {
    const cfg = await add({ code });
    for (const shown of [JSON.stringify(cfg), told.join()]) for (const secret of [code, tokens.access_token, tokens.refresh_token]) expect(shown).not.toContain(secret);
    const names = readdirSync(join(stateDirectory, "clawwire", "clawchat"));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(readFileSync(join(stateDirectory, "clawwire", "clawchat", name)).includes(code)).toBe(false);
  });

  it("sends no code where the other answers will be refused: it is good for one login", async () => {
    await expect(add({ code, useEnv: true }, {}, "work")).rejects.toThrow("--use-env: the environment speaks for the default account only");
    await expect(add({ code, baseUrl: "nonsense" })).rejects.toThrow("baseUrl");
    // The host refuses this one, and names the variables that are missing.
    vi.stubEnv("CLAWCHAT_WS_URL", "wss://chat.example/ws");
    await add({ code, useEnv: true });
    expect(calls).toEqual([]);
    expect(existsSync(filesOf("work").loginFile)).toBe(false);
  });

  it("shows why the server refused, writes nothing and repeats no code", async () => {
    answer = refused;
    const failing = add({ code });
    await expect(failing).rejects.toThrow(/^ClawChat: the server refused \(HTTP 200, code 16014\): owner mismatch/);
    await expect(failing).rejects.not.toThrow(code);
    expect([calls.length, storedIn().grant]).toEqual([1, undefined]);
  });

  it.each([
    [{ code, baseUrl: "chat.example" }, /baseUrl must be a URL/],
    [{ code, baseUrl: "http://chat.example" }, /baseUrl must be https/],
    [{ code, websocketUrl: "https://chat.example" }, /websocketUrl must be a URL that begins with wss/],
  ])("sends no code where it could only be lost: %j", async (input, problem) => {
    await expect(add(input)).rejects.toThrow(problem);
    expect(calls).toEqual([]);
  });

  it("CC-83 asks what is meant where the account is somebody already, and sends no code before", async () => {
    const cfg = await add({ code });
    await expect(add({ code: "another" }, cfg)).rejects.toThrow(/usr_A already.*re-pair.*new-account/);
    expect(calls).toHaveLength(1);
    await add({ code: "another", as: "re-pair" }, cfg);
    expect(calls[1]).toMatchObject({ body: { json: { code: "another", user_id: "usr_A" } } });
    await add({ code: "third", as: "new-account" }, cfg);
    expect(calls[2]).not.toHaveProperty("body.json.user_id");
    await expect(add({ code: "x", as: "whatever" }, cfg)).rejects.toThrow('as must be one of: "re-pair", "new-account"');
  });

  it("CC-83 asks too where only the configuration of the original plugin says who the account is", async () => {
    const cfg = { channels: { "clawchat-plugin-openclaw": { token: "old", refreshToken: "older", userId: "usr_OLD" } } };
    await expect(add({ code }, cfg)).rejects.toThrow(/usr_OLD already/);
    expect(calls).toEqual([]);
    const after = await add({ code, as: "re-pair" }, cfg);
    expect(calls[0]).toMatchObject({ body: { json: { user_id: "usr_OLD" } } });
    expect(after.channels?.["clawchat-plugin-openclaw"]).toEqual({ enabled: true, baseUrl: "https://app.clawling.com", userId: "usr_A", ownerUserId: "usr_O", agentId: "agt_1", homeConversationId: "cnv_1" });
  });

  it("replaces a login of the configuration for good: its tokens do not come back from there", async () => {
    const configured = { accessToken: "old", refreshToken: "older", userId: "usr_OLD", ownerUserId: "usr_O" };
    const { accessToken: token, refreshToken, ...ids } = configured;
    await add({ code, as: "re-pair" }, { channels: { clawchat: { token, refreshToken, ...ids } } });
    const store = openLogins(filesOf("default").loginFile, system);
    // As a gateway does that still has the old configuration.
    plantLogin({ store, baseUrl: "https://app.clawling.com", configured, system, log: { debug() {}, info() {}, warn() {}, error() {} } });
    store.close();
    expect(storedIn().grant?.accessToken).toBe(tokens.access_token);
  });

  it("takes a login of the configuration over where the server refuses the code", async () => {
    answer = refused;
    await expect(add({ code, as: "re-pair" }, { channels: { clawchat: { token: "old", userId: "usr_OLD", ownerUserId: "usr_O" } } })).rejects.toThrow("refused");
    expect(storedIn()).toMatchObject({ identity: { userId: "usr_OLD" }, grant: { accessToken: "old" } });
  });

  it("CC-83 sends that id to no other server", async () => {
    await add({ code, as: "re-pair", baseUrl: "https://other.example" }, { channels: { clawchat: { userId: "usr_OLD" } } });
    expect(calls[0]).not.toHaveProperty("body.json.user_id");
  });

  it.each([undefined, "https://app.clawling.com", "https://app.clawling.com/"])("CC-83 sends it to the same server, named once more or not: %s", async (baseUrl) => {
    const cfg = { channels: { clawchat: { token: "old", userId: "usr_OLD", ownerUserId: "usr_O" } } };
    await add({ code, as: "re-pair", ...(baseUrl !== undefined && { baseUrl }) }, cfg);
    expect(calls).toMatchObject([{ body: { json: { user_id: "usr_OLD" } } }]);
  });

  it("keeps a login of the configuration where it was when another server refuses the code", async () => {
    answer = refused;
    const cfg = { channels: { clawchat: { token: "old", userId: "usr_OLD", ownerUserId: "usr_O" } } };
    await expect(add({ code, as: "new-account", baseUrl: "https://other.example" }, cfg)).rejects.toThrow("refused");
    expect(storedIn()).toMatchObject({ identity: { userId: "usr_OLD", baseUrl: "https://app.clawling.com" }, grant: { accessToken: "old" } });
  });

  it("leaves no id of the account before in the configuration", async () => {
    const cfg = await add({ code });
    answer = { ...granted, body: { code: 0, data: { ...tokens, agent: { user_id: "usr_B", owner_id: "usr_P" }, conversation: { id: "cnv_2" } } } };
    const after = blockIn(await add({ code: "second", as: "new-account" }, cfg));
    expect(after).toEqual({ enabled: true, baseUrl: "https://app.clawling.com", userId: "usr_B", ownerUserId: "usr_P", homeConversationId: "cnv_2" });
  });

  it("CC-83 names the flags that say what is meant", async () => {
    await expect(add({ code: "another" }, await add({ code }))).rejects.toThrow(/\(--as re-pair\).*\(--as new-account\)/);
  });

  it("keeps the logins of two accounts apart", async () => {
    const first = await add({ code });
    answer = { ...granted, body: { code: 0, data: { ...tokens, agent: { user_id: "usr_B", owner_id: "usr_O" }, conversation: { id: "cnv_2" } } } };
    const cfg = await add({ code: "second" }, first, "work");
    expect([resolve(cfg, "default").config?.userId, resolve(cfg, "work").config?.userId]).toEqual(["usr_A", "usr_B"]);
    expect([storedIn("default").identity?.userId, storedIn("work").identity?.userId]).toEqual(["usr_A", "usr_B"]);
    expect(storedIn("default").deviceId).not.toBe(storedIn("work").deviceId);
  });

  it("without a code only writes", async () => {
    expect(blockIn(await add({ baseUrl: "https://chat.example" }))).toEqual({ enabled: true, baseUrl: "https://chat.example" });
    expect(calls).toEqual([]);
  });
});

describe("the wizard", () => {
  const wizard = createSetupWizard({ rules, label: "ClawChat", setup, resolve, environment: () => ({}) });
  const finish = (credentialValues: Record<string, string>, cfg: OpenClawConfig = {}) =>
    wizard.finalize?.({ cfg, accountId: "default", credentialValues, runtime, prompter: {} as never, forceAllowFrom: false });

  it("redeems the code when all is answered", async () => {
    expect(blockIn((await finish({ code }))?.cfg ?? {})).toMatchObject({ enabled: true, userId: "usr_A", ownerUserId: "usr_O" });
    expect(calls).toHaveLength(1);
  });

  it("goes on without a code, and ends where the server refuses one", async () => {
    expect(blockIn((await finish({}))?.cfg ?? {})).toEqual({ enabled: true });
    expect(calls).toEqual([]);
    answer = refused;
    await expect(finish({ code })).rejects.toThrow("the server refused");
  });

  it("CC-83 knows the server of before by what was there when it began, although the host writes each answer at once", async () => {
    const before = { channels: { clawchat: { token: "old", userId: "usr_OLD", ownerUserId: "usr_O" } } };
    for (const baseUrl of ["https://app.clawling.com/", "https://other.example"]) {
      await wizard.prepare?.({ cfg: before, accountId: "default", credentialValues: {}, runtime, prompter: {} as never });
      const cfg = (await wizard.textInputs?.find(({ inputKey }) => inputKey === "baseUrl")?.applySet?.({ cfg: before, accountId: "default", value: baseUrl })) ?? {};
      await finish({ code, as: "re-pair", baseUrl }, cfg);
      rmSync(filesOf("default").loginFile);
    }
    expect(calls[0]).toMatchObject({ body: { json: { user_id: "usr_OLD" } } });
    expect(calls[1]?.url).toBe("https://other.example/v1/agents/connect");
    expect(calls[1]).not.toHaveProperty("body.json.user_id");
  });

  const question = wizard.textInputs?.find(({ inputKey }) => inputKey === "as");
  const asks = (block: object, credentialValues: Record<string, string>, accountId = "default") => question?.shouldPrompt?.({ cfg: { channels: { clawchat: block } }, accountId, credentialValues });

  it("asks what is meant only where a code is for an account that is somebody already", async () => {
    vi.stubEnv("OPENCLAW_STATE_DIR", stateDirectory);
    expect([await asks({}, { code }), await asks({ userId: "usr_A" }, {}), await asks({ userId: "usr_A" }, { code })]).toEqual([false, false, true]);
    expect(question?.validate?.({ value: "both", cfg: {}, accountId: "default", credentialValues: {} })).toBe("re-pair or new-account");
  });

  it("asks it too where only the login file knows, as after a removal, and makes no file by looking", async () => {
    vi.stubEnv("OPENCLAW_STATE_DIR", stateDirectory);
    expect(isSomebody("default")).toBe(false);
    expect(existsSync(filesOf("default").loginFile)).toBe(false);
    await add({ code });
    dropLogin(filesOf("default"), "default");
    expect([await asks({}, { code }), await asks({}, {}), await asks({ accounts: { work: {} } }, { code }, "work")]).toEqual([true, false, false]);
  });

  it("hides the code while it is typed and writes it nowhere", async () => {
    const question = wizard.textInputs?.find(({ inputKey }) => inputKey === "code");
    expect(question?.sensitive).toBe(true);
    expect(JSON.stringify(await question?.applySet?.({ cfg: {}, accountId: "default", value: code }))).not.toContain(code);
  });
});

describe("openclaw channels logout and login", () => {
  it("drop the tokens, keep who the account is, and say what to do next", async () => {
    const missing = () => missingLogin(filesOf("default"), { accountId: "default" });
    expect(missing()).toBe("ClawChat: the account has no login: run openclaw channels add --channel clawchat --code <code>");
    await add({ code });
    expect(missing()).toBeUndefined();
    expect([dropLogin(filesOf("default"), "default"), dropLogin(filesOf("default"), "default")]).toEqual([true, false]);
    expect(storedIn()).toMatchObject({ identity: { userId: "usr_A" } });
    expect(storedIn().grant).toBeUndefined();
    expect(missing()).toMatch(/^ClawChat: usr_A is not logged in, .*--channel clawchat --code <code> --as re-pair$/);
  });

  it("leave a token to the gateway that only the gateway looks up", () => {
    const token = { source: "env", provider: "default", id: "CLAW" };
    expect(missingLogin(filesOf("default"), resolve({ channels: { clawchat: { token } } }))).toBeUndefined();
    expect(missingLogin(filesOf("default"), resolve({ channels: { clawchat: {} } }))).toContain("has no login");
  });

  it("count a token of the configuration that has not been started yet, and not one that was logged out", () => {
    const account = resolve({ channels: { clawchat: { token: "old", userId: "usr_OLD", ownerUserId: "usr_O" } } });
    const missing = () => missingLogin(filesOf("default"), account);
    expect(missing()).toBeUndefined();
    const store = openLogins(filesOf("default").loginFile, system);
    plantLogin({ store, baseUrl: "https://app.clawling.com", configured: { accessToken: "old", userId: "usr_OLD", ownerUserId: "usr_O" }, system, log: { debug() {}, info() {}, warn() {}, error() {} } });
    store.close();
    expect(missing()).toBeUndefined();
    dropLogin(filesOf("default"), "default");
    expect(missing()).toContain("usr_OLD is not logged in");
  });

  it("find the account where the gateway keeps it, also when the account is removed", async () => {
    vi.stubEnv("OPENCLAW_STATE_DIR", stateDirectory);
    const cfg = await add({ code }, await add({ code }, {}, "work"), "Home");
    const about = (accountId: string) => ({ cfg, accountId, account: clawchatChannel.config.resolveAccount(cfg, accountId), runtime: { ...runtime, exit: () => undefined as never } });
    await expect(clawchatChannel.auth?.login?.(about("work"))).resolves.toBeUndefined();
    expect(await clawchatChannel.gateway?.logoutAccount?.(about("work"))).toEqual({ cleared: true, loggedOut: true });
    expect(await clawchatChannel.gateway?.logoutAccount?.(about("work"))).toEqual({ cleared: false, loggedOut: false });
    await expect(clawchatChannel.auth?.login?.(about("work"))).rejects.toThrow(/usr_A is not logged in.*--channel clawchat --account work --code <code>/);
    await clawchatChannel.lifecycle?.onAccountRemoved?.({ prevCfg: cfg, accountId: "home", runtime: about("home").runtime });
    expect([storedIn("home").grant, storedIn("home").identity?.userId]).toEqual([undefined, "usr_A"]);
    expect(localImChannel.gateway?.logoutAccount).toBeUndefined();
  });
});
