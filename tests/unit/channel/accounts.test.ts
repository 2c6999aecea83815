import { describe, expect, it } from "vitest";
import manifest from "../../../generated/websocket/manifest.json" with { type: "json" };
import { type AccountRules, defaultAccountId, listAccountIds, resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { instaClawRules } from "../../../src/channel/insta-claw-account.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { websocketRules, websocketRules as rules } from "../../../src/channel/websocket-account.ts";
import { websocketToolGuard } from "../../../src/channel/websocket.ts";

const resolve = (channels: object, accountId?: string, environment: Record<string, string> = {}) => resolveAccount(rules, { channels }, accountId, environment);

describe("an account of the websocket channel", () => {
  it("binds to all interfaces only where auth is enabled and required", () => {
    expect(resolve({ websocket: {} }).config).toMatchObject({ host: "0.0.0.0", dmPolicy: "open" });
    expect(resolve({ websocket: { auth: { enabled: false } } }).config).toMatchObject({ host: "127.0.0.1", dmPolicy: "open" });
    expect(resolve({ websocket: { auth: { required: false } } }).config).toMatchObject({ host: "127.0.0.1" });
    expect([{}, { host: "127.0.0.1" }, { auth: { enabled: false } }, { playground: true }, { auth: { enabled: false }, playground: false }].map((websocket) => resolve({ websocket }).config?.playground)).toEqual([false, true, true, true, false]);
    expect(resolve({ websocket: { auth: { enabled: false }, host: "0.0.0.0" } }).config).toMatchObject({ host: "0.0.0.0", dmPolicy: "pairing" });
  });

  it("takes the old key, and names it when the new one is there too", () => {
    expect(resolve({ ws: { port: 18801 } }).config?.port).toBe(18801);
    expect(resolve({ ws: { port: 18801 }, websocket: { port: 18802 } })).toMatchObject({
      config: { port: 18802 },
      warnings: ["channels.ws is ignored because channels.websocket is set"],
    });
  });

  it("inherits from the root, field by field inside auth and limits", () => {
    const websocket = { auth: { endpoint: "https://a.example/verify", timeout: 2000 }, accounts: { sales: { auth: { timeout: 3000 }, limits: { turnSeconds: 5 } } } };
    expect(listAccountIds(rules, { channels: { websocket } })).toEqual(["default", "sales"]);
    expect(resolve({ websocket }, "sales").config).toMatchObject({
      path: "/ws/sales",
      auth: { endpoint: "https://a.example/verify", timeout: 3000, required: true },
      limits: { turnSeconds: 5, queuedPerSession: 16 },
    });
  });

  it("shows the host no default of its own, which would shadow what it inherits", () => {
    const { schema } = manifest.channelConfigs.websocket;
    expect(schema.properties.port).toHaveProperty("default", 18800);
    expect(JSON.stringify(schema.properties.accounts.additionalProperties)).not.toContain('"default":');
  });

  it("reports what is wrong by path and expectation and does not run", () => {
    const broken = resolve({ websocket: { accounts: { sales: { port: "many" }, ok: {} } } }, "sales");
    expect(broken).toMatchObject({ configured: false, problem: "channels.websocket.accounts.sales.port: expected a whole number from 1 to 65535, got a string" });
    expect(broken.config).toBeUndefined();
    expect(resolve({ websocket: { accounts: { sales: { port: "many" }, ok: {} } } }, "ok").configured).toBe(true);
  });

  it.each([
    ["TRUE", true],
    [" yes ", true],
    ["on", true],
    ["1", true],
    ["0", false],
    ["Off", false],
    ["no", false],
  ])("reads WS_AUTH_ENABLED=%j as %s over the file", (text, enabled) => {
    expect(resolve({ websocket: { auth: { enabled: !enabled } } }, undefined, { WS_AUTH_ENABLED: text }).config?.auth.enabled).toBe(enabled);
  });

  it("takes an empty variable as unset, and refuses to guess at any other", () => {
    expect(resolve({ websocket: { auth: { enabled: true } } }, undefined, { WS_AUTH_ENABLED: "" }).config?.auth.enabled).toBe(true);
    expect(resolve({ websocket: {} }, undefined, { WS_AUTH_ENABLED: "si" })).toMatchObject({
      configured: false,
      problem: "environment variable WS_AUTH_ENABLED must be true, 1, yes, on, false, 0, no or off",
    });
  });

  it("bounds dynamic agents where auth is off and the operator names no number", () => {
    expect(resolve({ websocket: { auth: { enabled: false } } }).config?.dynamicAgentCreation.maxAgents).toBe(100);
    expect(resolve({ websocket: {} }).config?.dynamicAgentCreation.maxAgents).toBeUndefined();
  });
});

describe("the default account", () => {
  it.each<AccountRules<never>>([websocketRules, instaClawRules, localImRules, clawchatRules] as never)("of $channelId that cannot be the one that was meant is told by field, expectation and type", (other) => {
    const { channelId } = other;
    const told = (defaultAccount: unknown) => resolveAccount(other, { channels: { [channelId]: { defaultAccount, accounts: { one: {}, two: {} } } } }, undefined, {}).warnings;
    expect(told(267)).toEqual([`channels.${channelId}: defaultAccount: expected a string, got a number; it is ignored`]);
    expect(told("gone")).toEqual([expect.stringContaining(`channels.${channelId}: defaultAccount is none of accounts; the `) as string]);
    expect(told("two")).toEqual([]);
  });

  it("is one that is there, so that what names no account reaches somebody", () => {
    expect(defaultAccountId(rules, { channels: { websocket: { defaultAccount: "gone", accounts: { sales: {} } } } })).toBe("default");
    expect(defaultAccountId(rules, { channels: { websocket: { defaultAccount: "Sales", accounts: { sales: {} } } } })).toBe("sales");
  });

  it("speaks where nobody names one, while the root keeps its session keys", () => {
    const { accounts } = websocketToolGuard.channel;
    const cfg = { channels: { websocket: { defaultAccount: "sales", accounts: { sales: {} } } } };
    expect([accounts.find(cfg, undefined), accounts.find(cfg, "default"), accounts.find({}, null), accounts.plain(cfg)]).toEqual(["sales", "default", "default", "default"]);
  });
});
