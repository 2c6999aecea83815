import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/clawchat/arbitraries.ts";
import type { ConnectionState } from "../../src/protocols/clawchat/connection.ts";
import type { HubRequest } from "../unit/protocols/clawchat/hub.ts";
import { profile } from "../unit/protocols/clawchat/hub.ts";
import { createMint } from "../../src/protocols/clawchat/ids.ts";
import { createSession } from "../../src/protocols/clawchat/session.ts";
import type { Step } from "../../src/protocols/session.ts";
import { createRandom, type Random } from "../../src/testing/chaos/random.ts";

/** Of each kind of delivery. */
const FRAMES = 500_000;
/** Different texts of which the frames are made. */
const POOL = 20_000;
const SEED = Number(process.env["SEED"] ?? 4);
/** Bytes that they may leave behind. */
const GROWTH = 24 * 1024 * 1024;

type Name = keyof typeof nearMisses;
const names = (Object.keys(nearMisses) as Name[]).filter((name) => name in arbitraries && /Received$|^(ConnectChallenge|Hello|MessageAck|MessageError|Presence(Snapshot|Update)|ChatMetadata|Notify|Permission|Replay|Sync|History|Offline|Pong)/.test(name));

/** Frames as a hub may send them, those that only look so, and what is none. */
function frames(): string[] {
  const each = Math.ceil(POOL / names.length / 2);
  const valid = names.flatMap((name) => fc.sample(arbitraries[name] as fc.Arbitrary<unknown>, { numRuns: each, seed: SEED }));
  const near = names.flatMap((name) => fc.sample(nearMisses[name] as fc.Arbitrary<{ value: unknown }>, { numRuns: each, seed: SEED }).map(({ value }) => value));
  return [...valid, ...near].map((value) => JSON.stringify(value) ?? "undefined");
}

/** A frame with something wrong in it, or none. */
function spoil(text: string, random: Random): string {
  const at = random.whole(0, text.length);
  switch (random.whole(0, 5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(random.whole(at, text.length));
    case 2:
      return `${text.slice(0, at)}${random.pick(["\u0000", "\uD800", "}", "null", '"', "[[[", "9".repeat(400)])}${text.slice(at)}`;
    default:
      return text;
  }
}

const collect = (): number => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
};

describe(`${2 * FRAMES} frames, near to right and random`, () => {
  it.each(["dseq", "nothing"] as const)("CC-16 CC-47 CC-51 break nothing with %s granted: no throw, no close but for a break in the numbers, and nothing that grows", { timeout: 300_000 }, (granted) => {
    const random = createRandom(SEED);
    const session = createSession(profile, { newId: () => "id", mint: createMint(() => random.whole(0, 999) / 1000) });
    const pool = frames();
    let now = 1_790_000_000_000;
    let state: ConnectionState = session.open(now).state;
    let closes = 0;
    let breaks = 0;
    let delivered = 0;
    let dseq = 0;

    const take = (step: Step<ConnectionState, HubRequest>): void => {
      state = step.state;
      for (const effect of step.effects) {
        if (effect.do === "close" || effect.do === "recycle") closes += 1;
        if (effect.do !== "deliver") continue;
        delivered += 1;
        take(session.admitted(state, effect.inbound, now));
        if (session.settled) take(session.settled(state, effect.inbound, now));
      }
    };
    const login = (): void => {
      dseq = 0;
      take(session.open(now, state));
      take(session.frame(state, JSON.stringify({ version: "2", event: "connect.challenge", trace_id: "challenge", emitted_at: now, payload: { nonce: "n" } }), now));
      const payload = { device_id: "d", delivery_mode: "device_replay", ...(granted === "dseq" && { ack_mode: "dseq", ack_epoch: "e" }) };
      take(session.frame(state, JSON.stringify({ version: "2", event: "hello-ok", trace_id: "trace-id", emitted_at: now, payload }), now));
    };
    /** Its number is the next one, unless the frame is about to be spoiled. */
    const numbered = (text: string): string => {
      if (granted !== "dseq" || !/^\{.*[^{]\}$/s.test(text)) return text;
      const frame = JSON.parse(text) as Record<string, unknown>;
      if (frame["dseq"] === undefined) return text;
      return JSON.stringify({ ...frame, dseq: dseq + 1 });
    };

    login();
    let settledHeap = 0;
    for (let count = 0; count < FRAMES; count += 1) {
      now += 1;
      const whole = numbered(random.pick(pool));
      const text = spoil(whole, random);
      const before = closes;
      take(session.frame(state, text, now));
      if (count % 100 === 0 && session.tick) take(session.tick(state, now));
      const number = numberOf(text);
      if (closes === before) {
        if (granted === "dseq" && number === dseq + 1) dseq += 1;
        if (number !== undefined && granted === "dseq" && number !== dseq) throw new Error(`taken, and its number is not ${dseq}: ${text}`);
      } else {
        // Only a number that is not the next one ends a connection.
        if (granted === "nothing" || number === undefined || number === dseq + 1) throw new Error(`ended a connection: ${text}`);
        breaks += 1;
        login();
      }
      if (count === FRAMES / 4) settledHeap = collect();
    }
    const grown = collect() - settledHeap;
    console.log(`${granted}: ${FRAMES} frames, ${delivered} delivered, ${breaks} connections ended, heap ${(grown / 1024 / 1024).toFixed(1)} MiB more`);
    // Looked at, the pool is still there: what it takes must not hide what has grown.
    expect(pool.length).toBeGreaterThan(POOL / 2);
    expect(delivered).toBeGreaterThan(FRAMES / 100);
    expect(closes).toBe(breaks);
    expect(grown).toBeLessThan(GROWTH);
  });
});

/** The number that a reader finds in a frame: any value but none is one. */
function numberOf(text: string): unknown {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null && !Array.isArray(frame) ? (frame as Record<string, unknown>)["dseq"] : undefined;
  } catch {
    return undefined;
  }
}
