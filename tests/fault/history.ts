import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningAccount } from "../../src/account/account.ts";
import type { Log } from "../../src/core/ports.ts";
import { system } from "../../src/core/system.ts";
import type { LinkProfile } from "../../src/link/link.ts";
import { dialSocket } from "../../src/link/shell.ts";
import type { Dial } from "../../src/link/socket.ts";
import { createRandom, type Random } from "../../src/testing/chaos/random.ts";
import { type ChaosProxy, planFaults, startChaosProxy, type TimedFault } from "../../src/testing/chaos-proxy.ts";
import type { FrameRecord } from "../../src/testing/simulator/record.ts";
import { type Simulator, startSimulator } from "../../src/testing/simulator/simulator.ts";
import type { Subject } from "../support/subjects.ts";
import { answerTo, beginLife, type Life, type Pace, type Record as Kept } from "./process.ts";

/** What is going to happen, a function of the seed alone. */
export interface Plan {
  faults: TimedFault[];
  deeds: Deed[];
  /** Whether the server sends again what has no complete answer, whenever a link opens. */
  redelivers: boolean;
  pace: Pace;
}

export type Deed = { atMs: number } & (
  | { deed: "say"; messageId: string; conversation: string }
  | { deed: "duplicate" }
  /** The process is killed, and starts again after a while. */
  | { deed: "kill"; forMs: number }
);

const FOR_MS = 1_000;

export function planHistory(seed: number): Plan {
  const random = createRandom(seed);
  const messages = random.whole(5, 10);
  const at = (): number => random.whole(0, FOR_MS);
  const deeds: Deed[] = Array.from({ length: messages }, (_, index) => ({
    atMs: at(),
    deed: "say",
    messageId: `m-${seed}-${index}`,
    conversation: random.pick(["a", "b", "c"]),
  }));
  for (let count = random.whole(0, 3); count > 0; count -= 1) deeds.push({ atMs: at(), deed: "duplicate" });
  for (let count = kills(random); count > 0; count -= 1) deeds.push({ atMs: at(), deed: "kill", forMs: random.whole(5, 80) });
  return {
    faults: planFaults(seed, { forMs: FOR_MS, quietMs: 150, longestMs: 600 }),
    deeds: deeds.toSorted((a, b) => a.atMs - b.atMs),
    redelivers: random.pick([true, false]),
    pace: { pieces: random.whole(1, 6), everyMs: random.whole(0, 12), mode: random.pick(["partial", "partial", "block", "progress", "off"]) },
  };
}

function kills(random: Random): number {
  return random.pick([0, 0, 1, 1, 2]);
}

/** The numbers of a real link, a thousand times faster, so that a history takes about a second. */
function hasten(profile: LinkProfile): LinkProfile {
  const backoff = { ...profile.backoff, baseMs: 10, maxMs: 60, jitterMs: 10, floorMs: 20 };
  return { ...profile, backoff, provenMs: 300, handshakeMs: 600, pingMs: 120, deadAfterMs: 400, ...(profile.readyMs !== undefined && { readyMs: 600 }) };
}

/** How a history went. */
export interface Outcome {
  /** What should not have been; empty when all is well. */
  wrong: string[];
  admitted: number;
  /** Replies of which the operator was told that they may be lost. */
  reported: number;
  lives: number;
  links: number;
}

export async function liveThrough(subject: Subject, plan: Plan, tell: (line: string) => void = () => {}): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "fault-"));
  const began = Date.now();
  const note = (line: string): void => tell(`${String(Date.now() - began).padStart(5)} ms  ${line}`);
  const simulator: Simulator = await startSimulator(subject.name, {
    tell(news) {
      if (news.news === "opened") reconnected(world);
      if (news.news === "reply" && news.reply.end && news.reply.messageId !== undefined) world.seen.add(news.reply.messageId);
      if (news.news === "frame") acknowledge(world, news.frame);
      if (news.news === "frame") note(`${news.frame.from} (link ${news.frame.link}) ${news.frame.text}`);
      else note(news.news);
    },
  });
  const proxy = await startChaosProxy({ target: simulator.port });
  const kept: Kept = { admitted: [], runs: [], warnings: [] };
  const world: World = { subject, plan, folder, simulator, proxy, kept, note, lives: 0, said: [], waiting: [], seen: new Set(), numbered: new Map(), early: [] };
  try {
    await begin(world);
    const faults = proxy.play(plan.faults);
    for (const deed of plan.deeds) {
      await pause(began + deed.atMs - Date.now());
      await doDeed(world, deed);
    }
    await faults;
    proxy.calm();
    note("calm");
    await waitFor(() => world.waiting.length === 0 && unsettled(world).length === 0, 20_000);
    if (subject.rewind) await replayAll(world, subject.rewind);
    const reported = kept.admitted.filter((id) => isReported(world, id)).length;
    return { wrong: judge(world), admitted: kept.admitted.length, reported, lives: world.lives, links: simulator.links.length };
  } finally {
    note("stopping");
    await world.account?.stop();
    note("the account has stopped");
    await proxy.stop();
    note("the proxy has stopped");
    await simulator.stop();
    note("the simulator has stopped");
    rmSync(folder, { recursive: true, force: true });
  }
}

interface World {
  subject: Subject;
  plan: Plan;
  folder: string;
  simulator: Simulator;
  proxy: ChaosProxy;
  kept: Kept;
  note(line: string): void;
  lives: number;
  /** Messages that left, whether they came or not. */
  said: string[];
  waiting: Extract<Deed, { deed: "say" }>[];
  /** Messages in the order in which their users first saw a complete answer; one that is said again stays in its place. */
  seen: Set<string>;
  /** Ids of messages by the link and the number they were sent with, on wires that acknowledge by numbers. */
  numbered: Map<string, string>;
  /** Messages that were acknowledged and not on disk. */
  early: string[];
  life?: Life;
  account?: RunningAccount<unknown>;
}

async function begin(world: World): Promise<void> {
  const { subject, plan, folder, proxy, kept, note } = world;
  world.lives += 1;
  const life = beginLife({ number: world.lives, file: join(folder, "journal.sqlite"), record: kept, pace: () => plan.pace });
  const say = (level: string) => (line: string) => life.isAlive && note(`${level} ${line}`);
  const log: Log = {
    debug: say("debug"),
    info: say("info"),
    error: say("error"),
    warn(line) {
      if (life.isAlive) kept.warnings.push(line);
      say("warn")(line);
    },
  };
  world.life = life;
  // The system ends the sockets of a killed process, those too that it is just opening.
  const dial: Dial = (target, profile, ears) => {
    const socket = dialSocket(target, profile, ears);
    life.onKill(() => socket.terminate());
    return socket;
  };
  world.account = await subject.open({
    simulator: world.simulator,
    address: proxy.url.replace(/\/$/, ""),
    agent: life.agent,
    journal: life.journal,
    system: life.system,
    log,
    hasten,
    dial,
    loginFile: join(folder, "login.sqlite"),
    isAlive: () => life.isAlive,
  });
}

/** What the plugin acknowledges it must have on disk: the server forgets it. */
function acknowledge({ numbered, early, kept }: World, { from, link, text }: FrameRecord): void {
  if (!text.startsWith("{")) return;
  const { event, dseq, payload } = JSON.parse(text) as { event?: string; dseq?: number; payload?: { message_id?: string; dseq?: number } };
  if (from === "server" && dseq !== undefined && payload?.message_id !== undefined) numbered.set(`${link} ${dseq}`, payload.message_id);
  if (from === "server" || event !== "message.sync_ack") return;
  for (let number = payload?.dseq ?? 0; number > 0; number -= 1) {
    const id = numbered.get(`${link} ${number}`);
    if (id !== undefined && !kept.admitted.includes(id)) early.push(id);
  }
}

/** The server says everything again that it ever said: all of it is known. */
async function replayAll(world: World, rewind: NonNullable<Subject["rewind"]>): Promise<void> {
  const { simulator, note } = world;
  const isDone = (link: number, from: "plugin" | "server", part: string) => simulator.frames.some((frame) => frame.link === link && frame.from === from && frame.text.includes(part));
  note("everything is said again");
  rewind(simulator);
  const before = simulator.links.at(-1)?.number ?? 0;
  simulator.drop();
  const again = () => simulator.links.find(({ number, open }) => open && number > before && isDone(number, "server", '"replay.done"') && isDone(number, "plugin", '"message.sync_ack"'))?.number;
  await waitFor(() => again() !== undefined && unsettled(world).length === 0, 10_000);
  if (again() === undefined) throw new Error("nothing was said again");
}

async function doDeed(world: World, deed: Deed): Promise<void> {
  const { simulator, note } = world;
  note(JSON.stringify(deed));
  if (deed.deed === "kill") {
    world.life?.kill();
    await pause(deed.forMs);
    return await begin(world);
  }
  if (deed.deed === "say") world.waiting.push(deed);
  speak(world);
  if (deed.deed === "duplicate" && world.said.length > 0 && simulator.connected) simulator.duplicate();
}

/** What the users want to say waits with them while nobody is connected, unless the server keeps it. */
function speak({ subject, simulator, waiting, said }: World): void {
  while (subject.rewind || simulator.connected) {
    const next = waiting.shift();
    if (!next) return;
    said.push(subject.say(simulator, { messageId: next.messageId, text: `question ${next.messageId}`, user: next.conversation }));
  }
}

/** Some servers send again what was not answered. */
function reconnected(world: World): void {
  if (world.plan.redelivers && !world.subject.rewind) for (const id of world.said) if (complete(world, id).length === 0) world.simulator.redeliver(id);
  speak(world);
}

const complete = ({ simulator }: World, id: string) => simulator.replies.filter(({ messageId, end }) => messageId === id && end);
const isReported = ({ kept }: World, id: string) => kept.warnings.some((line) => line.includes(id) && line.includes("may have arrived or not"));

function unsettled(world: World): string[] {
  return world.kept.admitted.filter((id) => complete(world, id).length === 0 && !isReported(world, id));
}

function judge(world: World): string[] {
  const { kept, simulator, plan } = world;
  const wrong: string[] = world.early.map((id) => `${id} was acknowledged before it was on disk`);
  const lost = world.subject.rewind ? world.said.filter((id) => !kept.admitted.includes(id)) : [];
  wrong.push(...lost.map((id) => `${id} never came`));
  const admitted = new Set(kept.admitted);
  if (admitted.size !== kept.admitted.length) wrong.push(`admitted twice: ${kept.admitted.join(" ")}`);
  for (const id of admitted) {
    const runs = kept.runs.filter(({ messageId }) => messageId === id);
    const completed = runs.filter(({ end }) => end === "completed").length;
    if (completed !== 1) wrong.push(`${id} ran to its end ${completed} times`);
    if (new Set(runs.map(({ life }) => life)).size !== runs.length) wrong.push(`${id} ran twice in one life`);
    const seen = complete(world, id);
    if (seen.length > 1) wrong.push(`${id} was answered ${seen.length} times`);
    if (seen.length === 0 && !isReported(world, id)) wrong.push(`${id} was never answered, and nobody was told`);
    for (const { text, end } of seen) {
      if (end?.how !== "completed") wrong.push(`${id} was answered with ${JSON.stringify(end)}`);
      else if (text !== answerTo(id, plan.pace.pieces)) wrong.push(`${id} was answered with "${text}"`);
    }
  }
  for (const id of new Set(kept.runs.map(({ messageId }) => messageId))) if (!admitted.has(id)) wrong.push(`${id} ran and was not admitted`);
  // A reply of which nobody knew whether it had arrived goes out again when the server sends its message again.
  const faults = simulator.violations.filter(({ text }) => !kept.admitted.some((id) => text.includes(`second done for the message "${id}"`) && isReported(world, id)));
  return [...wrong, ...disorder(world), ...faults.map(({ text }) => `against the protocol: ${text}`)];
}

/** Answers of one conversation come in the order in which its messages were admitted; what the server had to ask for again comes when it asks. */
function disorder(world: World): string[] {
  const { kept, plan } = world;
  return ["a", "b", "c"].flatMap((conversation) => {
    const of = new Set(plan.deeds.flatMap((deed) => (deed.deed === "say" && deed.conversation === conversation ? [deed.messageId] : [])));
    const expected = kept.admitted.filter((id) => of.has(id) && complete(world, id).length > 0 && !isReported(world, id));
    const ends = [...world.seen].filter((id) => expected.includes(id));
    return ends.join() === expected.join() ? [] : [`conversation ${conversation} was answered in the order ${ends.join(" ")}, not ${expected.join(" ")}`];
  });
}

async function waitFor(isTrue: () => boolean, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (!isTrue() && Date.now() < end) await pause(10);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void system.after(Math.max(0, ms), resolve));
}
