import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Order, Report } from "./edge-client.ts";

/**
 * The edge against the bare library, as ratios of one run:
 *
 *     node tests/bench/edge.ts [module] [--message <json>] [--expect <part of the frame that counts as the answer>]
 *
 * `module` exports `serve(): Promise<url>`; by default it is the edge with an echoing handler.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    message: { type: "string", default: JSON.stringify({ type: "chat.send", messageId: "app-71", content: "When does the library close? ".repeat(8) }) },
    expect: { type: "string", default: "" },
    connections: { type: "string", default: "100" },
    idle: { type: "string", default: "5000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
  },
});
const here = import.meta.dirname;
const bareModule = resolve(here, "edge-bare.ts");
const edgeModule = resolve(positionals[0] ?? resolve(here, "edge-echo.ts"));
const rounds = Number(values.rounds);

const client = fork(resolve(here, "edge-client.ts"));
const cpu = { bare: [] as number[], edge: [] as number[] };
const speed = { bare: [] as number[], edge: [] as number[] };
const memory = { bare: [] as number[], edge: [] as number[] };

// Both sides in every round, in alternating order: what disturbs the machine disturbs both.
for (let round = 0; round < rounds; round += 1) {
  for (const side of round % 2 === 0 ? (["bare", "edge"] as const) : (["edge", "bare"] as const)) speed[side].push(await measureEcho(side));
}
for (let round = 0; round < Math.min(3, rounds); round += 1) {
  for (const side of ["bare", "edge"] as const) memory[side].push(await measureIdle(side));
}
client.disconnect();

report("messages/s", speed.bare, speed.edge, 0, "at least 0.70");
// What holds on a machine that is busy with other things too.
report("µs of server CPU per message", cpu.bare, cpu.edge, 2, "at most 1.43");
report("KiB per idle connection", memory.bare, memory.edge, 1, "at most 1.50");

async function measureEcho(side: "bare" | "edge"): Promise<number> {
  const server = await start(side === "bare" ? bareModule : edgeModule);
  // The bare server sends nothing but what it got.
  const expect = side === "bare" ? "" : values.expect;
  const order = { do: "echo", url: server.url, connections: Number(values.connections), inFlight: 8, ms: Number(values.seconds) * 1000, message: values.message, expect } as const;
  const before = await readUsage(server.child);
  const measured = await tell(order);
  const after = await readUsage(server.child);
  await end(server.child);
  if (!("perSecond" in measured)) return Number.NaN;
  cpu[side].push(((after.cpuMs - before.cpuMs) * 1000) / measured.answers);
  return measured.perSecond;
}

async function measureIdle(side: "bare" | "edge"): Promise<number> {
  const server = await start(side === "bare" ? bareModule : edgeModule);
  // The first connections pay for what is compiled and allocated once.
  await tell({ do: "idle", url: server.url, connections: 200 });
  const before = await readUsage(server.child);
  await tell({ do: "idle", url: server.url, connections: Number(values.idle) });
  const after = await readUsage(server.child);
  await end(server.child);
  return (after.rss - before.rss) / Number(values.idle) / 1024;
}

async function start(module: string): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(resolve(here, "edge-server.ts"), [module], { execArgv: ["--expose-gc"] });
  const { url } = await hear<{ url: string }>(child);
  return { child, url };
}

async function end(server: ChildProcess): Promise<void> {
  await tell({ do: "leave" });
  server.disconnect();
  await once(server, "exit");
}

function readUsage(server: ChildProcess): Promise<{ rss: number; cpuMs: number }> {
  server.send("usage");
  return hear(server);
}

function tell(order: Order): Promise<Report> {
  client.send(order);
  return hear(client);
}

function hear<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve) => void child.once("message", (message: Message) => resolve(message)));
}

function report(unit: string, bare: number[], edge: number[], digits: number, target: string): void {
  const ratio = median(edge.map((value, round) => value / (bare[round] ?? value)));
  console.log(`${unit}: bare ${median(bare).toFixed(digits)}, edge ${median(edge).toFixed(digits)}, ratio ${ratio.toFixed(2)} (target ${target})`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
