import { describe, expect, it } from "vitest";
import type { RefusalCode } from "../../../../src/protocols/inbound.ts";
import { CHAT, contextOf, fragmentsOf, HOME, openHub, OWNER, payloadOf, textOf } from "./hub.ts";

const idOf = (frame: Parameters<typeof payloadOf>[0]) => String(payloadOf(frame)["message_id"]);

describe("an answer", () => {
  it("CC-29 CC-32 is a reply to its message, with the id it was given when that came", () => {
    const hub = openHub().ready();
    const of = hub.hears({ id: "msg-a", text: "deploy it please" });
    const heard = hub.answers(of, "done");
    expect(heard.messages.length).toBe(1);
    const [reply] = heard.messages;
    expect(reply).toMatchObject({ event: "message.reply", chat_id: CHAT, payload: { message_id: of.origin.answerId, message_mode: "normal" } });
    expect(fragmentsOf(reply)).toEqual([{ kind: "text", text: "done" }]);
    expect(contextOf(reply)).toEqual({ mentions: [], reply: { reply_to_msg_id: "msg-a", reply_preview: { id: "usr_mira", nick_name: "Mira", fragments: [{ kind: "text", text: "deploy it please" }] } } });
    expect(heard.receipts).toEqual([reply?.["trace_id"]]);
  });

  it("CC-32 replies to another message where the agent wants that, and quotes no more than it knows, 200 characters at most", () => {
    const hub = openHub().ready();
    const of = hub.hears({ text: "x".repeat(500) });
    expect(contextOf(hub.answers(of, "done", { replyToMessageId: "msg-other" }).messages[0])["reply"]).toEqual({ reply_to_msg_id: "msg-other", reply_preview: null });
    expect(contextOf(hub.answers(of, "done").messages[0])["reply"]).toMatchObject({ reply_preview: { fragments: [{ text: `${"x".repeat(199)}…` }] } });
    expect(hub.answers(of, "done", { replyToMessageId: "y".repeat(513) }).messages.map(({ event }) => event)).toEqual(["message.send"]);
  });

  it("CC-33 CC-31 over 4,000 characters becomes several messages that are the text together", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const text = `${"😀".repeat(3990)}\n${"b".repeat(3000)} ${"c".repeat(5000)}`;
    const heard = hub.answers(of, text, { attachments: [{ kind: "image", url: "https://m.example/1" }] });
    expect(heard.messages.map(textOf).join("")).toBe(text);
    expect(heard.messages.map((frame) => Array.from(textOf(frame)).length)).toEqual([3991, 3001, 4000, 1000]);
    const ids = heard.messages.map(idOf);
    expect(ids[0]).toBe(of.origin.answerId);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(4);
    expect(heard.messages.map(({ event }) => event)).toEqual(["message.reply", "message.send", "message.send", "message.send"]);
    expect(heard.messages.map((frame) => fragmentsOf(frame).length)).toEqual([2, 1, 1, 1]);
    expect(heard.messages.map((frame) => contextOf(frame)["reply"] === null)).toEqual([false, true, true, true]);
    expect(heard.receipts.length).toBe(4);
  });

  it("CC-29 is the same when it is written again, on a new connection too", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const strip = ({ emitted_at: _when, text: _text, at: _at, on: _on, ...frame }: (typeof hub.sent)[number]) => frame;
    const first = hub.answers(of, "a ".repeat(5000)).messages.map(strip);
    hub.reconnect();
    hub.ready();
    hub.wait(5000);
    expect(hub.answers(of, "a ".repeat(5000), {}, true).messages.map(strip)).toEqual(first);
  });

  it("CC-30 has neither U+0000 nor half characters", () => {
    const hub = openHub().ready();
    const of = hub.hears({ text: "a\u0000b" });
    expect(textOf(hub.answers(of, "x\u0000y\ud800z").messages[0])).toBe("xy\ufffdz");
  });

  it("has its files in it, as they were uploaded, and links to those that were not", () => {
    const hub = openHub().ready();
    const attachments = [
      { kind: "image", url: "https://m.example/1", name: "cat\u0000", mimeType: "image/png", size: 5 },
      { kind: "file", url: "" },
      { kind: "audio", url: "https://m.example/2", size: 1.5 },
    ] as const;
    const [frame] = hub.answers(hub.hears(), "look", { attachments, mediaUrls: ["https://elsewhere.example/3"] }).messages;
    expect(fragmentsOf(frame)).toEqual([
      { kind: "text", text: "look\n\nhttps://elsewhere.example/3" },
      { kind: "image", url: "https://m.example/1", name: "cat", mime: "image/png", size: 5 },
      { kind: "audio", url: "https://m.example/2" },
    ]);
    const [only] = hub.answers(hub.hears(), "", { attachments: attachments.slice(0, 1) }).messages;
    expect(fragmentsOf(only).map(({ kind }) => kind)).toEqual(["image"]);
  });

  it("CC-21 has no more than 256 pieces in a message", () => {
    const hub = openHub().ready();
    const attachments = Array.from({ length: 300 }, (_, index) => ({ kind: "file" as const, url: `https://m.example/${index}` }));
    expect(hub.answers(hub.hears(), "look", { attachments }).messages.map((frame) => fragmentsOf(frame).length)).toEqual([256, 45]);
  });

  it("CC-21 becomes several messages where its files are too many for one", () => {
    const hub = openHub().ready();
    const attachments = Array.from({ length: 600 }, (_, index) => ({ kind: "file" as const, url: `https://m.example/${index}/${"x".repeat(10_000)}` }));
    const { messages } = hub.answers(hub.hears(), "look", { attachments });
    expect(messages.flatMap(fragmentsOf).length).toBe(601);
    expect(new Set(messages.map(idOf)).size).toBe(messages.length);
    expect(messages.length).toBeGreaterThan(6);
  });

  it.each(["", "  \n", "NO_REPLY", "[SILENT]", "well, clawchat:no-reply then"])("CC-34 of %j is not sent, and nobody waits for it", (content) => {
    const heard = openHub().ready();
    expect(heard.answers(heard.hears(), content).all).toEqual([]);
  });

  it("CC-34 has its files sent whatever its text says", () => {
    const hub = openHub().ready();
    const { messages } = hub.answers(hub.hears(), "<clawchat:no-reply>", { attachments: [{ kind: "image", url: "https://m.example/1" }] });
    expect(messages.map(fragmentsOf)).toEqual([[{ kind: "image", url: "https://m.example/1" }]]);
  });

  it("that failed is told to whoever asked alone, under an id of its own that is always the same", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [first] = hub.fails(of).messages;
    expect(textOf(first)).toBe("Something went wrong, and there is no answer. Please try again.");
    expect(idOf(first)).not.toBe(of.origin.answerId);
    expect(idOf(hub.fails(of).messages[0])).toBe(idOf(first));
    expect(textOf(hub.fails(of, "timeout").messages[0])).toContain("too long");
    expect(hub.fails(of, "cancelled").all).toEqual([]);
    expect(hub.fails(hub.hears({ type: "group" })).all).toEqual([]);
    const minimal = openHub({ outputVisibility: "minimal" }).ready();
    expect(minimal.fails(minimal.hears()).all).toEqual([]);
  });

  it("that is refused is told only to whoever is alone with the agent", () => {
    const hub = openHub().ready();
    const refuse = (of: ReturnType<typeof hub.hears>, code: RefusalCode) => hub.says({ say: "refused", of, refusal: { code, error: `sorry: ${code}` } }).messages.map(textOf);
    const of = hub.hears();
    expect(refuse(of, "rate_limited")).toEqual(["sorry: rate_limited"]);
    expect(refuse(of, "queue_full")).toEqual(["sorry: queue_full"]);
    expect(refuse(of, "forbidden")).toEqual([]);
    expect(refuse(of, "shutting_down")).toEqual([]);
    expect(refuse(hub.hears({ type: "group" }), "rate_limited")).toEqual([]);
    expect(hub.says({ say: "pairing", of, text: "code 1234" }).messages.map(textOf)).toEqual(["code 1234"]);
    expect(hub.says({ say: "repeated", of }).all).toEqual([]);
  });
});

describe("what is said unasked", () => {
  it("CC-32 is a message, or a reply where it replies to something", () => {
    const hub = openHub().ready();
    const to = hub.hears({ id: "msg-a" });
    const messageId = hub.protocol.announcementId();
    const plain = hub.says({ say: "announce", messageId, to, text: "hello", mediaUrls: [], attachments: [] });
    expect(plain.messages).toMatchObject([{ event: "message.send", chat_id: CHAT, payload: { message_id: messageId } }]);
    expect(contextOf(plain.messages[0])["reply"]).toBeNull();
    const reply = hub.says({ say: "announce", messageId, to, text: "hello", mediaUrls: [], replyToMessageId: "msg-a" });
    expect(reply.messages).toMatchObject([{ event: "message.reply" }]);
    expect(contextOf(reply.messages[0])["reply"]).toMatchObject({ reply_to_msg_id: "msg-a", reply_preview: { id: "usr_mira" } });
  });

  it("finds a group by its id, the owner in the direct chat, and nobody else", () => {
    const hub = openHub().ready();
    const { reach } = hub.protocol;
    const say = (to: Parameters<NonNullable<typeof reach>>[0]) => {
      const found = reach?.(to);
      return found && hub.says({ say: "announce", messageId: hub.protocol.announcementId(), to: found, text: "hello", mediaUrls: [] }).messages.map(({ chat_id: chat }) => chat);
    };
    expect(say({ kind: "group", id: CHAT })).toEqual([CHAT]);
    expect(say({ kind: "direct", id: OWNER })).toEqual([HOME]);
    expect(say({ kind: "direct", id: HOME })).toEqual([HOME]);
    expect(say({ kind: "direct", id: "usr_mira" })).toBeUndefined();
    expect(say({ kind: "group", id: "usr_mira" })).toBeUndefined();
  });
});

describe("an acknowledgement", () => {
  it("CC-24 CC-26 ends what it names, by its trace or by the id of the message, once", () => {
    const hub = openHub().ready();
    const [first] = hub.answers(hub.hears(), "one").messages;
    expect(hub.ack(first).settlements).toEqual([{ receipt: first?.["trace_id"], how: { is: "arrived" } }]);
    expect(hub.ack(first).all).toEqual([]);
    const [second] = hub.answers(hub.hears(), "two").messages;
    hub.wait(20_000);
    expect(hub.frame({ version: "2", event: "message.ack", emitted_at: 1, payload: { message_id: idOf(second) } }).settlements).toEqual([{ receipt: second?.["trace_id"], how: { is: "arrived" } }]);
    expect(hub.ack(second).all).toEqual([]);
  });

  it("CC-26 of another message fails the send", () => {
    const hub = openHub().ready();
    const [frame] = hub.answers(hub.hears(), "one").messages;
    expect(hub.ack(frame, { message_id: "msg-other" }).settlements).toEqual([{ receipt: frame?.["trace_id"], how: { is: "refused", why: "the hub acknowledged another message (msg-other)" } }]);
  });

  it.each([{}, { payload: {} }, { payload: { message_id: "" } }, { payload: { message_id: 5 } }])("CC-26 that is for nobody or malformed changes nothing: %j", (changes) => {
    const hub = openHub().ready();
    const [frame] = hub.answers(hub.hears(), "one").messages;
    expect(hub.frame({ version: "2", event: "message.ack", trace_id: "trace-unknown", emitted_at: 1, payload: { message_id: "nobody" }, ...changes }).settlements).toEqual([]);
    expect(hub.ack(frame).settlements.length).toBe(1);
  });

  it("CC-27 of a refusal is final, whatever its code", () => {
    for (const code of ["chat_not_found", "bad_request", "message_too_large", "a_new_one"]) {
      const hub = openHub({ resendsUnanswered: true }).ready();
      const [frame] = hub.answers(hub.hears(), "one").messages;
      expect(hub.refuse(frame, code).settlements).toEqual([{ receipt: frame?.["trace_id"], how: { is: "refused", why: `${code}: because` } }]);
      expect(hub.wait(100_000).messages).toEqual([]);
    }
  });

  it("CC-17 CC-27 of a refusal counts where it is malformed too", () => {
    for (const payload of [{}, { code: 404 }, { code: "" }, null]) {
      const hub = openHub().ready();
      const [frame] = hub.answers(hub.hears(), "one").messages;
      expect(hub.frame({ version: "2", event: "message.error", trace_id: frame?.["trace_id"], emitted_at: 1, payload }).settlements).toMatchObject([{ how: { is: "refused" } }]);
    }
  });

  it("CC-27 of a frame that the plugin should not have sent is told apart", () => {
    const hub = openHub().ready();
    expect(hub.refuse(undefined, "capability_missing").notes).toEqual(["warn wrong-frame"]);
    expect(hub.refuse(undefined, "bad_request").notes).toEqual(["warn refused"]);
  });

  it("CC-28 that does not come in 15 seconds is noted once, and nothing is written again", () => {
    const hub = openHub().ready();
    const [frame] = hub.answers(hub.hears(), "one").messages;
    expect(hub.wait(14_999).notes).toEqual([]);
    const late = hub.wait(1);
    expect(late.notes).toEqual(["warn unacknowledged"]);
    expect(late.settlements).toEqual([]);
    const rest = hub.wait(100_000);
    expect(rest.notes).toEqual([]);
    expect(rest.messages).toEqual([]);
    expect(hub.ack(frame).settlements).toMatchObject([{ how: { is: "arrived" } }]);
  });

  it("CC-28 that does not come has the same bytes written three times at most, where that is wanted", () => {
    const hub = openHub({ resendsUnanswered: true, ackMs: 1000 }).ready();
    const [frame] = hub.answers(hub.hears(), "one").messages;
    const again = [hub.wait(1000), hub.wait(1000)];
    expect(again.map(({ messages }) => messages.map(({ text }) => text))).toEqual([[frame?.text], [frame?.text]]);
    const last = hub.wait(1000);
    expect(last.messages).toEqual([]);
    expect(last.notes).toEqual(["warn unacknowledged"]);
    expect(hub.ack(frame).settlements.length).toBe(1);
  });

  it("CC-28 is not waited for any more when its connection is lost", () => {
    const hub = openHub({ resendsUnanswered: true }).ready();
    const [frame] = hub.answers(hub.hears(), "one").messages;
    hub.reconnect();
    hub.ready();
    expect(hub.wait(100_000).messages).toEqual([]);
    expect(hub.ack(frame).settlements).toEqual([]);
  });

  it("CC-24 that never comes for anything ends the connection before too much waits for one", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const doings = Array.from({ length: 1025 }, (_, index) => hub.answers({ ...of, origin: { ...of.origin, answerId: `msg-01K5N8Q2R4S6T8V0W2X4Y${String(index).padStart(5, "0")}` } }, "x").doings.length);
    expect(doings.indexOf(1)).toBe(1024);
  });
});

describe("before hello-ok", () => {
  it("CC-22 CC-23 nothing is said, and nothing of it is said afterwards", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.reconnect();
    for (const stage of [() => undefined, () => hub.challenge()]) {
      stage();
      expect([hub.types(of), hub.streams(of, "hello"), hub.answers(of, "hello"), hub.says({ say: "goodbye" }), hub.says({ say: "pairing", of, text: "x" })].flatMap(({ frames }) => frames)).toEqual([]);
    }
    expect(hub.hello().messages).toEqual([]);
  });
});
