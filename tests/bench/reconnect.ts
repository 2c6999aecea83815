import { openJournal } from "../../src/store/journal.ts";
import { system } from "../../src/core/system.ts";
import { startSimulator } from "../../src/testing/simulator/simulator.ts";
import { createEchoAgent } from "../conformance/account.ts";
import { subjects } from "../support/subjects.ts";
import { silentLog } from "../support/virtual.ts";
import { type Figure, quantile, type Tell } from "./figure.ts";

/** Many accounts of one server that is gone for a moment: when they are back, and what it costs. */

const CROWDS = [10, 100, 1_000];
const LONGEST_MS = 120_000;

export async function measure(tell: Tell): Promise<Figure[]> {
  const subject = subjects.find(({ name }) => name === "local-im");
  if (!subject) throw new Error("tests/support/subjects.ts knows no local-im");
  const figures: Figure[] = [];
  for (const accounts of CROWDS) {
    tell(`${accounts} accounts, opening`);
    const simulator = await startSimulator("local-im");
    const heapBefore = heapAtRest();
    const running = await Promise.all(
      Array.from({ length: accounts }, () =>
        subject.open({
          simulator,
          address: `ws://127.0.0.1:${simulator.port}`,
          agent: createEchoAgent(),
          journal: openJournal(":memory:", { remembered: 0 }),
          system,
          log: silentLog,
          hasten: (link) => link,
        }),
      ),
    );
    await until(() => running.every((account) => account.status().connected), "every account is connected");
    const heap = heapAtRest() - heapBefore;
    tell(`${accounts} accounts, cut`);
    const cutAt = performance.now();
    const cpuBefore = process.cpuUsage();
    simulator.drop();
    await until(() => running.every((account) => !account.status().connected), "every account has noticed");
    const back: number[] = [];
    const away = new Set(running);
    await until(() => {
      for (const account of away) {
        if (!account.status().connected) continue;
        away.delete(account);
        back.push(performance.now() - cutAt);
      }
      return away.size === 0;
    }, "every account is back");
    const { user, system: kernel } = process.cpuUsage(cpuBefore);
    await Promise.all(running.map((account) => account.stop()));
    await simulator.stop();
    const bench = "Reconnect: accounts whose server cuts all of them at once (local-im, the delays as configured)";
    const row = (name: string, unit: string, ours: number): Figure => ({ bench, case: `${accounts} accounts, ${name}`, unit, ours });
    figures.push(
      row("half of them are back", "ms", quantile(back, 0.5)),
      row("all of them are back", "ms", quantile(back, 1)),
      row("largest share in any 100 ms", "%", (mostIn(back, 100) / accounts) * 100),
      row("processor time of both ends", "ms per account", (user + kernel) / 1000 / accounts),
      row("heap of both ends", "KiB per account", heap / 1024 / accounts),
    );
  }
  return figures;
}

function mostIn(times: readonly number[], ms: number): number {
  const buckets = new Map<number, number>();
  for (const time of times) buckets.set(Math.floor(time / ms), (buckets.get(Math.floor(time / ms)) ?? 0) + 1);
  return Math.max(...buckets.values());
}

function heapAtRest(): number {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not so within ${LONGEST_MS / 1000} s: ${what}`);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}
