import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { localImRules as rules } from "../../../src/channel/local-im-account.ts";
import { localImSetup } from "../../../src/channel/local-im-setup.ts";
import { createSetupContract } from "../../../src/channel/setup.ts";
import { createSetupWizard } from "../../../src/channel/setup-wizard.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";
import { websocketSetup } from "../../../src/channel/websocket-setup.ts";

const key = "nc-local-im-connector";
const runtime = { log() {}, error() {}, exit() {} };
const { tryOut: _dials, ...setup } = localImSetup;
const contract = createSetupContract(rules, setup, (cfg, accountId) => resolveAccount(rules, cfg, accountId, {}), () => environment);
let environment: Record<string, string> = {};

/** A person who gives these answers in turn: to what is chosen, typed and confirmed alike. */
function answering(...answers: unknown[]) {
  const asked: string[] = [];
  const next = async ({ message }: { message: string }) => (asked.push(message), answers.shift());
  return { asked, prompter: { select: next, text: next, confirm: next, note: async (message: string) => void asked.push(message) } as never };
}

/** What the host does with the block of an account before it asks. */
function scoped(cfg: OpenClawConfig, channel: string, accountId: string): OpenClawConfig {
  const block = { ...cfg.channels }[channel] as { accounts?: object } | undefined;
  return { channels: { ...cfg.channels, [channel]: { ...block, accounts: block?.accounts ?? {}, defaultAccount: accountId.toLowerCase() } } };
}

async function begin(wizard: ReturnType<typeof createSetupWizard>, cfg: OpenClawConfig, ...answers: unknown[]) {
  const { prompter, asked } = answering(...answers);
  const known = { listAccountIds: () => ["default"], defaultAccountId: "default", shouldPromptAccountIds: true };
  const accountId = (await wizard.resolveAccountIdForConfigure?.({ cfg, prompter, ...known })) ?? "";
  const prepared = await wizard.prepare?.({ cfg: scoped(cfg, wizard.channel, accountId), accountId, credentialValues: {}, runtime, prompter });
  return { accountId, cfg: prepared?.cfg ?? cfg, values: prepared?.credentialValues ?? {}, asked };
}

const wizardIn = (variables: Record<string, string> = {}) =>
  createSetupWizard({ rules, label: "Local IM", setup, resolve: (cfg, accountId) => resolveAccount(rules, cfg, accountId, variables), environment: () => variables });
const another = "\0another";

describe("openclaw channels add with flags", () => {
  const adapter = contract.applyAccountConfig;
  const add = (cfg: OpenClawConfig, requested: string, input: object) => {
    const accountId = contract.resolveAccountId?.({ cfg, accountId: requested, input }) ?? requested;
    const problem = contract.validateInput?.({ cfg, accountId, input });
    return problem ?? adapter({ cfg, accountId: accountId.toLowerCase(), input });
  };

  it("keeps the capitals of an id that a server is told, although the host drops them", () => {
    expect(add({}, "U2", { serverUrl: "ws://127.0.0.1:8080" })).toEqual({ channels: { [key]: { accounts: { U2: { enabled: true, serverUrl: "ws://127.0.0.1:8080" } } } } });
  });

  it("edits the account that is there under another spelling instead of making a second one", () => {
    const there = { channels: { [key]: { serverUrl: "ws://127.0.0.1:8080", accounts: { U2: {} } } } } as OpenClawConfig;
    expect(add(there, "u2", { token: "tok" })).toMatchObject({ channels: { [key]: { accounts: { U2: { token: "tok" } } } } });
  });

  it("leaves the default account to the environment, and only the default one", () => {
    environment = { LOCAL_IM_SERVER_URL: "ws://127.0.0.1:8080" };
    expect(add({}, "default", { useEnv: true })).toEqual({ channels: { [key]: { enabled: true } } });
    const there = { channels: { [key]: { serverUrl: "ws://127.0.0.1:8080", accounts: { U2: {} } } } } as OpenClawConfig;
    expect(add(there, "U2", { useEnv: true })).toContain("--use-env");
    environment = {};
    expect(contract.validateInput?.({ cfg: {}, accountId: "default", input: { useEnv: true } })).toBeNull();
    environment = { LOCAL_IM_SERVER_URL: "not an address" };
    expect(add({}, "default", { useEnv: true })).toContain("serverUrl");
  });
});

describe("the wizard", () => {
  it("adds an account beside a root that is an account itself, and keeps the id as it was typed", async () => {
    const before = { channels: { [key]: { serverUrl: "ws://127.0.0.1:8080", defaultAccount: "U1" } } } as OpenClawConfig;
    const wizard = wizardIn();
    const { accountId, cfg } = await begin(wizard, before, another, " U2 ", false);
    expect(accountId).toBe("U2");
    const written = await wizard.textInputs?.[0]?.applySet?.({ cfg, accountId, value: "ws://127.0.0.1:9090" });
    expect(written).toEqual({ channels: { [key]: { serverUrl: "ws://127.0.0.1:8080", defaultAccount: "U1", accounts: { U1: {}, U2: { enabled: true, serverUrl: "ws://127.0.0.1:9090" } } } } });
  });

  it("says how the host writes an id where nobody else is told it", async () => {
    const wizard = createSetupWizard({ rules: websocketRules, label: "WebSocket", setup: websocketSetup, resolve: (cfg, id) => resolveAccount(websocketRules, cfg, id, {}), environment: () => ({}) });
    const { accountId, asked } = await begin(wizard, {}, another, "Work");
    expect([accountId, asked.at(-1)]).toEqual(["work", 'OpenClaw writes it "work".']);
  });

  it("does not set up an account beside a block under an older key", async () => {
    const wizard = createSetupWizard({ rules: websocketRules, label: "WebSocket", setup: websocketSetup, resolve: (cfg, id) => resolveAccount(websocketRules, cfg, id, {}), environment: () => ({}) });
    await expect(begin(wizard, { channels: { ws: { port: 18_801 } } }, another, "work")).rejects.toThrow('under the older key channels.ws; run "openclaw doctor --fix" first');
  });

  it("asks nothing that is left to the environment, and everything where the person says no", async () => {
    const variables = { LOCAL_IM_SERVER_URL: "ws://127.0.0.1:8080", LOCAL_IM_TOKEN: "tok" };
    const wizard = wizardIn(variables);
    const asks = async (...answers: unknown[]) => {
      const { cfg, accountId, values, asked } = await begin(wizard, {}, "default", ...answers);
      const about = { cfg, accountId, credentialValues: values, state: { accountConfigured: false, hasConfiguredValue: false } };
      return { url: await wizard.textInputs?.[0]?.shouldPrompt?.(about), token: await wizard.credentials[0]?.shouldPrompt?.(about), asked };
    };
    expect(await asks(true)).toMatchObject({ url: false, token: false, asked: ["Local IM account", expect.stringContaining("LOCAL_IM_SERVER_URL and LOCAL_IM_TOKEN are set here")] });
    expect(await asks(false, true)).toMatchObject({ url: true, token: true });
    expect(await asks(false, false)).toMatchObject({ url: true, token: false });
  });

  it("asks whether to keep only what somebody has written", async () => {
    const wizard = createSetupWizard({ rules: websocketRules, label: "WebSocket", setup: websocketSetup, resolve: (cfg, id) => resolveAccount(websocketRules, cfg, id, {}), environment: () => ({}) });
    const currentOf = async (inputKey: string) =>
      await wizard.textInputs?.find((each) => each.inputKey === inputKey)?.currentValue?.({ cfg: { channels: { websocket: { auth: { enabled: false } } } }, accountId: "default", credentialValues: {} });
    expect([await currentOf("port"), await currentOf("auth"), await currentOf("authEndpoint")]).toEqual([undefined, "off", undefined]);
  });

  it("sets the policy where the account stands, and opens to all with a wildcard", () => {
    const { dmPolicy } = wizardIn();
    const cfg = { channels: { [key]: { serverUrl: "ws://127.0.0.1:8080", accounts: { U2: { allowFrom: ["ann"] } } } } } as OpenClawConfig;
    expect(dmPolicy?.resolveConfigKeys?.(cfg, "u2")).toEqual({ policyKey: `channels.${key}.accounts.U2.dmPolicy`, allowFromKey: `channels.${key}.accounts.U2.allowFrom` });
    expect(dmPolicy?.getCurrent(cfg, "u2")).toBe("pairing");
    expect(dmPolicy?.setPolicy(cfg, "open", "u2")).toMatchObject({ channels: { [key]: { accounts: { U2: { dmPolicy: "open", allowFrom: ["ann", "*"] } } } } });
  });

  it("says in its status what is wrong with what is there", async () => {
    const { status } = wizardIn();
    const lines = (block: object | undefined, configured: boolean) => status.resolveStatusLines?.({ cfg: { channels: block && { [key]: block } } as OpenClawConfig, configured });
    expect(await lines(undefined, false)).toEqual(["Local IM: not configured"]);
    expect(await lines({ serverUrl: "http://x y" }, false)).toEqual([expect.stringMatching(/^Local IM: not configured: channels\.nc-local-im-connector: /)]);
    expect(await lines({ serverUrl: "ws://127.0.0.1:8080" }, true)).toEqual(["Local IM: configured"]);
  });
});
