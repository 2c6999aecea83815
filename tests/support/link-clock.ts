import { createHash } from "node:crypto";
import type { System } from "../../src/core/ports.ts";
import { settle } from "./virtual.ts";

/**
 * A machine in virtual time. Timers run by a clock that only goes forward, as Node's do; `now` is the clock on the wall,
 * which may be set. Timers run before sockets are read, as in Node's event loop.
 */
export interface LinkClock extends System {
  /** Time passes, and everything happens when it is due. */
  pass(ms: number): Promise<void>;
  /** Our event loop stands still: what falls due happens afterwards, timers first. */
  stall(ms: number): Promise<void>;
  /** The clock on the wall is set, or the machine slept and its timers with it. */
  jump(ms: number): void;
  /** Something comes from the network. */
  io(ms: number, run: () => void): void;
  /** Time that passed, whatever the wall says. */
  elapsed(): number;
  pendingTimers(): number;
}

interface Due {
  at: number;
  run: () => void;
}

export function createLinkClock(random: () => number = () => 0.5): LinkClock {
  let elapsed = 0;
  let wall = 1_800_000_000_000;
  let ids = 0;
  let timers: Due[] = [];
  let arrivals: Due[] = [];
  const first = (queue: Due[]) => queue.reduce<Due | undefined>((least, due) => (least && least.at <= due.at ? least : due), undefined);

  function move(to: number): void {
    wall += to - elapsed;
    elapsed = to;
  }

  async function run(due: Due): Promise<void> {
    timers = timers.filter((other) => other !== due);
    arrivals = arrivals.filter((other) => other !== due);
    due.run();
    await settle();
  }

  return {
    now: () => wall,
    random,
    uuid: () => `00000000-0000-4000-8000-${String(ids++).padStart(12, "0")}`,
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    after(ms, run) {
      const due = { at: elapsed + ms, run };
      timers.push(due);
      return () => void (timers = timers.filter((other) => other !== due));
    },
    io: (ms, run) => void arrivals.push({ at: elapsed + ms, run }),
    jump: (ms) => void (wall += ms),
    elapsed: () => elapsed,
    pendingTimers: () => timers.length,
    async pass(ms) {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        const next = first([...timers, ...arrivals]);
        if (!next || next.at > end) break;
        move(Math.max(elapsed, next.at));
        await run(next);
      }
      move(end);
      await settle();
    },
    async stall(ms) {
      await settle();
      move(elapsed + ms);
      for (const due of timers.filter(({ at }) => at <= elapsed)) if (timers.includes(due)) await run(due);
      for (const due of arrivals.filter(({ at }) => at <= elapsed).toSorted((a, b) => a.at - b.at)) await run(due);
    },
  };
}

/** A reproducible source of numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
