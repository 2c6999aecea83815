import type { Timers } from "../core/ports.ts";

/** Settles after `ms`, or at once when aborted. */
export async function pauseFor(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = timers.after(ms, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
