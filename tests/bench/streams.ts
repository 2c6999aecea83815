import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, quantile, type Tell } from "./figure.ts";
import { openStage } from "./stage.ts";

/** How long a partial text takes from the agent to the application while many answers grow at once. */

const UPDATES = 200;
const EVERY_MS = 50;
/** Told before those that count, to whatever has just been started. */
const WARM_UP = 40;
const CROWDS = [10, 100, 1_000];

export async function measure(tell: Tell): Promise<Figure[]> {
  const stage = openStage();
  const folder = mkdtempSync(join(tmpdir(), "bench-streams-"));
  const figures: Figure[] = [];
  try {
    const { endpoint } = await stage.tell({ do: "verify" });
    for (const streams of CROWDS) {
      const told: Record<"bare" | "account", number[]> = { bare: [], account: [] };
      for (const side of ["bare", "account"] as const) {
        tell(`${streams} streams, ${side}`);
        const server = await stage.start(`${side}.ts`, JSON.stringify({ endpoint, journal: join(folder, `${streams}.sqlite`) }));
        await stage.tell({ do: "open", url: server.url, connections: streams, isGreeted: side === "account" });
        await stage.tell({ do: "stories", updates: WARM_UP, everyMs: EVERY_MS });
        const { latencies } = await stage.tell({ do: "stories", updates: UPDATES, everyMs: EVERY_MS });
        await server.stop();
        if (latencies.length < streams * UPDATES * 0.9) tell(`only ${latencies.length} of ${streams * UPDATES} updates came`);
        told[side] = latencies;
      }
      const bench = `Fan-out: answers of ${UPDATES} updates at ${1000 / EVERY_MS} a second, whole text each time`;
      const row = (share: number, name: string): Figure => ({ bench, case: `${streams} streams, ${name}`, unit: "ms", ours: quantile(told.account, share), floor: quantile(told.bare, share) });
      figures.push(row(0.5, "median"));
      figures.push({ ...row(0.99, "p99"), ...(streams === 1_000 && { target: { of: "ours", at: "most", value: 20 } }) });
      figures.push({ bench, case: `${streams} streams, updates that came as frames`, unit: "% of those said", ours: (told.account.length / streams / UPDATES) * 100, floor: (told.bare.length / streams / UPDATES) * 100 });
    }
    return figures;
  } finally {
    stage.stop();
    rmSync(folder, { recursive: true });
  }
}
