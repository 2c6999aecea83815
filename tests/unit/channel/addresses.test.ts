import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress, writeAddress } from "../../../src/channel/addresses.ts";
import { createMessaging } from "../../../src/channel/messaging.ts";
import { encodeId, sessionPeerId } from "../../../src/channel/identity.ts";
import { resolveRoute } from "../../../src/channel/routes.ts";
import { fakeHost, group } from "./fake-host.ts";

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
    const messaging = createMessaging({ id: "websocket", label: "WebSocket", legacy: ["ws"], addresses: grammar });
    expect(messaging.normalizeTarget?.(`user:${encodeId("Ann:1")}`)).toBe("ws:user:Ann:1");
    expect(messaging.resolveSessionTarget?.({ kind: "group", id: sessionPeerId(group("Room"), "sales") })).toBe("ws:group:Room");
  });

  it.each(["default", "sales"])("leads an unasked message to the session of its receiver, in account %s", async (accountId) => {
    const host = fakeHost({ accounts: { sales: {} } });
    const messaging = createMessaging(host.channel);
    for (const conversation of [{ kind: "direct" as const, id: "Ann" }, group("Room"), { ...group("Room"), threadId: "T" }]) {
      const target = writeAddress(grammar, conversation);
      const threadId = "threadId" in conversation ? conversation.threadId : undefined;
      const route = await messaging.resolveOutboundSessionRoute?.({ cfg: host.cfg, agentId: "main", accountId, target, ...(threadId !== undefined && { threadId }) });
      expect(route?.sessionKey).toBe(resolveRoute(host.runtime.channel, host.cfg, host.channel, accountId, conversation).sessionKey);
    }
  });
});
