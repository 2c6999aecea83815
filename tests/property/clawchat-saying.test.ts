import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../generated/clawchat/index.ts";
import { type About, contextOf, envelope, fragmentsOf, HOME, message, openHub, OWNER, payloadOf, type Sent } from "../unit/protocols/clawchat/hub.ts";

const CHATS = ["cnv_a", "cnv_b", HOME];
type Step =
  | { do: "hear" | "typing" | "answer" | "fail" | "refuse" | "stream" | "reject" | "prove" | "clear" | "dissolve"; at: number }
  | { do: "ack" | "error"; at: number }
  | { do: "wait"; at: number }
  | { do: "reconnect" | "half" | "goodbye"; at: number };

const steps: fc.Arbitrary<Step> = fc.record({
  do: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("hear" as const, "typing" as const, "answer" as const, "stream" as const) },
    { weight: 3, arbitrary: fc.constantFrom("ack" as const, "error" as const, "wait" as const, "fail" as const, "refuse" as const) },
    { weight: 1, arbitrary: fc.constantFrom("reject" as const, "prove" as const, "clear" as const, "dissolve" as const, "reconnect" as const, "half" as const, "goodbye" as const) },
  ),
  at: fc.nat({ max: 1_000_000 }),
});
const walks = fc.array(steps, { minLength: 5, maxLength: 60, size: "max" });

/** Does all of it; of each chat it is known, seen from outside, since when it is gated, and whether it is dissolved. */
function play(walk: readonly Step[], options: Parameters<typeof openHub>[0] = {}) {
  const hub = openHub({ grant: "none", resendsUnanswered: true, ...options }).ready();
  const heard: About[] = [];
  const settled = new Map<string, number>();
  const asked = new Map<string, number>();
  const written = new Map<string, Sent>();
  const gated = new Map<string, number>();
  const dissolved = new Set<string>();
  const wrong: string[] = [];
  let events = 0;
  const look = (found: { frames: readonly Sent[]; settlements: readonly { receipt: string }[]; receipts: readonly string[] }) => {
    for (const frame of found.frames) {
      const chat = typeof frame["chat_id"] === "string" ? frame["chat_id"] : "";
      const since = gated.get(chat);
      if (since !== undefined && frame.at - since < limits.rejectionMs) wrong.push(`${frame.event} into a gated chat`);
      if (frame.event === "typing.update" && dissolved.has(chat)) wrong.push("typing into a dissolved chat");
      if (frame.event === "message.send" || frame.event === "message.reply") written.set(String(frame["trace_id"]), frame);
    }
    for (const receipt of found.receipts) asked.set(receipt, (asked.get(receipt) ?? 0) + 1);
    // A refusal that was never written has a receipt nobody waits for.
    for (const { receipt } of found.settlements) if (written.has(receipt)) settled.set(receipt, (settled.get(receipt) ?? 0) + 1);
  };
  const pick = (at: number) => heard[at % Math.max(1, heard.length)];
  for (const step of walk) {
    const chat = CHATS[step.at % CHATS.length] ?? HOME;
    const of = pick(step.at);
    switch (step.do) {
      case "hear": {
        const from = chat === HOME ? OWNER : "usr_mira";
        gated.delete(chat);
        dissolved.delete(chat);
        heard.push(...hub.frame(message({ chat, from })).turns);
        break;
      }
      case "typing":
        if (of) look(hub.types(of));
        break;
      case "stream":
        if (of) look(hub.streams(of, "abcdef".slice(0, step.at % 7)));
        break;
      case "answer":
        if (of) look(hub.answers(of, "abcdef ".repeat((step.at % 700) + 1)));
        break;
      case "fail":
        if (of) look(hub.fails(of));
        break;
      case "refuse":
        if (of) look(hub.says({ say: "refused", of, refusal: { code: "rate_limited", error: "slow" } }));
        break;
      case "ack":
      case "error": {
        const frame = [...written.values()][step.at % Math.max(1, written.size)];
        if (!frame) break;
        if (step.do === "ack") gated.delete(String(frame["chat_id"]));
        look(step.do === "ack" ? hub.ack(frame) : hub.refuse(frame, "bad_request"));
        break;
      }
      case "reject":
        if (chat !== HOME) gated.set(chat, hub.now);
        look(hub.frame(envelope("message.error", { code: "not_member" }, { chat_id: chat })));
        break;
      case "prove":
        gated.delete(chat);
        look(hub.frame(envelope("typing.update", { is_typing: true }, { chat_id: chat })));
        break;
      case "clear":
        gated.delete(chat);
        look(hub.frame(envelope("notify.signal", { type: "conversation.renamed", entity_id: chat, event_id: `c${++events}` })));
        break;
      case "dissolve":
        dissolved.add(chat);
        look(hub.frame(envelope("notify.signal", { type: "conversation.dissolved", entity_id: chat, event_id: `d${++events}` })));
        break;
      case "wait":
        look(hub.wait(step.at));
        break;
      case "reconnect":
        look(hub.reconnect());
        look(hub.admit());
        break;
      case "half":
        look(hub.reconnect());
        look(hub.challenge());
        if (of) look(hub.types(of));
        look(hub.hello());
        break;
      case "goodbye":
        look(hub.says({ say: "goodbye" }));
    }
  }
  return { hub, settled, asked, written, wrong, look, heard };
}

describe("whatever is said", () => {
  it("CC-40 CC-41 nothing is written to a chat behind a gate, and no typing to one that is dissolved", () => {
    fc.assert(fc.property(walks, (walk) => {
        expect(play(walk).wrong).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });

  it("CC-24 CC-26 CC-27 every send is answered once at most, and once exactly where the hub has answered it", () => {
    let answered = 0;
    fc.assert(
      fc.property(walks, (walk) => {
        const { settled, asked } = play(walk);
        for (const [receipt, times] of settled) expect(times).toBeLessThanOrEqual(asked.get(receipt) ?? 0);
        const once = play(walk.filter((step) => step.do !== "ack" && step.do !== "error"));
        const last = once.hub.sent.at(-1)?.on;
        const open = [...once.written.values()].filter(({ on }) => on === last);
        const isSame = last === once.hub.sent.findLast(({ event }) => event === "connect")?.on;
        fc.pre(isSame);
        for (const [index, frame] of open.entries()) {
          const first = index % 2 === 0 ? once.hub.ack(frame) : once.hub.refuse(frame, "bad_request");
          const second = index % 2 === 0 ? once.hub.refuse(frame, "bad_request") : once.hub.ack(frame);
          expect(first.settlements.length).toBe(1);
          expect(second.settlements).toEqual([]);
          answered += 1;
        }
        expect(once.hub.wait(100_000).messages).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(answered).toBeGreaterThan(60);
  });

  it("CC-27 what the hub refuses is never written again, whatever the code", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.nat({ max: 9000 }), (code, length) => {
        const hub = openHub({ resendsUnanswered: true }).ready();
        const { messages } = hub.answers(hub.hears({ chat: HOME, from: OWNER }), "x".repeat(length + 1));
        for (const frame of messages) expect(hub.refuse(frame, code).settlements).toMatchObject([{ how: { is: "refused" } }]);
        expect(hub.wait(200_000).messages).toEqual([]);
      }),
    );
  });

  it("CC-28 CC-29 what is written again is the same byte for byte, three times at most, and an id is one message's", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 6 }), fc.nat({ max: 100_000 }), (texts, wait) => {
        const hub = openHub({ resendsUnanswered: true }).ready();
        for (const text of texts) hub.answers(hub.hears(), `say ${text}`);
        hub.wait(wait);
        const messages = hub.sent.filter(({ event }) => event === "message.reply");
        for (const copies of Map.groupBy(messages, (frame) => payloadOf(frame)["message_id"]).values()) {
          expect(new Set(copies.map(({ text }) => text)).size).toBe(1);
          expect(copies.length).toBe(Math.min(3, 1 + Math.floor(wait / 15_000)));
        }
      }),
    );
  });

  it("CC-38 mentions beside a body are those in it", () => {
    fc.assert(
      fc.property(walks, (walk) => {
        for (const frame of play(walk).hub.sent) {
          if (frame.event !== "message.send" && frame.event !== "message.reply") continue;
          expect(contextOf(frame)["mentions"]).toEqual(fragmentsOf(frame).filter(({ kind }) => kind === "mention"));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("CC-23 CC-25 CC-65 nobody is read, reacted to or followed unasked", () => {
    fc.assert(
      fc.property(walks, (walk) => {
        const events = new Set<string>(play(walk).hub.sent.map(({ event }) => event));
        for (const event of ["message.reaction", "message.read", "presence.subscribe", "message.delivered", "history.transit", "device.cursor.reset"]) expect(events.has(event)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it("CC-20 a chat is written to if and only if its id is one of a conversation", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1, maxLength: 40 }), fc.string({ maxLength: 40 }).map((rest) => `cnv_${rest}`), fc.constantFrom("cnv", "usr_1", "CNV_1", " cnv_1")), (chat) => {
        const hub = openHub({ grant: "none" }).ready();
        const of = hub.hears({ chat });
        const heard = [hub.types(of), hub.streams(of, "abc"), hub.answers(of, "abc def")];
        expect(heard.some(({ frames }) => frames.length > 0)).toBe(chat.startsWith("cnv_"));
      }),
    );
  });
});

describe("typing", () => {
  it("CC-42 CC-43 is never said twice within three seconds, and always taken back where that can be done", () => {
    fc.assert(
      fc.property(walks, (walk) => {
        const isOpen = (step: Step) => step.do !== "reject" && step.do !== "dissolve" && step.do !== "error";
        const { hub, heard } = play(walk.filter(isOpen));
        // Everything that runs ends.
        for (const of of heard) hub.fails(of, "cancelled");
        const saidAt = new Map<string, number>();
        const shown = new Map<string, { on: number; since: number }>();
        for (const frame of hub.sent) {
          if (frame.event !== "typing.update") continue;
          const chat = String(frame["chat_id"]);
          if (payloadOf(frame)["is_typing"] === true) {
            expect(frame.at - (saidAt.get(chat) ?? -Infinity)).toBeGreaterThanOrEqual(limits.typingEveryMs);
            saidAt.set(chat, frame.at);
            const before = shown.get(chat);
            shown.set(chat, { on: frame.on, since: before?.on === frame.on ? before.since : frame.at });
            expect(frame.at - (shown.get(chat)?.since ?? 0)).toBeLessThan(limits.typingCeilingMs);
          } else {
            expect(shown.get(chat)?.on).toBe(frame.on);
            shown.delete(chat);
          }
        }
        const last = hub.sent.at(-1)?.on;
        const isUp = hub.sent.findLast(({ event }) => event === "connect")?.on === last;
        if (isUp) expect([...shown.values()].filter(({ on }) => on === last)).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });
});
