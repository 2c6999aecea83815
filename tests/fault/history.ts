import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningAccount } from "../../src/account/account.ts";
import { type DialedAccountOptions, openDialedAccount } from "../../src/account/dialed/account.ts";
import type { Log } from "../../src/core/ports.ts";
import { system } from "../../src/core/system.ts";
import type { LinkProfile } from "../../src/link/link.ts";
import { dialSocket, openLink } from "../../src/link/shell.ts";
import type { Dial } from "../../src/link/socket.ts";
import { createRandom, type Random } from "../../src/testing/chaos/random.ts";
import { type ChaosProxy, planFaults, startChaosProxy, type TimedFault } from "../../src/testing/chaos-proxy.ts";
import { type Simulator, startSimulator } from "../../src/testing/simulator/simulator.ts";
import type { Subject } from "../support/subjects.ts";
import { answerTo, beginLife, type Life, type Record as Kept } from "./process.ts";

/** What is going to happen, a function of the seed alone. */
export interface Plan {
  faults: TimedFault[];
  deeds: Deed[];
  /** Whether the server sends again what has no complete answer, whenever a link opens. */
  redelivers: boolean;
  pace: { pieces: number; everyMs: number };
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
    pace: { pieces: random.whole(1, 6), everyMs: random.whole(0, 12) },
  };
}

function kills(random: Random): number {
  return random.pick([0, 0, 1, 1, 2]);
}

/** The numbers of a real link, a thousand times faster, so that a history takes about a second. */
function hasten(profile: LinkProfile): LinkProfile {
  const backoff = { ...profile.backoff, baseMs: 10, maxMs: 60, jitterMs: 10 };
  return { ...profile, backoff, provenMs: 300, handshakeMs: 600, pingMs: 120, deadAfterMs: 400 };
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
      if (news.news === "frame") note(`${news.frame.from} (link ${news.frame.link}) ${news.frame.text}`);
      else note(news.news);
    },
  });
  const proxy = await startChaosProxy({ target: simulator.port });
  const kept: Kept = { admitted: [], runs: [], warnings: [] };
  const world: World = { subject, plan, folder, simulator, proxy, kept, note, lives: 0, said: [], waiting: [], seen: new Set() };
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
  life?: Life;
  account?: RunningAccount<string>;
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
  const options: DialedAccountOptions<string, unknown, unknown> = {
    accountId: "default",
    config: proxy.url,
    agent: life.agent,
    journal: life.journal,
    system: life.system,
    log,
    changed() {},
    dial(url) {
      const dialing = subject.dial(url);
      return { ...dialing, link: hasten(dialing.link) };
    },
  };
  // The system ends the sockets of a killed process, those too that it is just opening.
  const dial: Dial = (target, profile, ears) => {
    const socket = dialSocket(target, profile, ears);
    life.onKill(() => socket.terminate());
    return socket;
  };
  world.account = await openDialedAccount(options, (link) => openLink(link, dial));
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
  if (deed.deed === "duplicate" && world.said.length > 0 && isConnected(simulator)) simulator.duplicate();
}

function isConnected(simulator: Simulator): boolean {
  return simulator.links.some(({ open }) => open);
}

/** What the users want to say waits in the server while nobody is connected. */
function speak({ simulator, waiting, said }: World): void {
  while (isConnected(simulator)) {
    const next = waiting.shift();
    if (!next) return;
    said.push(say(simulator, next));
  }
}

/** What the wire echoes is different for each message, so that an answer tells what it answers. */
function say(simulator: Simulator, { messageId, conversation }: Extract<Deed, { deed: "say" }>): string {
  return simulator.say({ messageId, text: `question ${messageId}`, user: conversation, session: conversation, conversation: messageId });
}

/** Some servers send again what was not answered. */
function reconnected(world: World): void {
  if (world.plan.redelivers) for (const id of world.said) if (complete(world, id).length === 0) world.simulator.redeliver(id);
  speak(world);
}

const complete = ({ simulator }: World, id: string) => simulator.replies.filter(({ messageId, end }) => messageId === id && end);
const isReported = ({ kept }: World, id: string) => kept.warnings.some((line) => line.includes(id) && line.includes("may have arrived or not"));

function unsettled(world: World): string[] {
  return world.kept.admitted.filter((id) => complete(world, id).length === 0 && !isReported(world, id));
}

function judge(world: World): string[] {
  const { kept, simulator, plan } = world;
  const wrong: string[] = [];
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
