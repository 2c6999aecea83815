import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress, parseName, writeAddress } from "../../../src/channel/addresses.ts";
import type { Acquaintances } from "../../../src/channel/directory.ts";
import { createMessaging } from "../../../src/channel/messaging.ts";
import { encodeId, sessionPeerId } from "../../../src/channel/identity.ts";
import { resolveRoute } from "../../../src/channel/routes.ts";
import { clawchatToolGuard } from "../../../src/channel/clawchat.ts";
import { localImToolGuard } from "../../../src/channel/local-im.ts";
import { readSessionKey } from "../../../src/channel/tool-guard.ts";
import { websocketToolGuard } from "../../../src/channel/websocket.ts";
import { fakeHost, group } from "./fake-host.ts";

/** Nobody is known. */
const strangers: Acquaintances = { all: async () => [], members: async () => [] };

const grammar = { prefix: "ws", aliases: ["websocket"] };

describe("an address", () => {
  it.each([
    ["ws:user:ann", "direct", "ann"],
    ["websocket:user:ann", "direct", "ann"],
    ["websocket:ann", "direct", "ann"],
    ["ann", "direct", "ann"],
    ["user:ann", "direct", "ann"],
    ["WS:group:Room 1", "group", "Room 1"],
    ["group:room", "group", "room"],
    ["user:%41nn", "direct", "Ann"],
    ["ws:user:%41nn", "direct", "%41nn"],
    ["ws:user:user:x", "direct", "user:x"],
  ])("%s is %s %s", (text, kind, id) => {
    expect(parseAddress(grammar, text)).toEqual({ kind, id });
  });

  it.each([
    ["@ann", "direct", "ann"],
    ["ws:@Ann Lee", "direct", "Ann Lee"],
    ["websocket:#The Room", "group", "The Room"],
  ])("%s is no address but the name of a %s: %s", (text, kind, name) => {
    expect(parseName(grammar, text)).toEqual({ kind, name });
    expect(parseAddress(grammar, text)).toBeUndefined();
  });

  it("is either an address, or a name, or neither, and a kind in front makes an id of anything", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom("", "@", "#", "ws:", "ws:@", "user:@", "group:#"), (rest, start) => {
        const text = `${start}${rest}`;
        const [name, address] = [parseName(grammar, text), parseAddress(grammar, text)];
        return !(name && address) && !(name && /^(user|group):/.test(text));
      }),
    );
  });

  it("needs an id", () => {
    for (const text of ["", "ws:", "ws:user:", "group:", "  "]) expect(parseAddress(grammar, text)).toBeUndefined();
  });

  it("in its canonical form means the same sender or group again, even after the host has trimmed it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), fc.constantFrom("direct" as const, "group" as const), (id, kind) => {
        expect(parseAddress(grammar, writeAddress(grammar, { kind, id }).trim())).toEqual({ kind, id });
      }),
    );
  });

  it("WS-23 that the host makes out of a session key means who the session is with", () => {
    const messaging = createMessaging(websocketToolGuard.channel, strangers);
    expect(messaging.normalizeTarget?.(`user:${encodeId("Ann:1")}`)).toBe("ws:user:Ann:1");
    expect(messaging.resolveSessionTarget?.({ kind: "group", id: sessionPeerId(group("Room"), "sales") })).toBe("ws:group:Room");
  });

  it.each(["default", "sales"])("leads an unasked message to the session of its receiver, in account %s", async (accountId) => {
    const host = fakeHost({ accounts: { sales: {} } });
    const messaging = createMessaging(host.channel, strangers);
    for (const conversation of [{ kind: "direct" as const, id: "Ann" }, group("Room"), { ...group("Room"), threadId: "T" }]) {
      const target = writeAddress(grammar, conversation);
      const threadId = "threadId" in conversation ? conversation.threadId : undefined;
      const route = await messaging.resolveOutboundSessionRoute?.({ cfg: host.cfg, agentId: "main", accountId, target, ...(threadId !== undefined && { threadId }) });
      expect(route?.sessionKey).toBe(resolveRoute(host.runtime.channel, host.cfg, host.channel, accountId, conversation).sessionKey);
    }
  });
});

describe("an address of the local IM channel", () => {
  const { channel } = localImToolGuard;

  it.each([
    ["local-im:user:u-3", "user", "u-3"],
    ["nc-local-im-connector:user:u-3", "user", "u-3"],
    ["local-im:conversation:S 1", "conversation", "S 1"],
    ["conversation:%53%201", "conversation", "S 1"],
    ["u-3", "user", "u-3"],
    ["dm:u-3", "user", "u-3"],
    ["Local-IM:Conversation:user:x", "conversation", "user:x"],
  ])("%s is the %s %s", (text, scope, id) => {
    expect(parseAddress(channel.addresses, text)).toEqual({ kind: "direct", scope, id });
  });

  it("in its canonical form means the same user or session again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), fc.constantFrom("user", "conversation"), (id, scope) => {
        expect(parseAddress(channel.addresses, writeAddress(channel.addresses, { kind: "direct", scope, id }).trim())).toEqual({ kind: "direct", scope, id });
      }),
    );
  });

  it.each([undefined, "Shop", "shop"])("leads an unasked message to the session of its receiver, in account %s", async (asked) => {
    const cfg = { channels: { "nc-local-im-connector": { serverUrl: "ws://10.0.0.1", accounts: { u1: {}, Shop: {} } } } };
    const host = fakeHost({});
    const accountId = channel.accounts.find(cfg, asked);
    for (const conversation of [{ kind: "direct" as const, scope: "user", id: "Ann" }, { kind: "direct" as const, scope: "conversation", id: "a.b" }]) {
      const target = writeAddress(channel.addresses, conversation);
      const route = await createMessaging(channel, strangers).resolveOutboundSessionRoute?.({ cfg, agentId: "main", target, ...(asked !== undefined && { accountId: asked }) });
      expect(route?.sessionKey).toBe(resolveRoute(host.runtime.channel, cfg, channel, accountId, conversation).sessionKey);
      expect(readSessionKey(channel, cfg, route?.sessionKey ?? "")).toEqual({ accountId, conversation });
    }
  });

  it("is written down for people without groups, which the wire does not have", () => {
    expect(createMessaging(channel, strangers).targetResolver?.hint).toBe("local-im:user:<sender id>, local-im:conversation:<conversation id> or @<name of a sender who has written>");
  });
});

describe("an address of the ClawChat channel", () => {
  const { channel } = clawchatToolGuard;

  it.each([
    ["clawchat:user:usr_A", "direct", "usr_A"],
    ["clawchat-plugin-openclaw:usr_A", "direct", "usr_A"],
    ["clawchat:group:cnv_1", "group", "cnv_1"],
    ["usr_A", "direct", "usr_A"],
  ])("%s is %s %s", (text, kind, id) => {
    expect(parseAddress(channel.addresses, text)).toEqual({ kind, id });
  });

  it("of a group is that of all its members' sessions", () => {
    for (const id of ["cnv_1", "cnv_1~~usr_%41", "work~cnv_1~~usr_1"]) expect(createMessaging(channel, strangers).resolveSessionTarget?.({ kind: "group", id })).toBe("clawchat:group:cnv_1");
  });
});

describe("a binding", () => {
  it("without an account means the default one, however that is called", () => {
    const host = fakeHost({});
    const cfg = {
      agents: { entries: { main: {}, ops: {} } },
      bindings: [{ agentId: "ops", match: { channel: "nc-local-im-connector" } }],
      channels: { "nc-local-im-connector": { serverUrl: "ws://10.0.0.1", accounts: { u1: {}, u2: {} } } },
    } as unknown as OpenClawConfig;
    const agentOf = (accountId: string) => resolveRoute(host.runtime.channel, cfg, localImToolGuard.channel, accountId, { kind: "direct", scope: "user", id: "ann" }).agentId;
    expect(agentOf("u1")).toBe("ops");
    expect(() => agentOf("u2")).toThrow(/agent/i);
  });

  it("of the original plugin's channel goes on to count", () => {
    const host = fakeHost({});
    const { channel } = clawchatToolGuard;
    const cfg = { agents: { entries: { main: {}, ops: {} } }, bindings: [{ agentId: "ops", match: { channel: "clawchat-plugin-openclaw" } }], channels: { clawchat: {} } } as unknown as OpenClawConfig;
    expect(resolveRoute(host.runtime.channel, cfg, channel, "default", { kind: "direct", id: "usr_A" }).agentId).toBe("ops");
  });
});
