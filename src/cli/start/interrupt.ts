import { readFileSync } from "node:fs";

/** Tells when to stop: a signal, or the end of the npm that started us. */
export interface Interrupt {
  signal: AbortSignal;
  /** Aborted when the person asks a second time. */
  impatient: AbortSignal;
  /** Asks for the same, where no signal tells. */
  interrupt(): void;
  dispose(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** npm passes a Ctrl-C on that the terminal has already delivered to us; that is no second request. */
const echoMs = 1000;

/** Our parent and, where the system tells, its parent: they change when one of them goes. */
function ancestors(): string {
  try {
    const [, , grandparent] = readFileSync(`/proc/${process.ppid}/stat`, "latin1").replace(/^.*\) /s, ") ").split(" ");
    return `${process.ppid} ${grandparent}`;
  } catch {
    return `${process.ppid}`;
  }
}

export function onInterrupt(env: Readonly<Record<string, string | undefined>>): Interrupt {
  const first = new AbortController();
  const second = new AbortController();
  let since = 0;
  const interrupt = (): void => {
    if (first.signal.aborted && Date.now() - since > echoMs) second.abort();
    if (!first.signal.aborted) since = Date.now();
    first.abort();
  };
  for (const signal of signals) process.on(signal, interrupt);
  // A killed npm leaves us behind, or the shell between us. Started by hand, we may well be meant to stay.
  const family = ancestors();
  const watch = env["npm_lifecycle_event"] ? setInterval(() => ancestors() !== family && interrupt(), 1000) : undefined;
  watch?.unref();
  return {
    signal: first.signal,
    impatient: second.signal,
    interrupt,
    dispose() {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
