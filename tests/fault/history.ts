import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningAccount } from "../../src/account/account.ts";
import { describeThrown } from "../../src/core/errors.ts";
import type { Log } from "../../src/core/ports.ts";
import type { FaultKind } from "../../src/testing/chaos-proxy.ts";
import { subjects } from "../support/subjects.ts";
import { check, type Event, type Finding } from "./checker.ts";
import { startDialedEnd } from "./dialed-end.ts";
import { type FarEnd, type FarEndStage, pause, waitFor } from "./far-end.ts";
import { startListeningEnd } from "./listening-end.ts";
import { type Deed, type Plan, planHistory } from "./plan.ts";
import { beginLife, type Life, type Record as Kept } from "./process.ts";
import { createTroubles, stall, type Troubles } from "./troubles.ts";

export const protocols = ["websocket", ...subjects.map(({ name }) => name)] as const;
export type Protocol = (typeof protocols)[number];

/** How a history went. */
export interface Outcome {
  /** What should not have been; empty when all is well. */
  findings: Finding[];
  /** What there was of everything, by its name. */
  counts: Readonly<Record<string, number>>;
}

interface World {
  plan: Plan;
  folder: string;
  end: FarEnd;
  troubles: Troubles;
  kept: Kept;
  events: Event[];
  /** What has become of each message so far. */
  admitted: Set<string>;
  settled: Set<string>;
  lives: number;
  happened(event: Event): void;
  note(line: string): void;
  pass(ms: number): void;
  cancelStore(): void;
  life?: Life;
  account?: RunningAccount<unknown>;
}

/** Nobody pulls the plug of the machine: what is written need not outlive it, and a disk that all histories wait for makes them slow. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Lives through what `planHistory` has drawn for this seed. */
export async function liveThrough(protocol: Protocol, seed: number, tell: (line: string) => void = () => {}): Promise<Outcome> {
  const plan = planHistory(seed);
  const folder = mkdtempSync(join(memory, "fault-"));
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  const note = (line: string): void => tell(`${String(Math.round(elapsed())).padStart(5)} ms  ${line}`);
  const events: Event[] = [];
  const [admitted, settled] = [new Set<string>(), new Set<string>()];
  const happened = (event: Event): void => {
    events.push(event);
    // It may have been refused before.
    if (event.is === "admitted") settled.delete(event.id);
    if (event.is === "admitted") admitted.add(event.id);
    if (event.is === "reported" || event.is === "seen") settled.add(event.id);
  };
  const troubles = createTroubles();
  const pass = (byMs: number): void => {
    troubles.clockMs += byMs;
    happened({ is: "clock-moved", byMs });
  };
  const end = await startEnd(protocol, { plan, folder, happened, note, pass });
  const world: World = { plan, folder, end, troubles, pass, kept: { runs: [], warnings: [] }, events, admitted, settled, lives: 0, happened, note, cancelStore() {} };
  try {
    await begin(world);
    const faults = end.proxy.play(plan.faults);
    for (const deed of plan.deeds) {
      await pause(deed.atMs - elapsed());
      await doDeed(world, deed);
    }
    await faults;
    end.proxy.calm();
    mendStore(world);
    note("calm");
    const isSettled = (): boolean => !end.isWaiting() && [...admitted].every((id) => settled.has(id));
    await waitFor(isSettled, isForgetful(world) ? 2_000 : 20_000);
    await end.askAll?.(isSettled);
    return { findings: check({ events, keepsAll: end.keepsAll, proves: end.proves, repeatMs: end.repeatMs }), counts: count(world) };
  } finally {
    note("stopping");
    world.cancelStore();
    await world.account?.stop();
    note("the account has stopped");
    await end.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startEnd(protocol: Protocol, stage: FarEndStage): Promise<FarEnd> {
  const subject = subjects.find(({ name }) => name === protocol);
  return subject ? await startDialedEnd(subject, stage) : await startListeningEnd(stage);
}

/** Whatever starts a process whose disk refuses tries it again. */
async function begin(world: World): Promise<void> {
  const { plan, folder, kept, note, troubles, happened } = world;
  world.lives += 1;
  const life = beginLife({ number: world.lives, file: join(folder, "journal.sqlite"), record: kept, troubles, happened, pace: () => plan.pace });
  const say = (level: string) => (line: string) => life.isAlive && note(`${level} ${line}`);
  const log: Log = {
    debug: say("debug"),
    info: say("info"),
    error(line) {
      if (life.isAlive) hearReport(world, line);
      say("error")(line);
    },
    warn(line) {
      if (life.isAlive) {
        kept.warnings.push(line);
        hearReport(world, line);
      }
      say("warn")(line);
    },
  };
  world.life = life;
  try {
    world.account = await world.end.open(life, log);
  } catch (thrown) {
    note(`the account could not be started: ${describeThrown(thrown)}`);
    life.kill();
    if (!troubles.store) throw thrown;
    await pause(30);
    await begin(world);
  }
}

/** The operator is told which reply it is. */
function hearReport({ happened }: World, line: string): void {
  if (!/may have arrived or not|after a crash it goes out again/.test(line)) return;
  for (const [id] of line.matchAll(/\bm-\d+-\d+\b/g)) happened({ is: "reported", id });
}

async function doDeed(world: World, deed: Deed): Promise<void> {
  const { end, troubles, happened, note } = world;
  note(JSON.stringify(deed));
  switch (deed.deed) {
    case "say":
      return end.say(deed.messageId, deed.conversation);
    case "duplicate":
      return end.duplicate();
    case "kill":
      world.life?.kill();
      if (world.account) end.killed?.(world.account);
      await pause(deed.forMs);
      return await begin(world);
    case "store": {
      mendStore(world);
      troubles.store = deed.how;
      happened({ is: "store-fails" });
      const timer = setTimeout(() => mendStore(world), deed.forMs);
      world.cancelStore = () => clearTimeout(timer);
      return;
    }
    case "door":
      return end.spoilDoor?.(deed.how, deed.forMs);
    case "clock":
      return world.pass(deed.byMs);
    case "stall":
      return stall(deed.forMs);
  }
}

function mendStore({ troubles, happened, cancelStore }: World): void {
  cancelStore();
  if (!troubles.store) return;
  troubles.store = undefined;
  happened({ is: "store-works" });
}

/** The clock has run ahead of what is remembered: what is forgotten by that never comes. */
function isForgetful({ events, end }: World): boolean {
  return events.reduce((sum, event) => sum + (event.is === "clock-moved" ? Math.max(0, event.byMs) : 0), 0) >= end.repeatMs;
}

function count({ plan, end, events, lives, admitted, troubles, kept }: World): Record<string, number> {
  const counts: Record<string, number> = { admitted: admitted.size, lives, links: end.links, "refused by the store": troubles.refused };
  const add = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  for (const { is } of events) if (is === "reported" || is === "asked-again") add(is);
  for (const event of events) if (event.is === "seen" && event.how === "error") add("answered with an error");
  for (const { deed } of plan.deeds) if (deed !== "say") add(deed);
  for (const { fault } of end.proxy.applied) add(fault satisfies FaultKind);
  counts["turns cut"] = kept.runs.filter((run) => run.end === "cut").length;
  return counts;
}
