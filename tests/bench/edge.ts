import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, median, type Tell } from "./figure.ts";
import { openStage, type Served, type Stage } from "./stage.ts";

/** The listening side beside the bare library: throughput, and the memory of connections that only wait. */

const ROUNDS = 5;
/** Messages that are under way at the same time, over however many connections. */
const IN_FLIGHT = 800;
const ECHO = { ms: 2_000, message: JSON.stringify({ type: "chat.send", messageId: "app-71", content: "When does the library close? ".repeat(8) }) };
/** The space for what is young grows with what is done, up to 128 MiB, and would be taken for memory of the connections. */
const SMALL_NURSERY = ["--max-semi-space-size=1"];
/** Connections per server: how it grows. */
const CROWDS = [10, 100, 1_000, 10_000];
/** Opened before memory is looked at: the first ones pay for what is compiled and allocated once. */
const FIRST = 200;

export async function measure(tell: Tell): Promise<Figure[]> {
  const stage = openStage();
  const folder = mkdtempSync(join(tmpdir(), "bench-edge-"));
  try {
    const echo: Figure[] = [];
    for (const connections of CROWDS) echo.push(...(await measureEcho(stage, connections, tell)));
    return [...echo, ...(await measureIdle(stage, folder, tell))];
  } finally {
    stage.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measureEcho(stage: Stage, connections: number, tell: Tell): Promise<Figure[]> {
  const sides = ["bare", "edge"] as const;
  const speed = { bare: [] as number[], edge: [] as number[] };
  const cpu = { bare: [] as number[], edge: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    // Both in every round, in alternating order: what disturbs the machine disturbs both.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      tell(`echo over ${connections} connections, round ${round + 1} of ${ROUNDS}, ${side}`);
      const server = await stage.start(`${side}.ts`);
      await stage.tell({ do: "open", url: server.url, connections, isGreeted: false });
      const before = await server.usage();
      const { perSecond, answers } = await stage.tell({ do: "echo", ...ECHO, inFlight: Math.max(1, IN_FLIGHT / connections) });
      const after = await server.usage();
      await server.stop();
      speed[side].push(perSecond);
      cpu[side].push(((after.cpuMs - before.cpuMs) * 1000) / answers);
    }
  }
  const bench = "Listening side beside bare ws";
  return [
    { bench, case: `echo over ${connections} connections`, unit: "messages/s", ours: median(speed.edge), floor: median(speed.bare), target: { of: "ratio", at: "least", value: 0.85 } },
    { bench, case: `server CPU per echoed message, ${connections} connections`, unit: "µs", ours: median(cpu.edge), floor: median(cpu.bare) },
  ];
}

/** Known by their tokens, each a sender of its own, with a session; beside sockets of the library that nobody knows. */
async function measureIdle(stage: Stage, folder: string, tell: Tell): Promise<Figure[]> {
  const { endpoint } = await stage.tell({ do: "verify" });
  const figures: Figure[] = [];
  for (const connections of CROWDS) {
    tell(`${connections} idle connections`);
    const journal = join(folder, `${connections}.sqlite`);
    const bare = await fill(stage, await stage.start("bare.ts", "", SMALL_NURSERY), connections, false);
    const ours = await fill(stage, await stage.start("account.ts", JSON.stringify({ endpoint, journal }), SMALL_NURSERY), connections, true);
    figures.push({
      bench: "Memory of idle authenticated connections",
      case: `${connections} connections`,
      unit: "KiB per connection",
      ours,
      floor: bare,
      ...(connections === 10_000 && { target: { of: "ratio", at: "most", value: 1.5 } }),
    });
  }
  return figures;
}

async function fill(stage: Stage, server: Served, connections: number, isGreeted: boolean): Promise<number> {
  await stage.tell({ do: "open", url: server.url, connections: FIRST, isGreeted });
  const before = await server.usage();
  await stage.tell({ do: "open", url: server.url, connections, isGreeted });
  const after = await server.usage();
  await server.stop();
  return (after.rss - before.rss) / connections / 1024;
}
