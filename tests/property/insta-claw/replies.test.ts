import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits, type SentEvent } from "../../../generated/insta-claw/index.ts";
import type { Terminal } from "../../../src/protocols/turn.ts";
import { connect, deltas, type Heard, message } from "../../unit/protocols/insta-claw/gateway.ts";

/** Any UTF-16 text, halves of characters included. */
const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 200 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 45, maxLength: 130 }) },
);

const changes = fc.record({
  framing: fc.constantFrom("envelope" as const, "topic" as const, "bare" as const),
  events: fc.constantFrom("minimal" as const, "full" as const),
  deltaShape: fc.constantFrom("string" as const, "object" as const),
});

const failure: Terminal = { type: "error", code: "agent_error", error: "Error: s3cret\n    at run (/srv/agent.ts:1:2)" };
const terminals = fc.oneof(anyText.map((content): Terminal => ({ type: "response", content })), fc.constant(failure));

type Step = { do: "typing" } | { do: "stream"; content: string } | { do: "reconnect" };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ do: "typing" } as const) },
  { weight: 6, arbitrary: anyText.map((content) => ({ do: "stream", content }) as const) },
  { weight: 1, arbitrary: fc.constant({ do: "reconnect" } as const) },
);

const orders = {
  minimal: /^in_progress( output_item\.added( output_text\.delta)*)?( content_part\.done completed| failed)?$/,
  full: /^created in_progress( output_item\.added content_part\.added( output_text\.delta)*)?( output_text\.done content_part\.done output_item\.done completed| failed)?$/,
};

const typesOf = (events: readonly SentEvent[]) => events.map(({ type }) => type.replace("response.", "")).join(" ");
const byResponse = (events: readonly SentEvent[]) => [...Map.groupBy(events, ({ response_id: id }) => id).values()];
const isOver = (events: readonly SentEvent[]) => events.filter(({ type }) => type === "response.completed" || type === "response.failed").length;

/** Does all of it, and then ends the reply. */
function run(made: Parameters<typeof connect>[0], walk: readonly Step[], terminal: Terminal): Heard[] {
  const gateway = connect(made);
  const of = message();
  const heard = walk.map((step) => {
    if (step.do === "reconnect") return gateway.reconnect();
    return gateway.says(step.do === "typing" ? { say: "typing", of } : { say: "stream", of, content: step.content });
  });
  return [...heard, gateway.says({ say: "terminal", of, terminal, isRepeat: false })];
}

describe("a reply, however it came about", () => {
  it("IC-20 IC-22 IC-23 is in order, numbered, one response per connection, and ends once", () => {
    fc.assert(
      fc.property(changes, fc.array(steps, { maxLength: 12 }), terminals, (made, walk, terminal) => {
        const heard = run(made, walk, terminal);
        const responses = byResponse(heard.flatMap(({ events }) => events));
        for (const events of responses) {
          expect(typesOf(events)).toMatch(orders[made.events]);
          expect(events.map(({ sequence_number: at }) => at)).toEqual(events.map((_, at) => at));
        }
        expect(responses.map(isOver)).toEqual(responses.map((_, at) => (at === responses.length - 1 ? 1 : 0)));
        expect(isOver(heard.at(-1)?.events ?? [])).toBe(1);
        const [first, ...others] = responses.map(([event]) => event);
        expect(first?.metadata.retry_of).toBeUndefined();
        expect(others.map((event) => event?.metadata.retry_of)).toEqual(others.map(() => first?.response_id));
      }),
    );
  });

  it("IC-21 has deltas of 1 to 50 code points, none of them with half a character", () => {
    fc.assert(
      fc.property(changes, fc.array(steps, { maxLength: 12 }), terminals, (made, walk, terminal) => {
        for (const event of run(made, walk, terminal).flatMap(({ events }) => events)) {
          if (!("delta" in event)) continue;
          const piece = typeof event.delta === "string" ? event.delta : event.delta.text;
          expect(piece.isWellFormed()).toBe(true);
          expect(Array.from(piece).length).toBeGreaterThan(0);
          expect(Array.from(piece).length).toBeLessThanOrEqual(limits.deltaCodePoints);
        }
      }),
    );
  });

  it("IC-21 adds up to the answer when the text only grew", () => {
    fc.assert(
      fc.property(changes, anyText, fc.array(fc.nat({ max: 200 }), { maxLength: 8 }), (made, text, ends) => {
        const grown = ends.toSorted((a, b) => a - b).map((end): Step => ({ do: "stream", content: text.slice(0, end) }));
        const events = run(made, grown, { type: "response", content: text }).flatMap((heard) => heard.events);
        expect(deltas(events)).toBe(text.toWellFormed());
      }),
    );
  });

  it("IC-21 ends with the whole answer whatever was shown before, and shows nothing that is not said", () => {
    fc.assert(
      fc.property(changes, fc.array(steps, { maxLength: 8 }), anyText, (made, walk, content) => {
        const events = byResponse(run(made, walk, { type: "response", content }).flatMap((heard) => heard.events)).at(-1) ?? [];
        const part = events.find(({ type }) => type === "response.content_part.done");
        expect(part).toMatchObject({ part: { text: content.toWellFormed() } });
        expect(events.at(-1)).toMatchObject({ response: { output: [{ content: [{ text: content.toWellFormed() }] }] } });
        const shown = deltas(events);
        if (content.toWellFormed().startsWith(shown)) expect(shown).toBe(content.toWellFormed());
      }),
    );
  });

  it("IC-22 names every event and every envelope differently", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uuid(), fc.array(steps, { maxLength: 4 })), { minLength: 1, maxLength: 5 }), (turns) => {
        const gateway = connect({}, 2000);
        const frames = turns.flatMap(([messageId, walk]) => {
          const of = message({ messageId });
          const heard = walk.map((step) => (step.do === "reconnect" ? gateway.reconnect() : gateway.says(step.do === "typing" ? { say: "typing", of } : { say: "stream", of, content: step.content })));
          return [...heard, gateway.says({ say: "terminal", of, terminal: { type: "response", content: "x".repeat(120) }, isRepeat: true })].flatMap((each) => each.frames);
        });
        const names = frames.flatMap((frame) => ("headers" in frame && "data" in frame ? [JSON.stringify(frame.headers).replace(/,"inReplyTo.*/, ""), (frame.data as SentEvent).event_id] : []));
        expect(new Set(names).size).toBe(names.length);
        expect(names.length).toBeGreaterThan(0);
      }),
    );
  });

  it("IC-27 tells nothing of what went wrong inside", () => {
    const codes = fc.constantFrom("agent_error" as const, "cancelled" as const, "timeout" as const);
    fc.assert(
      fc.property(changes, codes, fc.string(), (made, code, noise) => {
        const error = `Error: s3cret ${noise}\n    at run (/srv/agent.ts:1:2)`;
        const texts = run(made, [], { type: "error", code, error }).flatMap(({ events }) => events.map((event) => JSON.stringify("error" in event ? event.error : "")));
        for (const text of texts) {
          expect(text).not.toMatch(/s3cret|srv|[\\/]|\bat \w/);
          expect(text.length).toBeLessThan(200);
        }
      }),
    );
  });

  it("IC-8 is not heard when the server says it back", () => {
    fc.assert(
      fc.property(changes, fc.array(steps, { maxLength: 6 }), terminals, (made, walk, terminal) => {
        const gateway = connect(made);
        const of = message();
        const effects = [
          ...walk.flatMap((step) => (step.do === "reconnect" ? gateway.reconnect() : gateway.says(step.do === "typing" ? { say: "typing", of } : { say: "stream", of, content: step.content })).effects),
          ...gateway.says({ say: "terminal", of, terminal, isRepeat: false }).effects,
        ];
        gateway.reconnect();
        for (const effect of effects) {
          if (effect.do !== "send") continue;
          expect(gateway.frame(effect.text).notes).toEqual(["debug own-event"]);
        }
        expect(gateway.state.responses.open.size).toBe(0);
      }),
    );
  });
});
