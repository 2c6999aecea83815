import type { Timers } from "./ports.ts";

/** Does `work` every `ms` milliseconds, first after as many; the returned function ends it. */
export function every(timers: Timers, ms: number, work: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = timers.after(ms, () => {
      arm();
      work();
    });
  };
  arm();
  return () => cancel();
}
