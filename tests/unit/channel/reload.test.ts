import { beforeAll, describe, expect, it } from "vitest";
import { clawchatChannel } from "../../../src/channel/clawchat.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { instaClawChannel } from "../../../src/channel/insta-claw.ts";
import { instaClawRules } from "../../../src/channel/insta-claw-account.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { withRunning } from "../../../src/channel/reload.ts";
import { websocketChannel } from "../../../src/channel/websocket.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";
import { type HostReload, hostReload } from "../../support/host-reload.ts";

const channels = [websocketChannel, instaClawChannel, localImChannel, clawchatChannel];

/** Fields that only a new start can take up; every other field of a channel is followed. */
const restarting: Readonly<Record<string, readonly string[]>> = {
  websocket: ["enabled", "port", "host", "path", "auth.enabled", "auth.required", "auth.endpoint", "allowedOrigins", "limits.maxPayload", "limits.maxConnections", "limits.deadAfterSeconds"],
  "insta-claw-connector": ["enabled", "reconnect"],
  "nc-local-im-connector": ["enabled"],
  clawchat: ["enabled", "baseUrl", "mediaBaseUrl", "allowInsecure", "token", "refreshToken", "userId", "deviceId"],
};

const followed = channels.flatMap(({ id, reload }) => {
  const own = `channels.${id}.`;
  return (reload?.noopPrefixes ?? []).flatMap((prefix) => (prefix.startsWith(own) && !prefix.includes("*") ? [[id, prefix.slice(own.length)] as const] : []));
});

let host: HostReload;
beforeAll(async () => void (host = await hostReload(channels)));

/** Two named accounts beside each other. */
const block = (id: string, accounts: object) => ({ channels: { [id]: { serverUrl: "ws://127.0.0.1:1", clientId: "c", clientSecret: "s", accounts } } });

describe("an edit of the configuration, to the host's own planner", () => {
  it.each(followed)("of %s %s restarts nothing: at the root, in an account, and under the channel's older names", (id, field) => {
    const { restartChannels, restartChannelAccounts, restartGateway } = host.plan([`channels.${id}.${field}`, `channels.${id}.accounts.one.${field}`, `channels.${id}.${field}.below`]);
    expect([restartChannels.size, restartChannelAccounts.size, restartGateway]).toEqual([0, 0, false]);
  });

  it.each(channels.flatMap(({ id }) => (restarting[id] ?? []).map((field) => [id, field] as const)))("of %s %s in a named account restarts that account alone", (id, field) => {
    const after = block(id, { one: {}, two: {} });
    const { restartChannels, restartChannelAccounts } = host.plan([`channels.${id}.accounts.one.${field}`], after);
    expect([...restartChannels]).toEqual([]);
    expect([...restartChannelAccounts]).toEqual([[id, new Set(["one"])]]);
  });

  it.each(channels.map(({ id }) => id))("that adds an account to %s starts it and touches no other", (id) => {
    const { restartChannels, restartChannelAccounts } = host.edit(block(id, { one: {} }), block(id, { one: {}, two: { name: "Two" } }));
    expect([...restartChannels]).toEqual([]);
    expect([...restartChannelAccounts]).toEqual([[id, new Set(["two"])]]);
  });

  it("of a shared setting closes no socket: those are all there are in this host", () => {
    expect(host.shared.length).toBeGreaterThan(10);
    const others = ["agents.list", "agents.defaults.model", "bindings", "session.dmScope", "messages.queue.mode", "messages.responsePrefix", "tools.profile", "models", "cron", "approvals.exec", "logging.level", "ui", "skills"];
    for (const prefix of [...host.shared, ...others]) {
      const { restartChannels, restartChannelAccounts, restartGateway } = host.plan([prefix, `${prefix}.below`]);
      expect([prefix, restartChannels.size, restartChannelAccounts.size, restartGateway]).toEqual([prefix, 0, 0, false]);
    }
  });
});

describe("an account that is not configured any more", () => {
  it("is listed as long as it runs, so that the host can stop it alone", () => {
    for (const rules of [websocketRules, instaClawRules, localImRules, clawchatRules]) {
      const cfg = block(rules.channelId, { one: {} });
      expect(withRunning<never>(rules as never, cfg, ["default", "one", "gone"])).toContain("gone");
      expect(withRunning<never>(rules as never, cfg, ["default", "one"])).not.toContain("gone");
    }
  });

  it("is not where another one has to be started for it, or where the whole channel goes", () => {
    // The root was no account while a named one stood below it.
    for (const rules of [instaClawRules, localImRules, clawchatRules]) expect(withRunning<never>(rules as never, block(rules.channelId, {}), ["gone"])).not.toContain("gone");
    expect(withRunning(websocketRules, block("websocket", {}), ["default", "gone"])).toEqual(["default", "gone"]);
    expect(withRunning(websocketRules, {}, ["default", "gone"])).toEqual(["default"]);
  });
});
