import { limits } from "../../../generated/clawchat/index.ts";
import type { DialedSession } from "../dialed.ts";
import { remind, remindAt } from "./acks.ts";
import { readFrame } from "./codec.ts";
import { barrier, beginConnection, type ConnectionState, type HubEffect, type HubStep, isReady, type Known, note, type Request, send } from "./connection.ts";
import { progressFrame } from "./frames.ts";
import { greet } from "./handshake.ts";
import { createHearing } from "./hearing.ts";
import type { Origin } from "./identity.ts";
import type { Ports, Profile } from "./profile.ts";
import { releaseAt, releaseDue } from "./provisional.ts";
import { permissionIn } from "./reading.ts";
import { remember } from "./recent.ts";
import { schedule, settle, tell, tellAt } from "./reliable.ts";
import { createVoice } from "./speech.ts";
import { typingAt } from "./typing.ts";

/** The session of one account. */
export function createSession(profile: Profile, ports: Ports): DialedSession<ConnectionState, Origin> {
  const hearing = createHearing(profile, ports.mint);
  const voice = createVoice(profile, ports);

  return {
    // Nothing is said before the hub has asked who dials (CC-4).
    open: (now, before) => ({ state: beginConnection(ports.newId(), now, before), effects: [] }),

    frame(state, text, now) {
      if (state.phase.is === "lost") return { state, effects: [] };
      const read = readFrame(text);
      if (isReady(state)) return finish(hearing.hear(state, text, read, now), now, isReplayEnd(read) ? "all" : "due");
      const step = greet(state, read, now, profile, ports.newId);
      if (!isReady(step.state)) return step;
      // Ready is said last: what waits for it is written at once, and may end what is shown here (CC-10).
      const shown = finish(then(step, (next) => voice.type(next, now)), now);
      return { ...shown, effects: [...shown.effects, { do: "ready" }] };
    },

    admitted: (state) => ({ state, effects: [] }),

    settled(state, request, now) {
      const ref = "ref" in request ? (request.ref ?? "") : "";
      // What an older connection brought does not count on this one.
      if (!ref.startsWith(`${state.name}/`)) return { state, effects: [] };
      const step: HubStep = { state: { ...state, ledger: settle(state.ledger, ref), known: knownWith(state.known, request) }, effects: [] };
      return finish(isReceived(request) && profile.deliveryReceipts ? then(step, (next) => voice.receipt(next, request.inbound, now)) : step, now);
    },

    // Nothing else goes with what is said: the shell tells by its frames whether anything was.
    command: (state, command, now) => finish(voice.obey(state, command, now), now, command.say === "goodbye" ? "all" : "nothing"),

    tick(state, now) {
      const { wakeAt: _come, ...rest } = state;
      if (!isReady(rest)) return { state: rest, effects: [] };
      let step: HubStep = { state: rest, effects: [] };
      for (const due of [quietReplay, aloneCopies, (next: ConnectionState) => voice.type(next, now), unanswered]) step = then(step, (next) => due(next, now));
      return finish(step, now);
    },
  };

  /** A hub that has stopped replaying without a word has nothing more (CC-55). */
  function quietReplay(state: ConnectionState, now: number): HubStep {
    const isQuiet = state.phase.is === "replay" && state.phase.heardAt + limits.replaySilenceMs <= now;
    return isQuiet ? hearing.endReplay(state, false) : { state, effects: [] };
  }

  function aloneCopies(state: ConnectionState, now: number): HubStep {
    const { held, copies } = releaseDue(state.held, now);
    return hearing.promote({ ...state, held }, copies);
  }

  /** What the hub has not acknowledged in time (CC-28). */
  function unanswered(state: ConnectionState, now: number): HubStep {
    const { awaited, again, overdue } = remind(state.awaited, now, profile.ackMs, ({ chatId, isOwners }) => barrier(state, chatId, isOwners, now, profile) === undefined);
    return {
      state: { ...state, awaited },
      effects: [
        ...again.flatMap(({ text }): HubEffect[] => (text === undefined ? [] : [{ do: "send", text }])),
        ...overdue.flatMap(({ messageId, traceId }): HubEffect[] => [
          note("warn", "unacknowledged", { messageId, afterMs: profile.ackMs }),
          { do: "overdue", receipt: traceId },
        ]),
      ],
    };
  }

  /** Tells the hub how far the plugin has got, and the shell when to come back. */
  function finish({ state: before, effects }: HubStep, now: number, tells: "due" | "all" | "nothing" = "due"): HubStep {
    if (!isReady(before)) return { state: before, effects };
    if (before.ledger.open.size > limits.readPauseFrames) return giveUp(before, effects);
    const scheduled = schedule(before.ledger, now);
    const told = tells === "nothing" ? { ledger: scheduled } : tell(scheduled, now, tells === "all");
    const { wakeAt: _named, ...state }: ConnectionState = { ...before, ledger: told.ledger };
    const progress = !("number" in told) || told.number === undefined ? [] : [send(progressFrame(told.number, state.ledger.by === "dseq" ? state.ledger.epoch : undefined, `trace-${ports.newId()}`, now))];
    const wakeAt = dueAt(state, now);
    // A tick that comes too early names the next one itself.
    const isSooner = wakeAt < (before.wakeAt ?? Infinity);
    const named = isSooner ? wakeAt : before.wakeAt;
    return {
      state: { ...state, ...(named !== undefined && { wakeAt: named }) },
      effects: progress.length === 0 ? effects : [...effects, ...progress],
      ...(isSooner && { wakeAt }),
    };
  }

  function dueAt(state: ConnectionState, now: number): number {
    const replayEnds = state.phase.is === "replay" ? state.phase.heardAt + limits.replaySilenceMs : Infinity;
    return Math.min(replayEnds, tellAt(state.ledger), remindAt(state.awaited), releaseAt(state.held), typingAt(state.typing, now, profile.typingMaxMs));
  }
}

/** Nothing can be stored: the hub sends it all again, to a process that can (CC-50). */
function giveUp(state: ConnectionState, effects: readonly HubEffect[]): HubStep {
  return {
    state: { ...state, phase: { is: "lost", wasReady: true } },
    effects: [...effects, note("warn", "nothing-stored", { frames: state.ledger.open.size }), { do: "close", code: 1000, reason: "nothing can be stored" }],
  };
}

function then({ state, effects }: HubStep, next: (state: ConnectionState) => HubStep): HubStep {
  const step = next(state);
  return { state: step.state, effects: effects.length === 0 ? step.effects : [...effects, ...step.effects] };
}

function isReceived(request: Request): request is Extract<Request, { ask: "turn" | "keep" }> {
  return request.ask === "turn" || request.ask === "keep";
}

/** A result of a permission counts once it is on disk: until then the hub has to bring it again (CC-48, CC-62). */
function knownWith(known: Known, request: Request): Known {
  const requestId = request.ask === "turn" ? permissionIn(request.inbound) : undefined;
  return requestId === undefined ? known : { ...known, permissions: remember(known.permissions, requestId, true, limits.dedupeRequests) };
}

function isReplayEnd(read: ReturnType<typeof readFrame>): boolean {
  return read.is === "frame" ? read.frame.event === "replay.done" : read.is === "broken" && read.event === "replay.done";
}
