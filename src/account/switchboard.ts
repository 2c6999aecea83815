import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { createNotes } from "../core/notes.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import type { Gather, GatherPlan } from "../protocols/gather.ts";
import type { Inbound, Refusal } from "../protocols/inbound.ts";
import type { Showing, Terminal, TurnBounds } from "../protocols/turn.ts";
import type { EntryKey, Journal, Known } from "../store/journal.ts";
import type { Activity, SwitchboardLimits } from "./activity.ts";
import type { Access, Agent } from "./agent.ts";
import { type CutTurn, cutTurns } from "./cut.ts";
import { createEnds, failure, type TurnMessages } from "./ends.ts";
import { forget } from "./forgetting.ts";
import { createLanes } from "./lanes.ts";
import { createParking } from "./parking.ts";
import { createQuotes } from "./quotes.ts";
import { createRateLimiter } from "./rate.ts";
import { sightings } from "./sightings.ts";
import { readEntries } from "./stored.ts";
import { type AbortCause, runTurn } from "./turns.ts";
import { createWaitingRoom } from "./waiting-room.ts";

export type { Activity, SwitchboardLimits } from "./activity.ts";

/** Joins peers and agent: every message of an account goes through here, once. */
export interface Switchboard<Origin> {
  /** A message came. Settles when it is on disk or refused; never rejects. */
  admit(inbound: Inbound<Origin>, asker: Asker): Promise<void>;
  /** Ends the turns of the messages that are meant, and with them every message of these turns. */
  cancel(isMeant: (inbound: Inbound<Origin>) => boolean): void;
  /**
   * Its author gives a message another text. `waiting`: it runs with that; `over`: it ran, or runs, with the old one.
   * @throws where it could not be written.
   */
  amend(isMeant: (inbound: Inbound<Origin>) => boolean, content: string): "waiting" | "over";
  /** Ends a message as cancelled, unless it runs already or is over: then false. */
  withdraw(isMeant: (inbound: Inbound<Origin>) => boolean): boolean;
  /** Counts something as a message of this sender; ms until there may be one more, where there were too many. */
  spend(senderId: string): number;
  /** Whether this message has no terminal yet, or one that is being handed over. */
  isOpen(inbound: Inbound<Origin>): boolean;
  /** Runs what a crash cut, and forgets what is old. Call `sweep` now and then. */
  resume(): void;
  sweep(): void;
  activity(): Activity;
  /** Takes no more messages, aborts the running ones and settles when they have ended or `graceMs` have passed. */
  stop(graceMs: number): Promise<void>;
}

/** Whoever sent a message, for as long as it is there. */
export interface Asker {
  /** The agent's door is open to the sender; nothing was said yet. */
  welcomed?(): Promise<void>;
  /** The message is on disk. */
  admitted(): void;
  refused(refusal: Refusal): void;
  /** The operator has to approve the sender first. */
  pairing(pairing: Pairing): void;
  /** The message came before; `known` is what became of it. */
  repeated(known: Known): void;
}

export type Pairing = Extract<Access, { pairing: unknown }>["pairing"];

/** Where what a turn says goes. */
export interface Outlet<Origin> {
  /** What may be missed: typing and partial text. `attempt` is 1 unless a crash cut the run before. */
  show(inbound: Inbound<Origin>, says: Showing, attempt: number): void;
  /** The end of a turn. It stays in the journal until it was handed over. */
  conclude(inbound: Inbound<Origin>, terminal: Terminal): Promise<void>;
  /** Now and then: what could not be written may be by now. `isWritten`: ends are that were not when they were concluded. */
  sweep(isWritten: boolean): void;
  /** When something was last handed over, in ms since the epoch. */
  lastAt(): number | undefined;
}

export interface SwitchboardDeps<Origin> {
  /** Read at every use: they may change while the account runs. */
  limits(): SwitchboardLimits;
  /** What tells a repeat from a new message. */
  identify(inbound: Inbound<Origin>): EntryKey;
  turn: TurnBounds;
  /** Makes one turn of several messages; absent where each has its own. */
  gather?: Gather<Origin>;
  /** ms for which a message that comes again is a repeat, and an answer waits for its sender. */
  repeatMs: number;
  /** Peers know an answer by the id of its message: who quotes it in a group means the answer, or what the agent answered. */
  answersShareIds?: boolean;
  /** Whether what comes while the account stops is kept for the next start: a peer without acknowledgements will not send it again. */
  keepsWhileStopping?: boolean;
  /** Whether what finds no room waits for it on disk instead of being refused: the peer brings what it has kept for days at once, and will not bring it again. */
  parks?: boolean;
  outlet: Outlet<Origin>;
  agent: Agent;
  journal: Journal;
  system: System;
  log: Log;
  changed(): void;
}

/** One run of the agent, for one message or for several that were gathered; it has no terminal yet. */
interface Turn<Origin> extends TurnMessages<Origin> {
  lane: string;
  abort: AbortController;
  /** Gathered messages are turns of their own until they go together. */
  phase: "parked" | "gathered" | "waiting" | "running" | "cancelled";
}

/** The way of a message: `admit` → (`gather`) → `run` → `answer` → `finish`. */
export function createSwitchboard<Origin>(deps: SwitchboardDeps<Origin>): Switchboard<Origin> {
  const { identify, outlet, agent, journal, system, log, changed } = deps;
  const bounds = deps.limits;
  const lanes = createLanes(() => ({ waiting: bounds().queuedPerSession, waitingTotal: limits.queuedTotal, running: bounds().maxConcurrent ?? Infinity }));
  const rate = createRateLimiter(() => ({ perMinute: bounds().messagesPerMinute, burst: bounds().messageBurst }));
  /** Every admitted message without a terminal, and its turn. */
  const open = new Map<string, Turn<Origin>>();
  /** Counted here, for the status is asked for at every message: to look through all that are open costs their square. */
  let running = 0;
  const quotes = createQuotes(journal, system, noteError);
  const waitingRoom = createWaitingRoom<Turn<Origin>>(system, go);
  const parking = createParking<Turn<Origin>>(system, limits.parkedLookMs, mayGo, unpark);
  const works = new Set<Promise<void>>();
  // Who sends too much must not fill the log with it.
  const notes = createNotes(limits.noteEveryMs, system.now, log);
  const ends = createEnds<Origin>({ identify, journal, system, noteError });
  let stopping = false;
  let lastInboundAt: number | undefined;
  let lastError: string | undefined;

  const openKey = (inbound: Inbound<Origin>): string => JSON.stringify(identify(inbound));
  const messagesOf = ({ of, earlier }: Turn<Origin>): readonly Inbound<Origin>[] => [...earlier, of];

  /** Access, repeats, rate and room in the lane (WS-7); then the journal; only then does the sender hear of it (WS-13). */
  async function admit(came: Inbound<Origin>, asker: Asker): Promise<void> {
    const arrived = deps.answersShareIds ? quotes.attribute(came) : came;
    const { messageId, sender } = arrived;
    lastInboundAt = arrived.receivedAt;
    changed();
    if (stopping && !deps.keepsWhileStopping) return asker.refused({ code: "shutting_down", error: "Failed to process message: the gateway is restarting" });
    const access = await askAccess(arrived);
    if (!access.admitted) return "pairing" in access ? asker.pairing(access.pairing) : asker.refused(access);
    await asker.welcomed?.();

    const known = journal.find(identify(arrived));
    if (known) return asker.repeated(known);
    const isControl = agent.isControlCommand(arrived);
    const refusal = refusalFor(sender.id, isControl ? undefined : access.lane);
    if (refusal && (!deps.parks || parking.size >= limits.queuedTotal)) {
      notes.note(`messages were not run: ${refusal.code}`, `${forLog(messageId)} of ${forLog(sender.id)}`);
      return asker.refused(refusal);
    }

    const inbound = quotes.recall(access.lane, arrived);
    const plan = planOf(inbound);
    journal.admit({ ...identify(inbound), lane: access.lane, inbound: JSON.stringify(inbound), at: inbound.receivedAt }, sightings(inbound));
    quotes.remember(access.lane, messageId, inbound.content);
    asker.admitted();
    const turn = track(inbound, access.lane);
    if (refusal) return park(turn);
    if (isControl) void run(turn);
    else if (plan) gather(turn, plan, system.now());
    else queueAlone(turn);
  }

  /** Why a message cannot be taken now; a command, which has no lane, only waits for the rate of its sender. */
  function refusalFor(senderId: string, lane: string | undefined): Refusal | undefined {
    const full: Refusal = { code: "queue_full", error: "Too many messages are waiting in this conversation" };
    if (lane !== undefined && parking.has(lane)) return full;
    const wait = rate.take(senderId, system.now());
    if (wait > 0) return { code: "rate_limited", error: `Too many messages. Try again in ${Math.ceil(wait / 1000)} s` };
    return lane !== undefined && !lanes.hasRoom(lane) ? full : undefined;
  }

  function park(turn: Turn<Origin>): void {
    turn.phase = "parked";
    parking.park(turn.lane, turn);
  }

  function mayGo(lane: string, { of }: Turn<Origin>): boolean {
    return lanes.hasRoom(lane) && rate.take(of.sender.id, system.now()) === 0;
  }

  function unpark(turn: Turn<Origin>): void {
    turn.phase = "waiting";
    if (agent.isControlCommand(turn.of)) return void run(turn);
    const plan = planOf(turn.of);
    if (plan) gather(turn, plan, system.now());
    else queueAlone(turn);
  }

  /** A control command waits for nothing. */
  function planOf(inbound: Inbound<Origin>): GatherPlan | undefined {
    return deps.gather && !agent.isControlCommand(inbound) ? deps.gather.plan(inbound) : undefined;
  }

  /** The message waits for others (CC-60), and takes its place in its lane meanwhile. */
  function gather(turn: Turn<Origin>, plan: GatherPlan, since: number): void {
    turn.phase = "gathered";
    lanes.hold(turn.lane);
    // More than a lane has room for would keep out what comes next.
    waitingRoom.wait(turn, plan, since, bounds().queuedPerSession);
  }

  /** Makes one turn of messages that waited for each other, in the lane of the last one. */
  function go(batch: readonly Turn<Origin>[]): void {
    for (const { lane } of batch) lanes.release(lane);
    const last = batch.at(-1);
    if (!last) return;
    last.earlier = batch.slice(0, -1).flatMap(messagesOf);
    last.phase = "waiting";
    for (const inbound of last.earlier) open.set(openKey(inbound), last);
    queue(last);
  }

  function queue(turn: Turn<Origin>): void {
    lanes.run(turn.lane, () => run(turn), turn.earlier.length + 1);
  }

  /** It does not wait (CC-61), and overtakes nothing that came before it and waits for others. */
  function queueAlone(turn: Turn<Origin>): void {
    waitingRoom.call(({ lane }) => lane === turn.lane);
    queue(turn);
  }

  /** A host that does not decide must not keep everybody waiting who writes after this sender. */
  async function askAccess(inbound: Inbound<Origin>): Promise<Access> {
    const late = Promise.withResolvers<Access>();
    const cancel = system.after(limits.accessMs, () => late.resolve({ admitted: false, code: "agent_error", error: "Failed to process message: the agent is not available" }));
    return await Promise.race([agent.access(inbound), late.promise]).finally(cancel);
  }

  /** One turn of a lane; what it said is handed over outside of the lane, for a peer that does not read must not hold it up. */
  async function run(turn: Turn<Origin>): Promise<void> {
    if (stopping || turn.phase !== "waiting") return;
    turn.phase = "running";
    running += 1;
    await pending(async () => {
      changed();
      const terminal = await answer(turn).catch((thrown: unknown) => {
        noteError("a turn could not be run", thrown);
        return stopping ? undefined : failure("it could not be stored");
      });
      if (terminal) finish(turn, terminal);
      else close(turn);
    });
    parking.look();
  }

  /** The end of a turn; undefined when the account stops first and the next start must run it again. */
  async function answer(turn: Turn<Origin>): Promise<Terminal | undefined> {
    const { of, earlier, abort } = turn;
    const attempt = journal.start(identify(of), earlier.map(identify));
    const inbound = earlier.length > 0 && deps.gather ? deps.gather.merge(messagesOf(turn)) : of;
    const show = (says: Showing) => outlet.show(of, says, attempt);
    return await runTurn({ inbound, attempt }, abort, { agent, system, log, turnMs: () => bounds().turnMs, bounds: deps.turn, show });
  }

  function finish(turn: Turn<Origin>, terminal: Terminal): void {
    const { of, lane } = turn;
    // The sender gets its answer all the same.
    const isWritten = ends.write(turn, terminal);
    // An answer shares its message's id: who quotes it in a direct conversation means the answer (WS-25).
    if (isWritten && terminal.type === "response" && of.conversation.kind === "direct") quotes.remember(lane, of.messageId, terminal.content);
    // A message that was only heard ends without a word.
    if (isWritten && terminal.type === "response" && terminal.content !== "" && deps.answersShareIds && of.conversation.kind === "group") quotes.answered(of);
    void pending(async () => {
      await outlet.conclude(of, terminal).finally(() => close(turn));
      changed();
    });
  }

  function close(turn: Turn<Origin>): void {
    for (const inbound of messagesOf(turn)) open.delete(openKey(inbound));
    if (turn.phase === "running") running -= 1;
  }

  /** Work that `stop` waits for. Never rejects. */
  async function pending(work: () => Promise<void>): Promise<void> {
    const done = work().catch((thrown: unknown) => noteError("a turn could not be concluded", thrown));
    works.add(done);
    await done;
    works.delete(done);
  }

  function track(of: Inbound<Origin>, lane: string, earlier: readonly Inbound<Origin>[] = []): Turn<Origin> {
    const turn: Turn<Origin> = { of, earlier, lane, abort: new AbortController(), phase: "waiting" };
    for (const inbound of messagesOf(turn)) open.set(openKey(inbound), turn);
    return turn;
  }

  /** The turn of a message that has not begun to run. */
  function findWaiting(isMeant: (inbound: Inbound<Origin>) => boolean): Turn<Origin> | undefined {
    return [...open.values()].find((turn) => turn.phase !== "running" && turn.phase !== "cancelled" && messagesOf(turn).some(isMeant));
  }

  /** On disk first: after a crash it runs with the new text too. */
  function change(inbound: Inbound<Origin>, content: string, lane: string): Inbound<Origin> {
    journal.amend(identify(inbound), JSON.stringify({ ...inbound, content }));
    quotes.remember(lane, inbound.messageId, content);
    return { ...inbound, content };
  }

  function end(turn: Turn<Origin>): void {
    turn.abort.abort("cancelled" satisfies AbortCause);
    if (turn.phase === "running" || turn.phase === "cancelled") return;
    if (turn.phase === "gathered") {
      waitingRoom.leave(turn);
      lanes.release(turn.lane);
    }
    if (turn.phase === "parked") parking.leave(turn.lane, turn);
    // It need not wait for its turn to hear that it has none.
    turn.phase = "cancelled";
    finish(turn, { type: "error", code: "cancelled", error: "Cancelled" });
  }

  function resumeTurn({ last, earlier, plan, isStale }: CutTurn<Origin>): void {
    const { entry, inbound } = last;
    if (isStale) return journal.finish(entry, JSON.stringify(failure("the gateway was down for too long")), system.now(), earlier.map((cut) => cut.entry));
    log.info(`message ${forLog(inbound.messageId)} was cut by a restart and runs again`);
    const turn = track(inbound, entry.lane, earlier.map((cut) => cut.inbound));
    // It waits as long as it would have without the restart.
    if (plan) gather(turn, plan, Math.min(entry.at, system.now()));
    else queueAlone(turn);
  }

  function noteError(what: string, thrown: unknown): undefined {
    lastError = describeThrown(thrown);
    log.error(`${what}: ${lastError}`);
  }

  return {
    async admit(inbound, asker) {
      try {
        await admit(inbound, asker);
      } catch (thrown) {
        noteError("a message could not be admitted", thrown);
        asker.refused({ code: "not_stored", error: "Failed to process message: it could not be stored" });
      }
    },
    cancel(isMeant) {
      for (const turn of new Set(open.values())) if (messagesOf(turn).some(isMeant)) end(turn);
    },
    amend(isMeant, content) {
      const turn = findWaiting(isMeant);
      if (!turn) return "over";
      turn.earlier = turn.earlier.map((inbound) => (isMeant(inbound) ? change(inbound, content, turn.lane) : inbound));
      if (isMeant(turn.of)) turn.of = change(turn.of, content, turn.lane);
      return "waiting";
    },
    withdraw(isMeant) {
      const turn = findWaiting(isMeant);
      if (turn) end(turn);
      return !!turn;
    },
    spend: (senderId) => rate.take(senderId, system.now()),
    isOpen: (inbound) => open.has(openKey(inbound)),
    resume() {
      const unfinished = readEntries<Origin>(journal.unfinished(), journal, system.now(), log);
      for (const turn of cutTurns(unfinished, planOf, ({ at }) => system.now() - at > limits.replayMaxAgeMs)) resumeTurn(turn);
    },
    sweep() {
      const now = system.now();
      notes.flush();
      outlet.sweep(ends.writeLate());
      try {
        lastError = forget(journal, { now, repeatMs: deps.repeatMs, repeatsKept: bounds().repeatsKept }, log) ?? lastError;
      } catch (thrown) {
        noteError("the journal could not be swept", thrown);
      }
      rate.sweep(now);
    },
    activity() {
      const lastOutboundAt = outlet.lastAt();
      return {
        waiting: lanes.waiting() + parking.size,
        running,
        ...(lastInboundAt !== undefined && { lastInboundAt }),
        ...(lastOutboundAt !== undefined && { lastOutboundAt }),
        ...(lastError !== undefined && { lastError }),
      };
    },
    async stop(graceMs) {
      stopping = true;
      waitingRoom.close();
      parking.close();
      lanes.clear();
      for (const { abort } of open.values()) abort.abort("stop" satisfies AbortCause);
      const graceOver = Promise.withResolvers<void>();
      const cancelGrace = system.after(graceMs, graceOver.resolve);
      await Promise.race([Promise.all(works), graceOver.promise]);
      cancelGrace();
      outlet.sweep(ends.writeLate());
    },
  };
}
