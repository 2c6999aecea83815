import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import { limits } from "../../src/core/limits.ts";
import type { Arrival } from "../../src/link/link.ts";
import { linkProfile, openFakeLink } from "../support/fake-dial.ts";
import { createLinkClock, seededRandom } from "../support/link-clock.ts";

type Happening =
  | { do: "open" | "binary" | "recycle" | "ready" | "clog" | "drip" | "deafen" }
  | { do: "say"; takesMs: number }
  | { do: "end" | "close"; code: number }
  | { do: "final" | "send"; key: string | undefined }
  | { do: "pass" | "stall" | "jump"; ms: number }
  | { do: "reconfigure"; redial: boolean };

const ms = fc.oneof(fc.nat(3_000), fc.nat(50_000));
const key = fc.constantFrom(undefined, "x", "y");
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Happening>({ do: "open" }) },
  { weight: 4, arbitrary: fc.constantFrom("binary", "recycle", "ready", "clog", "drip", "deafen").map((what) => ({ do: what })) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("say" as const), takesMs: fc.constantFrom(0, 0, 100, 10_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "close" as const), code: fc.constantFrom(1000, 1006, 1012, 4401) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("final" as const, "send" as const), key }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("pass" as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stall" as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("jump" as const), ms: fc.integer({ min: -30_000_000, max: 30_000_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconfigure" as const), redial: fc.boolean() }) },
);

/** Lives through a history and stops. */
async function live(seed: number, isPolite: boolean, happenings: readonly Happening[]): Promise<void> {
  const clock = createLinkClock(seededRandom(seed));
  /** What the handler was told: `(` opened, `)` closed, a number for a frame. */
  const told: (string | number)[] = [];
  const said: number[] = [];
  const arrivals: (Arrival | undefined)[] = [];
  /** Links of which a frame is being handled; one that hangs is not waited for when its link is gone. */
  const handling = new Set<number>();
  let links = 0;
  /** Noted, because a link survives what its handler throws. */
  const wrong: string[] = [];
  const fake = openFakeLink({
    clock,
    profile: { readyMs: 10_000 },
    dialed(peer) {
      peer.isPolite = isPolite;
      if (fake.peers.some(({ readyState }) => readyState < 2)) wrong.push("a socket was dialed beside a live one");
    },
    handler: {
      opened: () => void (told.push("("), (links += 1)),
      async frame(text) {
        const [number, takesMs] = text.split(" ").map(Number);
        told.push(Number(number));
        const link = links;
        if (handling.has(link)) wrong.push("two frames were handled at once");
        handling.add(link);
        if (takesMs) await new Promise<void>((resolve) => clock.io(takesMs, resolve));
        handling.delete(link);
      },
      closed: () => void told.push(")"),
    },
  });
  const run = async (each: Happening): Promise<void> => {
    const peer = fake.peers.at(-1);
    const isOpen = peer?.readyState === 1;
    switch (each.do) {
      case "open":
        return void (peer?.readyState === 0 && (peer.open(), fake.link.markReady()));
      case "say":
        return void (isOpen && (said.push(said.length), peer.say(`${said.length - 1} ${each.takesMs}`)));
      case "binary":
        return void (isOpen && peer.ears.received(undefined));
      case "drip":
        return peer?.drip();
      case "clog":
        return void (peer && (peer.bufferedAmount = peer.bufferedAmount > 0 ? 0 : limits.linkWindowBytes));
      case "deafen":
        return void (peer && (peer.pongAfterMs = peer.pongAfterMs === undefined ? 50 : undefined));
      case "ready":
        return fake.link.markReady();
      case "recycle":
        return fake.link.recycle("");
      case "end":
        return peer?.end(each.code);
      case "close":
        return fake.link.close(each.code, "");
      case "send":
        return fake.link.send({ text: "s", ...(each.key !== undefined && { key: each.key }) });
      case "final": {
        const index = arrivals.push(undefined) - 1;
        void fake.link.sendFinal([{ text: `f${index}`, ...(each.key !== undefined && { key: each.key }) }]).then((arrival) => (arrivals[index] = arrival));
        return;
      }
      case "reconfigure":
        return fake.link.reconfigure({ ...linkProfile, readyMs: 10_000 }, each.redial);
      case "jump":
        return clock.jump(each.ms);
      case "pass":
        return clock.pass(each.ms);
      case "stall":
        return clock.stall(each.ms);
    }
  };
  for (const each of happenings) await run(each);
  const from = clock.elapsed();
  let stoppedAt = Infinity;
  void fake.link.stop().then(() => (stoppedAt = clock.elapsed()));
  await clock.pass(limits.linkCloseMs);
  assert.ok(stoppedAt - from <= limits.linkCloseMs);
  assert.equal(clock.pendingTimers(), 0);
  const before = told.length;
  await clock.pass(1_000_000);
  assert.equal(told.length, before, "the handler was called after the stop");

  assert.deepEqual(wrong, []);
  assert.match(told.map((each) => (typeof each === "number" ? "f" : each)).join(""), /^(\(f*\))*$/);
  const frames = told.filter((each) => typeof each === "number");
  assert.deepEqual(frames, frames.toSorted((a, b) => a - b), "frames changed their order");
  assert.equal(new Set(frames).size, frames.length);
  // A final is unsent only if no socket ever got it, and otherwise got it once.
  const sent = fake.peers.flatMap((peer) => peer.sent);
  for (const [index, arrival] of arrivals.entries()) {
    assert.notEqual(arrival, undefined, "a final was never settled");
    assert.equal(sent.filter((text) => text === `f${index}`).length, arrival === "unsent" ? 0 : 1);
  }
  const finals = sent.filter((text) => text.startsWith("f")).map((text) => Number(text.slice(1)));
  assert.deepEqual(finals, finals.toSorted((a, b) => a - b), "finals changed their order");
}

describe("link, in random histories in virtual time", () => {
  it("keeps the order of frames and finals, settles each final once, opens and closes in turns, and stops within the bound without a timer left", async () => {
    await fc.assert(fc.asyncProperty(fc.nat(), fc.boolean(), fc.array(happening, { maxLength: 40, size: "max" }), live), { numRuns: 1_000 });
  }, 60_000);
});
