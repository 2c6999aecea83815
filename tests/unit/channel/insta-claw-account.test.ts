import fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { linkProfileOf } from "../../../src/protocols/insta-claw/profile.ts";
import { defaultAccountId, listAccountIds, resolveAccount } from "../../../src/channel/accounts.ts";
import { instaClawRules as rules } from "../../../src/channel/insta-claw-account.ts";
import { instaClawChannel } from "../../../src/channel/insta-claw.ts";

const key = "insta-claw-connector";
const cfgOf = (block: object) => ({ channels: { [key]: block } });
const resolve = (block: object, environment: Record<string, string> = {}, accountId?: string) => resolveAccount(rules, cfgOf(block), accountId, environment);
const secret = "sec-canary-77aa";
const credentials = { clientId: "my-client", clientSecret: secret };
const timesOf = (account: ReturnType<typeof resolve>) => {
  if (!account.config) throw new Error(account.problem);
  const { pingMs, deadAfterMs } = linkProfileOf(account.config);
  return { pingMs, deadAfterMs };
};

describe("a block of the original InstaClaw plugin", () => {
  it("works as it is documented", () => {
    const account = resolve({ enabled: true, clientId: " my-client ", clientSecret: secret, systemPrompt: "Be brief.", debug: false });
    expect(account).toMatchObject({ accountId: "default", configured: true, warnings: [], config: { url: "wss://claw-dev.int-os.com/user-ws/", dmPolicy: "pairing", systemPrompt: "Be brief." } });
    expect(account.config?.clientId.reveal()).toBe("my-client");
    expect(timesOf(account)).toEqual({ pingMs: 30_000, deadAfterMs: 90_000 });
  });

  it("works under its later manifest's names, with a warning that shows no value", () => {
    const account = resolve({ appKey: "my-client", appSecret: secret });
    expect(account.configured).toBe(true);
    expect(account.warnings).toEqual([`channels.${key}: appKey is an older name: write clientId instead`, `channels.${key}: appSecret is an older name: write clientSecret instead`]);
    expect(resolve({ ...credentials, appSecret: "other" }).warnings).toEqual([`channels.${key}: appSecret is ignored because clientSecret is set`]);
  });

  it.each([
    [{ clientSecret: secret }, "Missing required configuration: clientId must be provided and non-empty"],
    [{ clientId: "  ", clientSecret: secret }, "Missing required configuration: clientId must be provided and non-empty"],
    [{ clientId: "a" }, "Missing required configuration: clientSecret must be provided and non-empty"],
  ])("without credentials does not run: %j", (block, problem) => {
    expect(resolve(block)).toMatchObject({ configured: false, problem: `channels.${key}: ${problem}` });
  });

  it("that is switched off says so in its own words", () => {
    const account = resolve({ ...credentials, enabled: false });
    expect(account.enabled).toBe(false);
    expect(instaClawChannel.config.disabledReason?.(account, {})).toBe("InstaClaw connector is not enabled in configuration");
  });
});

describe("the variables of the InstaClaw channel", () => {
  it("win over every account", () => {
    const block = { ...credentials, accounts: { work: { wsUrl: "wss://work.example/", requestTimeoutMs: 5000 } } };
    const environment = { INSTACLAW_WS_URL: "ws://127.0.0.1:9/", SDK_REQUEST_TIMEOUT: "7000", MAX_CONCURRENT_REQUESTS: "3", INSTACLAW_HEARTBEAT_INTERVAL: "20000" };
    expect(resolve(block, environment, "work").config).toMatchObject({ url: "ws://127.0.0.1:9/", requestTimeoutMs: 7000, limits: { maxConcurrent: 3 }, heartbeatIntervalMs: 20_000 });
  });

  it("change a number only by digits; whatever else is there, it is left out with a warning that does not repeat it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.constantFrom("10s", "abc", "-1", "1e4", "0x10", "12.5", "999999999999999", "1", "٣٠٠٠٠")), (text) => {
        const account = resolve(credentials, { INSTACLAW_HEARTBEAT_INTERVAL: text });
        const isNumber = /^[0-9]+$/.test(text.trim()) && Number(text) >= 1000 && Number(text) <= 600_000;
        expect(account.config?.heartbeatIntervalMs).toBe(isNumber ? Number(text) : 30_000);
        expect(account.configured).toBe(true);
        expect(account.warnings.length > 0).toBe(!isNumber && text.trim() !== "");
      }),
    );
    expect(resolve(credentials, { INSTACLAW_HEARTBEAT_INTERVAL: "10s" }).warnings).toEqual(["environment variable INSTACLAW_HEARTBEAT_INTERVAL must be a whole number; it is ignored"]);
    expect(resolve(credentials, { INSTACLAW_HEARTBEAT_INTERVAL: "5" }).warnings).toEqual(["environment variable INSTACLAW_HEARTBEAT_INTERVAL is out of bounds; it is ignored"]);
  });

  it("never lead to another address than the one that was meant", () => {
    expect(resolve(credentials, { INSTACLAW_WS_URL: "ws://gateway.example/" })).toMatchObject({ configured: false, problem: expect.stringContaining("wsUrl must be wss://") as string });
  });

  it("set the silence after which the connection is dead, which is three pings where it cannot work", () => {
    const times = (environment: Record<string, string>) => timesOf(resolve(credentials, environment));
    expect(times({ INSTACLAW_HEARTBEAT_INTERVAL: "10000" })).toEqual({ pingMs: 10_000, deadAfterMs: 30_000 });
    expect(times({ INSTACLAW_TIMEOUT_THRESHOLD: "45000" })).toEqual({ pingMs: 30_000, deadAfterMs: 45_000 });
    expect(times({ INSTACLAW_TIMEOUT_THRESHOLD: "30000" })).toEqual({ pingMs: 30_000, deadAfterMs: 90_000 });
    expect(resolve(credentials, { INSTACLAW_TIMEOUT_THRESHOLD: "30000" }).warnings.join()).toContain("timeoutThresholdMs is not above heartbeatIntervalMs");
  });
});

describe("an account of the InstaClaw channel", () => {
  it("is the root, or each of those below it, which inherit from it", () => {
    const block = { ...credentials, systemPrompt: "Root.", accounts: { Work: { clientId: "w" }, home: { systemPrompt: "Home." } } };
    expect(listAccountIds(rules, cfgOf(credentials))).toEqual(["default"]);
    expect(listAccountIds(rules, cfgOf(block))).toEqual(["work", "home"]);
    expect(defaultAccountId(rules, cfgOf({ ...block, defaultAccount: "home" }))).toBe("home");
    expect(resolve(block, {}, "work").config).toMatchObject({ systemPrompt: "Root." });
    expect(resolve(block, {}, "home").config?.clientSecret.reveal()).toBe(secret);
  });

  it.each([
    { ...credentials, wsUrl: "ws://gateway.example/" },
    { ...credentials, wsUrl: "ws://192.168.1.4/" },
  ])("does not send credentials unencrypted: $wsUrl", (block) => {
    expect(resolve(block)).toMatchObject({ configured: false, problem: `channels.${key}: wsUrl must be wss://, for its host is not this machine; allowInsecure permits ws:// all the same` });
    expect(resolve({ ...block, allowInsecure: true })).toMatchObject({ configured: true, config: { trustsPeer: false } });
    expect(resolve({ ...block, wsUrl: "ws://127.0.0.1:8/" })).toMatchObject({ configured: true, config: { trustsPeer: true } });
  });

  it.each(["a\r\nx-evil: 1", "schlüssel", "\u0000"])("takes no secret like %j", (clientSecret) => {
    const { configured, problem = "" } = resolve({ clientId: "a", clientSecret });
    expect({ configured, problem }).toEqual({ configured: false, problem: expect.stringContaining("clientSecret") as string });
    expect(problem).not.toContain(clientSecret);
  });

  it("waits for its SecretRefs, and shows what came of them nowhere", () => {
    const ref = { source: "env", provider: "default", id: "NOT_SET" };
    expect(resolve({ clientId: ref, clientSecret: secret })).toMatchObject({ configured: true, problem: `channels.${key}: clientId: OpenClaw has found no value for the SecretRef` });
    const account = resolve(credentials);
    expect(JSON.stringify(account) + inspect(account, { depth: 9, showHidden: true })).not.toContain(secret);
  });
});

describe("the setup of the InstaClaw channel", () => {
  const wizard = instaClawChannel.setupWizard;

  it("writes what a person answers, secrets also as the place where they are kept", async () => {
    if (!wizard || !("credentials" in wizard)) throw new Error("the channel has no wizard");
    const ref = { source: "env", provider: "default", id: "INSTACLAW_SECRET" };
    let cfg: object = {};
    const accountId = "default";
    const [id, kept] = wizard.credentials;
    expect([id, kept].map((credential) => credential?.inspect({ cfg, accountId }).hasConfiguredValue)).toEqual([false, false]);
    cfg = (await id?.applySet?.({ cfg, accountId, credentialValues: {}, value: "my-client", resolvedValue: "my-client" })) ?? {};
    cfg = (await kept?.applySet?.({ cfg, accountId, credentialValues: {}, value: ref, resolvedValue: secret })) ?? {};
    cfg = (await wizard.textInputs?.[0]?.applySet?.({ cfg, accountId, value: "wss://gateway.example/" })) ?? {};
    expect(cfg).toEqual(cfgOf({ enabled: true, clientId: "my-client", clientSecret: ref, wsUrl: "wss://gateway.example/" }));
    expect(kept?.inspect({ cfg, accountId }).hasConfiguredValue).toBe(true);
    expect(await wizard.status.resolveConfigured({ cfg, accountId })).toBe(true);
  });
});

describe("a change of the configuration of the InstaClaw channel", () => {
  it("closes nothing but the connection it is about", () => {
    const { noopPrefixes = [], configPrefixes = [] } = instaClawChannel.reload ?? {};
    expect(configPrefixes).toEqual([`channels.${key}`]);
    for (const field of ["wsUrl", "systemPrompt", "limits"]) expect(noopPrefixes).toEqual(expect.arrayContaining([`channels.${key}.${field}`, `channels.${key}.accounts.*.${field}`]));
    expect(noopPrefixes).not.toContain(`channels.${key}.enabled`);
  });
});
