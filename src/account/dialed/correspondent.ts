import { describeThrown } from "../../core/errors.ts";
import { every } from "../../core/every.ts";
import { limits } from "../../core/limits.ts";
import { createNotes } from "../../core/notes.ts";
import type { Log, System } from "../../core/ports.ts";
import { jsonForLog } from "../../core/redact.ts";
import type { Arrival, Frame, Link, LinkHandler } from "../../link/link.ts";
import type { ActName } from "../../protocols/acts.ts";
import type { DialedCommand, DialedRequest, DialedSession } from "../../protocols/dialed.ts";
import type { Effect, Step } from "../../protocols/session.ts";

/** The peer at the other end of a link: its session's state, and the shell that carries out what the session asks for. */
export interface Correspondent<Origin> extends LinkHandler {
  /** Finished replies may leave. */
  readonly ready: boolean;
  /** What the peer can be told of messages that were said before, as it said last. */
  readonly carried: readonly ActName[];
  /** Says something that may be missed. */
  say(command: DialedCommand<Origin>): void;
  /** Says something that must arrive: proven by the link, or by the peer's own answer where the wire has one. */
  sayFinally(command: DialedCommand<Origin>): Promise<Outcome>;
  /** What was asked for is on disk. */
  admitted(request: DialedRequest<Origin>): void;
  /** What the peer has said of itself on this connection. */
  readonly hello: Readonly<Record<string, unknown>> | undefined;
  /** Forgets its timer. */
  stop(): void;
}

/** `silent`: the time the peer has for its answer is over. `refused`: the peer has it and does not want it, now or later. */
export type Outcome = Arrival | "silent" | { refused: string };

export interface CorrespondentDeps<State, Origin> {
  link(): Link;
  /** Asked at each event, for its numbers may change while the account runs. */
  session(): DialedSession<State, Origin>;
  carried(state: State): readonly ActName[];
  system: System;
  log: Log;
  /** The peer asks something of the account; settles when it is on disk or refused: false where it has to ask again. */
  asked(request: DialedRequest<Origin>): Promise<boolean>;
  /** The link has become ready. */
  readied(): void;
  changed(): void;
}

export function createCorrespondent<State, Origin>(deps: CorrespondentDeps<State, Origin>): Correspondent<Origin> {
  const { link, session, system, log, asked, readied, changed } = deps;
  let state: State | undefined;
  let isOpen = false;
  let hello: Readonly<Record<string, unknown>> | undefined;
  let cancelTick = () => {};
  /** What has left and is to be answered by the peer. */
  const receipts = new Map<string, (outcome: Outcome) => void>();
  // A server that sends one bad frame after the other must not fill the disk.
  const notes = createNotes(limits.noteEveryMs, system.now, log);
  const cancelFlush = every(system, limits.noteEveryMs, notes.flush);

  function take(step: Step<State, DialedRequest<Origin>>): readonly Effect<DialedRequest<Origin>>[] {
    state = step.state;
    if (step.wakeAt !== undefined) {
      cancelTick();
      cancelTick = system.after(Math.max(0, step.wakeAt - system.now()), tick);
    }
    return step.effects;
  }

  function tick(): void {
    const current = session();
    if (state === undefined || !isOpen || !current.tick) return;
    try {
      void perform(take(current.tick(state, system.now())));
    } catch (thrown) {
      // Nobody stands behind a timer: what it throws would end the process.
      log.error(`a time of the session could not be kept: ${describeThrown(thrown)}`);
    }
  }

  async function ask(request: DialedRequest<Origin>): Promise<void> {
    const isSettled = await asked(request);
    const { settled } = session();
    if (isSettled && settled && state !== undefined && isOpen) void perform(take(settled(state, request, system.now())));
  }

  /** Carries out what a session wants; settles when what was asked for is admitted or refused. */
  function perform(effects: readonly Effect<DialedRequest<Origin>>[], send: Send = (frame) => link().send(frame)): Promise<void> | undefined {
    const askings: Promise<void>[] = [];
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          send({ text: effect.text, ...(effect.key !== undefined && { key: effect.key }) }, effect.receipt);
          break;
        case "settle":
          receipts.get(effect.receipt)?.(effect.how.is === "arrived" ? "arrived" : { refused: effect.how.why });
          break;
        case "overdue":
          receipts.get(effect.receipt)?.("silent");
          break;
        case "deliver":
          askings.push(ask(effect.inbound));
          break;
        case "close":
          link().close(effect.code, effect.reason, effect.isLongest);
          break;
        case "ready":
          link().markReady();
          readied();
          break;
        case "recycle":
          link().recycle(effect.reason);
          break;
        case "note":
          note(effect);
      }
    }
    return askings.length > 0 ? all(askings) : undefined;
  }

  /** The same frame written again has the same receipt: what became of the older one stays unknown. */
  function awaitReceipt(receipt: string): Promise<Outcome> {
    receipts.get(receipt)?.("unknown");
    return new Promise((resolve) => {
      receipts.set(receipt, (outcome) => {
        receipts.delete(receipt);
        resolve(outcome);
      });
    });
  }

  function note({ level, code, data = {} }: Extract<Effect<unknown>, { do: "note" }>): void {
    if (code === "hello") hello = data;
    if (level === "debug") log.debug(`${code} ${jsonForLog(data)}`);
    else notes.note(code, jsonForLog(data), level);
  }

  return {
    get ready() {
      return isOpen && link().ready;
    },
    get hello() {
      return isOpen ? hello : undefined;
    },
    get carried() {
      return state === undefined ? [] : deps.carried(state);
    },
    opened() {
      isOpen = true;
      hello = undefined;
      void perform(take(session().open(system.now(), state)));
      if (link().ready) readied();
    },
    frame(text) {
      return state === undefined ? undefined : perform(take(session().frame(state, text, system.now())));
    },
    closed() {
      isOpen = false;
      cancelTick();
      for (const settle of receipts.values()) settle("unknown");
    },
    changed,
    say(command) {
      if (state !== undefined && isOpen) void perform(take(session().command(state, command, system.now())));
    },
    async sayFinally(command) {
      if (state === undefined || !isOpen || !link().ready) return "unsent";
      const frames: Frame[] = [];
      const answers: Promise<Outcome>[] = [];
      const effects = take(session().command(state, command, system.now()));
      void perform(effects, (frame, receipt) => {
        frames.push(frame);
        if (receipt !== undefined) answers.push(awaitReceipt(receipt));
      });
      if (frames.length === 0) return refusalIn(effects) ?? "arrived";
      const arrival = await link().sendFinal(frames);
      // Its frames have not left: no answer will come.
      if (arrival === "unsent") for (const effect of effects) if (effect.do === "send" && effect.receipt !== undefined) receipts.get(effect.receipt)?.("unsent");
      return answers.length === 0 || arrival === "unsent" ? arrival : worst(await Promise.all(answers));
    },
    admitted(request) {
      if (state !== undefined && isOpen) void perform(take(session().admitted(state, request, system.now())));
    },
    stop() {
      isOpen = false;
      cancelTick();
      cancelFlush();
      for (const settle of receipts.values()) settle("unknown");
    },
  };
}

type Send = (frame: Frame, receipt?: string) => void;

/** What the session knows to be in vain it does not send. */
function refusalIn(effects: readonly Effect<unknown>[]): Outcome | undefined {
  for (const effect of effects) if (effect.do === "settle" && effect.how.is === "refused") return { refused: effect.how.why };
  return undefined;
}

/** What is said in several frames has arrived when all of them have. */
function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.find((outcome) => typeof outcome === "object") ?? outcomes.find((outcome) => outcome !== "arrived") ?? "arrived";
}

async function all(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises);
}
