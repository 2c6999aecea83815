import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { permissionIn } from "../../../../src/protocols/clawchat/reading.ts";
import { CHAT, envelope, HOME, type Json, login, ME, message, openHub, OWNER, START, textOf } from "./hub.ts";

const result = (metadata: Json, more: Json = {}) => message({ from: "system", payload: { metadata: { kind: "permission_result", request_id: "req-1", ...metadata } }, ...more });

describe("a permission that was decided", () => {
  const turn = (metadata: Json, more: Json = {}) => openHub().ready().next(result(metadata, more)).turns[0];

  it("CC-62 is told with all that is known of it", () => {
    expect(turn({ operation: "friend.add", outcome: "approved", reason: "owner_allowed" })).toMatchObject({
      content: "The request for permission req-1 (friend.add) was decided: approved, owner_allowed.",
      customData: { permission: { requestId: "req-1", operation: "friend.add", outcome: "approved", reason: "owner_allowed" } },
      origin: { mentions: [], isMentioned: false, emittedAt: START },
      media: [],
    });
  });

  it("CC-62 is told with what is known, where the rest is missing, empty or no word", () => {
    for (const nothing of [undefined, null, "", 5]) {
      const told = turn({ operation: nothing, outcome: nothing, reason: nothing });
      expect(told?.content).toBe("The request for permission req-1 (unknown operation) was decided: unknown outcome.");
      expect(told?.customData).toStrictEqual({ permission: { requestId: "req-1" } });
    }
    expect(turn({ operation: "x".repeat(200) })?.content).toContain(`(${"x".repeat(127)}…)`);
  });

  it("CC-62 is said in the owner's chat, wherever the hub has said it, and where it was said if that is not known", () => {
    expect(turn({}, { chat: "cnv_group", type: "group" })?.origin).toMatchObject({ chatId: HOME, chatType: "direct" });
    const { homeConversationId: _home, ...homeless } = login;
    const [told] = openHub({ login: () => homeless }).ready().next(result({})).turns;
    expect(told).toMatchObject({ origin: { chatId: CHAT, chatType: "direct" }, conversation: { kind: "direct", id: OWNER } });
  });

  it("CC-62 is known by its request, and nothing that somebody wrote is one", () => {
    const told = turn({});
    if (!told) throw new Error("no turn");
    expect(permissionIn(told)).toBe("req-1");
    expect(permissionIn(openHub().ready().hears({ id: "permission:req-1" }))).toBeUndefined();
    expect(permissionIn({ ...told, messageId: "msg-1" })).toBeUndefined();
  });
});

describe("a message", () => {
  it("CC-39 quotes what the hub says of it, and who wrote that", () => {
    const quoted = (preview: unknown) => openHub().ready().hears({ reply: { reply_to_msg_id: "m-0", reply_preview: preview } }).quote;
    expect(quoted({ id: ME, nick_name: "Agent", fragments: [{ kind: "text", text: "so" }] })).toStrictEqual({ messageId: "m-0", body: "so", isAgents: true });
    expect(quoted({ id: "usr_mira", nick_name: "Mira", fragments: [] })).toStrictEqual({ messageId: "m-0" });
    expect(quoted(null)).toStrictEqual({ messageId: "m-0" });
  });

  it("CC-35 has no name in its preview where the hub says none", () => {
    const { origin } = openHub().ready().hears({ name: null, text: "hi" });
    expect(origin.preview).toStrictEqual({ id: "usr_mira", text: "hi" });
  });
});

describe("what is said", () => {
  it("CC-34 is nothing where the text is blank", () => {
    const hub = openHub().ready();
    const to = hub.hears();
    expect(hub.says({ say: "announce", messageId: "msg-9", to, text: " \n", mediaUrls: [] }).all).toEqual([]);
  });

  it("CC-67 CC-69 is not shown while it grows where one frame of it would be too large, and said as a whole", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const text = "x".repeat(limits.uplinkBytes);
    expect(hub.streams(of, text).all).toEqual([]);
    expect(hub.streams(of, `${text}y`).all).toEqual([]);
    expect(hub.answers(of, text).messages.map(textOf).join("")).toBe(text);
  });

  it("CC-25 has a trace of its own where it is a reaction", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const act = () => hub.says({ say: "act", act: { act: "react", emoji: "👍", isRemoval: false }, target: { name: of.messageId, place: of } }).frames[0]?.["trace_id"];
    const traces = [act(), act()];
    expect(traces.every((trace) => /^trace-id-\d+$/.test(String(trace)))).toBe(true);
    expect(new Set(traces).size).toBe(2);
  });

  it("CC-48 counts for the connection it came on alone, and only what has a name", () => {
    const hub = openHub().ready();
    const known = hub.state;
    expect(hub.settled({ ask: "cancel", messageId: "m-1" }).all).toEqual([]);
    expect(hub.settled({ ask: "turn", inbound: hub.hears() }).all).toEqual([]);
    expect(hub.state.ledger.told).toBe(known.ledger.told);
    expect(hub.frame(envelope("message.delivered", { message_id: "m", delivered_at: 1 })).requests).toEqual([]);
  });
});
