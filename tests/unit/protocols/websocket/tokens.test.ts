import { describe, expect, it } from "vitest";
import { type Peer, verifiedPeer } from "../../../../src/protocols/websocket/identity.ts";
import { OFFERED, type Profile } from "../../../../src/protocols/websocket/profile.ts";
import { type Command, createSession } from "../../../../src/protocols/websocket/session.ts";

const profile: Profile = { streamMode: "cumulative", greeting: false, offered: OFFERED, rejectedInARow: 10, customData: { bytes: 200, levels: 3 } };
const peer: Peer = { sender: { id: "ann", name: "Ann", verified: true }, speaksForOthers: false };
const session = createSession(profile, () => "made-up");
const opened = session.open(0, { peer, connectionId: "c1" });
const says = (command: Command, state = opened.state) => session.command(state, command, 7);
const extended = session.frame(opened.state, JSON.stringify({ type: "chat.hello", extensions: [...OFFERED] }), 1).state;

describe("a token that ends", () => {
  it("WS-37 ends its connection with the reason, whose code only who asked for more is told", () => {
    const close = { do: "close", code: 4401, reason: "Authentication failed" };
    const expelled = { say: "expelled", why: "token_expired" } as const;
    expect(says(expelled).effects).toEqual([{ do: "send", text: JSON.stringify({ type: "chat.error", error: "Authentication failed: token_expired" }) }, close]);
    const [told, end] = says(expelled, extended).effects;
    expect(told?.do === "send" && (JSON.parse(told.text) as unknown)).toEqual({ type: "chat.error", error: "Authentication failed: token_expired", code: "auth_failed" });
    expect(end).toEqual(close);
  });

  it("WS-38 changes who speaks without a word where the verifier says more of the same user", () => {
    const { state, effects } = says({ say: "known", peer: { ...peer, speaksForOthers: true } });
    expect(effects).toEqual([]);
    expect(state).toEqual({ ...opened.state, peer: { ...peer, speaksForOthers: true } });
  });

  it("WS-37 is known by the time the verifier names, in seconds, and by none where it names none", () => {
    const parameters = { tokenType: "jwt" } as never;
    expect(verifiedPeer({ userId: "ann", exp: 1_790_000_000 }, parameters, false).endsAt).toBe(1_790_000_000_000);
    expect("endsAt" in verifiedPeer({ userId: "ann" }, parameters, false)).toBe(false);
  });
});

describe("what a connection did not turn on", () => {
  const silent: readonly Command[] = [
    { say: "thought", of: { messageId: "m" }, content: "hm" },
    { say: "activity", of: { messageId: "m" }, activity: { id: "1", tool: "read", status: "started" } },
    { say: "pairing", of: { messageId: "m" }, code: "1234", expiresAt: 1 },
    { say: "act", act: { act: "delete" }, messageId: "m", senderId: "ann" },
  ];

  it.each(silent.map((command) => [command.say, command] as const))("WS-28 says nothing of %s", (_, command) => {
    expect(says(command).effects).toEqual([]);
    expect(says(command, extended).effects.map((effect) => effect.do)).toEqual(["send"]);
  });

  it("WS-28 refuses chat.directory, which no server offers yet", () => {
    const [effect] = session.frame(extended, JSON.stringify({ type: "chat.directory", requestId: "r", kind: "users" }), 1).effects;
    expect(effect?.do === "send" && (JSON.parse(effect.text) as unknown)).toMatchObject({ type: "chat.error", code: "unsupported", error: "chat.directory is not offered by this server" });
  });

  it("WS-28 has neither members of its own nor a thread in what it asks", () => {
    const asked = (state: typeof extended, more: object) => {
      const [effect] = session.frame(state, JSON.stringify({ type: "chat.send", content: "hi", messageId: "m", ...more }), 1).effects.slice(-1);
      if (effect?.do !== "deliver" || effect.inbound.ask !== "turn") throw new Error("nothing was delivered");
      return effect.inbound.inbound;
    };
    const plain = asked(opened.state, { threadId: "t", mentioned: true });
    expect([plain.conversation, "mentioned" in plain, "customData" in plain]).toStrictEqual([{ kind: "direct", id: "ann" }, false, false]);
    expect(asked(extended, {}).conversation).toStrictEqual({ kind: "direct", id: "ann" });
    expect("mentioned" in asked(extended, {})).toBe(false);
    expect(asked(extended, { threadId: "t", mentioned: false })).toMatchObject({ conversation: { threadId: "t" }, mentioned: false });
  });

  it("WS-6 takes a group for one only where the type says so, and notes it where it does not", () => {
    const heard = (more: object) => session.frame(opened.state, JSON.stringify({ type: "chat.send", content: "hi", messageId: "m", groupId: "g", ...more }), 1).effects;
    expect(heard({}).map((effect) => effect.do)).toEqual(["note", "deliver"]);
    expect(heard({ chatType: "direct" })[0]).toEqual({ do: "note", level: "warn", code: "group-id-ignored", data: { messageId: "m" } });
    expect(heard({ chatType: "group" }).map((effect) => effect.do)).toEqual(["deliver"]);
  });
});
