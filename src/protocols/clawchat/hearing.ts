import { type HubReceived, limits, type MessageError, type MessageReplyReceived, type MessageSendReceived } from "../../../generated/clawchat/index.ts";
import { limits as ours } from "../../core/limits.ts";
import { heardReaction } from "./acts.ts";
import { answered, findAwaited, type Uplink } from "./acks.ts";
import { isJson, type Read } from "./codec.ts";
import { ask, type ConnectionState, type HubEffect, type HubStep, isOpenChat, note, refOf, shown } from "./connection.ts";
import { streamOfTrace } from "./frames.ts";
import { heardMessageOf, heardOf, rejectChat } from "./gates.ts";
import { type About, keyOf } from "./identity.ts";
import type { Profile } from "./profile.ts";
import { type Copy, holdCopy, releaseAll, supersede } from "./provisional.ts";
import { permissionTurn, sortMessage } from "./reading.ts";
import { recall, remember } from "./recent.ts";
import { hold, readNumber, settle } from "./reliable.ts";
import { hearInvalidation, hearSignal } from "./signals.ts";
import { close, conclude, keyOfStream } from "./streams.ts";

export interface Hearing {
  /** A frame of a connection that is admitted. */
  hear(state: ConnectionState, text: string, read: Read, now: number): HubStep;
  /** The replay is over, or seems to be. */
  endReplay(state: ConnectionState, isReplayed: boolean): HubStep;
  /** These copies stayed alone. */
  promote(state: ConnectionState, copies: readonly Copy[]): HubStep;
}

/** The number under which a frame is acknowledged, as it came. */
type Numbered = unknown;

export function createHearing(profile: Profile, mint: (now: number) => string): Hearing {
  function hear(before: ConnectionState, text: string, read: Read, now: number): HubStep {
    const numbered = readNumber(before.ledger, read.dseq, read.seq);
    if (!numbered.ok) return stumble(before, read.dseq, numbered.expected);
    const state: ConnectionState = {
      ...before,
      ledger: numbered.ledger,
      ...(before.phase.is === "replay" && { phase: { is: "replay", heardAt: now } as const }),
      // What comes from a chat proves that it is there (CC-40).
      ...(read.chatId !== undefined && eventOf(read) !== "message.error" && { gates: heardOf(before.gates, read.chatId) }),
    };
    const number: Numbered = before.ledger.by === "dseq" ? read.dseq : read.seq;
    switch (read.is) {
      case "frame":
        return handle(state, read.frame, number, now);
      case "broken":
        return mend(state, read, text, number, now);
      case "other":
        return { state, effects: [note("debug", "unknown-event", { event: shown(state, read.event) })] };
      case "noise":
        return { state, effects: [note("warn", "not-a-json-object", { length: text.length })] };
    }
  }

  /** A frame is missing or came twice: only a new connection knows where to go on (CC-47, CC-52). */
  function stumble(state: ConnectionState, dseq: unknown, expected: number): HubStep {
    const stumbles = state.stumbles + 1;
    const isStuck = stumbles >= limits.noiseRepeats;
    return {
      state: { ...state, phase: { is: "lost", wasReady: true }, stumbles },
      effects: [note("warn", isStuck ? "delivery-stuck" : "delivery-gap", { expected, got: typeof dseq === "number" ? dseq : typeof dseq, times: stumbles }), { do: "close", code: 1000, reason: "a frame is missing or came twice", isLongest: isStuck }],
    };
  }

  function handle(state: ConnectionState, frame: HubReceived, number: Numbered, now: number): HubStep {
    switch (frame.event) {
      case "message.send":
      case "message.reply":
        return hearMessage({ ...state, gates: heardMessageOf(state.gates, frame.chat_id) }, frame, number, now);
      case "message.ack":
        return hearAck(state, frame.trace_id, frame.payload.message_id);
      case "message.error":
        return hearError(state, frame, now);
      case "message.failed":
        return { state: isOthers(frame) ? state : abort(state, frame.payload.message_id), effects: [] };
      case "notify.signal":
        return hearSignal(state, frame.payload);
      case "chat.metadata.invalidated":
        return hearInvalidation(state, frame);
      case "replay.done":
        return state.phase.is === "live" && state.phase.isReplayed ? { state, effects: [] } : endReplay({ ...state, stumbles: 0 }, true);
      case "history.truncated":
        return { state, effects: [note("warn", "history-incomplete", { oldest: frame.payload.oldest_seq })] };
      case "connect.challenge":
      case "hello-ok":
      case "hello-fail":
      case "permission.request":
      case "permission.resolved":
      case "history.transit":
      case "offline.batch":
      case "offline.done":
        return { state, effects: [note("debug", "ignored-frame", { event: frame.event })] };
      case "message.reaction": {
        const heard = now - frame.emitted_at > limits.answerAgeMs ? undefined : heardReaction(frame, profile, now);
        return { state, effects: heard ? [{ do: "deliver", inbound: { ask: "act", heard } }] : [] };
      }
      // What others do besides writing and reacting starts nothing (CC-19).
      case "message.created":
      case "message.add":
      case "message.done":
      case "message.read":
      case "message.delivered":
      case "typing.update":
      case "presence.snapshot":
      case "presence.update":
      case "sync.mark":
      case "pong":
        return { state, effects: [] };
    }
  }

  /** Of what is malformed some still counts (CC-17), and messages are put away for whoever looks into it (CC-51). */
  function mend(state: ConnectionState, read: Extract<Read, { is: "broken" }>, text: string, number: Numbered, now: number): HubStep {
    const { event, field, detail } = read;
    const noted = note("warn", "invalid-frame", { event, field: shown(state, field) });
    if (event === "message.error") {
      const payload = isJson(read.payload) ? read.payload : {};
      const messageId = typeof payload["message_id"] === "string" ? payload["message_id"] : undefined;
      const isOfStream = read.traceId !== undefined && streamOfTrace(read.traceId) !== undefined;
      const uplink = isOfStream ? undefined : findAwaited(state.awaited, read.traceId, messageId);
      const step = uplink ? refuse(state, uplink, "the hub refused it, and did not say why") : { state, effects: [] };
      return { ...step, effects: [noted, ...step.effects] };
    }
    if (event === "replay.done") {
      const step = handle(state, { version: "2", event, emitted_at: now }, number, now);
      return { ...step, effects: [noted, ...step.effects] };
    }
    if (event === "history.truncated") return { state, effects: [noted, note("warn", "history-incomplete")] };
    const isMessage = event === "message.send" || event === "message.reply";
    const isCounted = state.ledger.by !== "none" && number !== undefined;
    if (!isMessage && (!isCounted || event === "sync.mark")) return { state, effects: [noted] };
    const asked = askFor(state, { ask: "quarantine", text, why: shown(state, detail) }, number);
    return { state: asked.state, effects: [noted, asked.effect] };
  }

  function hearMessage(state: ConnectionState, frame: MessageSendReceived | MessageReplyReceived, number: Numbered, now: number): HubStep {
    const sorted = sortMessage(frame, () => mint(now), now, profile);
    switch (sorted.is) {
      case "ignored":
        return { state, effects: sorted.why === "own" ? [] : [note("debug", "unanswered", { why: sorted.why, messageId: shown(state, frame.payload.message_id) })] };
      case "permission": {
        const { request_id: requestId } = sorted.result;
        if (recall(state.known.permissions, requestId)) return { state, effects: [] };
        const inbound = permissionTurn(sorted.result, frame, mint(now), now, profile);
        // What was decided long ago is nobody's business any more (CC-56).
        if (isTooOld(state, inbound, now)) return { state, effects: [note("debug", "old-permission", { requestId: shown(state, requestId) })] };
        const asked = askFor(state, { ask: "turn", inbound }, number);
        return { state: asked.state, effects: [asked.effect] };
      }
      case "message":
        return sorted.inbound.origin.isProvisional ? hearCopy(state, sorted.inbound, number, now) : hearFinal(state, sorted.inbound, number, now);
    }
  }

  function hearFinal(before: ConnectionState, inbound: About, number: Numbered, now: number): HubStep {
    const key = keyOf(inbound);
    const { held, copy } = supersede(before.held, key);
    const finals = remember(before.known.finals, key, true, ours.finalIds);
    const state: ConnectionState = { ...before, held, known: { ...before.known, finals } };
    const kept = copy ? [ask(state, { ask: "keep", inbound: copy.inbound }, copy.ref || undefined)] : [];
    const asked = askFor(kept[0]?.state ?? state, { ask: isTooOld(state, inbound, now) ? "keep" : "turn", inbound }, number);
    return { state: asked.state, effects: [...kept.map(({ effect }) => effect), asked.effect] };
  }

  /** The hub's own copy of a stream: it counts only where its author's does not come (CC-54). */
  function hearCopy(state: ConnectionState, inbound: About, number: Numbered, now: number): HubStep {
    if (recall(state.known.finals, keyOf(inbound))) return { state, effects: [note("debug", "late-copy", { messageId: shown(state, inbound.messageId) })] };
    if (isTooOld(state, inbound, now)) {
      const asked = askFor(state, { ask: "keep", inbound }, number);
      return { state: asked.state, effects: [asked.effect] };
    }
    const ref = refOf(state);
    const { held, copies, replaced } = holdCopy(state.held, inbound, ref, state.phase.is === "replay" ? undefined : now + limits.provisionalMs);
    const ledger = hold(replaced ? settle(state.ledger, replaced.ref) : state.ledger, ref, number);
    return promote({ ...state, asked: state.asked + 1, held, ledger }, copies);
  }

  /** A new device gets all there ever was: what is old is not answered (CC-56). */
  function isTooOld({ phase }: ConnectionState, { origin }: About, now: number): boolean {
    const isReplayed = phase.is === "live" && phase.isReplayed;
    return !isReplayed && now - origin.emittedAt > limits.answerAgeMs;
  }

  function promote(state: ConnectionState, copies: readonly Copy[]): HubStep {
    let next = state;
    const effects: HubEffect[] = [];
    for (const { inbound, ref } of copies) {
      const asked = ask(next, { ask: "turn", inbound }, ref || undefined);
      next = asked.state;
      effects.push(asked.effect);
    }
    return { state: next, effects };
  }

  function endReplay(state: ConnectionState, isReplayed: boolean): HubStep {
    const { held, copies } = releaseAll(state.held);
    return promote({ ...state, phase: { is: "live", isReplayed }, held }, copies);
  }

  /** A message is there (CC-26). */
  function hearAck(state: ConnectionState, traceId: string | undefined, messageId: string): HubStep {
    const uplink = findAwaited(state.awaited, traceId, messageId);
    if (!uplink) return { state, effects: [] };
    if (uplink.messageId !== messageId) return refuse(state, uplink, `the hub acknowledged another message (${shown(state, messageId)})`);
    return { state: { ...state, awaited: answered(state.awaited, uplink) }, effects: [{ do: "settle", receipt: uplink.traceId, how: { is: "arrived" } }] };
  }

  /** Whatever the code is, the frame it answers is not wanted, now or later (CC-27). */
  function hearError(before: ConnectionState, { trace_id: traceId, chat_id: chatId, payload }: MessageError, now: number): HubStep {
    const { code, reason, message_id: messageId } = payload;
    const isGated = GATING.has(code) && chatId?.startsWith("cnv_") === true;
    const state = isGated ? { ...before, gates: rejectChat(before.gates, chatId, now) } : before;
    const why = typeof reason === "string" && reason !== "" ? `${shown(state, code)}: ${shown(state, reason)}` : shown(state, code);
    // A frame of a stream has the id of the reply behind it, and says nothing of that one (CC-27).
    const streamId = traceId === undefined ? undefined : streamOfTrace(traceId);
    const uplink = streamId === undefined ? findAwaited(state.awaited, traceId || undefined, messageId || undefined) : undefined;
    const step = uplink ? refuse(state, uplink, why) : { state, effects: [note("warn", OURS.has(code) ? "wrong-frame" : "refused", { why })] };
    const key = keyOfStream(step.state.streams, streamId ?? messageId);
    const stream = key === undefined ? undefined : step.state.streams.open.get(key);
    if (key === undefined || !stream) return step;
    // The end lets go of what the hub has gathered, where it would still take it (CC-69).
    const isOpen = isOpenChat(step.state, stream.chatId, now, profile);
    const ended = isOpen ? conclude(step.state.streams, key, undefined, now) : { streams: close(step.state.streams, key), texts: [] };
    return { state: { ...step.state, streams: ended.streams }, effects: [...step.effects, ...ended.texts.map((text) => ({ do: "send", text }) as const)] };
  }

  /** Somebody else's stream may have an id of ours (CC-19). */
  function isOthers({ sender }: { sender?: { id?: string } | undefined }): boolean {
    return sender?.id !== undefined && sender.id !== "system" && sender.id !== profile.login().userId;
  }

  /** The hub has ended a stream of ours. */
  function abort(state: ConnectionState, id: string): ConnectionState {
    const key = keyOfStream(state.streams, id);
    return key === undefined ? state : { ...state, streams: close(state.streams, key) };
  }

  function askFor(state: ConnectionState, request: Parameters<typeof ask>[1], number: Numbered): ReturnType<typeof ask> {
    const asked = ask(state, request);
    return { ...asked, state: { ...asked.state, ledger: hold(asked.state.ledger, asked.ref, number) } };
  }

  return { hear, endReplay, promote };
}

const GATING: ReadonlySet<string> = new Set(["chat_not_found", "not_member"]);
/** Codes that say that the plugin is at fault. */
const OURS: ReadonlySet<string> = new Set(["capability_missing", "unsupported_version", "message_id_too_long"]);

function refuse(state: ConnectionState, uplink: Uplink, why: string): HubStep {
  return {
    state: { ...state, awaited: answered(state.awaited, uplink) },
    effects: [note("warn", "message-refused", { messageId: uplink.messageId, why }), { do: "settle", receipt: uplink.traceId, how: { is: "refused", why } }],
  };
}

function eventOf(read: Read): string {
  return read.is === "frame" ? read.frame.event : read.is === "noise" ? "" : read.event;
}
