import { copyFileSync, cpSync, createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { accountFiles } from "../../../src/channel/account-files.ts";
import { NOTICES } from "../../../src/channel/resumed.ts";
import { describeThrown } from "../../../src/core/errors.ts";
import { limits } from "../../../src/core/limits.ts";
import { type Channel, channels, type FourChannels, startFour } from "../../host/four.ts";
import { template } from "../../host/gateway.ts";
import { check, type Event, type Finding, type History } from "../checker.ts";
import { pause, waitFor } from "../far-end.ts";
import { startFlawedVerifier } from "../verifier.ts";
import { type Footprint, footprintOf } from "./footprint.ts";
import { modelThatAnswers } from "./model.ts";
import { type Cue, describeMoment, type Moment, planMoments } from "./moments.ts";
import { createPeers } from "./peers.ts";
import { addReadings, readJournal, type Reading, splitHistory } from "./readings.ts";
import { startTalk } from "./talk.ts";

export interface KillsOptions {
  kills: number;
  seed: number;
  progress(progress: Progress): void;
  /** Aborted, there are no further kills: what is left is answered, and all of it judged. */
  signal?: AbortSignal;
}

export interface Progress {
  kills: number;
  /** What ended the last life. */
  moment: string;
  said: number;
  answered: number;
  /** So far; what has no answer yet is not lost. */
  findings: readonly Finding[];
}

export interface KillsOutcome {
  findings: Finding[];
  counts: Readonly<Record<string, number>>;
  /** What the gateway held in its first life and in its last, both at rest. */
  first: Footprint | undefined;
  last: Footprint | undefined;
  /** The folder with all that happened. */
  log: string;
}

/** Users are others after so many kills: a conversation must not grow beyond what a model reads. */
const KILLS_PER_USERS = 10;
/** What has not happened by then does not happen. */
const STUCK_MS = 240_000;
const WARM_UP_MESSAGES = 12;
const REST_MS = 3_000;
/** Nobody pulls the plug of the machine. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A real gateway with all four channels, under load, is killed again and again; then it may answer what is left. */
export async function liveThroughKills({ kills, seed, progress, signal }: KillsOptions): Promise<KillsOutcome> {
  const log = mkdtempSync(join(tmpdir(), "kills-log-"));
  const diary = createWriteStream(join(log, "story.txt"));
  const events: Event[] = [];
  const readings: Reading[] = [];
  const settled = new Set<string>();
  const said: { id: string; at: number }[] = [];
  const channelOf = new Map<string, Channel>();
  let life = 1;
  let heard: (event: Event) => void = () => {};

  const note = (line: string): void => void diary.write(`${new Date().toISOString()} ${line}\n`);
  const happened = (event: Event): void => {
    events.push(event);
    note(JSON.stringify(event));
    if (event.is === "seen" || event.is === "reported") settled.add(event.id);
    if (event.is === "said") said.push({ id: event.id, at: performance.now() });
    heard(event);
  };
  const peers = createPeers({ happened, note });
  const model = modelThatAnswers((news, id, text) => happened(news === "asked" ? { is: "began", id, life } : { is: "completed", id, life, text }));
  const verifier = await startFlawedVerifier(0);
  // It is built before the time is taken.
  await template();
  const launchedAt = performance.now();
  const four = await startFour({ model, folder: memory, simulators: peers.simulators, channels: blocks(verifier.endpoint) });
  const startMs = performance.now() - launchedAt;
  peers.attach(four);
  const talk = startTalk({
    seed,
    isSettled: (id) => settled.has(id),
    say(channel, id, by) {
      channelOf.set(id, channel);
      peers.say(channel, id, by);
    },
  });
  let pid = four.pid();
  let logRead = 0;

  /** What is on disk of a gateway that has ended, and what it has told its operator. */
  const look = async (): Promise<void> => {
    const text = await four.logs();
    for (const line of text.slice(logRead).split("\n")) {
      if (/unhandled|uncaught/i.test(line)) happened({ is: "broke", text: line });
      if (line.includes("may have arrived or not")) for (const id of idsIn(line)) happened({ is: "reported", id });
      if (line.includes("SessionRestartRecoveryTombstoneError")) for (const id of idsIn(line)) happened({ is: "shut-out", id });
    }
    logRead = text.length;
    for (const channel of channels) readings.push({ journal: channel, at: events.length, rows: readJournal(accountFiles(four.layout.state, channel, "default").journalFile) });
  };
  const history = (): Event[] => addReadings(events, readings);
  const judge = (): Finding[] => splitHistory(history()).flatMap((part) => check({ events: part, ...rules(part, channelOf) }));

  try {
    await until(() => settled.size >= WARM_UP_MESSAGES, "the gateway answers nobody", four);
    const first = footprintOf(pid);
    for (const [index, moment] of planMoments(seed, kills).entries()) {
      if (signal?.aborted) break;
      note(`life ${life} ends ${describeMoment(moment)}`);
      await untilMoment(moment, startMs, four, channelOf, (listen) => (heard = listen));
      heard = () => {};
      await four.kill("SIGKILL");
      await look();
      happened({ is: "killed", life });
      progress({ kills: index + 1, moment: describeMoment(moment), said: said.length, answered: settled.size, findings: judge().filter(({ kind }) => kind !== "lost") });
      if ((index + 1) % KILLS_PER_USERS === 0) talk.change();
      forgetBoots(four);
      life += 1;
      pid = await four.spawn();
    }
    talk.stop();
    note("nothing more is said");
    const isSettled = (): boolean => said.every(({ id }) => settled.has(id));
    await waitFor(isSettled, STUCK_MS);
    await pause(REST_MS);
    const last = footprintOf(pid);
    note("what was said last is asked again");
    await peers.askAgain(new Set(said.slice(-WARM_UP_MESSAGES).map(({ id }) => id)), isSettled);
    await pause(REST_MS);
    peers.stop();
    await four.kill("SIGTERM");
    await look();
    const findings = judge();
    if (findings.length > 0) cpSync(four.layout.state, join(log, "state"), { recursive: true });
    return { findings, counts: count(history(), life), first, last, log };
  } catch (thrown) {
    throw new Error(`seed ${seed}, life ${life}: ${describeThrown(thrown)}\nwhat happened: ${log}`, { cause: thrown });
  } finally {
    talk.stop();
    peers.stop();
    diary.end();
    writeFileSync(join(log, "history.json"), JSON.stringify({ events, readings }));
    copyFileSync(four.layout.output, join(log, "gateway.log"));
    await four.stop();
    await verifier.stop();
  }
}

function idsIn(line: string): string[] {
  return [...line.matchAll(/\bm-\d+-\d+\b/g)].map(([id]) => id);
}

/** Nothing is refused for being too much: that is tested elsewhere. */
function blocks(endpoint: string) {
  const limitsOfAll = { messagesPerMinute: 100_000, messageBurst: 100_000 };
  return {
    websocket: { auth: { enabled: true, endpoint }, limits: limitsOfAll },
    "insta-claw-connector": { limits: limitsOfAll },
    "nc-local-im-connector": { limits: limitsOfAll },
    clawchat: { limits: limitsOfAll },
  };
}

function rules(part: readonly Event[], channelOf: ReadonlyMap<string, Channel>): Omit<History, "events"> {
  const said = part.find((event) => event.is === "said");
  const channel = said && channelOf.get(said.id);
  return {
    // An application sends again what is not answered, ClawChat's server what is not acknowledged.
    keepsAll: channel === "websocket" || channel === "clawchat",
    proves: channel !== "websocket",
    repeatMs: 300_000,
    mostCuts: limits.turnAttempts,
    notices: NOTICES,
  };
}

async function untilMoment(moment: Moment, startMs: number, four: FourChannels, channelOf: ReadonlyMap<string, Channel>, listen: (heard: (event: Event) => void) => void): Promise<void> {
  if (moment.when === "starting") return await pause(moment.part * startMs);
  const { when, channel, nth, afterMs } = moment;
  let times = 0;
  listen((event) => {
    if (event.is === (when satisfies Cue) && channelOf.get(event.id) === channel) times += 1;
  });
  await until(() => times >= nth, `"${when}" does not happen on ${channel}`, four);
  await pause(afterMs);
}

async function until(isTrue: () => boolean, complaint: string, four: FourChannels): Promise<void> {
  const began = performance.now();
  while (!isTrue()) {
    if (!four.running()) throw new Error(`the gateway has ended by itself:\n${(await four.logs()).slice(-4_000)}`);
    if (performance.now() - began > STUCK_MS) throw new Error(`${complaint} in ${STUCK_MS / 1000} s; the gateway says:\n${(await four.logs()).slice(-4_000)}`);
    await pause(5);
  }
}

/**
 * The host starts no channel for five minutes after three lives that did not end well (its `docs/gateway/restart-recovery.md`,
 * "Crash-loop breaker"). To it, our kills are further apart than that.
 */
function forgetBoots({ layout }: FourChannels): void {
  const file = join(layout.state, "state", "openclaw.sqlite");
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file);
  database.exec("DELETE FROM gateway_boot_lifecycle");
  database.close();
}

function count(events: readonly Event[], lives: number): Record<string, number> {
  const counts: Record<string, number> = { lives };
  for (const { is } of events) counts[is] = (counts[is] ?? 0) + 1;
  for (const event of events) if (event.is === "seen" && event.how === "error") counts["answered with an error"] = (counts["answered with an error"] ?? 0) + 1;
  return counts;
}

/** What was all well needs no log. */
export function forgetLog({ log }: KillsOutcome): void {
  rmSync(log, { recursive: true, force: true });
}
