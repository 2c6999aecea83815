import { describe, expect, it } from "vitest";
import { openIm } from "../../../support/im-session.ts";

const full = { messageId: "m-1", conversationId: "c-20", userId: "u-3" };
const done = { type: "response", content: "It" } as const;

describe("a connection to the IM server, extended", () => {
  it("LI-25 sends no extension and no field of one before hello", () => {
    const im = openIm();
    const of = im.admit(full);
    im.says({ say: "typing", of });
    im.says({ say: "stream", of, content: "It" });
    im.says({ say: "repeated", of });
    im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "error", code: "timeout", error: "x" } });
    expect(im.effectsOf({ type: "cancel", messageId: "m-1" }).map((effect) => effect.do)).toEqual(["note"]);
    expect(im.sent()).toEqual([
      { type: "stream", conversationId: "c-20", content: "It" },
      { type: "error", conversationId: "c-20", error: "The agent took too long" },
    ]);
  });

  it("LI-25 turns on what hello names, and the fields with any hello", () => {
    const im = openIm();
    im.hello("typing", "teleport");
    const of = im.admit(full);
    im.says({ say: "typing", of });
    im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "error", code: "timeout", error: "x" } });
    expect(im.sent()).toEqual([
      { type: "typing", conversationId: "c-20" },
      { type: "error", conversationId: "c-20", error: "The agent took too long", code: "timeout", replyTo: "m-1", seq: 0 },
    ]);
  });

  it("LI-25 keeps the form of a reply that has begun when a later hello says otherwise", () => {
    const im = openIm();
    const plain = im.admit(full);
    im.says({ say: "stream", of: plain, content: "It" });
    im.hello("typing");
    const extended = im.admit({ ...full, messageId: "m-2" });
    im.says({ say: "stream", of: extended, content: "Yes" });
    im.hello();
    expect(im.says({ say: "terminal", of: plain, isRepeat: false, terminal: done })).toEqual([{ type: "done", conversationId: "c-20", content: "It", thought: "" }]);
    expect(im.says({ say: "typing", of: extended })).toHaveLength(1);
    expect(im.says({ say: "typing", of: im.admit({ ...full, messageId: "m-3" }) })).toEqual([]);
  });

  it("LI-25 starts without on a new connection", () => {
    const im = openIm();
    im.hello("ack");
    im.reconnect();
    im.admit(full);
    expect(im.sent()).toEqual([]);
  });

  it("LI-26 numbers the frames of a reply over all types, and none of them replaces another", () => {
    const im = openIm();
    im.hello();
    const of = im.admit(full);
    const other = im.admit({ ...full, messageId: "m-2" });
    const effects = [
      im.commands({ say: "thought", of, content: "hm" }),
      im.commands({ say: "stream", of, content: "I" }),
      im.commands({ say: "stream", of: other, content: "x" }),
      im.commands({ say: "stream", of, content: "It" }),
      im.commands({ say: "terminal", of, isRepeat: false, terminal: done }),
    ].flat();
    expect(im.sent().map(({ replyTo, seq }) => [replyTo, seq])).toEqual([["m-1", 0], ["m-1", 1], ["m-2", 0], ["m-1", 2], ["m-1", 3]]);
    expect(effects.filter((effect) => effect.do === "send" && effect.key !== undefined)).toEqual([]);
  });

  it("LI-26 names no id that the server did not give", () => {
    const im = openIm();
    im.hello("ack");
    const of = im.admit({ conversationId: "c-20" });
    expect(im.says({ say: "terminal", of, isRepeat: false, terminal: done })).toEqual([{ type: "done", conversationId: "c-20", content: "It", thought: "", seq: 0 }]);
    expect(im.sent()).toHaveLength(1);
  });

  it("LI-11 does not give a running reply's id to an error about a frame", () => {
    const im = openIm();
    im.hello();
    im.says({ say: "stream", of: im.admit(full), content: "It" });
    const broken = (messageId: string) => im.answers({ type: "message", ...full, messageId, content: "" });
    expect(broken("m-1")).toEqual([{ type: "error", conversationId: "c-20", error: expect.any(String) as string, code: "invalid_message", seq: 0 }]);
    expect(broken("m-9")).toMatchObject([{ replyTo: "m-9" }]);
  });

  it("LI-28 tells of tools where hello named activity, without a number and without what they were given", () => {
    const activity = { id: "call_1", tool: "t".repeat(200), status: "started" } as const;
    const im = openIm();
    expect(im.says({ say: "activity", of: im.admit(full), activity })).toEqual([]);
    const extended = openIm();
    extended.hello("activity");
    const of = extended.admit(full);
    expect(extended.says({ say: "activity", of, activity })).toEqual([
      { type: "activity", conversationId: "c-20", replyTo: "m-1", activityId: "call_1", tool: `${"t".repeat(127)}…`, status: "started" },
    ]);
    expect(extended.says({ say: "stream", of, content: "a" })).toMatchObject([{ seq: 0 }]);
  });

  it("LI-27 says what became of a message", () => {
    const im = openIm();
    im.hello("ack");
    const of = im.admit(full);
    im.says({ say: "repeated", of });
    im.says({ say: "refused", of: im.inbound({ ...full, messageId: "m-2" }), refusal: { code: "queue_full", error: "x" } });
    expect(im.sent()).toEqual([
      { type: "ack", messageId: "m-1", status: "queued" },
      { type: "ack", messageId: "m-1", status: "duplicate" },
      { type: "ack", messageId: "m-2", status: "rejected" },
      { type: "error", conversationId: "c-20", error: "Too many pending messages", code: "queue_full", replyTo: "m-2", seq: 0 },
    ]);
  });

  it("LI-27 asks for the end of a message that is cancelled, by its id as text", () => {
    const im = openIm();
    im.hello("cancel");
    expect(im.effectsOf({ type: "cancel", messageId: "m-1" })).toEqual([{ do: "deliver", inbound: { ask: "cancel", messageId: "m-1" } }]);
    expect(im.effectsOf({ type: "cancel", messageId: 12 })).toEqual([{ do: "deliver", inbound: { ask: "cancel", messageId: "12" } }]);
    expect(im.effectsOf({ type: "cancel", messageId: "" }).map((effect) => effect.do)).toEqual(["note"]);
  });

  it("LI-23 tells whom it does not let in where hello named policies", () => {
    const im = openIm();
    im.hello("policies");
    expect(im.says({ say: "refused", of: im.inbound(full), refusal: { code: "forbidden", error: "x" } })).toMatchObject([{ type: "error", code: "forbidden", error: "Sender not allowed" }]);
  });
});
