import { describe, expect, it } from "vitest";
import type { Peer } from "../../../../src/protocols/websocket/identity.ts";
import { OFFERED, type Profile } from "../../../../src/protocols/websocket/profile.ts";
import { type Command, type ConnectionState, createSession, type Request } from "../../../../src/protocols/websocket/session.ts";
import type { Effect, Step } from "../../../../src/protocols/session.ts";

const profile: Profile = { streamMode: "cumulative", greeting: false, offered: OFFERED, rejectedInARow: 3, customData: { bytes: 200, levels: 3 } };
const ann: Peer = { sender: { id: "ann", name: "Ann", verified: true }, speaksForOthers: false };

function open(changes: Partial<Profile> = {}) {
  const session = createSession({ ...profile, ...changes }, () => "made-up");
  let state: ConnectionState;
  const take = (step: Step<ConnectionState, Request>): readonly Effect<Request>[] => {
    state = step.state;
    return step.effects;
  };
  const opened = take(session.open(0, { peer: ann, connectionId: "c1" }));
  return {
    opened,
    get state() {
      return state;
    },
    effects: (frame: object) => take(session.frame(state, JSON.stringify(frame), 5)),
    asks: (frame: object) => take(session.frame(state, JSON.stringify(frame), 5)).flatMap((effect) => (effect.do === "deliver" ? [effect.inbound] : [])),
    answers: (frame: object) => take(session.frame(state, JSON.stringify(frame), 5)).flatMap((effect) => (effect.do === "send" ? [JSON.parse(effect.text) as unknown] : [])),
    admitted: (request: Request) => take(session.admitted(state, request, 6)),
    says: (command: Command) => take(session.command(state, command, 7)).flatMap((effect) => (effect.do === "send" ? [JSON.parse(effect.text) as unknown] : [])),
    hello: (...extensions: string[]) => void take(session.frame(state, JSON.stringify({ type: "chat.hello", extensions }), 5)),
  };
}

const send = { type: "chat.send", content: "hi", messageId: "m1" };
const of = { messageId: "m1", groupId: "g", threadId: "t" };
/** Each frame beyond the documented ones, the extension it belongs to, and what it asks. */
const frames = [
  ["cancel", { type: "chat.cancel", messageId: "m1" }, { ask: "cancel", messageId: "m1", senderId: "ann" }],
  ["groups", { type: "chat.join", groupId: "g" }, { ask: "join", groupId: "g" }],
  ["groups", { type: "chat.leave", groupId: "g" }, { ask: "leave", groupId: "g" }],
  ["auth", { type: "chat.auth", token: "secret" }, { ask: "verify", token: "secret" }],
  ["edit", { type: "chat.edit", messageId: "m1", content: "new" }, { ask: "act", heard: { act: { act: "edit", content: "new" }, name: "m1", actor: ann.sender, at: 5 } }],
  ["edit", { type: "chat.delete", messageId: "m1" }, { ask: "act", heard: { act: { act: "delete" }, name: "m1", actor: ann.sender, at: 5 } }],
  ["reactions", { type: "chat.react", messageId: "m1", emoji: "👍", op: "add" }, { ask: "act", heard: { act: { act: "react", emoji: "👍", isRemoval: false }, name: "m1", actor: ann.sender, at: 5 } }],
  ["reactions", { type: "chat.react", messageId: "m1", emoji: "👍", op: "remove" }, { ask: "act", heard: { act: { act: "react", emoji: "👍", isRemoval: true }, name: "m1", actor: ann.sender, at: 5 } }],
] as const;

describe("what a connection may turn on", () => {
  it.each(frames)("WS-28 %s is asked by %j", (extension, frame, asked) => {
    const connection = open();
    connection.hello(extension);
    expect(connection.asks(frame)).toEqual([asked]);
  });

  it.each(frames)("WS-28 %s is refused before a hello, after one that does not name it, and where we do not offer it: %j", (extension, frame) => {
    const id = "messageId" in frame ? { messageId: frame.messageId } : {};
    const early = open();
    expect(early.answers(frame)).toEqual([{ type: "chat.error", ...id, error: "Invalid message format. Expected: { type: 'chat.send', content: '...' }" }]);
    const others = open();
    others.hello("thoughts");
    const unoffered = open({ offered: ["thoughts"] });
    unoffered.hello(extension);
    for (const connection of [others, unoffered]) expect(connection.answers(frame)).toEqual([{ type: "chat.error", ...id, code: "unsupported", error: `${frame.type} is not offered by this server` }]);
  });

  it("WS-28 is welcomed, in our order, once", () => {
    const connection = open();
    expect(connection.answers({ type: "chat.hello", extensions: ["threads", "auth", "polls"] })).toEqual([{ type: "chat.welcome", extensions: ["auth", "threads"], senderId: "ann" }]);
    expect(connection.answers({ type: "chat.hello", extensions: [] })).toEqual([{ type: "chat.error", code: "invalid_format", error: "Invalid message format. chat.hello may be sent once per connection" }]);
    expect(connection.state.extensions).toEqual(["auth", "threads"]);
  });

  it("WS-36 is no edit that leaves nothing", () => {
    const connection = open();
    connection.hello("edit");
    expect(connection.answers({ type: "chat.edit", messageId: "m1", content: " \n" })).toEqual([{ type: "chat.error", code: "invalid_field", error: "Invalid field content: expected text, got blanks" }]);
  });

  it("WS-28 threads and mentions count where they are turned on", () => {
    const message = { ...send, chatType: "group", groupId: "g", groupSubject: "G", threadId: "t", mentioned: true };
    const inbound = (...names: string[]) => {
      const connection = open();
      connection.hello(...names);
      const [request] = connection.asks(message);
      return request?.ask === "turn" ? request.inbound : undefined;
    };
    expect(inbound("groups", "threads")).toEqual({
      messageId: "m1",
      origin: { connectionId: "c1" },
      sender: ann.sender,
      conversation: { kind: "group", id: "g", subject: "G", threadId: "t" },
      content: "hi",
      media: [],
      mentioned: true,
      receivedAt: 5,
    });
    expect(inbound("groups")?.conversation).toEqual({ kind: "group", id: "g", subject: "G" });
    expect(inbound("threads")).not.toHaveProperty("mentioned");
    expect(Object.keys(open().asks(send).flatMap((request) => (request.ask === "turn" ? [request.inbound] : []))[0] ?? {})).toEqual(["messageId", "origin", "sender", "conversation", "content", "media", "receivedAt"]);
  });

  it("WS-27 quotes what a message answers, ours known by its id", () => {
    const quote = (fields: object) => open().asks({ ...send, ...fields }).map((request) => (request.ask === "turn" ? request.inbound.quote : undefined));
    expect(quote({})).toEqual([undefined]);
    expect(quote({ replyToMessageId: "m0" })).toEqual([{ messageId: "m0" }]);
    expect(quote({ replyToMessageId: "srv_7" })).toEqual([{ messageId: "srv_7", isAgents: true }]);
    expect(quote({ replyToMessageId: "m0srv_" })).toEqual([{ messageId: "m0srv_" }]);
    expect(quote({ replyToBody: "said" })).toEqual([{ body: "said" }]);
    expect(quote({ replyToMessageId: "m0", replyToBody: "said" })).toEqual([{ messageId: "m0", body: "said" }]);
  });

  it("WS-8 takes a group's id of a direct message for a mistake, and says so to the operator", () => {
    expect(open().effects({ ...send, chatType: "direct", groupId: "g" })[0]).toEqual({ do: "note", level: "warn", code: "group-id-ignored", data: { messageId: "m1" } });
    expect(open().effects(send).map(({ do: what }) => what)).toEqual(["deliver"]);
  });

  it("WS-4 refuses who is not the verified user", () => {
    const connection = open();
    connection.hello();
    expect(connection.answers({ ...send, senderId: "eve" })).toEqual([{ type: "chat.error", messageId: "m1", code: "forbidden", error: "Sender not allowed: senderId is not the verified user" }]);
    expect(connection.answers({ ...send, content: " " })).toMatchObject([{ code: "invalid_format", messageId: "m1" }]);
    expect(connection.answers({ ...send, content: "x", mediaTypes: ["image/png"] })).toEqual([{ type: "chat.error", messageId: "m1", code: "invalid_field", error: "Invalid field mediaTypes: expected one type for each of the 0 mediaPaths, got 1" }]);
  });

  it("WS-10 counts bad frames in a row, from each good one anew", () => {
    const bad = { type: "nothing" };
    const connection = open();
    for (let at = 0; at < 3; at += 1) expect(connection.answers(bad)).toHaveLength(1);
    expect(connection.effects(bad)).toEqual([{ do: "close", code: 4429, reason: "Rate limit exceeded" }]);
    const forgiven = open();
    for (let at = 0; at < 3; at += 1) forgiven.answers(bad);
    expect(forgiven.admitted({ ask: "join", groupId: "g" })).toEqual([]);
    expect(forgiven.state.rejected).toBe(0);
    for (let at = 0; at < 3; at += 1) forgiven.answers(bad);
    forgiven.hello();
    expect(forgiven.state.rejected).toBe(0);
  });

  it("WS-1 greets only where it is to", () => {
    expect(open().opened).toEqual([]);
    expect(open({ greeting: true }).opened).toEqual([{ do: "send", text: '{"type":"chat.response","content":"Connected to WebSocket chat server"}' }]);
  });
});

describe("what is said on a connection", () => {
  const inbound = { messageId: "m2", origin: { connectionId: "c2" }, sender: { id: "bob", verified: true }, conversation: { kind: "group", id: "g", subject: "G" }, content: "hi", media: [], receivedAt: 1 } as const;
  const says: [string, Command, object][] = [
    ["thoughts", { say: "thought", of, content: "Hm." }, { type: "chat.thought", messageId: "m1", content: "Hm." }],
    ["activity", { say: "activity", of, activity: { id: "a", tool: "read", status: "running" } as never }, { type: "chat.activity", messageId: "m1", activityId: "a", tool: "read", status: "running" }],
    ["pairing", { say: "pairing", of, code: "ABCD", expiresAt: 9 }, { type: "chat.pairing", messageId: "m1", code: "ABCD", expiresAt: 9 }],
    ["groups", { say: "post", inbound }, { type: "chat.message", messageId: "m2", groupId: "g", senderId: "bob", content: "hi" }],
    ["reactions", { say: "act", act: { act: "react", emoji: "👍", isRemoval: false }, messageId: "m1", senderId: "bob" }, { type: "chat.reaction", messageId: "m1", emoji: "👍", op: "add", senderId: "bob" }],
  ];

  it.each(says)("WS-28 is told of %s only where it is turned on", (extension, command, frame) => {
    const connection = open();
    expect(connection.says(command)).toEqual([]);
    connection.hello(extension);
    expect(connection.says(command)).toMatchObject([frame]);
    const other = open();
    other.hello(extension === "auth" ? "media" : "auth");
    expect(other.says(command)).toEqual([]);
  });

  it("WS-5 is who it is after its token was renewed", () => {
    const connection = open();
    connection.hello("auth");
    expect(connection.says({ say: "renewed", peer: { sender: { id: "ann2", verified: true }, speaksForOthers: false } })).toEqual([{ type: "chat.welcome", extensions: ["auth"], senderId: "ann2" }]);
    expect(connection.state.peer.sender.id).toBe("ann2");
  });

  it("WS-20 WS-21 grows: whole or by what is new, numbered for who asked for more, and nothing where nothing is new", () => {
    const connection = open();
    connection.hello("threads");
    expect(connection.says({ say: "typing", of })).toEqual([{ type: "chat.typing", messageId: "m1" }]);
    const stream = (content: string) => connection.says({ say: "stream", of, content });
    expect(stream("")).toEqual([]);
    expect(stream("a")).toEqual([{ type: "chat.stream", messageId: "m1", content: "a", done: false, seq: 0, delta: "a", threadId: "t" }]);
    expect(stream("a")).toEqual([]);
    expect(stream("ab")).toMatchObject([{ content: "ab", seq: 1, delta: "b" }]);
    const [anew] = stream("x");
    expect(anew).toEqual({ type: "chat.stream", messageId: "m1", content: "x", done: false, seq: 2, threadId: "t" });
    connection.says({ say: "terminal", of, terminal: { type: "done", content: "x" } as never });
    expect(connection.state.shown.has("m1")).toBe(false);
    const plain = open({ streamMode: "delta" });
    expect([...plain.says({ say: "stream", of, content: "a" }), ...plain.says({ say: "stream", of, content: "ab" }), ...plain.says({ say: "stream", of, content: "x" })]).toEqual(["a", "b", "x"].map((content) => ({ type: "chat.stream", messageId: "m1", content, done: false })));
  });

  it("WS-13 does not end an answer that runs by an error about its id", () => {
    const connection = open();
    const [request] = connection.asks(send);
    if (!request) throw new Error("nothing was asked");
    connection.admitted(request);
    expect(connection.says({ say: "refused", refusal: { code: "forbidden", error: "no", messageId: "m1" } })).toEqual([{ type: "chat.error", error: "no" }]);
    expect(connection.says({ say: "refused", refusal: { code: "forbidden", error: "no", messageId: "m2" } })).toEqual([{ type: "chat.error", messageId: "m2", error: "no" }]);
    connection.says({ say: "terminal", of: { messageId: "m1" }, terminal: { type: "done", content: "x" } as never });
    expect(connection.says({ say: "refused", refusal: { code: "forbidden", error: "no", messageId: "m1" } })).toMatchObject([{ messageId: "m1" }]);
  });
});
