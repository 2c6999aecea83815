import { describe, expect, it } from "vitest";
import { envelope, fragmentsOf, HOME, openHub, OWNER, payloadOf, textOf } from "./hub.ts";

const idsOf = (frames: Parameters<typeof payloadOf>[0][]) => [...new Set(frames.map((frame) => payloadOf(frame)["message_id"]))];

describe("an answer that is shown while it grows", () => {
  it("CC-67 CC-68 is created, added to, done, and then said as a reply with the same id", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const heard = [hub.streams(of, "Look"), hub.streams(of, "Look, a"), hub.streams(of, "Look, a"), hub.answers(of, "Look, a cat")];
    const frames = heard.flatMap((each) => each.frames);
    expect(frames.map(({ event }) => event)).toEqual(["message.created", "message.add", "message.add", "message.add", "message.done", "message.reply"]);
    expect(idsOf(frames)).toEqual([of.origin.answerId]);
    const adds = frames.filter(({ event }) => event === "message.add").map(payloadOf);
    expect(adds.map(({ sequence, fragments }) => [sequence, fragments])).toEqual([
      [0, [{ kind: "text", text: "Look", delta: "Look" }]],
      [1, [{ kind: "text", text: "Look, a", delta: ", a" }]],
      [2, [{ kind: "text", text: "Look, a cat", delta: " cat" }]],
    ]);
    expect(payloadOf(frames[4])).toMatchObject({ fragments: [{ kind: "text", text: "Look, a cat" }], streaming: { status: "done", sequence: 2, completed_at: hub.now } });
    expect(heard[3]?.receipts.length).toBe(1);
  });

  it("CC-67 is one message however long it is, and a reply to nothing where nothing was asked", () => {
    const hub = openHub().ready();
    const asked = hub.hears();
    const { messageId: _nobodys, ...origin } = asked.origin;
    const of = { ...asked, origin };
    const text = "word ".repeat(4000);
    hub.streams(of, text);
    expect(hub.answers(of, text).messages.map(({ event, ...frame }) => [event, textOf(frame)])).toEqual([["message.reply", text]]);
  });

  it("CC-33 CC-21 is several messages only where one would be over the limit", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const text = "😀".repeat(250_000);
    expect(hub.streams(of, "😀").events).toEqual(["message.created", "message.add"]);
    expect(hub.streams(of, text).events).toEqual(["message.failed"]);
    expect(hub.answers(of, text).messages.map(textOf).join("")).toBe(text);
  });

  it("CC-69 fails where the agent takes text back, and is not shown any more", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "Look");
    const failed = hub.streams(of, "Well");
    expect(failed.events).toEqual(["message.failed"]);
    expect(payloadOf(failed.frames[0])).toMatchObject({ fragments: [{ kind: "text", text: "Look" }], streaming: { status: "failed", sequence: 0 } });
    expect(hub.streams(of, "Well, well").frames).toEqual([]);
    const end = hub.answers(of, "Well, well");
    expect(end.events).toEqual(["message.reply"]);
    expect(idsOf(end.frames)).toEqual([of.origin.answerId]);
  });

  it("CC-69 fails when its end does not continue it, when the turn fails, when there is nothing to be said, and on stop", () => {
    const ends = (end: (hub: ReturnType<typeof openHub>, of: ReturnType<ReturnType<typeof openHub>["hears"]>) => { events: string[] }) => {
      const hub = openHub().ready();
      const of = hub.hears({ type: "group" });
      hub.streams(of, "Look");
      return end(hub, of).events;
    };
    expect(ends((hub, of) => hub.answers(of, "Else"))).toEqual(["message.failed", "message.reply"]);
    expect(ends((hub, of) => hub.fails(of))).toEqual(["message.failed"]);
    expect(ends((hub, of) => hub.fails(of, "cancelled"))).toEqual(["message.failed"]);
    expect(ends((hub, of) => hub.answers(of, "Look [clawchat:silent]"))).toEqual(["message.failed"]);
    expect(ends((hub) => hub.says({ say: "goodbye" }))).toEqual(["message.failed", "message.sync_ack"]);
  });

  it("CC-69 is not continued on another connection: the whole answer comes, with the same id", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "Look");
    hub.reconnect();
    hub.ready();
    expect(hub.streams(of, "Look, a").frames).toEqual([]);
    const end = hub.answers(of, `Look, a ${"cat ".repeat(2000)}`, {}, true);
    expect(end.events).toEqual(["message.reply"]);
    expect(idsOf(end.frames)).toEqual([of.origin.answerId]);
  });

  it("CC-69 ends where the hub ends it or refuses a frame of it", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "Look");
    hub.frame(envelope("message.failed", { message_id: of.origin.answerId, fragments: [], streaming: {} }, { chat_id: "cnv_x" }));
    expect(hub.streams(of, "Look, a").frames).toEqual([]);
    expect(hub.answers(of, "Look, a").events).toEqual(["message.reply"]);

    const other = hub.hears();
    const [, add] = hub.streams(other, "Look").frames;
    expect(hub.frame({ ...envelope("message.error", { code: "message_too_large" }), trace_id: add?.["trace_id"] }).events).toEqual(["message.failed"]);
    expect(hub.streams(other, "Look, a").frames).toEqual([]);
  });

  it("CC-41 CC-69 lets go of what the hub has gathered in the owner's chat, which no error closes, and in no chat that it closes", () => {
    const hub = openHub().ready();
    const ends = (of: ReturnType<typeof hub.hears>) => {
      const [, add] = hub.streams(of, "Look").frames;
      return hub.frame({ ...envelope("message.error", { code: "not_member" }, { chat_id: of.origin.chatId }), trace_id: add?.["trace_id"] }).events;
    };
    expect(ends(hub.hears({ chat: HOME, from: OWNER }))).toEqual(["message.failed"]);
    expect(ends(hub.hears())).toEqual([]);
  });

  it("CC-40 ends without a word where its chat was closed before", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [, add] = hub.streams(of, "Look").frames;
    hub.frame(envelope("message.error", { code: "not_member" }, { chat_id: of.origin.chatId }));
    expect(hub.frame({ ...envelope("message.error", { code: "message_too_large" }), trace_id: add?.["trace_id"] }).events).toEqual([]);
    expect(hub.state.streams.open.size).toBe(0);
  });

  it("CC-41 fails on stop in a dissolved chat too", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "Look");
    hub.next(envelope("notify.signal", { type: "conversation.dissolved", entity_id: of.origin.chatId, event_id: "e" }));
    expect(hub.says({ say: "goodbye" }).events).toContain("message.failed");
  });

  it("CC-67 is shown only where streaming is on, and in the first run of a turn", () => {
    const hub = openHub().ready();
    expect(hub.streams(hub.hears(), "Look", 2).frames).toEqual([]);
    const off = openHub({ streaming: false }).ready();
    expect(off.streams(off.hears(), "Look").frames).toEqual([]);
  });

  it("CC-34 shows nothing that may yet be silence", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    for (const text of ["N", "NO_RE", "NO_REPLY", "[SIL", "<clawc", "x <clawchat:no"]) expect(hub.streams(of, text).frames).toEqual([]);
    expect(hub.answers(of, "NO_REPLY").frames).toEqual([]);
    const second = hub.hears();
    expect(hub.streams(second, "NO").frames).toEqual([]);
    expect(textOf(hub.streams(second, "NO way").frames[1])).toBe("NO way");
  });

  it("CC-68 CC-30 never cuts a character in two", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const frames = ["a\ud83d", "a😀", "a😀\u0000b", "a😀\u0000b\ud800c"].flatMap((text) => hub.streams(of, text).frames);
    expect(frames.filter(({ event }) => event === "message.add").map((frame) => fragmentsOf(frame)[0]?.["delta"])).toEqual(["a", "😀", "b", "\ufffdc"]);
  });
});

describe("thoughts", () => {
  const thinks = (visibility: "full" | "normal") => {
    const hub = openHub({ outputVisibility: visibility }).ready();
    const of = hub.hears();
    return { hub, of, frames: [hub.says({ say: "thought", of, content: "hm", attempt: 1 }), hub.says({ say: "thought", of, content: "hm, well", attempt: 1 })].flatMap((each) => each.frames) };
  };

  it("CC-71 are a stream of their own in thinking mode, where everything is to be seen", () => {
    const { hub, of, frames } = thinks("full");
    expect(frames.map(({ event }) => event)).toEqual(["message.created", "message.add", "message.add"]);
    expect(payloadOf(frames[0])["message_mode"]).toBe("thinking");
    expect(idsOf(frames)).not.toContain(of.origin.answerId);
    hub.streams(of, "Look");
    const end = hub.answers(of, "Look", { thought: "hm, well" });
    expect(end.events).toEqual(["message.done", "message.done", "message.reply"]);
    expect(end.frames.map((frame) => payloadOf(frame)["message_id"])).toEqual([idsOf(frames)[0], of.origin.answerId, of.origin.answerId]);
  });

  it("CC-71 are not shown otherwise", () => {
    expect(thinks("normal").frames).toEqual([]);
  });
});

