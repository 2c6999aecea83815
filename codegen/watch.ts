import { watch } from "node:fs";

/** Editors write a file in several steps; what comes within this time is one change. */
const SETTLED_MS = 50;

export interface WatchOptions {
  readonly folder: string;
  /** One run at a time; a change during a run starts another one behind it. */
  run(): Promise<void>;
  readonly signal?: AbortSignal;
}

/** Runs once, and again after every change below a folder, until it is aborted. */
export async function watchFolder({ folder, run, signal }: WatchOptions): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let last = run();
  const later = (): void => {
    last = last.then(run);
  };
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(later, SETTLED_MS);
  });
  await new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  clearTimeout(timer);
  watcher.close();
  await last;
}
