import { describe, expect, it } from "vitest";
import { decodeChatSent } from "../../../../generated/websocket/index.ts";
import type { Peer } from "../../../../src/protocols/websocket/identity.ts";
import { OFFERED, type Profile } from "../../../../src/protocols/websocket/profile.ts";
import { type Command, type ConnectionState, createSession, type Request } from "../../../../src/protocols/websocket/session.ts";
import type { Effect, Step } from "../../../../src/protocols/session.ts";

const profile: Profile = { streamMode: "cumulative", greeting: false, offered: OFFERED, rejectedInARow: 10, customData: { bytes: 200, levels: 3 } };
const named: Peer = { sender: { id: "ann", name: "Ann", verified: true }, speaksForOthers: false };
const anybody: Peer = { sender: { id: "c-uuid", verified: false }, speaksForOthers: true };
const FORMAT = "Invalid message format. Expected: { type: 'chat.send', content: '...' }";

/** Drives one session and remembers what it asked for. */
function open({ peer = named, ...changes }: Partial<Profile> & { peer?: Peer } = {}) {
  const session = createSession({ ...profile, ...changes }, () => "made-up");
  const effects: Effect<Request>[] = [];
  let state: ConnectionState;
  const take = (step: Step<ConnectionState, Request>) => {
    state = step.state;
    effects.push(...step.effects);
    return step.effects;
  };
  take(session.open(0, { peer, connectionId: "c1" }));
  const sent = (list: readonly Effect<Request>[]) => list.flatMap((effect) => (effect.do === "send" ? [JSON.parse(effect.text) as unknown] : []));
  return {
    effects,
    frame: (frame: unknown) => take(session.frame(state, typeof frame === "string" ? frame : JSON.stringify(frame), 5)),
    answers: (frame: unknown) => sent(take(session.frame(state, typeof frame === "string" ? frame : JSON.stringify(frame), 5))),
    inbound(frame: object) {
      const effect = take(session.frame(state, JSON.stringify({ type: "chat.send", content: "hi", ...frame }), 5)).find(({ do: what }) => what === "deliver");
      if (effect?.do !== "deliver" || effect.inbound.ask !== "turn") throw new Error("nothing was delivered");
      return effect.inbound.inbound;
    },
    admit(frame: object) {
      const [effect] = take(session.frame(state, JSON.stringify({ type: "chat.send", content: "hi", ...frame }), 5));
      if (effect?.do !== "deliver") throw new Error("nothing was delivered");
      return sent(take(session.admitted(state, effect.inbound, 6)));
    },
    says: (command: Command) => sent(take(session.command(state, command, 7))),
    sent: () => sent(effects),
  };
}

describe("a connection's session, reading", () => {
  it.each([
    ["content missing", { type: "chat.send" }],
    ["content empty", { type: "chat.send", content: "" }],
    ["content not a string", { type: "chat.send", content: 5 }],
    ["content blank", { type: "chat.send", content: " \n " }],
    ["unknown type", { type: "chat.message", content: "hi" }],
    ["no type", { content: "hi" }],
    ["null", null],
    ["an array", []],
    ["a string", "\"x\""],
  ])("WS-7 answers %s with the documented format error", (_, frame) => {
    expect(open().answers(frame)).toEqual([{ type: "chat.error", error: FORMAT }]);
  });

  it("WS-7 answers what is not JSON with the documented text", () => {
    expect(open().answers("not json")).toEqual([{ type: "chat.error", error: "Failed to parse message" }]);
  });

  it.each([
    ["a group without groupId", { chatType: "group" }, /groupId/],
    ["an unknown chatType", { chatType: "room" }, /chatType/],
    ["mediaTypes of another length", { mediaPaths: ["/a", "/b"], mediaTypes: ["image/png"] }, /mediaTypes/],
    ["customData that is no object", { customData: "vip" }, /customData/],
    ["a control character in an id", { senderId: "a\u0000b" }, /senderId/],
    ["an attachment with url and data", { media: [{ url: "https://a.example", data: "AA==" }] }, /media\[0\]/],
  ])("WS-7 WS-8 answers %s by naming the field, with the message's id", (_, fields, field) => {
    expect(open().answers({ type: "chat.send", content: "x", messageId: "m1", ...fields })).toEqual([
      { type: "chat.error", messageId: "m1", error: expect.stringMatching(field) as string },
    ]);
  });

  it("WS-7 does not repeat an id that is none", () => {
    expect(open().answers({ type: "chat.send", content: "x", messageId: "" })).toEqual([
      { type: "chat.error", error: expect.stringMatching(/messageId/) as string },
    ]);
  });

  it("WS-7 accepts blank content beside an attachment", () => {
    expect(open().inbound({ content: " ", mediaPath: "a.png", mediaType: "image/png" }).media).toEqual([{ from: "path", path: "a.png", mimeType: "image/png" }]);
  });

  it("WS-9 refuses customData that is too large or too deep", () => {
    const { frame, sent } = open();
    frame({ type: "chat.hello", extensions: [] });
    frame({ type: "chat.send", content: "x", customData: { a: "x".repeat(200) } });
    frame({ type: "chat.send", content: "x", customData: { a: { b: { c: {} } } } });
    expect(sent().slice(1)).toEqual([
      { type: "chat.error", code: "too_large", error: expect.stringMatching(/customData: expected at most 200 bytes/) as string },
      { type: "chat.error", code: "too_large", error: expect.stringMatching(/customData: expected at most 3 levels/) as string },
    ]);
  });

  it("WS-9 keeps customData in one place, whatever its keys are", () => {
    const customData = { sender: { id: "eve" }, SessionKey: "x", CommandAuthorized: true, messageId: "other" };
    const inbound = open().inbound({ customData, messageId: "m1" });
    expect(inbound).toMatchObject({ sender: { id: "ann" }, messageId: "m1", customData });
  });

  it("WS-10 closes after more than ten rejected frames in a row", () => {
    const { frame, effects } = open();
    for (let i = 0; i < 10; i++) frame("not json");
    expect(effects.filter(({ do: what }) => what === "close")).toEqual([]);
    expect(frame("not json")).toEqual([{ do: "close", code: 4429, reason: "Rate limit exceeded" }]);
  });

  it("WS-10 starts over after an accepted message", () => {
    const { frame, admit, effects } = open();
    for (let i = 0; i < 10; i++) frame("not json");
    admit({});
    for (let i = 0; i < 10; i++) frame("not json");
    expect(effects.filter(({ do: what }) => what === "close")).toEqual([]);
  });

  it("WS-11 ignores unknown fields, and groupId in a direct message with a note", () => {
    const { inbound, effects } = open();
    expect(inbound({ sessionKey: "x", groupId: "g" }).conversation).toEqual({ kind: "direct", id: "ann" });
    expect(effects.find(({ do: what }) => what === "note")).toMatchObject({ level: "warn", code: "group-id-ignored" });
  });
});

describe("a connection's session, on who speaks", () => {
  it("WS-4 takes the verified user, whatever name the frame gives", () => {
    expect(open().inbound({ senderId: "ann", senderName: "Queen" }).sender).toEqual({ id: "ann", name: "Ann", verified: true });
  });

  it("WS-4 refuses another sender on a verified connection", () => {
    expect(open().answers({ type: "chat.send", content: "x", messageId: "m", senderId: "bob" })).toEqual([
      { type: "chat.error", messageId: "m", error: expect.stringMatching(/^Sender not allowed/) as string },
    ]);
  });

  it("WS-4 lets a frame name its sender where auth is off, for that frame only", () => {
    const { inbound } = open({ peer: anybody });
    expect(inbound({ senderId: "bob", senderName: "Bob" }).sender).toEqual({ id: "bob", name: "Bob", verified: false });
    expect(inbound({}).sender).toEqual({ id: "c-uuid", verified: false });
  });

  it("WS-23 gives a group message the group's conversation", () => {
    expect(open().inbound({ chatType: "group", groupId: "g" }).conversation).toEqual({ kind: "group", id: "g", subject: "g" });
  });
});

describe("a connection's session, answering", () => {
  const of = { messageId: "m" };

  it("WS-33 tells of tools and thoughts only connections that asked for them", () => {
    const activity = { id: "call_1", tool: "read", status: "completed" } as const;
    const say = (connection: ReturnType<typeof open>) => {
      const of = { messageId: "m-1" };
      return [...connection.says({ say: "activity", of, activity }), ...connection.says({ say: "thought", of, content: "hm" })];
    };
    const plain = open();
    expect(say(plain)).toEqual([]);
    const asking = open();
    asking.frame({ type: "chat.hello", extensions: ["activity", "thoughts"] });
    expect(say(asking)).toEqual([
      { type: "chat.activity", messageId: "m-1", activityId: "call_1", tool: "read", status: "completed" },
      { type: "chat.thought", messageId: "m-1", content: "hm" },
    ]);
    const other = open();
    other.frame({ type: "chat.hello", extensions: ["groups"] });
    expect(say(other)).toEqual([]);
  });

  it("WS-13 says typing when the message is on disk, not before", () => {
    expect(open().admit({})).toEqual([{ type: "chat.typing" }]);
  });

  it("WS-28 sends no field marked as extension before chat.hello", () => {
    const { says } = open();
    expect(says({ say: "stream", of: { ...of, groupId: "g", threadId: "t" }, content: "a" })).toEqual([{ type: "chat.stream", messageId: "m", content: "a", done: false }]);
    expect(says({ say: "terminal", of: { ...of, groupId: "g" }, terminal: { type: "response", content: "a", mediaUrls: ["https://x.example/1"], replyToMessageId: "q" } })).toEqual([
      { type: "chat.response", messageId: "m", content: "a\n\nhttps://x.example/1", done: true },
    ]);
    expect(says({ say: "terminal", of, terminal: { type: "error", code: "timeout", error: "late" } })).toEqual([{ type: "chat.error", messageId: "m", error: "late" }]);
  });

  it("WS-28 treats an extension's message before chat.hello as an unknown type", () => {
    expect(open().answers({ type: "chat.cancel", messageId: "m" })).toEqual([{ type: "chat.error", messageId: "m", error: FORMAT }]);
  });

  it.each([7, { nested: true }, "", "a\u007fb", "x".repeat(129)])("WS-7 repeats no id that is none, also of a type that has no place for one: %j", (messageId) => {
    const { answers } = open();
    expect(answers({ type: "chat.join", groupId: "g", messageId })).toEqual([{ type: "chat.error", error: FORMAT }]);
    answers({ type: "chat.hello", extensions: [] });
    expect(answers({ type: "chat.leave", groupId: "g", messageId })).toEqual([{ type: "chat.error", error: "chat.leave is not offered by this server", code: "unsupported" }]);
  });

  it("WS-28 turns on what was asked for and is offered, and says unsupported to the rest", () => {
    const { answers } = open();
    expect(answers({ type: "chat.hello", extensions: ["groups", "teleport"] })).toEqual([{ type: "chat.welcome", extensions: ["groups"], senderId: "ann" }]);
    expect(answers({ type: "chat.react", messageId: "m", emoji: "x", op: "add" })).toEqual([
      { type: "chat.error", messageId: "m", error: "chat.react is not offered by this server", code: "unsupported" },
    ]);
    expect(answers({ type: "chat.cancel", messageId: "m" })).toEqual([expect.objectContaining({ code: "unsupported" }) as object]);
  });

  it("WS-35 WS-36 hears and says of messages that were said before what this connection has turned on", () => {
    const { answers, says } = open();
    const commands = [{ act: "react", emoji: "👍", isRemoval: true } as const, { act: "edit", content: "new" } as const, { act: "delete" } as const].map((act) => ({ say: "act", act, messageId: "m", senderId: "agent" }) as const);
    expect(commands.flatMap((command) => says(command))).toEqual([]);
    answers({ type: "chat.hello", extensions: ["edit"] });
    expect(answers({ type: "chat.react", messageId: "m", emoji: "x", op: "add" })).toEqual([expect.objectContaining({ code: "unsupported" }) as object]);
    expect(answers({ type: "chat.edit", messageId: "m", content: "  " })).toEqual([expect.objectContaining({ code: "invalid_field" }) as object]);
    expect(answers({ type: "chat.edit", messageId: "m", content: "new" })).toEqual([]);
    expect(commands.flatMap((command) => says(command))).toEqual([{ type: "chat.edited", messageId: "m", content: "new", senderId: "agent" }, { type: "chat.deleted", messageId: "m", senderId: "agent" }]);
  });

  it("WS-28 takes one chat.hello per connection", () => {
    const { answers } = open();
    answers({ type: "chat.hello", extensions: [] });
    expect(answers({ type: "chat.hello", extensions: [] })).toEqual([expect.objectContaining({ type: "chat.error", code: "invalid_format" }) as object]);
  });

  it("WS-16 counts seq and gives deltas that add up, and none where the text is no continuation", () => {
    const { answers, admit, says } = open();
    answers({ type: "chat.hello", extensions: [] });
    admit({ messageId: "m" });
    const frames = ["It", "It closes", "At eight", "At eight."].flatMap((content) => says({ say: "stream", of, content }));
    expect(frames).toEqual([
      { type: "chat.stream", messageId: "m", content: "It", done: false, seq: 0, delta: "It" },
      { type: "chat.stream", messageId: "m", content: "It closes", done: false, seq: 1, delta: " closes" },
      { type: "chat.stream", messageId: "m", content: "At eight", done: false, seq: 2 },
      { type: "chat.stream", messageId: "m", content: "At eight.", done: false, seq: 3, delta: "." },
    ]);
  });

  it("WS-15 carries the new part only where the operator chose so", () => {
    const { admit, says } = open({ streamMode: "delta" });
    admit({ messageId: "m" });
    expect(["It", "It closes"].flatMap((content) => says({ say: "stream", of, content }))).toMatchObject([{ content: "It" }, { content: " closes" }]);
  });

  it("WS-13 does not give a running message's id to an error about a frame", () => {
    const { admit, answers } = open();
    admit({ messageId: "m" });
    expect(answers({ type: "chat.send", content: 5, messageId: "m" })).toEqual([{ type: "chat.error", error: FORMAT }]);
  });

  it("sends the greeting of older versions only when asked to, exactly", () => {
    expect(open().sent()).toEqual([]);
    expect(open({ greeting: true }).sent()).toEqual([{ type: "chat.response", content: "Connected to WebSocket chat server" }]);
  });

  it("says only what the other end's decoder accepts", () => {
    const { answers, admit, says, effects } = open();
    answers({ type: "chat.hello", extensions: ["groups", "threads", "pairing"] });
    admit({ messageId: "m" });
    says({ say: "stream", of: { ...of, groupId: "g", threadId: "t" }, content: "a" });
    says({ say: "pairing", of, code: "ABC", expiresAt: 1 });
    says({ say: "terminal", of, terminal: { type: "response", content: "", mediaUrls: ["https://x.example"], replyToMessageId: "q" } });
    says({ say: "refused", refusal: { code: "forbidden", error: "no" } });
    const texts = effects.flatMap((effect) => (effect.do === "send" ? [effect.text] : []));
    expect(texts.map((text) => decodeChatSent(text).ok)).toEqual([true, true, true, true, true, true]);
  });
});
