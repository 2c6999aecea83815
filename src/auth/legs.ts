import { limits } from "../core/limits.ts";
import type { System } from "../core/ports.ts";

/**
 * Calls back once `ms` are over, on the clock of the wall or on that of the timers, whichever is first; the returned
 * function cancels. Counted down in legs, so that days do not overflow a timer (CC-78) and a machine's sleep counts.
 */
export function afterLong(system: Pick<System, "now" | "after">, ms: number, run: () => void): () => void {
  const leg = Math.min(Math.max(ms, 0), limits.loginLegMs);
  const startedAt = system.now();
  let cancel = system.after(leg, () => {
    const left = ms - Math.max(leg, system.now() - startedAt);
    if (left > 0) cancel = afterLong(system, left, run);
    else run();
  });
  return () => cancel();
}
