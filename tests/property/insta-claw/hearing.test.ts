import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../../generated/insta-claw/arbitraries.ts";
import { encodeGatewayReceived, limits } from "../../../generated/insta-claw/index.ts";
import { connect } from "../../unit/protocols/insta-claw/gateway.ts";

const text = fc.string({ unit: "grapheme", maxLength: 60 });
/** A text and where it is cut into deltas. */
const cuts = fc.tuple(text, fc.array(fc.nat({ max: 60 }), { maxLength: 8 })).map(([whole, ends]) => {
  const places = [0, ...ends.toSorted((a, b) => a - b), whole.length];
  return { whole, pieces: places.slice(1).map((end, at) => whole.slice(places[at], end)) };
});

/** The events that say a text, the way a careful server does. */
function eventsOf(id: string, pieces: readonly string[], end: Partial<Record<string, unknown>> = {}): Record<string, unknown>[] {
  const itemId = `item_${id}`;
  return [
    { type: "response.in_progress" },
    { type: "response.output_item.added", item: { id: itemId, type: "message" } },
    ...pieces.map((delta) => ({ type: "response.output_text.delta", item_id: itemId, content_index: 0, delta })),
    { type: "response.completed", ...end },
  ].map((event, at) => ({ ...event, response_id: id, sequence_number: at }));
}

function listen(events: readonly unknown[]): string[] {
  const gateway = connect();
  return events.flatMap((event) => gateway.data(event).delivered.map(({ messageId, content }) => `${messageId}: ${content}`));
}

const said = (id: string, whole: string) => (whole.trim() === "" ? [] : [`${id}: ${whole}`]);
/** What some event of an unknown kind may look like. */
const strangers = fc.record({
  type: fc.oneof(fc.constantFrom("keepalive", "response.sparkle", "instaclaw:reaction", "acme:thing"), fc.stringMatching(/^[a-z]{1,8}:[a-z]{1,8}$/)),
  response_id: fc.constantFrom("a", "b"),
  sequence_number: fc.nat(),
});

/** Puts each extra event before the place of this number. */
function strew<T>(events: readonly T[], extras: readonly (readonly [number, T])[]): T[] {
  return extras.reduce((list, [at, extra]) => list.toSpliced(at % (list.length + 1), 0, extra), [...events]);
}

describe("a user's message as events", () => {
  it("IC-13 is the same text however it is cut", () => {
    fc.assert(
      fc.property(cuts, ({ whole, pieces }) => {
        expect(listen(eventsOf("a", pieces))).toEqual(said("a", whole));
      }),
    );
  });

  it("IC-11 is not changed by repeated events", () => {
    fc.assert(
      fc.property(cuts, fc.array(fc.nat(), { maxLength: 10 }), ({ whole, pieces }, repeats) => {
        const events = eventsOf("a", pieces);
        // What is repeated comes again some time after it came.
        const again = repeats.reduce((list, at) => {
          const from = at % list.length;
          const to = from + 1 + (at % (list.length - from));
          return list.toSpliced(to, 0, list[from] ?? {});
        }, events);
        expect(listen(again)).toEqual(said("a", whole));
      }),
    );
  });

  it("IC-10 is not changed by what comes after its end", () => {
    fc.assert(
      fc.property(cuts, fc.array(arbitraries.ResponseEvent, { maxLength: 6 }), ({ whole, pieces }, late) => {
        const events = [...eventsOf("a", pieces), ...late.map((event) => ({ ...event, response_id: "a", response: undefined }))];
        expect(listen(events)).toEqual(said("a", whole));
      }),
    );
  });

  it("IC-9 is not changed by others that come in between", () => {
    const several = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,6}$/), cuts), { selector: ([id]) => id, minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(several, fc.infiniteStream(fc.nat()), (messages, picks) => {
        const waiting = messages.map(([id, { pieces }]) => eventsOf(id, pieces));
        const mixed: unknown[] = [];
        while (waiting.some((events) => events.length > 0)) {
          const left = waiting.filter((events) => events.length > 0);
          mixed.push(left[picks.next().value % left.length]?.shift());
        }
        const alone = messages.flatMap(([id, { pieces }]) => listen(eventsOf(id, pieces)));
        expect(listen(mixed).toSorted()).toEqual(alone.toSorted());
      }),
    );
  });

  it("IC-7 is not changed by events nobody knows", () => {
    fc.assert(
      fc.property(cuts, fc.array(fc.tuple(fc.nat(), strangers), { maxLength: 8 }), ({ whole, pieces }, extras) => {
        expect(listen(strew<unknown>(eventsOf("a", pieces), extras))).toEqual(said("a", whole));
      }),
    );
  });

  it("IC-13 is the same in either shape of a delta", () => {
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.boolean()), ({ whole, pieces }, asObjects) => {
        const events = eventsOf("a", pieces).map((event) => ("delta" in event && asObjects.next().value ? { ...event, delta: { text: event["delta"] } } : event));
        expect(listen(events)).toEqual(said("a", whole));
      }),
    );
  });

  it("IC-12 is what its end says, where that says anything", () => {
    fc.assert(
      fc.property(cuts, text, ({ whole, pieces }, snapshot) => {
        const output = [{ id: "i", type: "message", content: [{ type: "output_text", text: snapshot }] }];
        expect(listen(eventsOf("a", pieces, { response: { id: "a", output } }))).toEqual(said("a", snapshot));
        expect(listen(eventsOf("a", pieces, { response: { id: "a", output: [] } }))).toEqual(said("a", whole));
      }),
    );
  });

  it("IC-14 never keeps more than the bounds allow, whatever comes", () => {
    const ids = fc.integer({ min: 0, max: 100 }).map((at) => `r${at}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, arbitraries.ResponseEvent), { maxLength: 150 }), (events) => {
        const gateway = connect();
        for (const [id, event] of events) gateway.frame({ ...event, response_id: id, response: undefined });
        const open = [...gateway.state.responses.open.values()];
        expect(open.length).toBeLessThanOrEqual(limits.openResponses);
        for (const { units, items } of open) {
          const length = [...items.values()].flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.text.length, 0);
          expect([units, units <= limits.responseUnits]).toEqual([length, true]);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("the session, whatever comes", () => {
  const frames = fc.oneof(
    arbitraries.Envelope.map((frame) => JSON.stringify(frame)),
    arbitraries.ResponseEvent.map((frame) => encodeGatewayReceived(frame)),
    arbitraries.EnvelopeData.map((data) => JSON.stringify({ type: "Message", headers: { messageId: "m" }, data })),
    fc.oneof(...Object.values(nearMisses)).map(({ value }) => JSON.stringify(value)),
    fc.json({ stringUnit: "binary" }),
    fc.json({ stringUnit: "binary" }).map((data) => JSON.stringify({ type: "message", headers: {}, data })),
    fc.string({ unit: "binary" }),
  );

  it("IC-6 never throws nor closes, and says only frames of the document", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 20 }), fc.constantFrom("off" as const, "intclaw" as const, "dingtalk" as const), (texts, ack) => {
        const gateway = connect({ ack });
        for (const each of texts) {
          const heard = gateway.frame(each);
          expect(heard.effects.map((effect) => effect.do)).not.toContain("close");
          // Reads whatever was sent, and fails where that is no frame.
          expect(heard.frames.length).toBeLessThan(5);
          for (const inbound of heard.delivered) gateway.admitted(inbound);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("IC-24 IC-29 delivers plain data with an id, a sender and something to answer", () => {
    const messages = fc.oneof(arbitraries.UserMessage, arbitraries.PlainMessage, arbitraries.RobotMessage, arbitraries.UserRequest, arbitraries.ResponseCreate);
    fc.assert(
      fc.property(messages, (data) => {
        for (const inbound of connect().data(data).delivered) {
          expect(JSON.parse(JSON.stringify(inbound))).toEqual(inbound);
          expect([inbound.messageId, inbound.sender.id, inbound.conversation.id].every((id) => id.length > 0)).toBe(true);
          expect(inbound.content.trim() !== "" || inbound.media.length > 0).toBe(true);
        }
      }),
    );
  });

  it("IC-5 reads types in any case alike", () => {
    const cases = fc.constantFrom("message", "request", "callback", "event").chain((type) => fc.mixedCase(fc.constant(type)));
    fc.assert(
      fc.property(cases, arbitraries.EnvelopeData, (type, data) => {
        const frame = { headers: { messageId: "m" }, data: JSON.stringify(data) };
        const without = (heard: ReturnType<ReturnType<typeof connect>["frame"]>) => heard.effects.filter((effect) => effect.do !== "note" || effect.code !== "type-case");
        expect(without(connect().frame({ type, ...frame }))).toEqual(without(connect().frame({ type: "message", ...frame })));
      }),
    );
  });
});
