import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LinkProfile } from "../../src/link/link.ts";
import { type LinkTimer, states } from "../../src/link/state.ts";
import { createSupervision, type LinkEffect, type LinkEvent, type SocketEvent, type Supervision } from "../../src/link/supervision.ts";
import { superviseLink } from "../../src/link/supervisor.ts";
import { linkProfile } from "../support/fake-dial.ts";

const CLOSE_MS = 1_500;
const bounds = { closeMs: CLOSE_MS, warnings: 32 };
const profiles: LinkProfile[] = [
  linkProfile,
  { ...linkProfile, readyMs: 10_000 },
  { ...linkProfile, readyMs: 10_000, backoff: { ...linkProfile.backoff, jitter: "inside" } },
  { ...linkProfile, prepareMs: 30_000, readyMs: 10_000, backoff: { ...linkProfile.backoff, jitterMs: 0, jitterRatio: 0.3, floorMs: 5_000 } },
];

/** What happens to a link: `of` picks the socket it happens to, 0 the current one, the others older ones. */
type Happening =
  | { do: "socket"; of: number; event: SocketEvent }
  | { do: "ask"; event: LinkEvent }
  /** The preparation of a dial has ended, the last one or one before it. */
  | { do: "prepared"; of: number; missing: string | undefined }
  /** Time passes, and each timer fires when it is due. */
  | { do: "pass"; ms: number }
  /** Our event loop stands still, and what was due fires all at once afterwards. */
  | { do: "stall"; ms: number }
  /** The clock is set, forward or back. */
  | { do: "jump"; ms: number };

/** Sockets and timers as the shell has them, and what must be true of them. */
class World {
  supervision: Supervision;
  readonly live = new Set<number>();
  readonly timers = new Map<LinkTimer, number>();
  elapsed = 0;
  wall = 0;
  settled = false;
  dials = 0;
  readonly #random: () => number;
  #lossAt = -Infinity;
  /** The same by the wall's clock, which may be set meanwhile: who hurries a dial knows no other. */
  #lossWallAt = -Infinity;
  #floorMs = 0;
  #isPrepared = false;

  constructor(profile: LinkProfile, random: () => number) {
    this.supervision = createSupervision(profile);
    this.#random = random;
  }

  feed(event: LinkEvent): void {
    const before = this.supervision;
    const { next, effects } = superviseLink(before, event, { now: this.wall, random: this.#random() }, bounds);
    this.supervision = next;
    if (before.state === "stopped") assert.equal(next.state, "stopped");
    if ((next.state === "recovering" && before.state !== "recovering") || event.on === "reconfigure") this.#noteLoss(before, event);
    for (const effect of effects) {
      if ("generation" in effect) assert.equal(effect.generation, effect.do === "dial" || effect.do === "prepare" ? next.generation : before.generation);
      this.#run(effect);
    }
    this.check();
  }

  /** How soon the next dial may come after this loss. */
  #noteLoss(before: Supervision, event: LinkEvent): void {
    const { baseMs, maxMs, floorMs = baseMs } = before.profile.backoff;
    if (event.on === "reconfigure" && !event.redial && before.state !== "blocked") return;
    const isAtOnce = event.on === "reconfigure" || (event.on === "recycle" && before.isProven);
    const code = event.on === "lost" && event.cause.kind === "closed" ? event.cause.code : event.on === "lost" && event.cause.kind === "refused" ? event.cause.status : 0;
    const isRefused = before.profile.refusals.some((refusal) => refusal.code === code && refusal.then === "at-most");
    this.#lossAt = this.elapsed;
    this.#lossWallAt = this.wall;
    this.#floorMs = isAtOnce ? 0 : isRefused ? maxMs : before.state === "ready" ? floorMs : baseMs;
  }

  #run(effect: LinkEffect): void {
    switch (effect.do) {
      case "dial":
        assert.equal(this.live.size, 0, "a socket was dialed beside a live one");
        assert.ok(this.#isPrepared || this.supervision.profile.prepareMs === undefined, "dialed without what it needs");
        this.#isPrepared = false;
        assert.ok(Math.max(this.elapsed - this.#lossAt, this.wall - this.#lossWallAt) >= this.#floorMs, `dialed ${this.elapsed - this.#lossAt} ms after a loss, the floor is ${this.#floorMs}`);
        this.live.add(effect.generation);
        this.dials += 1;
        break;
      case "prepare":
        assert.equal(this.live.size, 0, "a dial was prepared beside a live socket");
        break;
      case "admit":
      case "close":
      case "terminate":
        assert.ok(this.live.has(effect.generation), `${effect.do} of a socket that is gone`);
        break;
      case "drop":
        this.live.delete(effect.generation);
        break;
      case "arm":
        assert.ok(effect.ms > 0);
        this.timers.set(effect.timer, this.elapsed + effect.ms);
        break;
      case "disarm":
        this.timers.delete(effect.timer);
        break;
      case "settle":
        this.settled = true;
        break;
      case "tell":
        break;
    }
  }

  /** Every timer has an owner, and nothing waits without one. */
  check(): void {
    const { state, socket, isDue } = this.supervision;
    const owned = [states[state].timer, socket === "closing" ? "closing" : undefined];
    for (const timer of this.timers.keys()) assert.ok(owned.includes(timer), `${timer} is armed while ${state}`);
    assert.ok(this.live.size <= 1);
    assert.equal(socket === "none", this.live.size === 0);
    if (state === "connecting") assert.equal(socket, "dialing");
    if (state === "handshaking" || state === "ready") assert.equal(socket, "open");
    if (socket === "closing") assert.ok(this.timers.has("closing"));
    if (state === "connecting") assert.ok(this.timers.has("handshake"));
    if (state === "recovering") assert.equal(this.timers.has("dial"), !isDue);
    if (state === "recovering" && isDue) assert.equal(socket, "closing");
    if (state === "handshaking") assert.ok(this.timers.has("ready"));
    if (state === "preparing") assert.deepEqual([socket, this.timers.has("prepare")], ["none", true]);
    if (this.settled) assert.deepEqual([state, this.timers.size, this.live.size], ["stopped", 0, 0]);
  }

  prepared(of: number, missing: string | undefined): void {
    const before = this.supervision;
    const isLate = of > 0 || before.state !== "preparing";
    this.#isPrepared = !isLate && missing === undefined;
    this.feed({ on: "prepared", preparation: before.generation - of, ...(missing !== undefined && { missing }) });
    if (isLate) assert.equal(this.supervision, before);
    else assert.equal(this.supervision.state, missing === undefined ? "connecting" : "blocked");
  }

  pass(ms: number): void {
    const end = this.elapsed + ms;
    for (let next = this.#nextTimer(); next && next[1] <= end; next = this.#nextTimer()) {
      this.#move(next[1]);
      this.#fire(next[0]);
    }
    this.#move(end);
  }

  stall(ms: number): void {
    this.#move(this.elapsed + ms);
    for (const [timer, at] of this.timers) if (at <= this.elapsed) this.#fire(timer);
  }

  socket(of: number, event: SocketEvent): void {
    const generation = this.supervision.generation - of;
    const isLate = !this.live.has(generation);
    const before = this.supervision;
    // A wire says that it is gone after it was lost or given up.
    if (event.on === "gone" && !isLate && before.socket !== "closing") return;
    if (event.on === "gone") this.live.delete(generation);
    this.feed({ ...event, generation });
    if (isLate) assert.equal(this.supervision, before);
  }

  #fire(timer: LinkTimer): void {
    this.timers.delete(timer);
    this.feed({ on: "timer", timer });
  }

  #nextTimer(): [LinkTimer, number] | undefined {
    return [...this.timers].toSorted((a, b) => a[1] - b[1])[0];
  }

  #move(to: number): void {
    this.wall += to - this.elapsed;
    this.elapsed = to;
  }
}

const closeCode = fc.constantFrom(1000, 1001, 1006, 1008, 1011, 1012, 1013, 4401, 4410, 4999);
const ms = fc.oneof(fc.nat(2_000), fc.nat(20_000), fc.nat(70_000));
const socketEvent: fc.Arbitrary<SocketEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ on: "opened" as const }) },
  { weight: 3, arbitrary: closeCode.map((code) => ({ on: "lost" as const, cause: { kind: "closed" as const, code, reason: "" } })) },
  { weight: 1, arbitrary: fc.constantFrom(401, 403, 503).map((status) => ({ on: "lost" as const, cause: { kind: "refused" as const, status } })) },
  { weight: 1, arbitrary: fc.constant({ on: "lost" as const, cause: { kind: "failed" as const, error: "ECONNREFUSED" } }) },
  { weight: 4, arbitrary: fc.constant({ on: "gone" as const }) },
  { weight: 2, arbitrary: fc.constantFrom("silent" as const, "stuck" as const, "fault" as const, "binary" as const).map((how) => ({ on: "broken" as const, how })) },
);
const asked: fc.Arbitrary<LinkEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ on: "ready" as const }) },
  { weight: 3, arbitrary: fc.constant({ on: "recycle" as const, reason: "" }) },
  { weight: 2, arbitrary: fc.constant({ on: "hasten" as const }) },
  { weight: 1, arbitrary: fc.constant({ on: "close" as const, code: 4000, reason: "" }) },
  { weight: 1, arbitrary: fc.record({ on: fc.constant("reconfigure" as const), profile: fc.constantFrom(...profiles), redial: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ on: "stop" as const }) },
);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("socket" as const), of: fc.oneof(fc.constant(0), fc.constant(0), fc.nat(3)), event: socketEvent }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("ask" as const), event: asked }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("prepared" as const), of: fc.constantFrom(0, 0, 0, 1), missing: fc.constantFrom(undefined, undefined, undefined, "no login") }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stall" as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("jump" as const), ms: fc.integer({ min: -30_000_000, max: 30_000_000 }) }) },
);

function live(world: World, happenings: readonly Happening[]): void {
  world.feed({ on: "start" });
  for (const each of happenings) {
    if (each.do === "socket") world.socket(each.of, each.event);
    else if (each.do === "ask") world.feed(each.event);
    else if (each.do === "prepared") world.prepared(each.of, each.missing);
    else if (each.do === "pass") world.pass(each.ms);
    else if (each.do === "stall") world.stall(each.ms);
    else world.wall += each.ms;
  }
}

const history = fc.array(happening, { maxLength: 40, size: "max" });
const randoms = fc.infiniteStream(fc.double({ min: 0, max: 1 - Number.EPSILON, noNaN: true }));
const numbers = (stream: Iterator<number>) => () => Number(stream.next().value);

describe("link supervisor, in 10,000 random histories", () => {
  it("never has two live sockets, an unowned timer or a dial under the floor, and stops from every state within the bound", () => {
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(fc.constantFrom(...profiles), randoms, history, (profile, random, happenings) => {
        const world = new World(profile, numbers(random));
        live(world, happenings);
        reached.set(world.supervision.state, (reached.get(world.supervision.state) ?? 0) + 1);
        world.feed({ on: "stop" });
        world.pass(CLOSE_MS);
        expect(world.settled).toBe(true);
        const last = world.supervision;
        for (const of of [0, 1]) for (const event of [{ on: "opened" }, { on: "gone" }, { on: "broken", how: "silent" }] as const) world.socket(of, event);
        world.pass(1_000_000);
        expect(world.supervision).toBe(last);
      }),
      { numRuns: 10_000 },
    );
    // The histories are worth something only if they end everywhere.
    expect([...reached.keys()].toSorted()).toEqual(["blocked", "connecting", "handshaking", "preparing", "ready", "recovering", "stopped"]);
  }, 60_000);

  it("recycles at once at most once per proven link, whatever the server asks", () => {
    fc.assert(
      fc.property(randoms, fc.array(fc.nat(60_000), { maxLength: 30 }), (random, waits) => {
        const world = new World(linkProfile, numbers(random));
        world.feed({ on: "start" });
        let proofs = 0;
        let atOnce = 0;
        for (const wait of waits) {
          world.socket(0, { on: "opened" });
          world.pass(wait);
          if (wait >= linkProfile.provenMs) proofs += 1;
          world.feed({ on: "recycle", reason: "" });
          world.socket(0, { on: "gone" });
          if (world.supervision.state === "connecting") atOnce += 1;
          world.pass(40_000 - 1);
          if (world.supervision.state !== "connecting") world.pass(40_000);
          if (world.supervision.state !== "connecting") return;
        }
        expect(atOnce).toBeLessThanOrEqual(proofs);
      }),
      { numRuns: 500 },
    );
  });
});
