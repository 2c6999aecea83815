/** Tells when to stop: a signal, or the end of the npm that started us. */
export interface Interrupt {
  signal: AbortSignal;
  /** Aborted when the person asks a second time. */
  impatient: AbortSignal;
  dispose(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** npm passes a Ctrl-C on that the terminal has already delivered to us; that is no second request. */
const echoMs = 1000;

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
  // A killed npm, or its shell, leaves us behind with another parent. Started by hand, we may well be meant to stay.
  const parent = process.ppid;
  const watch = env["npm_lifecycle_event"] ? setInterval(() => process.ppid !== parent && interrupt(), 1000) : undefined;
  watch?.unref();
  return {
    signal: first.signal,
    impatient: second.signal,
    dispose() {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
