import { createHash } from "node:crypto";
import type { System } from "../core/ports.ts";

/** A clock that moves when told to, timers that fire in order, ids that count. */
export interface VirtualSystem extends System {
  /** Moves the clock and fires what falls due on the way. */
  pass(ms: number): Promise<void>;
  pendingTimers(): number;
}

/** The `system` of whatever takes one, such as a simulator: nothing happens until `pass` is called. */
export function createVirtualSystem(start = 1_800_000_000_000): VirtualSystem {
  let now = start;
  let ids = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    random: () => 0.5,
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    uuid: () => `00000000-0000-4000-8000-${String(ids++).padStart(12, "0")}`,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    pendingTimers: () => timers.length,
    async pass(ms) {
      const end = now + ms;
      for (;;) {
        await settle();
        const next = timers.toSorted((a, b) => a.at - b.at)[0];
        if (!next || next.at > end) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
      await settle();
    },
  };
}

/** Lets everything run that only waits for promises. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
