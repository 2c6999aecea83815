import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import type { Inbound, Refusal } from "../protocols/inbound.ts";
import type { Showing, Terminal, TurnBounds } from "../protocols/turn.ts";
import type { Entry, EntryKey, Journal, Known } from "../store/journal.ts";
import type { Access, Agent } from "./agent.ts";
import { createLanes } from "./lanes.ts";
import { createRateLimiter } from "./rate.ts";
import { type AbortCause, runTurn } from "./turns.ts";

/** Joins peers and agent: every message of an account goes through here, once. */
export interface Switchboard<Origin> {
  /** A message came. Settles when it is on disk or refused; never rejects. */
  admit(inbound: Inbound<Origin>, asker: Asker): Promise<void>;
  /** Ends the turns of the messages that are meant. */
  cancel(isMeant: (inbound: Inbound<Origin>) => boolean): void;
  /** Whether this message has no terminal yet, or one that is being handed over. */
  isOpen(inbound: Inbound<Origin>): boolean;
  /** Runs what a crash cut, and forgets what is old. Call `sweep` now and then. */
  resume(): void;
  sweep(): void;
  activity(): Activity;
  /** Takes no more messages, aborts the running ones and settles when they have ended or `graceMs` have passed. */
  stop(graceMs: number): Promise<void>;
}

export interface Activity {
  running: number;
  waiting: number;
  lastInboundAt?: number;
  lastOutboundAt?: number;
  lastError?: string;
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
  /** What may be missed: typing and partial text. */
  show(inbound: Inbound<Origin>, says: Showing): void;
  /** The end of a turn. It stays in the journal until it was handed over. */
  conclude(inbound: Inbound<Origin>, terminal: Terminal): Promise<void>;
  /** Answers are in the journal now that could not be written when they were concluded. */
  written?(): void;
  /** When something was last handed over, in ms since the epoch. */
  lastAt(): number | undefined;
}

export interface SwitchboardDeps<Origin> {
  /** Read at every use: they may change while the account runs. */
  limits(): SwitchboardLimits;
  /** What tells a repeat from a new message. */
  identify(inbound: Inbound<Origin>): EntryKey;
  turn: TurnBounds;
  /** ms for which a message that comes again is a repeat, and an answer waits for its sender. */
  repeatMs: number;
  /** Whether what comes while the account stops is kept for the next start: a peer without acknowledgements will not send it again. */
  keepsWhileStopping?: boolean;
  outlet: Outlet<Origin>;
  agent: Agent;
  journal: Journal;
  system: System;
  log: Log;
  changed(): void;
}

export interface SwitchboardLimits {
  messagesPerMinute: number;
  messageBurst: number;
  queuedPerSession: number;
  /** Ended messages that are kept to tell repeats; unlimited within `repeatMs` when absent. */
  repeatsKept?: number;
  /** Turns at once, over all conversations; unlimited when absent. */
  maxConcurrent?: number;
  turnMs: number;
}

/** An admitted message without a terminal: it waits in its lane or runs. */
interface Open<Origin> {
  inbound: Inbound<Origin>;
  lane: string;
  abort: AbortController;
  phase: "waiting" | "running" | "cancelled";
}

/** The way of a message: `admit` → `run` → `answer` → `finish`. */
export function createSwitchboard<Origin>(deps: SwitchboardDeps<Origin>): Switchboard<Origin> {
  const { identify, outlet, agent, journal, system, log, changed } = deps;
  const bounds = deps.limits;
  const lanes = createLanes(() => ({ waiting: bounds().queuedPerSession, waitingTotal: limits.queuedTotal, running: bounds().maxConcurrent ?? Infinity }));
  const rate = createRateLimiter(() => ({ perMinute: bounds().messagesPerMinute, burst: bounds().messageBurst }));
  const open = new Map<string, Open<Origin>>();
  const works = new Set<Promise<void>>();
  const unwritten = new Map<string, { inbound: Inbound<Origin>; terminal: Terminal }>();
  let stopping = false;
  let lastInboundAt: number | undefined;
  let lastError: string | undefined;

  const openKey = (inbound: Inbound<Origin>): string => JSON.stringify(identify(inbound));

  /** Access, repeats, rate and room in the lane (WS-7); then the journal; only then does the sender hear of it (WS-13). */
  async function admit(arrived: Inbound<Origin>, asker: Asker): Promise<void> {
    const { messageId, sender } = arrived;
    lastInboundAt = arrived.receivedAt;
    changed();
    if (stopping && !deps.keepsWhileStopping) return asker.refused({ code: "shutting_down", error: "Failed to process message: the gateway is restarting" });
    const access = await askAccess(arrived);
    if (!access.admitted) return "pairing" in access ? asker.pairing(access.pairing) : asker.refused(access);
    await asker.welcomed?.();

    const known = journal.find(identify(arrived));
    if (known) return asker.repeated(known);
    const wait = rate.take(sender.id, system.now());
    if (wait > 0) return asker.refused({ code: "rate_limited", error: `Too many messages. Try again in ${Math.ceil(wait / 1000)} s` });
    const isControl = agent.isControlCommand(arrived.content);
    if (!isControl && !lanes.hasRoom(access.lane)) {
      return asker.refused({ code: "queue_full", error: "Too many messages are waiting in this conversation" });
    }

    const inbound = recallQuote(access.lane, arrived);
    journal.admit({ ...identify(inbound), lane: access.lane, inbound: JSON.stringify(inbound), at: inbound.receivedAt });
    remember(access.lane, messageId, inbound.content);
    asker.admitted();
    const message = track(inbound, access.lane);
    if (isControl) void run(message);
    else lanes.run(access.lane, () => run(message));
  }

  /** A host that does not decide must not keep everybody waiting who writes after this sender. */
  async function askAccess(inbound: Inbound<Origin>): Promise<Access> {
    const late = Promise.withResolvers<Access>();
    const cancel = system.after(limits.accessMs, () => late.resolve({ admitted: false, code: "agent_error", error: "Failed to process message: the agent is not available" }));
    return await Promise.race([agent.access(inbound), late.promise]).finally(cancel);
  }

  /** One turn of a lane; what it said is handed over outside of the lane, for a peer that does not read must not hold it up. */
  async function run(message: Open<Origin>): Promise<void> {
    if (stopping || message.phase !== "waiting") return;
    message.phase = "running";
    const { inbound, abort } = message;
    await pending(async () => {
      changed();
      const terminal = await answer(inbound, abort).catch((thrown: unknown) => {
        noteError("a turn could not be run", thrown);
        return stopping ? undefined : failure("it could not be stored");
      });
      if (terminal) finish(message, terminal);
      else open.delete(openKey(inbound));
    });
  }

  /** The end of a message; undefined when the account stops first and the next start must run it again. */
  async function answer(inbound: Inbound<Origin>, abort: AbortController): Promise<Terminal | undefined> {
    const attempt = journal.start(identify(inbound));
    if (attempt > limits.turnAttempts) return failure("the gateway was restarted too often while it was answered");
    const show = (says: Showing) => outlet.show(inbound, says);
    return await runTurn({ inbound, attempt }, abort, { agent, system, log, turnMs: () => bounds().turnMs, bounds: deps.turn, show });
  }

  function finish({ inbound, lane }: Open<Origin>, terminal: Terminal): void {
    // The sender gets its answer all the same.
    if (!writeEnd(inbound, terminal)) unwritten.set(openKey(inbound), { inbound, terminal });
    // An answer shares its message's id: who quotes it in a direct conversation means the answer (WS-25).
    else if (terminal.type === "response" && inbound.conversation.kind === "direct") remember(lane, inbound.messageId, terminal.content);
    void pending(async () => {
      await outlet.conclude(inbound, terminal).finally(() => open.delete(openKey(inbound)));
      changed();
    });
  }

  function writeEnd(inbound: Inbound<Origin>, terminal: Terminal): boolean {
    try {
      journal.finish(identify(inbound), JSON.stringify(terminal), system.now());
      return true;
    } catch (thrown) {
      noteError("an answer could not be written down", thrown);
      return false;
    }
  }

  /** Answers that a full disk has kept out of the journal, written as soon as it takes them. */
  function writeLate(): void {
    if (unwritten.size === 0) return;
    for (const [key, { inbound, terminal }] of unwritten) if (writeEnd(inbound, terminal)) unwritten.delete(key);
    outlet.written?.();
  }

  /** Work that `stop` waits for. Never rejects. */
  async function pending(work: () => Promise<void>): Promise<void> {
    const done = work().catch((thrown: unknown) => noteError("a turn could not be concluded", thrown));
    works.add(done);
    await done;
    works.delete(done);
  }

  function remember(lane: string, messageId: string, text: string): void {
    if (text.trim() === "") return;
    try {
      journal.remember(lane, messageId, text, system.now());
    } catch (thrown) {
      noteError("what was said could not be kept for quotes", thrown);
    }
  }

  function recallQuote(lane: string, inbound: Inbound<Origin>): Inbound<Origin> {
    const { quote } = inbound;
    if (quote?.messageId === undefined || quote.body !== undefined) return inbound;
    const body = journal.recall(lane, quote.messageId);
    return body === undefined ? inbound : { ...inbound, quote: { ...quote, body } };
  }

  function track(inbound: Inbound<Origin>, lane: string): Open<Origin> {
    const message: Open<Origin> = { inbound, lane, abort: new AbortController(), phase: "waiting" };
    open.set(openKey(inbound), message);
    return message;
  }

  function resumeEntry(entry: Entry): void {
    const inbound = JSON.parse(entry.inbound) as Inbound<Origin>;
    if (system.now() - entry.at > limits.replayMaxAgeMs) {
      journal.finish(entry, JSON.stringify(failure("the gateway was down for too long")), system.now());
      return;
    }
    log.info(`message ${forLog(inbound.messageId)} was cut by a restart and runs again`);
    const message = track(inbound, entry.lane);
    lanes.run(entry.lane, () => run(message));
  }

  function noteError(what: string, thrown: unknown): undefined {
    lastError = describeThrown(thrown);
    log.error(`${what}: ${lastError}`);
  }

  function forget(now: number): void {
    const { repeatsKept } = bounds();
    const dropped = journal.sweep({
      finishedBefore: now - deps.repeatMs,
      saidBefore: now - limits.rememberMs,
      ...(repeatsKept !== undefined && { finishedAtMost: repeatsKept }),
    });
    if (dropped > 0) {
      lastError = `${dropped} answers were dropped: nobody took them within ${deps.repeatMs / 1000} s`;
      log.warn(lastError);
    }
  }

  return {
    async admit(inbound, asker) {
      try {
        await admit(inbound, asker);
      } catch (thrown) {
        noteError("a message could not be admitted", thrown);
        asker.refused({ code: "agent_error", error: "Failed to process message: it could not be stored" });
      }
    },
    cancel(isMeant) {
      for (const message of open.values()) {
        if (!isMeant(message.inbound)) continue;
        message.abort.abort("cancelled" satisfies AbortCause);
        if (message.phase !== "waiting") continue;
        // It need not wait for its turn to hear that it has none.
        message.phase = "cancelled";
        finish(message, { type: "error", code: "cancelled", error: "Cancelled" });
      }
    },
    isOpen: (inbound) => open.has(openKey(inbound)),
    resume() {
      for (const entry of journal.unfinished()) resumeEntry(entry);
    },
    sweep() {
      const now = system.now();
      writeLate();
      try {
        forget(now);
      } catch (thrown) {
        noteError("the journal could not be swept", thrown);
      }
      rate.sweep(now);
    },
    activity() {
      const lastOutboundAt = outlet.lastAt();
      return {
        waiting: lanes.waiting(),
        running: open.values().reduce((sum, { phase }) => sum + (phase === "running" ? 1 : 0), 0),
        ...(lastInboundAt !== undefined && { lastInboundAt }),
        ...(lastOutboundAt !== undefined && { lastOutboundAt }),
        ...(lastError !== undefined && { lastError }),
      };
    },
    async stop(graceMs) {
      stopping = true;
      lanes.clear();
      for (const { abort } of open.values()) abort.abort("stop" satisfies AbortCause);
      const graceOver = Promise.withResolvers<void>();
      const cancelGrace = system.after(graceMs, graceOver.resolve);
      await Promise.race([Promise.all(works), graceOver.promise]);
      cancelGrace();
      writeLate();
    },
  };
}

function failure(detail: string): Terminal {
  return { type: "error", code: "agent_error", error: `Failed to process message: ${detail}` };
}
