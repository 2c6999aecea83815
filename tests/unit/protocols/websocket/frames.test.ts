import { describe, expect, it } from "vitest";
import type { Inbound } from "../../../../src/protocols/inbound.ts";
import { aboutOf, actFrame, activityFrame, additions, carriedBy, errorFrame, postFrame, terminalFrame, thoughtFrame, typingFrame, welcomeFrame } from "../../../../src/protocols/websocket/frames.ts";

const plain = { extended: false, extensions: [] };
const bare = { extended: true, extensions: [] };
const full = { extended: true, extensions: ["groups", "threads", "reactions", "edit"] };
const of = { messageId: "m", groupId: "g", threadId: "t" };
const direct: Inbound = { messageId: "m", origin: {}, sender: { id: "ann", verified: true }, conversation: { kind: "direct", id: "ann" }, content: "hi", media: [], receivedAt: 1 };
const group: Inbound = { ...direct, sender: { id: "ann", name: "Ann", verified: true }, conversation: { kind: "group", id: "g", subject: "G", threadId: "t" } };

describe("the frames of a connection", () => {
  it("WS-28 name group and thread only where the connection has turned them on", () => {
    expect([additions(plain, of), additions(bare, of), additions(full, of), additions(full, { messageId: "m" })]).toEqual([{}, {}, { groupId: "g", threadId: "t" }, {}]);
    expect([additions({ extended: true, extensions: ["groups"] }, of), additions({ extended: true, extensions: ["threads"] }, of)]).toEqual([{ groupId: "g" }, { threadId: "t" }]);
    expect(Object.keys(additions(full, { messageId: "m" }))).toEqual([]);
  });

  it("WS-28 name the message of a sign of typing, and its group, where they may", () => {
    expect(typingFrame(plain, of)).toEqual({ type: "chat.typing" });
    expect(typingFrame(bare, of)).toEqual({ type: "chat.typing", messageId: "m" });
    expect(typingFrame(full, of)).toEqual({ type: "chat.typing", messageId: "m", groupId: "g" });
    expect(Object.keys(typingFrame(full, { messageId: "m" }))).toEqual(["type", "messageId"]);
    expect(typingFrame({ extended: false, extensions: ["groups"] }, of)).toEqual({ type: "chat.typing", groupId: "g" });
  });

  it("WS-24 WS-28 put files into a field of their own, or their links below the text for who does not know it", () => {
    const end = { type: "done", content: "See:", mediaUrls: ["https://a.example/1", "https://a.example/2"], replyToMessageId: "q" } as never;
    const response = { type: "chat.response", messageId: "m", done: true };
    expect(terminalFrame(plain, of, end)).toEqual({ ...response, content: "See:\n\nhttps://a.example/1\n\nhttps://a.example/2" });
    expect(terminalFrame(full, of, end)).toEqual({ ...response, content: "See:", mediaUrls: ["https://a.example/1", "https://a.example/2"], replyToMessageId: "q", groupId: "g", threadId: "t" });
    const many = Array.from({ length: 66 }, (_, index) => `https://a.example/${index}`);
    expect(terminalFrame(full, of, { ...(end as object), mediaUrls: many } as never)).toMatchObject({ content: "See:\n\nhttps://a.example/64\n\nhttps://a.example/65", mediaUrls: many.slice(0, 64) });
    expect(terminalFrame(plain, of, { type: "done", content: "", mediaUrls: ["https://a.example/1"] } as never)).toEqual({ ...response, content: "https://a.example/1" });
    const bareEnd = terminalFrame(bare, of, { type: "done", content: "x", mediaUrls: [] } as never);
    expect(bareEnd).toEqual({ ...response, content: "x" });
    expect(Object.keys(bareEnd)).toEqual(["type", "messageId", "content", "done"]);
    expect(terminalFrame(plain, of, { type: "done", content: "x" } as never)).toEqual({ ...response, content: "x" });
  });

  it("WS-7 WS-28 carry the code of an error only to who asked for more", () => {
    expect(errorFrame(plain, "forbidden", "no", undefined)).toEqual({ type: "chat.error", error: "no" });
    expect(Object.keys(errorFrame(plain, "forbidden", "no", undefined))).toEqual(["type", "error"]);
    expect(errorFrame(bare, "forbidden", "no", "m")).toEqual({ type: "chat.error", messageId: "m", error: "no", code: "forbidden" });
    expect(terminalFrame(bare, of, { type: "error", code: "forbidden", error: "no" } as never)).toEqual({ type: "chat.error", messageId: "m", error: "no", code: "forbidden" });
  });

  it("WS-28 tell thoughts, tools and posts", () => {
    expect(thoughtFrame(full, of, "Hm.")).toEqual({ type: "chat.thought", messageId: "m", content: "Hm.", groupId: "g", threadId: "t" });
    expect(activityFrame(full, of, { id: "x".repeat(200), tool: "y".repeat(200), status: "running" } as never)).toMatchObject({ type: "chat.activity", messageId: "m", status: "running", groupId: "g" });
    expect(welcomeFrame(full, "ann")).toEqual({ type: "chat.welcome", extensions: full.extensions, senderId: "ann" });
    expect(postFrame(group)).toEqual({ type: "chat.message", messageId: "m", groupId: "g", senderId: "ann", content: "hi", senderName: "Ann", threadId: "t" });
    expect(Object.keys(postFrame({ ...group, sender: direct.sender, conversation: { kind: "group", id: "g", subject: "G" } }))).toEqual(["type", "messageId", "groupId", "senderId", "content"]);
  });

  it("WS-28 are about a message, its group and its thread", () => {
    expect(aboutOf(group)).toEqual(of);
    expect(aboutOf(direct)).toEqual({ messageId: "m" });
    expect(Object.keys(aboutOf(direct))).toEqual(["messageId"]);
  });

  it("WS-35 WS-36 say what is done to a message, and by whom", () => {
    expect(actFrame({ act: "react", emoji: "👍", isRemoval: false }, "m", "ann")).toEqual({ type: "chat.reaction", messageId: "m", emoji: "👍", op: "add", senderId: "ann" });
    expect(actFrame({ act: "react", emoji: "👍", isRemoval: true }, "m", "ann")).toMatchObject({ op: "remove" });
    expect(actFrame({ act: "edit", content: "new" }, "m", "ann")).toEqual({ type: "chat.edited", messageId: "m", content: "new", senderId: "ann" });
    expect(actFrame({ act: "delete" }, "m", "ann")).toEqual({ type: "chat.deleted", messageId: "m", senderId: "ann" });
    expect([carriedBy(plain), carriedBy({ extended: true, extensions: ["reactions"] }), carriedBy({ extended: true, extensions: ["edit"] })]).toEqual([[], ["react"], ["edit", "delete"]]);
  });
});
