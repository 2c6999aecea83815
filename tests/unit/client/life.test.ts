import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../../generated/websocket/arbitraries.ts";
import { clientLimits } from "../../../src/core/limits.ts";
import { newChat, step } from "../../../src/client/machine.ts";
import type { Event, Model, Setting } from "../../../src/client/model.ts";

const id = fc.constantFrom("m1", "m2", "m3", "m4", "m5", "m6", "m7");
const generation = fc.nat({ max: 2 });
const frames = fc.oneof(
  id.map((messageId) => ({ type: "chat.typing", messageId })),
  fc.record({ type: fc.constant("chat.stream"), messageId: id, content: fc.string(), done: fc.constant(false) }),
  fc.record({ type: fc.constant("chat.response"), messageId: id, content: fc.string(), done: fc.constant(true) }),
  fc.record({ type: fc.constant("chat.error"), error: fc.constant("Try again in 2 s"), messageId: fc.option(id, { nil: undefined }), code: fc.constantFrom("rate_limited", "queue_full", "agent_error", "cancelled", "unsupported") }),
  fc.record({ type: fc.constant("chat.welcome"), senderId: fc.constantFrom("ada", "ben"), extensions: fc.subarray(["cancel", "groups", "media", "edit"]) }),
  ...[arbitraries.ChatWelcome, arbitraries.ChatMessage, arbitraries.ChatMedia, arbitraries.ChatError].map((each: fc.Arbitrary<object>) => each),
  nearMisses.ChatStream.map(({ value }) => value as object),
);

/** Whatever may happen to a chat, and in whatever order; `age` is how old the connection is that it happens to. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ on: fc.constant("heard" as const), age: generation, data: frames.map((frame) => JSON.stringify(frame)) }) },
  fc.record({ on: fc.constant("opened" as const), age: fc.constant(0) }),
  fc.record({ on: fc.constant("ended" as const), age: generation, code: fc.constantFrom(1000, 1001, 1006, 1009, 1013, 4401, 4408, 4429), reason: fc.constant("") }),
  { weight: 2, arbitrary: fc.record({ on: fc.constant("timer" as const) }) },
  { weight: 5, arbitrary: fc.record({ on: fc.constant("send" as const), message: fc.record({ messageId: id, text: fc.string(), options: fc.record({ media: fc.constantFrom([], ["a"], [{ data: "aGk=" }]) }) }) }) },
  fc.record({ on: fc.constant("abort" as const), messageId: id }),
  fc.record({ on: fc.constant("act" as const), act: fc.oneof(arbitraries.ChatJoin, arbitraries.ChatLeave, fc.record({ type: fc.constant("chat.edit" as const), messageId: id, content: fc.string() }), fc.record({ type: fc.constant("chat.delete" as const), messageId: id })) }),
  fc.record({ on: fc.constant("nudge" as const) }),
  fc.record({ on: fc.constant("token" as const), age: generation, token: fc.constantFrom("t0k", "no good") }),
);

const settingOf = (token: Setting["token"]): Setting => ({ place: "ws://chat.test/ws", extensions: ["cancel"], token, backoff: { baseMs: 250, maxMs: 30_000 } });

describe("a chat, whatever happens to it", () => {
  it("ends each message once, writes on an open connection only, has one at a time and is never stuck", () => {
    fc.assert(
      fc.property(fc.constantFrom("none" as const, "asked" as const), fc.array(happening, { maxLength: 80 }), (token, events) => {
        let model: Model = newChat;
        let now = 1_000_000;
        const open = new Set<string>();
        const armed = new Map<string, number>();
        let socket: "none" | "dialing" | "open" = "none";

        const take = (event: Event): void => {
          // A platform opens, ends and fails only what there is.
          if (event.on === "opened" && event.generation === model.generation && socket !== "dialing") return;
          if ((event.on === "heard" || event.on === "ended") && event.generation === model.generation && socket === "none") return;
          if (event.on === "heard" && event.generation === model.generation && socket === "dialing") return;
          if (event.on === "send" && open.has(event.message.messageId)) return;
          if (event.on === "send") open.add(event.message.messageId);
          if (event.on === "opened") socket = "open";
          if (event.on === "ended" && event.generation === model.generation) socket = "none";
          const { model: next, effects } = step(model, event, { now, random: 0.5 }, settingOf(token));
          model = next;
          for (const effect of effects) {
            if (effect.do === "write") expect(socket).toBe("open");
            if (effect.do === "hang-up") socket = "none";
            if (effect.do === "dial") {
              expect(socket).toBe("none");
              socket = "dialing";
            }
            if (effect.do === "answer") expect(open.delete(effect.answer.messageId)).toBe(true);
            if (effect.do === "fail") expect(open.delete(effect.messageId)).toBe(true);
            if (effect.do === "grow") expect(open.has(effect.messageId)).toBe(true);
            if (effect.do === "arm") armed.set(effect.timer, now + effect.ms);
            if (effect.do === "disarm") armed.delete(effect.timer);
          }
          expect([...model.pending.keys()].toSorted()).toEqual([...open].toSorted());
          expect(model.ended.length).toBeLessThanOrEqual(clientLimits.endedIds);
          if (model.phase === "closed") expect(armed.size).toBe(0);
          // Before it is open there is always something that goes on by itself.
          else if (model.phase !== "new" && model.phase !== "open") expect(armed.size).toBeGreaterThan(0);
        };

        take({ on: "start" });
        for (const { ...event } of events) {
          if (event.on === "timer") {
            const [next] = [...armed].toSorted(([, a], [, b]) => a - b);
            if (!next) continue;
            armed.delete(next[0]);
            now = next[1];
            take({ on: "timer", timer: next[0] as "dial" });
          } else if ("age" in event) {
            const { age, ...rest } = event;
            take({ ...rest, generation: model.generation - age });
          } else take(event);
        }
        take({ on: "close" });
        expect([model.phase, open.size, armed.size, socket === "none" || model.phase === "closed"]).toEqual(["closed", 0, 0, true]);
      }),
      { numRuns: 1_000 },
    );
  });
});
