import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { done, hold, type Ledger, openLedger, readNumber, schedule, settle, tell, tellAt } from "../../../../src/protocols/clawchat/reliable.ts";
import { CHAT, envelope, HOME, type Json, message, openHub, payloadOf, START } from "./hub.ts";

const EVERY = limits.syncRepeatMs;
const SOON = limits.syncDebounceMs;
const read = (ledger: Ledger, dseq: unknown, seq?: unknown): Ledger => {
  const numbered = readNumber(ledger, dseq, seq);
  if (!numbered.ok) throw new Error(`expected ${numbered.expected}`);
  return numbered.ledger;
};

describe("how far the plugin has got", () => {
  it("CC-49 is repeated to the hub by dseq alone", () => {
    expect(openLedger("dseq", "e", 10)).toEqual({ by: "dseq", epoch: "e", read: 0, open: new Map(), told: 0, repeatAt: 10 + EVERY });
    for (const by of ["seq", "none"] as const) expect(openLedger(by, "", 10)).toStrictEqual({ by, epoch: "", read: 0, open: new Map(), told: 0 });
  });

  it("CC-47 goes on by one, and CC-45 by what is greater", () => {
    const dense = openLedger("dseq", "e", 0);
    expect(read(dense, 1).read).toBe(1);
    expect(readNumber(dense, 2, undefined)).toEqual({ ok: false, expected: 1 });
    expect(read(dense, undefined, 7)).toBe(dense);
    const sparse = openLedger("seq", "", 0);
    expect([read(sparse, 5, 7).read, read(sparse, 5).read, read(sparse, 5, "7").read, read(sparse, 5, 1.5).read]).toEqual([7, 0, 0, 0]);
    const seven = read(sparse, 5, 7);
    expect([read(seven, 1, 7), read(seven, 1, 6)]).toEqual([seven, seven]);
    expect(read(openLedger("none", "", 0), 5, 7).read).toBe(0);
  });

  it("CC-48 waits for what is not done with, and for nothing without a number", () => {
    const two = read(read(openLedger("dseq", "e", 0), 1), 2);
    const held = hold(hold(two, "a", 1), "b", 2);
    expect(done(held)).toBe(0);
    expect(done(settle(held, "a"))).toBe(1);
    expect(done(settle(settle(held, "b"), "a"))).toBe(2);
    expect(settle(held, "c")).toBe(held);
    for (const number of [undefined, "1", 1.5]) expect(hold(two, "a", number)).toBe(two);
    const none = openLedger("none", "", 0);
    expect(hold(none, "a", 1)).toBe(none);
  });

  it("CC-49 is told a little later, at once where it is much, and not put off by a clock that was set back", () => {
    const one = schedule(read(openLedger("dseq", "e", 0), 1), 50);
    expect(one.tellAt).toBe(50 + SOON);
    expect(schedule(one, 60)).toBe(one);
    expect(schedule(one, 20).tellAt).toBe(20 + SOON);
    const much = { ...one, read: limits.syncFlushFrames };
    expect(schedule({ ...much, read: much.read - 1 }, 60).tellAt).toBe(50 + SOON);
    expect(schedule(much, 60).tellAt).toBe(60);
    expect(schedule({ ...much, by: "seq" }, 60).tellAt).toBe(50 + SOON);
    expect(schedule(one, -10_000).repeatAt).toBe(EVERY - 10_000);
    expect(tellAt(one)).toBe(50 + SOON);
    expect(tellAt(openLedger("none", "", 0))).toBe(Infinity);
  });

  it("CC-45 is nothing to tell where something below it is still to be stored", () => {
    const one = schedule(read(openLedger("seq", "", 0), undefined, 7), 50);
    const held = hold(one, "a", 7);
    expect(schedule({ ...held, told: 6 }, 60).tellAt).toBeUndefined();
    const nothing = openLedger("seq", "", 0);
    expect(schedule(nothing, 60)).toBe(nothing);
  });

  it("CC-49 is told when it is time, or at once where nothing is to wait, and never twice without a reason", () => {
    const one = schedule(read(openLedger("dseq", "e", 0), 1), 50);
    expect(tell(one, 50 + SOON - 1, false)).toEqual({ ledger: one });
    const told = tell(one, 50 + SOON, false);
    expect(told).toEqual({ number: 1, ledger: { by: "dseq", epoch: "e", read: 1, open: new Map(), told: 1, repeatAt: 50 + SOON + EVERY } });
    expect(tell(one, 51, true).number).toBe(1);
    expect(tell(told.ledger, 60 + SOON, true)).toEqual({ ledger: told.ledger });
    expect(tell(told.ledger, 50 + SOON + EVERY, false)).toMatchObject({ number: 1, ledger: { repeatAt: 50 + SOON + 2 * EVERY } });
  });

  it("CC-49 is nothing to tell before the first frame, though it is time for a repeat", () => {
    const nothing = tell(openLedger("dseq", "e", 0), EVERY, false);
    expect(nothing).toEqual({ ledger: openLedger("dseq", "e", EVERY) });
    expect("number" in nothing).toBe(false);
  });
});

describe("a signal", () => {
  const signal = (type: string, more: Json = {}) => envelope("notify.signal", { type, event_id: `ntf-${type}-${String(more["entity_id"])}`, version: 1, ...more });
  const notes = (frame: Json) => openHub().ready().next(frame).all;

  it("CC-64 is noted where nothing follows from it", () => {
    expect(notes(signal("conversation.dissolved", { entity_id: CHAT }))).toEqual([{ do: "note", level: "debug", code: "chat-dissolved", data: { chatId: CHAT } }]);
    expect(notes(signal("conversation.dissolved"))).toMatchObject([{ data: { chatId: "" } }]);
    expect(notes(signal("agent.greeted", { entity_id: CHAT }))).toEqual([{ do: "note", level: "debug", code: "signal", data: { type: "agent.greeted" } }]);
  });

  it("CC-64 counts once", () => {
    const hub = openHub().ready();
    expect(hub.next(signal("agent.config.changed")).all).toHaveLength(1);
    expect(hub.next(signal("agent.config.changed")).all).toEqual([]);
  });

  it.each([
    ["opens the chat it is about", "conversation.renamed", CHAT, 1],
    ["opens no other", "conversation.renamed", "cnv_other", 0],
    ["opens none that it does not name", "conversation.renamed", "", 0],
    ["opens none where it is about something else", "agent.renamed", CHAT, 0],
  ])("CC-40 %s", (_, type, entity, messages) => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.frame(envelope("message.error", { code: "not_member" }, { chat_id: CHAT }));
    hub.next(signal(type, { entity_id: entity }));
    expect(hub.answers(of, "whole").messages).toHaveLength(messages);
  });

  it("CC-41 dissolves chats alone", () => {
    const hub = openHub({ strictChatIds: false }).ready();
    const of = hub.hears({ chat: "chat-1" });
    hub.next(signal("conversation.dissolved", { entity_id: "chat-1" }));
    expect(hub.types(of).events).toEqual(["typing.update"]);
  });

  it("CC-63 names what has changed of a chat, by one word or several, and nothing twice", () => {
    const notice = (payload: Json, hub = openHub().ready()) => hub.next(envelope("chat.metadata.invalidated", payload, { chat_id: CHAT, chat_type: "group" })).notices;
    expect(notice({ scope: "title" })).toEqual([{ of: "conversation", id: CHAT, scope: ["title"] }]);
    expect(notice({ scope: ["title", "", 5, "members"] })).toEqual([{ of: "conversation", id: CHAT, scope: ["title", "members"] }]);
    expect(notice({ scope: Array.from({ length: 70 }, String) })).toMatchObject([{ scope: { length: 64 } }]);
    for (const scope of [undefined, null, 5, {}, ""]) expect(notice({ scope })).toEqual([{ of: "conversation", id: CHAT, scope: [] }]);
    const hub = openHub().ready();
    expect([5, 5, 4, 6, undefined, "x", 1.5].map((version) => notice({ version }, hub).length)).toEqual([1, 0, 0, 1, 1, 1, 1]);
  });
});

describe("a connection on which nothing can be stored", () => {
  it("CC-50 is given up, and says so", () => {
    const hub = openHub().ready();
    hub.stores(() => false);
    for (let index = 0; index < limits.readPauseFrames; index++) hub.next(message());
    expect(hub.next(message()).all.slice(-2)).toEqual([
      { do: "note", level: "warn", code: "nothing-stored", data: { frames: limits.readPauseFrames + 1 } },
      { do: "close", code: 1000, reason: "nothing can be stored" },
    ]);
    expect(hub.state.phase).toEqual({ is: "lost", wasReady: true });
    expect(hub.next(message()).all).toEqual([]);
  });
});

describe("a message that is not acknowledged", () => {
  it("CC-28 is told by its name, and how long it was waited for", () => {
    const hub = openHub().ready();
    const [sent] = hub.answers(hub.hears(), "whole").messages;
    expect(hub.wait(15_000).all.filter((effect) => effect.do === "note" || effect.do === "overdue")).toEqual([
      { do: "note", level: "warn", code: "unacknowledged", data: { messageId: payloadOf(sent)["message_id"], afterMs: 15_000 } },
      { do: "overdue", receipt: sent?.["trace_id"] },
    ]);
  });

  it("CC-28 CC-40 is not written again where the chat is closed by then", () => {
    const stage = () => {
      const hub = openHub({ resendsUnanswered: true }).ready();
      hub.answers(hub.hears(), "whole");
      return hub;
    };
    expect(stage().wait(15_000).messages).toHaveLength(1);
    const closed = stage();
    closed.frame(envelope("message.error", { code: "not_member" }, { chat_id: CHAT }));
    expect(closed.wait(15_000).messages).toEqual([]);
  });
});

describe("what is asked for receipts and ticks", () => {
  it("CC-66 is told of messages alone", () => {
    const hub = openHub({ deliveryReceipts: true }).ready();
    const broken = { ...message(), payload: { message_id: 5 } };
    expect(hub.next(broken).of("message.delivered")).toEqual([]);
    expect(hub.next(message({ chat: HOME })).of("message.delivered")).toHaveLength(1);
  });

  it("CC-10 does nothing at a tick that comes before the hub has admitted the plugin", () => {
    const { session } = openHub().protocol;
    const opened = session.open(START);
    expect(opened.effects).toEqual([]);
    expect(session.tick?.(opened.state, START + 1e9)).toEqual({ state: opened.state, effects: [] });
  });
});
