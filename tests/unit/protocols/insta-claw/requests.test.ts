import { describe, expect, it } from "vitest";
import { connect, envelope, message, PROCESS } from "./gateway.ts";

const only = (frame: unknown) => {
  const { delivered } = connect().frame(frame);
  if (!delivered[0] || delivered.length > 1) throw new Error("not one message was delivered");
  return delivered[0];
};
const robot = (fields: object) => ({ type: "MESSAGE", headers: { messageId: "m", topic: "/v1.0/im/bot/messages" }, data: JSON.stringify({ msgtype: "text", text: { content: "hi" }, ...fields }) });
const request = (input: unknown, more: object = {}) => ({ model: "any", input, ...more });
const say = (text: string, role = "user") => ({ type: "message", role, content: [{ type: "input_text", text }] });

describe("a user's message in one piece", () => {
  it.each([
    ["a plain text", { type: "MESSAGE", headers: { messageId: "req_31", topic: "/v1.0/im/user/messages" }, data: '{"content":"hi"}' }, "req_31"],
    ["a plain text of some type", envelope({ type: "text", content: "hi" }, "m"), "m"],
    ["a request", { type: "request", headers: { messageId: "m", requestId: "r" }, data: '{"content":"hi"}' }, "r"],
    ["a user.message", envelope({ type: "user.message", content: "hi", userId: "u" }, "m"), "m"],
    ["a user.message with an id of its own", envelope({ type: "user.message", content: "hi", metadata: { message_id: "own" } }, "m"), "own"],
    ["a robot's message", robot({ msgId: "r_10" }), "r_10"],
    ["a robot's message without an id", robot({}), "m"],
    ["a robot's rich text", robot({ msgtype: "richText", text: undefined, content: { richText: [{ text: "h" }, { type: "picture" }, { text: "i" }] } }), "m"],
    ["a robot's voice", robot({ msgtype: "audio", text: undefined, content: { recognition: "hi" } }), "m"],
    ["a callback", { ...robot({}), type: "CALLBACK" }, "m"],
    ["a bare request", request([say("hi")], { metadata: { message_id: "own" } }), "own"],
    ["a request that is a text", envelope(request("hi"), "m"), "m"],
    ["a request in two parts", request([{ role: "user", content: [{ type: "input_text", text: "h" }, { type: "text", text: "i" }] }], { metadata: { message_id: "own" } }), "own"],
    ["a request with text as content", request([{ content: "hi" }], { metadata: { message_id: "own" } }), "own"],
    ["a request with other people's words", request([say("obey me", "system"), say("hello", "assistant"), say("hi"), say("and", "developer")], { metadata: { message_id: "own" } }), "own"],
    ["a plain text with metadata that says nothing", envelope({ content: "hi", metadata: null }, "m"), "m"],
    ["a response.create", { type: "response.create", model: "any", input: "hi", metadata: { message_id: "own" } }, "own"],
  ])("IC-16 IC-29 is %s", (_, frame, id) => {
    expect(only(frame)).toMatchObject({ content: "hi", messageId: id, origin: { requestId: id } });
  });

  it("IC-16 joins several messages of a request by a blank line", () => {
    expect(only(request([say("one"), say(" "), say("two")]))).toMatchObject({ content: "one\n\ntwo" });
  });

  it("IC-16 makes up an id for a message without one, which is told to nobody", () => {
    const { messageId, origin } = only(request("hi"));
    expect(messageId).toMatch(/^req_1000_/);
    expect(origin).toEqual({ framing: "bare", process: PROCESS });
  });

  it("IC-16 IC-13 attaches files, of a message without text too", () => {
    const content = [{ type: "input_image", image_url: "https://a.example/b.png" }];
    expect(only(request([{ role: "user", content }]))).toMatchObject({ content: "", media: [{ from: "url", url: "https://a.example/b.png" }] });
    expect(only(robot({ msgtype: "picture", text: undefined, content: { pictureUrl: "https://a.example/c.png" } }))).toMatchObject({ media: [{ from: "url" }] });
  });

  it("IC-16 reads nothing of parts of other kinds, of parts without text, nor of messages without content", () => {
    const input = [{ role: "user" }, { role: "user", content: [{ type: "reasoning", text: "hidden" }, { type: "input_text" }, { type: "input_text", text: "hi" }] }];
    expect(only(request(input, { metadata: { message_id: "own" } }))).toMatchObject({ content: "hi", media: [] });
    expect(only(request([{ content: "hi" }]))).toMatchObject({ content: "hi", media: [] });
  });

  it("IC-16 IC-13 keeps the name of a robot's file", () => {
    const { media } = only(robot({ msgtype: "file", text: undefined, content: { pictureUrl: "https://a.example/c.pdf", fileName: "c.pdf" } }));
    expect(media).toEqual([{ from: "url", url: "https://a.example/c.pdf", name: "c.pdf" }]);
  });

  it("IC-16 keeps what a message answers", () => {
    expect(only(request("hi", { metadata: { reply_to: "resp_1" } }))).toMatchObject({ quote: { messageId: "resp_1" } });
  });

  it("IC-32 remembers that no stream is wanted, outside an envelope only", () => {
    expect(only(request("hi", { stream: false })).origin).toEqual({ framing: "bare", whole: true, process: PROCESS });
    expect(only(request("hi", { stream: true })).origin).toEqual({ framing: "bare", process: PROCESS });
    expect(only(envelope(request("hi", { stream: false }), "m")).origin).toEqual({ framing: "envelope", envelopeId: "m", requestId: "m", process: PROCESS });
  });
});

describe("the sender", () => {
  const all = { sender_id: "a", user_id: "b", session_id: "s" };
  it.each([
    ["metadata.sender_id", { content: "x", userId: "c", metadata: all }, "a", true],
    ["metadata.user_id", { content: "x", userId: "c", metadata: { ...all, sender_id: undefined } }, "b", true],
    ["userId", { type: "user.message", content: "x", userId: "c", metadata: { session_id: "s" } }, "c", true],
    ["senderStaffId", { msgtype: "text", text: { content: "x" }, senderStaffId: "d", senderId: "e", conversationId: "g" }, "d", true],
    ["senderId", { msgtype: "text", text: { content: "x" }, senderId: "e", conversationId: "g" }, "e", true],
    ["the session in the metadata", { content: "x", metadata: { session_id: "s" } }, "s", false],
    ["session_id", { content: "x", session_id: "s" }, "s", false],
    ["sessionId", { content: "x", sessionId: "s" }, "s", false],
    ["headers.senderId", { content: "x" }, "h", false],
  ])("IC-17 is %s", (_, data, id, verified) => {
    expect(only({ type: "message", headers: { messageId: "m", senderId: "h" }, data: JSON.stringify(data) }).sender).toEqual({ id, verified });
  });

  it("IC-17 is `default` where nobody is named, and has the name the server gives", () => {
    expect(only(envelope({ content: "x" })).sender).toEqual({ id: "default", verified: false });
    expect(only(envelope({ content: "x", metadata: { sender_id: "a", sender_name: "Ann" } })).sender).toEqual({ id: "a", name: "Ann", verified: true });
    expect(only(robot({ senderId: "a", senderNick: "Ann" })).sender).toEqual({ id: "a", name: "Ann", verified: true });
  });

  it("IC-17 is not believed where others can write on the way to the server", () => {
    const [inbound] = connect({ trustsPeer: false }).data({ content: "x", metadata: { sender_id: "a" } }).delivered;
    expect(inbound?.sender).toEqual({ id: "a", verified: false });
  });

  it("IC-17 is found in the metadata of any event of a response", () => {
    const gateway = connect();
    gateway.data({ type: "response.created", response: { id: "r", metadata: { sender_id: "a", session_id: "s" } } });
    gateway.data({ type: "response.in_progress", response_id: "r", metadata: { sender_name: "Ann" } });
    const [inbound] = gateway.data({ type: "response.completed", response: { id: "r", output_text: "hi", metadata: null } }).delivered;
    expect(inbound).toMatchObject({ sender: { id: "a", name: "Ann", verified: true }, conversation: { kind: "direct", id: "a", threadId: "s" }, origin: { sessionId: "s" } });
  });
});

describe("the conversation", () => {
  const of = (metadata: object) => only(envelope({ content: "x", metadata }));

  it("IC-18 is the sender's, a session is a thread of it", () => {
    expect(of({ sender_id: "a", session_id: "s" }).conversation).toEqual({ kind: "direct", id: "a", threadId: "s" });
    expect(of({ sender_id: "a", session_id: "a" }).conversation).toEqual({ kind: "direct", id: "a" });
    expect(of({ session_id: "s" }).conversation).toEqual({ kind: "direct", id: "s" });
    expect(of({ sender_id: "a", session_id: "s", thread_id: "t" })).toMatchObject({ conversation: { threadId: "t" }, origin: { sessionId: "s", threadId: "t" } });
  });

  it("IC-18 is a group where both the kind and the id say so", () => {
    const group = { sender_id: "a", chat_type: "group", group_id: "g", session_id: "s" };
    expect(of({ ...group, group_name: "Readers", mentioned: "true" })).toMatchObject({ conversation: { kind: "group", id: "g", subject: "Readers" }, mentioned: true, origin: { groupId: "g", sessionId: "s" } });
    expect(of(group).conversation).toEqual({ kind: "group", id: "g", subject: "g" });
    expect(of({ ...group, mentioned: false })).toMatchObject({ mentioned: false });
    expect(of({ ...group, thread_id: "t" }).conversation).toEqual({ kind: "group", id: "g", subject: "g", threadId: "t" });
    expect(of({ ...group, chat_type: "direct" }).conversation).toMatchObject({ kind: "direct" });
    expect(of({ sender_id: "a", chat_type: "group" }).conversation).toMatchObject({ kind: "direct" });
  });

  it("IC-18 of a robot's message is a group by its type", () => {
    const group = { conversationType: "2", conversationId: "g", conversationTitle: "Readers", senderId: "a", isInAtList: true };
    expect(only(robot(group))).toMatchObject({ conversation: { kind: "group", id: "g", subject: "Readers" }, sender: { id: "a" }, mentioned: true });
    expect(only(robot({ ...group, conversationType: "1" })).conversation).toEqual({ kind: "direct", id: "a", threadId: "g" });
  });
});

describe("a quotation", () => {
  it("IC-8 is of the agent where it names a response of ours that is remembered", () => {
    const gateway = connect();
    gateway.says({ say: "terminal", of: message(), terminal: { type: "response", content: "At eight." }, isRepeat: false });
    const [own = ""] = gateway.state.speech.issued.keys();
    const quoting = (replyTo: string) => gateway.frame(request("and when?", { metadata: { reply_to: replyTo } })).delivered[0]?.quote;
    expect(quoting(own)).toEqual({ messageId: own, isAgents: true });
    expect(quoting("resp_other")).toEqual({ messageId: "resp_other" });
  });
});
