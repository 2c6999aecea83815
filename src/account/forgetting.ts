import { limits } from "../core/limits.ts";
import type { Log } from "../core/ports.ts";
import type { Journal } from "../store/journal.ts";

export interface Memory {
  /** ms since the epoch. */
  now: number;
  /** ms for which a message that comes again is a repeat, and an answer waits for its sender. */
  repeatMs: number;
  /** Answered messages that are remembered at most; all where absent. */
  repeatsKept: number | undefined;
}

/** Removes what has been kept long enough. What is lost by that, for nobody took it, is the log's and the result. */
export function forget(journal: Journal, { now, repeatMs, repeatsKept }: Memory, log: Log): string | undefined {
  const dropped = journal.sweep({
    finishedBefore: now - repeatMs,
    saidBefore: now - limits.rememberMs,
    ...(repeatsKept !== undefined && { finishedAtMost: repeatsKept }),
  });
  if (dropped === 0) return undefined;
  const loss = `${dropped} answers were dropped: nobody took them within ${repeatMs / 1000} s`;
  log.warn(loss);
  return loss;
}
