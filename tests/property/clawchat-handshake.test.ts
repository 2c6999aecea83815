import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/clawchat/arbitraries.ts";
import { reactionTo } from "../../src/protocols/clawchat/handshake.ts";
import { createMint, followingId, IDS_PER_ANSWER } from "../../src/protocols/clawchat/ids.ts";
import { envelope, login, message, openHub, payloadOf } from "../unit/protocols/clawchat/hub.ts";

const REFUSED = "authentication failed";
const received = fc.oneof(...Object.entries(arbitraries).flatMap(([name, arbitrary]) => (/^(ConnectChallenge|Hello|Message.*Received|MessageAck|MessageError|Notify|Replay|Sync|History.*Received|Permission(Request|Resolved)|Presence|Chat.*Inv|Typing.*Received|Offline(Batch|Done)|Pong)/.test(name) ? [arbitrary as fc.Arbitrary<unknown>] : [])));
const nearly = fc.oneof(...[nearMisses.ConnectChallenge, nearMisses.HelloOk, nearMisses.HelloFail, nearMisses.MessageSendReceived, nearMisses.ReplayDone, nearMisses.SyncMark].map((misses) => misses.map(({ value }): unknown => value)));

type Step = "challenge" | "hello" | "hello-other" | "reconnect" | "message" | { frame: unknown } | { wait: number };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>("challenge", "hello", "challenge", "hello", "hello-other", "reconnect", "message") },
  { weight: 2, arbitrary: fc.oneof(received, nearly, fc.jsonValue()).map((frame) => ({ frame })) },
  { weight: 1, arbitrary: fc.nat({ max: 20_000 }).map((wait) => ({ wait })) },
);

describe("whatever the hub does before it has admitted the plugin", () => {
  it("CC-4 CC-5 CC-22 the plugin is ready only after challenge, one connect and the matching hello-ok, and writes nothing before", () => {
    let readied = 0;
    fc.assert(
      fc.property(fc.array(steps, { minLength: 5, maxLength: 25, size: "max" }), (walk) => {
        const hub = openHub();
        // What must have happened on this connection, seen from outside.
        let stage: "opened" | "challenged" | "admitted" | "over" = "opened";
        for (const step of walk) {
          const connectsBefore = hub.sent.filter(({ event }) => event === "connect").length;
          if (step === "reconnect") {
            stage = "opened";
            hub.reconnect();
            continue;
          }
          const heard =
            step === "challenge"
              ? hub.challenge()
              : step === "hello"
                ? hub.hello()
                : step === "hello-other"
                  ? hub.frame(envelope("hello-ok", {}, { trace_id: "trace-other" }))
                  : step === "message"
                    ? hub.frame(message())
                    : "wait" in step
                      ? hub.wait(step.wait)
                      : hub.frame(step.frame);
          // Frames that are no part of the handshake are checked by the hub itself: nothing but connect leaves before hello-ok.
          const connects = hub.sent.filter(({ event }) => event === "connect").length - connectsBefore;
          expect(connects).toBeLessThanOrEqual(stage === "opened" ? 1 : 0);
          if (connects === 1) stage = "challenged";
          if (heard.doings.includes("ready")) {
            expect([stage, step]).toEqual(["challenged", "hello"]);
            stage = "admitted";
            readied += 1;
          }
          if (heard.doings.includes("close")) stage = "over";
        }
      }),
      { numRuns: 400 },
    );
    expect(readied).toBeGreaterThan(10);
  });

  it("CC-4 any nonce comes back as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), (nonce) => {
        expect(openHub().challenge(nonce).of("connect").map(payloadOf)).toMatchObject([{ nonce }]);
      }),
    );
  });

  it("CC-8 CC-9 only the exact reason is about the token", () => {
    fc.assert(
      fc.property(fc.nat({ max: REFUSED.length }), fc.constantFrom("change", "drop", "add"), fc.string({ minLength: 1, maxLength: 1 }), (at, how, letter) => {
        const mutated = REFUSED.slice(0, at) + (how === "drop" ? "" : letter) + REFUSED.slice(how === "add" ? at : at + 1);
        expect(reactionTo(mutated)).toBe(mutated === REFUSED ? "login-refused" : "other");
      }),
    );
    fc.assert(fc.property(fc.oneof(fc.string(), fc.jsonValue()), (reason) => {
        expect(reactionTo(reason) === "login-refused").toBe(reason === REFUSED);
      }),
    );
  });

  it("CC-9 a hub that cannot check tokens never asks for a new one", () => {
    const anyCase = fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }).map((upper) => Array.from("auth service unavailable", (letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join(""));
    fc.assert(
      fc.property(fc.string(), anyCase, fc.string(), (before, words, after) => {
        const hub = openHub();
        hub.challenge();
        expect(hub.frame(envelope("hello-fail", { reason: before + words + after })).notices).toEqual([{ of: "login-unchecked" }]);
      }),
    );
  });

  it("CC-90 whatever the hub says, no log has the token in it", () => {
    const around = fc.string({ maxLength: 100 });
    fc.assert(
      fc.property(around, around, fc.constantFrom("hello-fail", "error", "unknown", "invalid"), (before, after, kind) => {
        const words = before + login.accessToken + after;
        const hub = openHub();
        hub.challenge();
        if (kind === "hello-fail") return expectSilent(hub.frame(envelope("hello-fail", { reason: words })).all);
        hub.hello();
        if (kind === "error") return expectSilent(hub.frame(envelope("message.error", { code: words, reason: words }, { trace_id: words })).all);
        if (kind === "unknown") return expectSilent(hub.frame(envelope(words, {})).all);
        return expectSilent(hub.frame({ ...message(), payload: { message_id: [words], [words]: 1 }, [words]: words }).all);
      }),
    );
  });
});

function expectSilent(effects: readonly { do: string }[]): void {
  const told = effects.filter((effect) => effect.do === "note" || effect.do === "settle" || effect.do === "close");
  expect(told.length).toBeGreaterThan(0);
  expect(JSON.stringify(told)).not.toContain(login.accessToken);
}

describe("ids", () => {
  const clocks = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: -2, max: 5000 })), { minLength: 1, maxLength: 60 });
  const randoms = fc.oneof(fc.constant(0), fc.constant(0.9999999999), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

  it("CC-31 are of the strict form, differ with all that belongs to them, and never get smaller", () => {
    fc.assert(
      fc.property(clocks, randoms, (leaps, random) => {
        const mint = createMint(() => random);
        let now = 1_790_000_000_000;
        const ids = leaps.map((leap) => mint((now += leap)));
        for (const id of ids) expect(id).toMatch(/^msg-[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
        const spans = ids.flatMap((id) => [id, followingId(id, IDS_PER_ANSWER - 1)]);
        expect(spans).toEqual(spans.toSorted());
        expect(new Set(spans).size).toBe(spans.length);
      }),
    );
  });

  it("CC-31 tell the millisecond in which they were minted", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 48 - 1 }), randoms, (now, random) => {
        const id = createMint(() => random)(now);
        const time = Array.from(id.slice(4, 14)).reduce((sum, letter) => sum * 32 + ALPHABET.indexOf(letter), 0);
        expect(time).toBe(now);
      }),
    );
  });

  it("CC-31 of parts are as many after the first as they say", () => {
    fc.assert(
      fc.property(fc.nat({ max: 600 }), fc.nat({ max: 400 }), randoms, (a, b, random) => {
        const id = createMint(() => random)(1_790_000_000_000);
        expect(followingId(followingId(id, a), b)).toBe(followingId(id, a + b));
      }),
    );
  });
});
