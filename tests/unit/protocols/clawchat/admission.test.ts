import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { CHAT, envelope, type Heard, message, openHub } from "./hub.ts";

const fail = (reason: unknown) => envelope("hello-fail", { reason }, { trace_id: "trace-id-2" });
const notesOf = (heard: Heard) => heard.all.filter((effect) => effect.do === "note");

describe("what an operator reads of a connection", () => {
  it("CC-4 is how it was admitted", () => {
    const hub = openHub();
    hub.challenge();
    expect(notesOf(hub.hello())).toEqual([{ do: "note", level: "debug", code: "hello", data: { delivery: "device_replay", acknowledged: "dseq" } }]);
    const plain = openHub();
    plain.challenge();
    expect(notesOf(plain.hello({ device_id: "d", delivery_mode: 5 }))).toMatchObject([{ data: { delivery: "number", acknowledged: "seq" } }]);
    const without = openHub({ reliable: false });
    without.challenge();
    expect(notesOf(without.hello())).toMatchObject([{ data: { acknowledged: "none" } }]);
  });

  it.each([
    ["without an epoch", { ack_mode: "dseq" }],
    ["with an empty one", { ack_mode: "dseq", ack_epoch: "" }],
    ["with one that no frame can hold", { ack_mode: "dseq", ack_epoch: "e".repeat(513) }],
    ["with half a character in it", { ack_mode: "dseq", ack_epoch: "e\ud800" }],
    ["with what the hub deletes in it", { ack_mode: "dseq", ack_epoch: "e\0" }],
    ["with a number for one", { ack_mode: "dseq", ack_epoch: 5 }],
    ["of another way", { ack_mode: "seq", ack_epoch: "e" }],
    ["of none", { ack_epoch: "e" }],
  ])("CC-44 is that it goes by seq after a grant %s", (_, grant) => {
    const hub = openHub();
    hub.challenge();
    expect(notesOf(hub.hello({ device_id: "d", delivery_mode: "device_replay", ...grant }))).toMatchObject([{ data: { acknowledged: "seq" } }]);
    expect(hub.state.ledger).toMatchObject({ by: "seq", epoch: "" });
  });

  it("CC-5 is what came too soon, or for another", () => {
    const hub = openHub();
    expect(notesOf(hub.frame(envelope("replay.done", {})))).toEqual([{ do: "note", level: "debug", code: "before-hello", data: { event: "replay.done" } }]);
    expect(notesOf(hub.frame(envelope("future.event", {})))).toMatchObject([{ data: { event: "future.event" } }]);
    expect(notesOf(hub.frame("no json"))).toMatchObject([{ data: { event: "none" } }]);
    expect(notesOf(hub.frame(envelope("hello-ok", { device_id: "d" }, { trace_id: "trace-id-2" })))).toMatchObject([{ code: "before-hello", data: { event: "hello-ok" } }]);
    hub.challenge();
    expect(notesOf(hub.frame(envelope("hello-ok", { device_id: "d" }, { trace_id: "trace-99" })))).toEqual([{ do: "note", level: "warn", code: "hello-of-another", data: { traceId: "trace-99" } }]);
  });

  it("CC-9 is why it was not admitted", () => {
    const refused = (reason: unknown) => {
      const hub = openHub();
      hub.challenge();
      return notesOf(hub.frame(fail(reason)));
    };
    expect(refused("nonce mismatch")).toEqual([{ do: "note", level: "warn", code: "not-admitted", data: { reason: "nonce mismatch" } }]);
    expect(refused("invalid connect event")).toMatchObject([{ code: "connect-not-understood", data: { reason: "invalid connect event" } }]);
    expect(refused(401)).toMatchObject([{ code: "not-admitted", data: { reason: "number" } }]);
    expect(refused(undefined)).toMatchObject([{ data: { reason: "undefined" } }]);
  });

  it("CC-8 CC-9 is the reason of a hello-fail with something else wrong, too", () => {
    const hub = openHub();
    hub.challenge();
    const heard = hub.frame({ ...fail("authentication failed"), emitted_at: "now" });
    expect(heard.notices).toMatchObject([{ of: "login-refused" }]);
    expect(notesOf(heard)).toMatchObject([{ data: { reason: "authentication failed" } }]);
  });

  it("CC-8 is no refused token where none was sent", () => {
    const heard = openHub().frame(fail("authentication failed"));
    expect(heard.notices).toEqual([]);
    expect(heard.all.map((effect) => effect.do)).toEqual(["note", "close"]);
  });

  it("CC-7 is how large a connect was that the hub would cut", () => {
    const fits = openHub({ clientVersion: "x" }).challenge().frames[0]?.text ?? "";
    const heard = openHub({ clientVersion: "é".repeat(limits.connectBytes) }).challenge();
    const bytes = Buffer.byteLength(fits) - 1 + 2 * limits.connectBytes;
    expect(heard.all).toEqual([{ do: "note", level: "warn", code: "connect-too-large", data: { bytes } }, { do: "close", code: 1000, reason: "connect frame too large" }]);
  });

  it("CC-90 has no token in it, and every other word as it came", () => {
    expect(notesOf(openHub().frame(envelope("event-of-tomorrow", {})))).toMatchObject([{ data: { event: "event-of-tomorrow" } }]);
    expect(notesOf(openHub().ready().frame(envelope("x-tok-s3cret-y", {})))).toMatchObject([{ data: { event: "x-…-y" } }]);
  });
});

describe("what is said on a connection that is given up", () => {
  it("CC-22 is the link's to refuse where the hub had admitted the plugin, and nothing where not", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    expect(hub.frame({ ...message(), dseq: 99 }).doings).toEqual(["close"]);
    expect(hub.answers(of, "whole").messages).toHaveLength(1);
    hub.reconnect();
    hub.challenge();
    hub.frame(fail("nonce mismatch"));
    expect(hub.answers(of, "whole").frames).toEqual([]);
    hub.reconnect();
    hub.setClock(hub.now + 1);
    expect(hub.answers(of, "whole").frames).toEqual([]);
  });

  it("CC-7 CC-22 is nothing after a connect that was too large", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const next = openHub({ clientVersion: "x".repeat(limits.connectBytes) });
    next.challenge();
    expect(next.answers(of, "whole").frames).toEqual([]);
    expect(next.frame(envelope("connect.challenge", { nonce: "n" })).all).toEqual([]);
  });
});

describe("a chat without an id", () => {
  it.each([
    ["none", "", false],
    ["another one than the hub's", "chat-1", true],
  ])("CC-40 is written nothing where it has %s", (_, chatId, strictChatIds) => {
    const hub = openHub({ strictChatIds }).ready();
    const of = hub.hears({ chat: CHAT });
    const heard = hub.answers({ ...of, origin: { ...of.origin, chatId } }, "whole");
    expect(heard.frames).toEqual([]);
    expect(heard.settlements).toMatchObject([{ how: { is: "refused", why: "the chat has no id that the hub would take (cnv_…)" } }]);
  });

  it("CC-40 is written to by any other name where the operator says so", () => {
    const hub = openHub({ strictChatIds: false }).ready();
    const of = hub.hears();
    expect(hub.answers({ ...of, origin: { ...of.origin, chatId: "chat-1" } }, "whole").messages).toHaveLength(1);
  });
});
