import { encodeHubSent, type HubSent } from "../../../generated/clawchat/index.ts";
import { forLog } from "../../core/redact.ts";
import type { DialedRequest } from "../dialed.ts";
import type { Effect, Step } from "../session.ts";
import { type Awaited, nothingAwaited } from "./acks.ts";
import { type Gates, isRejected, openGates } from "./gates.ts";
import { isOwnersChat, type About, type Origin } from "./identity.ts";
import type { Profile } from "./profile.ts";
import { type Held, resumeHeld } from "./provisional.ts";
import { type Recent, noneYet } from "./recent.ts";
import { type Ledger, openLedger } from "./reliable.ts";
import { cutStreams, noStreams, type Streams } from "./streams.ts";
import { resumeTyping, type Typing } from "./typing.ts";

/** One account's connection to its hub, and what is remembered over several of them. */
export interface ConnectionState {
  phase: Phase;
  /** Of this connection, unlike any other's. */
  name: string;
  /** The token it was opened with, once that is known; in no log. */
  accessToken?: string;
  /** Requests that were made of the account on it. */
  asked: number;
  /** How far the plugin has got with what comes. */
  ledger: Ledger;
  /** What has left and is not answered. */
  awaited: Awaited;
  streams: Streams;
  typing: Typing;
  gates: Gates;
  held: Held;
  known: Known;
  /** Connections in a row that ended because of a frame that is missing or came twice. */
  stumbles: number;
  /** The time that was named last for a tick, in ms since the epoch. */
  wakeAt?: number;
}

export type Phase =
  /** Waits for the hub's challenge. */
  | { is: "challenge" }
  /** Has answered it. */
  | { is: "hello"; traceId: string }
  /** Is admitted and gets what it has missed. `heardAt`: ms since the epoch. */
  | { is: "replay"; heardAt: number }
  /** `isReplayed`: the hub has said that this was all. */
  | { is: "live"; isReplayed: boolean }
  /** Is given up: whatever still comes is not looked at. What is said all the same is the link's to refuse, if it was ever admitted. */
  | { is: "lost"; wasReady: boolean };

/** What tells new from known, the newest of each. */
export interface Known {
  /** Messages that came from their authors, by chat and id. */
  finals: Recent<true>;
  /** Signals, by `event_id`. */
  signals: Recent<true>;
  /** Messages whose author was told that they are here. */
  receipted: Recent<true>;
  /** Permission results, by `request_id`. */
  permissions: Recent<true>;
  /** The newest notice of each chat. */
  versions: Recent<number>;
}

export type Request = DialedRequest<Origin>;
export type HubEffect = Effect<Request>;
export type HubStep = Step<ConnectionState, Request>;

/** A connection that was just opened; what does not belong to a connection is taken over from the one before. */
export function beginConnection(name: string, now: number, before?: ConnectionState): ConnectionState {
  return {
    phase: { is: "challenge" },
    name,
    asked: 0,
    ledger: openLedger("none", "", now),
    awaited: nothingAwaited,
    streams: before ? cutStreams(before.streams) : noStreams,
    typing: before ? resumeTyping(before.typing) : new Map(),
    gates: before?.gates ?? openGates(),
    held: before ? resumeHeld(before.held) : new Map(),
    known: before?.known ?? { finals: noneYet(), receipted: noneYet(), signals: noneYet(), permissions: noneYet(), versions: noneYet() },
    stumbles: before?.stumbles ?? 0,
  };
}

export function isReady({ phase }: Pick<ConnectionState, "phase">): boolean {
  return phase.is === "replay" || phase.is === "live";
}

/** Nothing is written before the hub has admitted the plugin (CC-4, CC-22). */
export function mayWrite({ phase }: Pick<ConnectionState, "phase">): boolean {
  return phase.is === "lost" ? phase.wasReady : isReady({ phase });
}

/** Why nothing may be written to a chat; undefined where it may. */
export function barrier({ gates }: ConnectionState, chatId: string, isOwners: boolean, now: number, { strictChatIds }: Profile): string | undefined {
  if (chatId === "" || (strictChatIds && !chatId.startsWith("cnv_"))) return "the chat has no id that the hub would take (cnv_…)";
  return !isOwners && isRejected(gates, chatId, now) ? "the hub has refused this chat lately" : undefined;
}

export function barrierOf(state: ConnectionState, about: Pick<About, "origin" | "sender">, now: number, profile: Profile): string | undefined {
  return barrier(state, about.origin.chatId, isOwnersChat(about, profile.login()), now, profile);
}

export function isOpenChat(state: ConnectionState, chatId: string, now: number, profile: Profile): boolean {
  return barrier(state, chatId, chatId === profile.login().homeConversationId, now, profile) === undefined;
}

/** Asks something of the account; `ref` where it was named before. */
export function ask(state: ConnectionState, request: Extract<Request, { ref?: string }>, ref?: string): { state: ConnectionState; effect: HubEffect; ref: string } {
  const named = ref ?? refOf(state);
  const next = ref === undefined ? { ...state, asked: state.asked + 1 } : state;
  return { state: next, effect: { do: "deliver", inbound: { ...request, ref: named } }, ref: named };
}

export function refOf({ name, asked }: ConnectionState): string {
  return `${name}/${asked}`;
}

export function send(frame: HubSent): HubEffect {
  return { do: "send", text: encodeHubSent(frame) };
}

/** Somebody else's words for a log: they may hold what the hub was sent (CC-90). */
export function shown({ accessToken = "" }: Pick<ConnectionState, "accessToken">, words: string): string {
  return forLog(accessToken === "" ? words : words.replaceAll(accessToken, "…"));
}

export function note(level: "debug" | "info" | "warn", code: string, data: Readonly<Record<string, unknown>> = {}): HubEffect {
  return { do: "note", level, code, data };
}
