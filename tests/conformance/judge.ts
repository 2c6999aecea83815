import type { RunningAccount } from "../../src/account/account.ts";
import { type Dialing, openDialedAccount } from "../../src/account/dialed/account.ts";
import { system } from "../../src/core/system.ts";
import { openJournal } from "../../src/store/journal.ts";
import type { ConformOptions } from "../../src/testing/conformance/check.ts";
import type { Report } from "../../src/testing/conformance/report.ts";
import type { Running, Suite } from "../../src/testing/conformance/suite.ts";
import { silentLog } from "../support/virtual.ts";
import { createStoryteller } from "./account.ts";

/** Who dials, until it is stopped. */
interface Dialer {
  stop(): Promise<void>;
}

/** Runs a suite of clients while the one that `dial` starts dials the server that the kit plays. */
export async function judge(
  suite: Suite,
  dial: (url: string, config: Readonly<Record<string, unknown>>) => Promise<Dialer>,
  options: Partial<Omit<ConformOptions, "listening">> = {},
  running: Running = {},
): Promise<Report> {
  const dialers: Promise<Dialer>[] = [];
  const listening = (url: string, config: Readonly<Record<string, unknown>>): void => void dialers.push(dial(url, config));
  try {
    return await suite.run({ url: "", port: 0, timeoutMs: 5000, seed: 7, runs: 40, maxPayload: 1_048_576, ...options, listening }, running);
  } finally {
    for (const dialer of dialers) await (await dialer).stop();
  }
}

/** An account of a wire without its channel: a real socket, a real journal, an agent that tells stories. */
export async function startDialedAccount<State, Origin>(dialing: Dialing<State, Origin>): Promise<RunningAccount<unknown>> {
  return await openDialedAccount<unknown, State, Origin>({
    accountId: "default",
    config: undefined,
    agent: createStoryteller(),
    journal: openJournal(":memory:", { remembered: 200 }),
    system,
    log: silentLog,
    changed() {},
    dial: () => dialing,
  });
}
