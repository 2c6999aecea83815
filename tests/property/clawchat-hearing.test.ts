import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/clawchat/arbitraries.ts";
import { isMessageReplyReceived, isMessageSendReceived } from "../../generated/clawchat/index.ts";
import { readContent, readMentions } from "../../src/protocols/clawchat/content.ts";
import { limits as ours } from "../../src/core/limits.ts";
import { envelope, type Hub, ME, message, openHub } from "../unit/protocols/clawchat/hub.ts";

const EVENTS = /^(ConnectChallenge|HelloOk|HelloFail|MessageSendReceived|MessageReplyReceived|MessageAck|MessageError|Message(Reaction|Read|Delivered|Created|Add|Done|Failed)Received|TypingUpdateReceived|Presence(Snapshot|Update)|ChatMetadataInvalidated|NotifySignal|HistoryTransitReceived|Permission(Request|Resolved)|ReplayDone|SyncMark|HistoryTruncated|Offline(Batch|Done)|Pong)$/;
const named = (all: object) => Object.entries(all).flatMap(([name, arbitrary]) => (EVENTS.test(name) ? [arbitrary as fc.Arbitrary<unknown>] : []));
const received = fc.oneof(...named(arbitraries));
const nearly = fc.oneof(...named(nearMisses).map((misses) => misses.map((miss) => (miss as { value: unknown }).value)));
/** Messages that have all it takes. */
const messages = fc.oneof(arbitraries.MessageSendReceived, arbitraries.MessageReplyReceived).map((frame) => ({ ...frame, chat_type: "direct", sender: { id: "usr_x" }, payload: { ...frame.payload, message_mode: "normal" } }));
const frames = fc.oneof({ weight: 1, arbitrary: messages }, { weight: 4, arbitrary: received }, { weight: 3, arbitrary: nearly }, { weight: 1, arbitrary: fc.jsonValue() });

describe("whatever the hub sends", () => {
  it("CC-16 CC-19 CC-57 only messages of others reach the agent, nothing throws, and no frame ends the connection", () => {
    let turns = 0;
    fc.assert(
      fc.property(fc.array(frames, { minLength: 5, maxLength: 20, size: "max" }), fc.constantFrom("dseq" as const, "none" as const), (list, grant) => {
        const hub = openHub({ grant }).ready();
        for (const frame of list) {
          const given = typeof frame === "object" && frame !== null && "dseq" in frame ? { ...frame, dseq: undefined } : frame;
          const heard = hub.frame(given);
          expect(heard.doings).toEqual([]);
          expect(heard.turns.length).toBeLessThanOrEqual(isMessageSendReceived(given) || isMessageReplyReceived(given) ? 1 : 0);
          turns += heard.turns.length;
        }
        hub.wait(10_000);
      }),
      { numRuns: 200 },
    );
    expect(turns).toBeGreaterThan(20);
  });

  it("CC-16 no text throws, before hello-ok or after", () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json({ stringUnit: "binary" }), fc.nat({ max: 3000 }).map((deep) => "[".repeat(deep)), fc.nat({ max: 3000 }).map((deep) => `{"event":"message.send","payload":${"[".repeat(deep)}${"]".repeat(deep)}}`));
    fc.assert(
      fc.property(texts, fc.boolean(), (text, isReady) => {
        const hub = openHub({ grant: "none" });
        if (isReady) hub.ready();
        expect(hub.frame(text).doings).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("CC-18 a message is the same with members that nobody knows", () => {
    const more = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(arbitraries.MessageSendReceived, more, more, more, (frame, outer, inner, innermost) => {
        const plain = openHub().ready();
        const rich = openHub().ready();
        const added = { ...frame, dseq: 2, ...outer, payload: { ...frame.payload, ...inner, message: { ...frame.payload.message, ...innermost } } };
        const ask = (hub: Hub, given: unknown) => hub.frame(given).requests;
        expect(ask(rich, added)).toEqual(ask(plain, { ...frame, dseq: 2 }));
      }),
      { numRuns: 200 },
    );
  });

  it("CC-57 CC-71 no mode but the normal one is ever a message", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (mode, text) => {
        const hub = openHub().ready();
        expect(hub.next(message({ text, payload: { message_mode: mode } })).turns.length).toBe(mode === "" || mode === "normal" ? 1 : 0);
      }),
    );
  });

  it("its state stays small", () => {
    const chats = fc.nat({ max: 4000 }).map((index) => `cnv_${index}`);
    const ids = fc.nat({ max: 4000 }).map(String);
    const flood = fc.oneof(
      chats.map((chat) => envelope("message.error", { code: "not_member" }, { chat_id: chat })),
      fc.tuple(chats, ids).map(([chat, id]) => message({ chat, id, payload: { stream_merged: true } })),
      fc.tuple(chats, ids).map(([chat, id]) => message({ chat, id })),
      fc.tuple(chats, ids).map(([entity, id]) => envelope("notify.signal", { type: "conversation.dissolved", entity_id: entity, event_id: id })),
      fc.tuple(chats, ids).map(([chat, id]) => envelope("chat.metadata.invalidated", { version: Number(id) }, { chat_id: chat, chat_type: "group" })),
      ids.map((id) => message({ from: "system", payload: { metadata: { kind: "permission_result", request_id: id } } })),
    );
    fc.assert(
      fc.property(fc.array(flood, { minLength: 3000, maxLength: 5000, size: "max" }), (list) => {
        const hub = openHub({ deliveryReceipts: true }).ready();
        hub.stores(({ ask }) => ask !== "quarantine");
        for (const frame of list) hub.next(frame);
        const sizeOf = (value: unknown): number => {
          if (value instanceof Map) return value.size + [...value.values()].reduce((sum: number, each) => sum + sizeOf(each), 0);
          return typeof value === "object" && value !== null && !("messageId" in value) ? Object.values(value).reduce((sum: number, each) => sum + sizeOf(each), 0) : 0;
        };
        expect(hub.state.held.size).toBeLessThanOrEqual(ours.heldCopies);
        expect(sizeOf(hub.state)).toBeLessThanOrEqual(6000);
      }),
      { numRuns: 3 },
    );
  });
});

describe("copies of a message", () => {
  type Step = { id: number; chat: number; isCopy: boolean; isDirect: boolean } | { wait: number } | "reconnect" | "replay.done";
  const steps: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ id: fc.nat({ max: 3 }), chat: fc.nat({ max: 1 }), isCopy: fc.boolean(), isDirect: fc.constant(true) }) },
    { weight: 2, arbitrary: fc.nat({ max: 4000 }).map((wait) => ({ wait })) },
    { weight: 1, arbitrary: fc.constantFrom<Step>("reconnect", "replay.done") },
  );

  it("CC-53 CC-54 start one turn for each chat and id, whatever came how often, and none is a copy after its author's own", () => {
    let repeated = 0;
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: "max" }), (walk) => {
        const hub = openHub();
        const journal = new Set<string>();
        const asked = new Set<string>();
        const finals = new Set<string>();
        hub.stores((request) => {
          if (request.ask !== "turn" && request.ask !== "keep") return true;
          const { messageId } = hub.protocol.identify(request.inbound);
          const isCopy = request.inbound.origin.isProvisional === true;
          // An author's own message is never replaced by what the hub made of a stream.
          if (request.ask === "turn") expect(isCopy && finals.has(messageId)).toBe(false);
          if (!isCopy) finals.add(messageId);
          if (request.ask === "turn" && journal.has(messageId)) repeated += 1;
          if (request.ask === "turn") journal.add(messageId);
          return true;
        });
        hub.admit();
        for (const step of walk) {
          if (step === "reconnect") {
            hub.reconnect();
            hub.admit();
          } else if (step === "replay.done") hub.replayDone();
          else if ("wait" in step) hub.wait(step.wait);
          else {
            const given = message({ id: `m${step.id}`, chat: `cnv_${step.chat}`, payload: { stream_merged: step.isCopy } });
            asked.add(`cnv_${step.chat}\nm${step.id}`);
            hub.next(given);
          }
        }
        hub.replayDone();
        hub.wait(10_000);
        expect([...journal].toSorted()).toEqual([...asked].toSorted());
      }),
      { numRuns: 200 },
    );
    expect(repeated).toBeGreaterThan(50);
  });

  it("CC-64 of a signal lead to one look, however often they come", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 5 }), fc.boolean()), { maxLength: 60, size: "max" }), (list) => {
        const hub = openHub().ready();
        const seen: number[] = [];
        for (const [id, isLost] of list) {
          if (isLost) {
            hub.reconnect();
            hub.ready();
          }
          const heard = hub.next(envelope("notify.signal", { type: "agent.config.changed", event_id: `e${id}` }));
          seen.push(...heard.notices.map(() => id));
        }
        expect(seen.length).toBe(new Set(list.map(([id]) => id)).size);
      }),
    );
  });
});

describe("mentions", () => {
  const users = fc.constantFrom(ME, "all", "usr_a", "usr_b", "");
  const junk = fc.oneof(fc.jsonValue(), fc.constantFrom(null, 17, "", {}, { kind: "mention" }, { user_id: 5 }));

  it("CC-37 mean the agent wherever they stand, and whoever else is mentioned", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(users, fc.constantFrom("body", "object", "bare")), { maxLength: 6 }), (list) => {
        const fragments = list.flatMap(([user, where]) => (where === "body" ? [{ kind: "mention", user_id: user, display: "x" }] : []));
        const mentions = list.flatMap(([user, where]): unknown[] => (where === "object" ? [{ kind: "mention", user_id: user }] : where === "bare" ? [user] : []));
        const inbound = openHub().ready().hears({ type: "group", fragments, mentions });
        expect(inbound.mentioned).toBe(list.some(([user]) => user === ME || user === "all"));
        expect(new Set(inbound.origin.mentions)).toEqual(new Set(list.map(([user]) => user).filter((user) => user !== "")));
      }),
    );
  });

  it("CC-36 CC-37 are read from anything without a throw, as ids that are not empty", () => {
    fc.assert(
      fc.property(fc.array(junk), fc.oneof(fc.array(junk), junk), (fragments, beside) => {
        const ids = readMentions(fragments, beside);
        expect(ids.every((id) => typeof id === "string" && id !== "")).toBe(true);
        expect(new Set(ids).size).toBe(ids.length);
        expect(typeof readContent(fragments, "https://m.example").text).toBe("string");
      }),
      { numRuns: 300 },
    );
  });
});
