import { describeThrown } from "../../core/errors.ts";
import { every } from "../../core/every.ts";
import { limits } from "../../core/limits.ts";
import { createNotes } from "../../core/notes.ts";
import type { Log, System } from "../../core/ports.ts";
import type { Arrival, Frame, Link, LinkHandler } from "../../link/link.ts";
import type { DialedCommand, DialedRequest, DialedSession } from "../../protocols/dialed.ts";
import type { Effect, Step } from "../../protocols/session.ts";

/** The peer at the other end of a link: its session's state, and the shell that carries out what the session asks for. */
export interface Correspondent<Origin> extends LinkHandler {
  /** Finished replies may leave. */
  readonly ready: boolean;
  /** Says something that may be missed. */
  say(command: DialedCommand<Origin>): void;
  /** Says something that must arrive. */
  sayFinally(command: DialedCommand<Origin>): Promise<Arrival>;
  /** What was asked for is on disk. */
  admitted(request: DialedRequest<Origin>): void;
  /** Forgets its timer. */
  stop(): void;
}

export interface CorrespondentDeps<State, Origin> {
  link(): Link;
  /** Asked at each event, for its numbers may change while the account runs. */
  session(): DialedSession<State, Origin>;
  system: System;
  log: Log;
  /** The peer asks something of the account; settles when it is on disk or refused. */
  asked(request: DialedRequest<Origin>): Promise<void>;
  /** The link has become ready. */
  readied(): void;
  changed(): void;
}

export function createCorrespondent<State, Origin>(deps: CorrespondentDeps<State, Origin>): Correspondent<Origin> {
  const { link, session, system, log, asked, readied, changed } = deps;
  let state: State | undefined;
  let isOpen = false;
  let cancelTick = () => {};
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

  /** Carries out everything but the sending; settles when what was asked for is admitted or refused. */
  function perform(effects: readonly Effect<DialedRequest<Origin>>[], send: (frame: Frame) => void = (frame) => link().send(frame)): Promise<void> | undefined {
    const askings: Promise<void>[] = [];
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          send({ text: effect.text, ...(effect.key !== undefined && { key: effect.key }) });
          break;
        case "deliver":
          askings.push(asked(effect.inbound));
          break;
        case "close":
          link().close(effect.code, effect.reason);
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

  function note({ level, code, data = {} }: Extract<Effect<unknown>, { do: "note" }>): void {
    if (level === "debug") log.debug(`${code} ${JSON.stringify(data)}`);
    else notes.note(code, JSON.stringify(data), level);
  }

  return {
    get ready() {
      return isOpen && link().ready;
    },
    opened() {
      isOpen = true;
      void perform(take(session().open(system.now(), state)));
      if (link().ready) readied();
    },
    frame(text) {
      return state === undefined ? undefined : perform(take(session().frame(state, text, system.now())));
    },
    closed() {
      isOpen = false;
      cancelTick();
    },
    changed,
    say(command) {
      if (state !== undefined && isOpen) void perform(take(session().command(state, command, system.now())));
    },
    async sayFinally(command) {
      if (state === undefined || !isOpen || !link().ready) return "unsent";
      const frames: Frame[] = [];
      void perform(take(session().command(state, command, system.now())), (frame) => frames.push(frame));
      return frames.length === 0 ? "arrived" : await link().sendFinal(frames);
    },
    admitted(request) {
      if (state !== undefined && isOpen) void perform(take(session().admitted(state, request, system.now())));
    },
    stop() {
      isOpen = false;
      cancelTick();
      cancelFlush();
    },
  };
}

async function all(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises);
}
