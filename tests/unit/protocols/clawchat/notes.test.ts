import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { CHAT, envelope, type Heard, type Hub, type Json, ME, message, openHub, OWNER, payloadOf, START } from "./hub.ts";

const notesOf = (heard: Heard) => heard.all.flatMap((effect) => (effect.do === "note" ? [[effect.level, effect.code, effect.data]] : []));
const told = (frame: Json, hub: Hub = openHub().ready()) => notesOf(hub.next(frame));
const DAYS = 3 * 86_400_000;

describe("what an operator reads of what the hub sends", () => {
  it("CC-16 is what is not understood, and what is not looked at", () => {
    const hub = openHub({ grant: "none" }).ready();
    expect(told(envelope("future.event", {}), hub)).toEqual([["debug", "unknown-event", { event: "future.event" }]]);
    expect(notesOf(hub.frame("no json"))).toEqual([["warn", "not-a-json-object", { length: 7 }]]);
    expect(told(envelope("permission.request", { request_id: "r" }, { chat_id: CHAT }), hub)).toEqual([["debug", "ignored-frame", { event: "permission.request" }]]);
    expect(told(envelope("typing.update", {}, { chat_id: CHAT }), hub)).toEqual([["warn", "invalid-frame", { event: "typing.update", field: "payload.is_typing" }]]);
  });

  it.each<[unknown, unknown]>([
    [99, 99],
    ["two", "string"],
    [null, "object"],
  ])("CC-47 is where a frame is missing: %j", (dseq, got) => {
    const heard = openHub().ready().frame({ ...message(), dseq });
    expect(notesOf(heard)).toEqual([["warn", "delivery-gap", { expected: 2, got, times: 1 }]]);
    expect(heard.all.at(-1)).toEqual({ do: "close", code: 1000, reason: "a frame is missing or came twice", isLongest: false });
  });

  it("CC-52 is that it goes on so, and the next dial waits the longest", () => {
    const hub = openHub();
    let heard = hub.admit();
    for (let times = 1; times <= limits.noiseRepeats; times++) {
      heard = hub.frame({ ...message(), dseq: 7 });
      expect(notesOf(heard)[0]?.[1]).toBe(times < limits.noiseRepeats ? "delivery-gap" : "delivery-stuck");
      if (times < limits.noiseRepeats) {
        hub.reconnect();
        hub.admit();
      }
    }
    expect(heard.all.at(-1)).toMatchObject({ do: "close", isLongest: true });
    hub.reconnect();
    hub.ready();
    expect(notesOf(hub.frame({ ...message(), dseq: 99 }))).toMatchObject([["warn", "delivery-gap", { times: 1 }]]);
  });

  it("CC-55 is that the history is not complete", () => {
    expect(told(envelope("history.truncated", { oldest_seq: 17 }))).toEqual([["warn", "history-incomplete", { oldest: 17 }]]);
    expect(told({ ...envelope("history.truncated", { oldest_seq: 17 }), emitted_at: "now" })).toMatchObject([["warn", "invalid-frame", {}], ["warn", "history-incomplete", {}]]);
  });

  it("CC-57 is why a message is left alone, and nothing of the agent's own", () => {
    expect(told(message({ id: "m-1", type: "channel" }))).toEqual([["debug", "unanswered", { why: "chat-type", messageId: "m-1" }]]);
    expect(told(message({ id: "m-2", from: "" }))).toEqual([["debug", "unanswered", { why: "nobody", messageId: "m-2" }]]);
    expect(told(message({ id: "m-3", payload: { message_mode: "thinking" } }))).toEqual([["debug", "unanswered", { why: "mode", messageId: "m-3" }]]);
    expect(told(message({ id: "m-4", from: "system" }))).toEqual([["debug", "unanswered", { why: "system", messageId: "m-4" }]]);
    expect(told(message({ from: ME }))).toEqual([]);
  });

  const permission = (more: Json = {}) => message({ from: "system", payload: { metadata: { kind: "permission_result", request_id: "req-1" } }, ...more });

  it("CC-56 CC-62 is that a permission was decided long ago, and nothing of one that is known", () => {
    const hub = openHub();
    hub.admit();
    expect(told(permission({ emitted_at: START - DAYS }), hub)).toEqual([["debug", "old-permission", { requestId: "req-1" }]]);
    const heard = [hub.next(permission()), hub.next(permission())];
    expect(heard.map(({ turns }) => turns.length)).toEqual([1, 0]);
    expect(heard[1]?.all).toEqual([]);
  });

  it("CC-54 is that a copy came behind its author's message, of which nothing follows", () => {
    const hub = openHub().ready();
    hub.next(message({ id: "m-1" }));
    const heard = hub.next(message({ id: "m-1", payload: { stream_merged: true } }));
    expect(notesOf(heard)).toEqual([["debug", "late-copy", { messageId: "m-1" }]]);
    expect(heard.requests).toEqual([]);
  });

  it("CC-56 is nothing of a copy of the replay that is too old: it is kept for quotes at once", () => {
    const hub = openHub();
    hub.admit();
    const heard = hub.next(message({ id: "m-1", emitted_at: START - DAYS, payload: { stream_merged: true } }));
    expect(heard.kept.map(({ messageId }) => messageId)).toEqual(["m-1"]);
    expect(hub.replayDone().turns).toEqual([]);
    expect(hub.wait(limits.provisionalMs).turns).toEqual([]);
  });

  it("CC-55 CC-56 is nothing of an old message behind the replay: that is answered", () => {
    const hub = openHub().ready();
    expect(hub.next(message({ emitted_at: START - DAYS })).turns).toHaveLength(1);
    const quiet = openHub();
    quiet.admit();
    quiet.wait(limits.replaySilenceMs);
    expect(quiet.next(message({ emitted_at: START - DAYS })).turns).toEqual([]);
    expect(quiet.replayDone().doings).toEqual([]);
    expect(quiet.next(message({ emitted_at: START - DAYS })).turns).toHaveLength(1);
    expect(quiet.replayDone().all.filter((effect) => effect.do !== "send")).toEqual([]);
  });
});

describe("what an operator reads of what the hub refuses", () => {
  const answered = () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [sent] = hub.answers(of, "whole").messages;
    return { hub, sent };
  };
  const messageId = (sent: Json | undefined) => payloadOf(sent)["message_id"];

  it("CC-27 is which message, and why", () => {
    for (const [reason, why] of [["because", "bad_request: because"], ["", "bad_request"], [5, "bad_request"], [undefined, "bad_request"]] as const) {
      const { hub, sent } = answered();
      const heard = hub.frame(envelope("message.error", { message_id: messageId(sent), code: "bad_request", reason }, { trace_id: sent?.["trace_id"] }));
      expect(notesOf(heard)).toEqual([["warn", "message-refused", { messageId: messageId(sent), why }]]);
      expect(heard.settlements).toEqual([{ receipt: sent?.["trace_id"], how: { is: "refused", why } }]);
    }
  });

  it.each(["capability_missing", "unsupported_version", "message_id_too_long"])("CC-27 is that a frame of ours was wrong where the code is %s", (code) => {
    expect(told(envelope("message.error", { code, reason: "no" }))).toEqual([["warn", "wrong-frame", { why: `${code}: no` }]]);
    expect(told(envelope("message.error", { code: `${code}_x` }))).toEqual([["warn", "refused", { why: `${code}_x` }]]);
  });

  it("CC-27 is one message by its trace, or by its id alone", () => {
    for (const by of [{ trace: true, id: false }, { trace: false, id: true }]) {
      const { hub, sent } = answered();
      const heard = hub.frame(envelope("message.error", { message_id: by.id ? messageId(sent) : "", code: "no" }, { trace_id: by.trace ? sent?.["trace_id"] : "" }));
      expect(heard.settlements).toHaveLength(1);
    }
    const { hub } = answered();
    expect(hub.frame(envelope("message.error", { message_id: "", code: "no" }, { trace_id: "" })).settlements).toEqual([]);
  });

  it("CC-17 CC-27 is a message of which the hub says neither how nor why", () => {
    for (const by of ["trace", "id"]) {
      const { hub, sent } = answered();
      const heard = hub.frame({ ...envelope("message.error", { message_id: by === "id" ? messageId(sent) : 5, code: 7 }), trace_id: by === "trace" ? sent?.["trace_id"] : undefined });
      expect(heard.settlements).toEqual([{ receipt: sent?.["trace_id"], how: { is: "refused", why: "the hub refused it, and did not say why" } }]);
    }
    const { hub, sent } = answered();
    const trace = String(sent?.["trace_id"]);
    expect(hub.frame({ ...envelope("message.error", { code: 7 }), trace_id: `x${trace}` }).all.map((effect) => effect.do)).toEqual(["note"]);
    // A frame of a stream has the id of the reply behind it (CC-27).
    expect(hub.frame({ ...envelope("message.error", { message_id: messageId(sent), code: 7 }), trace_id: `trace-${String(messageId(sent))}-end` }).settlements).toEqual([]);
  });

  it("CC-26 is an acknowledgement of another message", () => {
    const { hub, sent } = answered();
    const heard = hub.ack(sent, { message_id: "msg-other" });
    expect(heard.settlements).toMatchObject([{ how: { is: "refused", why: "the hub acknowledged another message (msg-other)" } }]);
  });

  it("CC-40 closes no chat by another code, nor by a name that the hub would not use", () => {
    for (const [code, chat] of [["not_member", "chat-1"], ["bad_request", CHAT]] as const) {
      const hub = openHub({ strictChatIds: false }).ready();
      const of = hub.hears();
      hub.frame(envelope("message.error", { code }, { chat_id: chat }));
      expect(hub.answers({ ...of, origin: { ...of.origin, chatId: chat } }, "whole").messages).toHaveLength(1);
    }
    expect(openHub().ready().frame(envelope("message.error", { code: "not_member" })).doings).toEqual([]);
  });
});

describe("a malformed frame", () => {
  it("CC-55 ends the replay where it is replay.done", () => {
    const hub = openHub();
    hub.admit();
    const heard = hub.next({ ...envelope("replay.done", {}), emitted_at: "now" });
    expect(notesOf(heard)).toMatchObject([["warn", "invalid-frame", { event: "replay.done" }]]);
    expect(heard.acked).toEqual([1]);
    expect(hub.next(message({ emitted_at: START - DAYS })).turns).toHaveLength(1);
  });

  it("CC-51 is put away where it is a reply, too, and where it is not counted", () => {
    const broken = { ...message({ event: "message.reply" }), payload: { message_id: 5 } };
    for (const hub of [openHub().ready(), openHub({ reliable: false, grant: "none" }).ready()]) expect(hub.next(broken).quarantined).toHaveLength(1);
  });

  it("CC-51 is not put away where it is a mark of the hub's own, nor where nothing counts", () => {
    expect(openHub().ready().next(envelope("sync.mark", { covers_seq: "x" })).requests).toEqual([]);
    const plain = openHub({ reliable: false, grant: "none" }).ready();
    expect(plain.next({ ...envelope("typing.update", {}, { chat_id: CHAT }), seq: 5 }).requests).toEqual([]);
    expect(notesOf(plain.next({ ...envelope("sync.mark", { covers_seq: "x" }), seq: 5 }))).toMatchObject([["warn", "invalid-frame", { event: "sync.mark" }]]);
  });
});

describe("a stream that the hub has ended", () => {
  const failed = (id: unknown, more: Json = {}) => envelope("message.failed", { message_id: id, fragments: [], streaming: { status: "failed", sequence: 0 }, completed_at: 1 }, { chat_id: CHAT, ...more });

  it.each([
    ["nobody", {}, true],
    ["the hub", { sender: { id: "system", type: "direct" } }, true],
    ["the agent's own", { sender: { id: ME, type: "direct" } }, true],
    ["somebody else", { sender: { id: OWNER, type: "direct" } }, false],
  ])("CC-19 CC-69 is one of the agent where it is said by %s", (_, more, isOurs) => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "who");
    hub.next(failed(of.origin.answerId, more));
    expect(hub.streams(of, "who else").of("message.add")).toHaveLength(isOurs ? 0 : 1);
  });

  it("CC-19 is nothing where no stream has this id", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "who");
    hub.next(failed("msg-other"));
    expect(hub.streams(of, "who else").of("message.add")).toHaveLength(1);
  });
});
