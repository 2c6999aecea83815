import { describe, expect, it } from "vitest";
import { deleteAccount, editAccount } from "../../../src/channel/account-edits.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { createReload } from "../../../src/channel/reload.ts";
import { websocketRules as rules } from "../../../src/channel/websocket-account.ts";
import { websocketChannel } from "../../../src/channel/websocket.ts";

const websocketOf = (cfg: { channels?: unknown }) => (cfg.channels as { websocket?: unknown } | undefined)?.websocket;

describe("an edit of an account", () => {
  it("of the default one goes to the root, and keeps what was there", () => {
    const cfg = editAccount(rules, { channels: { websocket: { port: 1, auth: { timeout: 2000 } } } }, "default", { auth: { enabled: false } });
    expect(websocketOf(cfg)).toEqual({ port: 1, auth: { timeout: 2000, enabled: false } });
  });

  it("of a named one stays its own, under the key it was written with", () => {
    const cfg = editAccount(rules, { channels: { websocket: { accounts: { Sales: { port: 1 } } } } }, "sales", { enabled: false });
    expect(websocketOf(cfg)).toEqual({ accounts: { Sales: { port: 1, enabled: false } } });
  });

  it("that switches the default one off leaves those beside it on", () => {
    const cfg = editAccount(rules, { channels: { websocket: { port: 18_801, accounts: { sales: {} } } } }, "default", { enabled: false });
    expect(websocketOf(cfg)).toEqual({ port: 18_801, accounts: { sales: {}, default: { enabled: false } } });
    expect(["default", "sales"].map((accountId) => resolveAccount(rules, cfg, accountId, {}))).toMatchObject([{ enabled: false, config: { path: "/ws" } }, { enabled: true, config: { port: 18_801, path: "/ws/sales" } }]);
  });

  it("stays under the older key of the channel", () => {
    expect(editAccount(rules, { channels: { ws: {} } }, "default", { enabled: false }).channels).toEqual({ ws: { enabled: false } });
  });

  it("removes an account alone: where others inherit from the default one it is switched off, else the channel goes with it", () => {
    const cfg = { channels: { websocket: { port: 1, accounts: { a: {}, b: {} } } } };
    expect(websocketOf(deleteAccount(rules, cfg, "a"))).toEqual({ port: 1, accounts: { b: {} } });
    const off = deleteAccount(rules, cfg, "default");
    expect(websocketOf(off)).toEqual({ port: 1, accounts: { a: {}, b: {}, default: { enabled: false } } });
    expect(deleteAccount(rules, off, "default")).toEqual(off);
    expect(deleteAccount(rules, { channels: { websocket: { port: 1 } } }, "default").channels).toEqual({});
    expect(deleteAccount(rules, { channels: { websocket: { accounts: { Default: { port: 1 } } } } }, "default").channels).toEqual({});
    expect(deleteAccount(rules, cfg, "nobody")).toBe(cfg);
  });
});

describe("a change of the configuration", () => {
  const { configPrefixes, noopPrefixes } = websocketChannel.reload ?? { configPrefixes: [], noopPrefixes: [] };

  it("restarts where the channel listens and whom it trusts", () => {
    expect(configPrefixes).toEqual(["channels.websocket", "channels.ws"]);
    for (const field of ["port", "host", "path", "auth", "allowedOrigins", "limits.maxPayload"]) expect(noopPrefixes).not.toContain(`channels.websocket.${field}`);
  });

  it("keeps sockets open where policies and bounds are read anew", () => {
    for (const field of ["dmPolicy", "allowFrom", "groups", "limits.turnSeconds"]) {
      expect(noopPrefixes).toEqual(expect.arrayContaining([`channels.websocket.${field}`, `channels.websocket.accounts.*.${field}`]));
    }
    expect(createReload(["x"], []).noopPrefixes).toContain("commands");
  });
});

describe("the channel", () => {
  it("shows the host no field that it does not need, and why an account does not run", () => {
    const cfg = { channels: { websocket: { accounts: { sales: { port: "many" } } } } };
    const account = websocketChannel.config.resolveAccount(cfg, "sales");
    expect(websocketChannel.config.describeAccount?.(account, cfg)).toMatchObject({ accountId: "sales", configured: false, stateReason: expect.stringContaining("port") as string });
    expect(websocketChannel.status?.collectStatusIssues?.([{ accountId: "sales", enabled: true, configured: false, stateReason: "x" }])).toHaveLength(1);
  });

  it("refuses answers of the setup that make no valid account", () => {
    const setup = websocketChannel.setupContract;
    const cfg = { channels: { websocket: {} } };
    expect(setup?.validateInput?.({ cfg, accountId: "default", input: { authEndpoint: "nonsense" } })).toContain("auth.endpoint");
    expect(setup?.validateInput?.({ cfg, accountId: "default", input: { port: 18_801, auth: "off" } })).toBeNull();
    const written = setup?.applyAccountConfig({ cfg, accountId: "sales", input: { port: 18_801, auth: "optional", allowFrom: ["ann"] } });
    expect(websocketOf(written ?? {})).toEqual({ accounts: { sales: { enabled: true, port: 18_801, allowFrom: ["ann"], auth: { enabled: true, required: false } } } });
  });
});
