import { describe, expect, it } from "vitest";
import { decodeImSent } from "../../../../generated/local-im/index.ts";
import type { DialedCommand } from "../../../../src/protocols/dialed.ts";
import type { Origin } from "../../../../src/protocols/local-im/identity.ts";
import { openIm } from "../../../support/im-session.ts";

const full = { messageId: "m-1", conversationId: "c-20", userId: "u-3", sessionId: "s-8" };
const echo = { conversationId: "c-20", sessionId: "s-8" };

describe("a connection to the IM server, reading", () => {
  it("LI-7 delivers a message with all its fields", () => {
    expect(openIm().inbound({ ...full, content: "Is it open?" })).toEqual({
      messageId: "m-1",
      origin: full,
      sender: { id: "u-3", verified: true },
      conversation: { kind: "direct", id: "s-8", scope: "conversation" },
      content: "Is it open?",
      media: [],
      receivedAt: 5,
    });
  });

  it("LI-11 keeps the id of a message that has shown nothing yet out of the error about a broken one", () => {
    const im = openIm();
    im.hello("ack");
    im.admit(full);
    expect(im.answers({ type: "message", ...full, content: "" })).toEqual([{ type: "error", ...echo, error: expect.any(String) as string, code: "invalid_message", seq: 0 }]);
  });

  it("LI-25 notes what a hello has turned on, and does nothing else", () => {
    expect(openIm().hello("ack", "polls")).toEqual([{ do: "note", level: "debug", code: "hello", data: { extensions: ["ack"] } }]);
  });

  it("LI-7 LI-8 notes by id and field what it cannot read, for whoever reads the log", () => {
    const notes = (frame: unknown) => openIm().effectsOf(frame).filter((effect) => effect.do === "note");
    expect(notes({ type: "message", messageId: "m-1", content: "" })).toEqual([{ do: "note", level: "warn", code: "invalid-message", data: { messageId: "m-1", field: "content" } }]);
    expect(Object.keys((notes({ type: "message", content: "" })[0] as { data: object }).data)).toEqual(["field"]);
    expect(notes("[]")).toEqual([{ do: "note", level: "warn", code: "not-a-json-object", data: { length: 2 } }]);
    expect(notes({ type: "message", content: "hi", messageId: 7, userId: 3 })).toEqual([{ do: "note", level: "warn", code: "ids-are-numbers", data: { messageId: "7", fields: ["messageId", "userId"] } }]);
    expect(notes({ type: "message", content: "hi", messageId: "7" })).toEqual([]);
    expect(notes({ type: "poll" })).toEqual([{ do: "note", level: "debug", code: "ignored-frame", data: { type: "poll", field: "type" } }]);
  });

  it("LI-11 answers about a broken message by its id where no reply to it runs, and again once it has ended", () => {
    const im = openIm();
    im.hello();
    const broken = { type: "message", ...full, content: "" };
    expect(im.answers(broken)).toMatchObject([{ replyTo: "m-1" }]);
    const of = im.admit(full);
    expect(im.answers(broken)).toEqual([expect.not.objectContaining({ replyTo: "m-1" })]);
    im.says({ say: "pairing", of, text: "Ask the operator." });
    expect(im.answers(broken)).toMatchObject([{ replyTo: "m-1" }]);
  });

  it("LI-25 does nothing where there is nothing to do", () => {
    const im = openIm();
    const of = im.admit(full);
    const thought = { say: "thought", of, content: "Hm." } as const;
    expect(im.commands(thought)).toHaveLength(1);
    expect([im.commands({ say: "goodbye" } as never), im.commands({ say: "typing", of }), im.commands(thought)]).toEqual([[], [], []]);
    expect(im.commands({ say: "activity", of, activity: { id: "a", tool: "read", status: "running" } } as never)).toEqual([]);
    expect(im.commands({ say: "refused", of, refusal: { code: "forbidden" } } as never)).toEqual([]);
    expect(im.reconnect()).toEqual([]);
  });

  it("LI-7 delivers the form without a type, and unknown fields with it", () => {
    expect(openIm().inbound({ type: undefined, userId: "u-3", conversationId: "c-20", news: 1 }).origin).toEqual({ userId: "u-3", conversationId: "c-20" });
  });

  it.each([
    ["no content", { content: undefined }, "Invalid field content: expected a value, got nothing"],
    ["no content but null", { content: null }, "Invalid field content: expected a string, got null"],
    ["empty content", { content: "" }, 'Invalid field content: expected text, got ""'],
    ["blank content", { content: " \n" }, "Invalid field content: expected text, got blanks"],
    ["content that is no text", { content: { t: "x" } }, "Invalid field content: expected a string, got an object"],
    ["too long a content", { content: "😀".repeat(101) }, "Invalid field content: expected at most 100 characters, got 101"],
    ["too long an id", { userId: "u".repeat(129) }, "Invalid field userId: expected at most 128 characters, got 129"],
    ["an id that is an object", { messageId: {} }, /^Invalid field messageId: .*got an object$/],
    ["an id beyond exact numbers", { messageId: 2 ** 60 }, /^Invalid field messageId/],
  ])("LI-7 answers a message with %s where its place is known, and notes it", (_, fields, error) => {
    const im = openIm();
    const frame = { type: "message", ...echo, content: "hi", ...fields };
    expect(im.answers(frame)).toEqual([{ type: "error", ...echo, error: typeof error === "string" ? error : (expect.stringMatching(error) as string) }]);
    expect(im.notes(frame)).toEqual(["warn invalid-message"]);
  });

  it("LI-7 answers with the one id of the place that is known", () => {
    expect(openIm().answers({ type: "message", conversationId: "c-20", sessionId: {}, content: "hi" })).toMatchObject([{ type: "error", conversationId: "c-20" }]);
    expect(openIm().answers({ type: "message", sessionId: 8, content: "" })).toEqual([{ type: "error", sessionId: "8", error: expect.any(String) as string }]);
  });

  it("LI-7 sends nothing about a message whose place is not known", () => {
    const im = openIm();
    expect(im.notes({ type: "message", messageId: "m-1", userId: "u-3" })).toEqual(["warn invalid-message"]);
    expect(im.sent()).toEqual([]);
  });

  it("LI-8 takes numbers for their digits, with a note", () => {
    const im = openIm();
    const frame = { messageId: 12, conversationId: -7, content: "x" };
    expect(im.inbound(frame)).toMatchObject({ messageId: "12", origin: { messageId: "12", conversationId: "-7" } });
    expect(im.notes({ type: "message", ...frame })).toEqual(["warn ids-are-numbers"]);
  });

  it("LI-8 takes empty and null ids for absent", () => {
    expect(openIm().inbound({ sessionId: "", conversationId: null, userId: "u-3" })).toMatchObject({
      origin: { userId: "u-3" },
      conversation: { id: "u-3", scope: "user" },
    });
  });

  it("LI-10 makes an id up for a message without one, which is no repeat of any other", () => {
    const im = openIm();
    expect(im.inbound({ conversationId: "c-20" }).messageId).toBe("c-20-5-rand");
    expect(im.inbound({})).toMatchObject({ messageId: "unknown-5-rand", origin: {} });
  });

  it("LI-10 knows a message by its id alone, whoever sent it", () => {
    const im = openIm();
    expect(im.identify(im.inbound(full))).toEqual({ sender: "", messageId: "m-1" });
    expect(im.identify(im.inbound({ ...full, userId: "u-4" }))).toEqual({ sender: "", messageId: "m-1" });
  });

  it("LI-9 answers ping with pong, and pong and ack with nothing", () => {
    const im = openIm();
    expect(im.answers({ type: "ping" })).toEqual([{ type: "pong" }]);
    expect(["pong", "ack"].flatMap((type) => im.effectsOf({ type }))).toEqual([]);
  });

  it.each([
    ["of another type, although it has content", { type: "presence", content: "x", ...echo }, "debug ignored-frame"],
    ["without type and text", { ...echo, content: 5 }, "debug ignored-frame"],
    ["with a type that is no text", { type: 5, content: "x", ...echo }, "debug ignored-frame"],
    ["of the plugin's own", { type: "done", content: "x", ...echo }, "debug ignored-frame"],
    ["of a known type and wrong", { type: "hello", extensions: "ack" }, "warn ignored-frame"],
    ["that is an array", [], "warn not-a-json-object"],
    ["that is null", null, "warn not-a-json-object"],
    ["that is a text", '"x"', "warn not-a-json-object"],
    ["that is not JSON", "not json", "warn not-a-json-object"],
  ])("LI-9 ignores a frame %s, with a note", (_, frame, noted) => {
    const im = openIm();
    expect(im.notes(frame)).toEqual([noted]);
    expect(im.effectsOf(frame).map((effect) => effect.do)).toEqual(["note"]);
  });

  it("LI-3 puts no content into a note", () => {
    const im = openIm();
    const effects = ["my secret", { type: "message", content: 7, messageId: "my secret".repeat(30) }, { type: "x", content: "my secret" }].flatMap((frame) => im.effectsOf(frame));
    expect(effects).toHaveLength(3);
    expect(JSON.stringify(effects)).not.toContain("my secret");
  });
});

describe("a connection to the IM server, answering", () => {
  it("LI-12 gives every frame the ids of the message, and no others", () => {
    for (const [given, expected] of [[full, echo], [{ userId: "u-3" }, {}], [{ conversationId: "c-20" }, { conversationId: "c-20" }]] as const) {
      const im = openIm();
      const of = im.admit(given);
      im.says({ say: "thought", of, content: "hm" });
      im.says({ say: "stream", of, content: "It" });
      im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "response", content: "It opens", thought: "hm, so" } });
      im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "error", code: "timeout", error: "x" } });
      expect(im.sent()).toEqual([
        { type: "thought", ...expected, content: "hm", delta: "hm" },
        { type: "stream", ...expected, content: "It" },
        { type: "done", ...expected, content: "It opens", thought: "hm, so" },
        { type: "error", ...expected, error: "The agent took too long" },
      ]);
    }
  });

  it("LI-14 gives each thought what it adds, and leaves out what does not continue", () => {
    const im = openIm();
    const of = im.admit(full);
    const thoughts = ["Checking", "Checking the notes", "Elsewhere in the old drawer", "Checking the notes", "Checking the notes again"].flatMap((content) => im.says({ say: "thought", of, content }));
    expect(thoughts.map(({ content, delta }) => [content, delta])).toEqual([
      ["Checking", "Checking"],
      ["Checking the notes", " the notes"],
      ["Checking the notes again", " again"],
    ]);
  });

  it("LI-14 LI-20 counts the delta from what this connection was sent", () => {
    const im = openIm();
    const of = im.admit(full);
    im.says({ say: "thought", of, content: "Checking" });
    im.reconnect();
    expect(im.says({ say: "thought", of, content: "Checking the notes" })).toMatchObject([{ delta: "Checking the notes" }]);
  });

  it("LI-13 sends the new text where the agent takes text back", () => {
    const im = openIm();
    const of = im.admit(full);
    expect(["It opens at", "At nine"].flatMap((content) => im.says({ say: "stream", of, content }))).toMatchObject([{ content: "It opens at" }, { content: "At nine" }]);
  });

  it("LI-17 lets a snapshot replace one of the same reply that waits, and no other frame", () => {
    const im = openIm();
    const [one, two] = [im.admit(full), im.admit({ ...full, messageId: "m-2" })];
    const keys = [
      { say: "stream", of: one, content: "a" },
      { say: "stream", of: one, content: "ab" },
      { say: "stream", of: two, content: "a" },
      { say: "thought", of: one, content: "a" },
      { say: "terminal", of: one, isRepeat: false, terminal: { type: "response", content: "ab" } },
    ] satisfies DialedCommand<Origin>[];
    const [first, second, other, ...rest] = keys.flatMap((command) => im.commands(command)).map((effect) => (effect.do === "send" ? effect.key : "?"));
    expect(first).toBe(second);
    expect(first).toEqual(expect.any(String));
    expect(other).not.toBe(first);
    expect(rest).toEqual([undefined, undefined]);
  });

  it("LI-15 ends a reply without text with done, and has thought in it always", () => {
    const im = openIm();
    expect(im.says({ say: "terminal", of: im.admit(full), isRepeat: false, terminal: { type: "response", content: "" } })).toEqual([{ type: "done", ...echo, content: "", thought: "" }]);
  });

  it("LI-15 puts links to files below the text", () => {
    const im = openIm();
    const mediaUrls = ["https://x.example/1", "https://x.example/2"];
    const contents = ["Here", ""].flatMap((content) => im.says({ say: "terminal", of: im.admit(full), isRepeat: false, terminal: { type: "response", content, mediaUrls } }));
    expect(contents.map(({ content }) => content)).toEqual(["Here\n\nhttps://x.example/1\n\nhttps://x.example/2", "https://x.example/1\n\nhttps://x.example/2"]);
  });

  it.each([
    ["agent_error", "The agent failed to answer"],
    ["timeout", "The agent took too long"],
    ["cancelled", "Cancelled"],
  ] as const)("LI-16 LI-21 says %s in fixed words, whatever happened inside", (code, error) => {
    const im = openIm();
    expect(im.says({ say: "terminal", of: im.admit(full), isRepeat: false, terminal: { type: "error", code, error: "at /home/x.ts:3 token=abc" } })).toEqual([{ type: "error", ...echo, error }]);
  });

  it.each([
    ["queue_full", "Too many pending messages"],
    ["rate_limited", "Too many messages"],
    ["shutting_down", "The gateway is restarting"],
    ["not_stored", "The message could not be stored"],
  ] as const)("LI-18 LI-19 refuses with %s in fixed words", (code, error) => {
    const im = openIm();
    expect(im.says({ say: "refused", of: im.inbound(full), refusal: { code, error: "inside" } })).toEqual([{ type: "error", ...echo, error }]);
  });

  it("LI-23 tells whom it does not let in nothing, and who has to be paired with a done", () => {
    const im = openIm();
    const of = im.inbound(full);
    expect(im.says({ say: "refused", of, refusal: { code: "forbidden", error: "no" } })).toEqual([]);
    expect(im.says({ say: "pairing", of, text: "Your code is K7QP" })).toEqual([{ type: "done", ...echo, content: "Your code is K7QP", thought: "" }]);
  });

  it("LI-10 gives a repeat no frame, but a note", () => {
    const im = openIm();
    expect(im.commands({ say: "repeated", of: im.inbound(full) })).toEqual([{ do: "note", level: "warn", code: "repeated-message", data: { messageId: "m-1" } }]);
  });

  it("LI-24 says unasked what it has to say where the receiver wrote last", () => {
    const im = openIm();
    const announce = { say: "announce", messageId: "srv_1", to: im.inbound(full), text: "It closes", mediaUrls: ["https://x.example/1"] } as const;
    expect(im.says(announce)).toEqual([{ type: "done", ...echo, content: "It closes\n\nhttps://x.example/1", thought: "" }]);
    im.hello();
    expect(im.says(announce)).toEqual([{ type: "done", ...echo, content: "It closes\n\nhttps://x.example/1", thought: "", seq: 0, proactive: true }]);
  });

  it("LI-20 sends the end of a reply in full on the next connection", () => {
    const im = openIm();
    const of = im.admit(full);
    im.says({ say: "stream", of, content: "It opens" });
    im.reconnect();
    expect(im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "response", content: "It opens at nine", thought: "hm" } })).toEqual([{ type: "done", ...echo, content: "It opens at nine", thought: "hm" }]);
  });

  it("sends only frames that the other end's decoder accepts", () => {
    for (const extensions of [undefined, [], ["ack", "typing", "policies", "cancel"]]) {
      const im = openIm();
      if (extensions) im.hello(...extensions);
      const of = im.admit(full);
      im.answers({ type: "message", content: "", ...full });
      im.says({ say: "typing", of });
      im.says({ say: "thought", of, content: "a" });
      im.says({ say: "stream", of, content: "a" });
      im.says({ say: "repeated", of });
      im.says({ say: "refused", of: im.inbound({ ...full, messageId: "m-2" }), refusal: { code: "forbidden", error: "x" } });
      im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "response", content: "x".repeat(600_000) } });
      im.says({ say: "announce", messageId: "srv_1", to: of, text: "b", mediaUrls: [] });
      expect(im.texts.filter((text) => !decodeImSent(text).ok)).toEqual([]);
    }
  });
});
