import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { accountDefaults, configChannel, configDefaults, configEnv, configSecrets, describe as say, validateConfig } from "../../../../generated/local-im/index.ts";

const manifest = JSON.parse(readFileSync(new URL("../../../../generated/local-im/manifest.json", import.meta.url), "utf8")) as {
  channelConfigs: Record<string, { schema: object; uiHints: Record<string, { sensitive?: boolean }> }>;
};
const faultOf = (block: object) => (validateConfig(block) ? undefined : say(validateConfig.errors, block, configSecrets).detail);
const reference = { source: "env", provider: "default", id: "IM_TOKEN" };

describe("the configuration of the local IM connector", () => {
  it("stands under the name of the original plugin", () => {
    expect(configChannel).toEqual({ id: "nc-local-im-connector", label: "Local IM", legacyKeys: [] });
  });

  it("takes a block of the original plugin, with accounts or without", () => {
    const block = { enabled: true, name: "Office", serverUrl: "ws://192.168.100.168:8080", defaultAccount: "u00267", debug: false };
    expect(faultOf(block)).toBeUndefined();
    expect(faultOf({ ...block, accounts: {} })).toBeUndefined();
    expect(faultOf({ ...block, accounts: { U1: { enabled: false, name: "One" }, u00267: { token: "abc", limits: { maxConcurrent: 2 } } } })).toBeUndefined();
  });

  it("takes the older names and what a removed mode had", () => {
    const older = { clientWsUrl: "localhost:8080", gatewayToken: "abc", accountId: "u1", connectionMode: "client", wsPort: 3001, httpPort: "3002", tokenType: "ApiKey" };
    expect(faultOf(older)).toBeUndefined();
    expect(faultOf({ connectionMode: "server" })).toBeUndefined();
    expect(faultOf({ connectionMode: "both" })).toMatch(/^Invalid field connectionMode/);
  });

  it("takes a token as text or as a reference, and repeats neither in an error", () => {
    for (const field of ["token", "gatewayToken"]) {
      expect(faultOf({ [field]: reference })).toBeUndefined();
      expect(faultOf({ accounts: { a: { [field]: reference } } })).toBeUndefined();
      expect(faultOf({ [field]: { ...reference, id: undefined, more: 1 } })).toMatch(new RegExp(`^Invalid field ${field}`));
      expect(faultOf({ [field]: "top secret\n" })).toMatch(new RegExp(`^Invalid field ${field}: expected .*, got 11 characters$`));
    }
    expect(configSecrets).toEqual(["gatewayToken", "token"]);
    const { uiHints = {} } = manifest.channelConfigs["nc-local-im-connector"] ?? {};
    expect(Object.keys(uiHints).filter((path) => uiHints[path]?.sensitive)).toEqual(["token", "gatewayToken", "accounts.*.token", "accounts.*.gatewayToken"]);
  });

  it("LI-18 LI-19 LI-21 LI-23 is careful by default, and lets a burst in", () => {
    expect(configDefaults).toEqual({
      enabled: true,
      bots: [],
      allowBots: false,
      botLoopProtection: {},
      allowInsecure: false,
      debug: false,
      dmPolicy: "pairing",
      allowFrom: [],
      groupPolicy: "allowlist",
      groupAllowFrom: [],
      reactionNotifications: "own",
      reactionAllowlist: [],
      sessionScope: "session",
      streaming: { mode: "partial" },
      direct: {},
      limits: {
        maxPayload: 1_048_576,
        contentChars: 65_536,
        maxConcurrent: 10,
        queuedPerSession: 256,
        messagesPerMinute: 60,
        messageBurst: 256,
        dedupeEntries: 10_000,
        turnSeconds: 600,
      },
    });
    expect(accountDefaults).toEqual(configDefaults);
  });

  it("reads its variables as text and as a switch", () => {
    expect(configEnv.map(({ name, path, type }) => [name, path, type])).toEqual([
      ["LOCAL_IM_SERVER_URL", "serverUrl", "string"],
      ["LOCAL_IM_TOKEN", "token", "string"],
      ["LOCAL_IM_DEBUG", "debug", "boolean"],
    ]);
  });
});
