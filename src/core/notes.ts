import type { Log, Now } from "./ports.ts";

/** Notes of what strangers cause: each kind is logged at once, then only counted for a while, so they cannot fill a disk. */
export interface Notes {
  note(kind: string, detail: string, level?: "info" | "warn"): void;
  /** Logs what was only counted, once its while is over. */
  flush(): void;
}

export function createNotes(everyMs: number, now: Now, log: Log): Notes {
  const open = new Map<string, { since: number; left: number }>();
  return {
    note(kind, detail, level = "info") {
      const counted = open.get(kind);
      if (counted) {
        counted.left += 1;
        return;
      }
      open.set(kind, { since: now(), left: 0 });
      log[level](`${kind}: ${detail}`);
    },
    flush() {
      for (const [kind, { since, left }] of open) {
        const passed = now() - since;
        if (passed >= 0 && passed < everyMs) continue;
        open.delete(kind);
        if (left > 0) log.info(`${kind}: ${left} more in ${Math.round(everyMs / 1000)} s`);
      }
    },
  };
}
