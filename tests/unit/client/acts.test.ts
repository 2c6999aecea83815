import { describe, expect, it } from "vitest";
import { clientLimits } from "../../../src/core/limits.ts";
import { failure, response, stream } from "../../support/chat-frames.ts";
import { type ChatStage, createChatStage } from "../../support/chat-stage.ts";
import { settle } from "../../support/virtual.ts";

const open = async (): Promise<ChatStage> => {
  const stage = await createChatStage();
  await stage.welcome();
  return stage;
};

describe("abort", () => {
  it("WS-29 stops the agent, whose answer is what it has said so far", async () => {
    const { chat, peer } = await open();
    const reply = chat.send("hello", { messageId: "m1" });
    peer.say(stream("m1", "Good"));
    reply.abort();
    reply.abort();
    expect(peer.heard.filter(({ type }) => type === "chat.cancel")).toEqual([{ type: "chat.cancel", messageId: "m1" }]);
    peer.say(response("m1", "Good"));
    await expect(reply.done).resolves.toMatchObject({ text: "Good" });
  });

  it("stops waiting where nobody can be told, and shows nothing of what comes after all", async () => {
    const stage = await createChatStage();
    await stage.welcome({ extensions: [] });
    const reply = stage.chat.send("hello", { messageId: "m1" });
    reply.abort();
    await expect(reply.done).rejects.toMatchObject({ code: "cancelled" });
    for (const frame of [stream("m1", "Good"), response("m1", "Good evening")]) stage.peer.say(frame);
    expect(stage.told.map(([name]) => name)).toEqual(["state"]);
  });

  it("takes back what has not left, and tells the server later of what has", async () => {
    const stage = await open();
    const sent = stage.chat.send("hello", { messageId: "m1" });
    const stopped = stage.chat.send("hello", { messageId: "m2" });
    stopped.abort();
    stage.peer.end(1006);
    await expect(stopped.done).rejects.toMatchObject({ code: "cancelled" });
    const unsent = stage.chat.send("hello", { messageId: "m3" });
    for (const reply of [sent, unsent]) {
      reply.abort();
      await expect(reply.done).rejects.toMatchObject({ code: "cancelled" });
    }
    await stage.clock.pass(1_000);
    await stage.welcome();
    expect(stage.peer.heard.slice(1)).toEqual(["m2", "m1"].map((messageId) => ({ type: "chat.cancel", messageId })));
  });

  it("is what a signal does, before and after", async () => {
    const { chat, peer } = await open();
    const controller = new AbortController();
    const reply = chat.send("hello", { messageId: "m1", signal: controller.signal });
    controller.abort();
    expect(peer.heard.at(-1)).toEqual({ type: "chat.cancel", messageId: "m1" });
    peer.say(failure("m1", "cancelled", "Cancelled"));
    await expect(reply.done).rejects.toMatchObject({ code: "cancelled" });
    const late = chat.send("hello", { messageId: "m2", signal: AbortSignal.abort() });
    peer.say(failure("m2", "cancelled", "Cancelled"));
    await expect(late.done).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("what is said unasked", () => {
  it("WS-27 WS-24 is a message: of the agent, of a member of a group, or an answer that somebody else asked for; once", async () => {
    const { peer, told } = await open();
    peer.say(response("srv_1", "Wake up", { mediaUrls: ["https://x/a"] }));
    peer.say(response("srv_1", "Wake up"));
    peer.say({ type: "chat.message", messageId: "o1", groupId: "club", senderId: "ben", senderName: "Ben", content: "Hi", threadId: "t" });
    peer.say(stream("o1", "Hel"));
    peer.say(response("o1", "Hello Ben", { groupId: "club", replyToMessageId: "o1" }));
    peer.say(stream("o1", "Hello"));
    expect(told.slice(1)).toEqual([
      ["message", { messageId: "srv_1", from: "agent", text: "Wake up", media: ["https://x/a"] }],
      ["message", { messageId: "o1", from: "ben", fromName: "Ben", text: "Hi", media: [], group: "club", thread: "t" }],
      ["stream", stream("o1", "Hel")],
      ["message", { messageId: "o1", from: "agent", text: "Hello Ben", media: [], group: "club", replyTo: "o1" }],
    ]);
  });

  it.each(["thought", "activity", "reaction", "edited", "deleted", "pairing", "media"] as const)("is told as %s, as the frame has it", async (name) => {
    const { peer, told } = await open();
    const all = { messageId: "m1", content: "Hm", senderId: "agent", activityId: "a", tool: "t", status: "started", emoji: "👍", op: "add", code: "K", expiresAt: 1, mediaId: "x", url: "https://x/a" };
    peer.say({ type: `chat.${name}`, ...all });
    expect(told.slice(1)).toEqual([[name, { type: `chat.${name}`, ...all }]]);
  });

  it("is a fault where it is an error about no message, or no frame at all", async () => {
    const { peer, told } = await open();
    peer.say({ type: "chat.error", error: "Sender not allowed in this group", code: "forbidden" });
    peer.say("220 mail.example");
    expect(told.slice(1)).toEqual([
      ["fault", { code: "forbidden", text: "Sender not allowed in this group" }],
      ["fault", { code: "malformed", text: "expected a JSON object" }],
    ]);
  });

  it("does not stop the chat when a listener throws, and is heard by nobody who has left", async () => {
    const { chat, peer } = await open();
    const thrown: unknown[] = [];
    const notice = (fault: unknown): void => void thrown.push(fault);
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", notice);
    try {
      const heard: string[] = [];
      chat.on("message", () => {
        throw new Error("mine");
      });
      const leave = chat.on("message", ({ text }) => void heard.push(text));
      peer.say(response("srv_1", "one"));
      leave();
      peer.say(response("srv_2", "two"));
      await settle();
      expect([heard, thrown.map(String)]).toEqual([["one"], ["Error: mine", "Error: mine"]]);
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of listeners) process.on("uncaughtException", listener);
    }
  });
});

describe("what changes a message", () => {
  it("WS-35 WS-36 is said at once, or when there is a connection", async () => {
    const stage = await open();
    stage.chat.react("m0", "👍");
    stage.peer.end(1006);
    stage.chat.react("m0", "👍", { remove: true });
    stage.chat.edit("m0", "Good");
    stage.chat.remove("m0");
    const { peer: first } = stage;
    await stage.clock.pass(1_000);
    await stage.welcome();
    expect(first.heard.at(-1)).toEqual({ type: "chat.react", messageId: "m0", emoji: "👍", op: "add" });
    expect(stage.peer.heard.slice(1)).toEqual([
      { type: "chat.react", messageId: "m0", emoji: "👍", op: "remove" },
      { type: "chat.edit", messageId: "m0", content: "Good" },
      { type: "chat.delete", messageId: "m0" },
    ]);
  });

  it("changes what has not left yet, without a word to the server", async () => {
    const stage = await createChatStage();
    stage.chat.send("helo", { messageId: "m1" });
    const taken = stage.chat.send("oops", { messageId: "m2" });
    stage.chat.edit("m1", "hello");
    stage.chat.remove("m2");
    await expect(taken.done).rejects.toMatchObject({ code: "cancelled" });
    await stage.welcome();
    expect(stage.peer.heard.slice(1)).toEqual([{ type: "chat.send", messageId: "m1", content: "hello" }]);
  });

  it("is a fault where the server does not offer it, or too much waits", async () => {
    const stage = await createChatStage();
    await stage.welcome({ extensions: [] });
    stage.chat.join("club");
    expect(stage.told.at(-1)).toEqual(["fault", { code: "unsupported", text: "This server does not offer the extension groups, which chat.join needs." }]);
    stage.peer.end(1006);
    for (let index = 0; index <= clientLimits.waiting; index += 1) stage.chat.react("m0", "👍");
    expect(stage.told.at(-1)).toEqual(["fault", { code: "queue_full", text: "100 changes wait for a connection: chat.react is not done." }]);
  });
});
