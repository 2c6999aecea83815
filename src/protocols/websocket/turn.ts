import type { ErrorCode } from "../../../generated/websocket/index.ts";
import { clip } from "../../core/redact.ts";

/**
 * One inbound message and its reply, as a pure machine: what the agent says goes in, what the sender is shown comes
 * out. It belongs to no connection, so a socket that closes does not disturb it (WS-20).
 */
export interface TurnState {
  /** Messages of the agent that are over, as they were last shown. */
  earlier: readonly string[];
  /** The agent's current message so far. */
  current: string;
  /** Finished pieces: what the answer is made of. */
  payloads: readonly Said[];
  /** The text the sender was shown last, and when. */
  shown: string;
  shownAt?: number;
  ended: boolean;
}

export type TurnEvent =
  | { on: "started" }
  | { on: "partial"; text: string }
  | { on: "next-message" }
  | { on: "payload"; payload: Said }
  /** The time named by `wakeAt` has come. */
  | { on: "tick" }
  | { on: "ended"; how: TurnEnd };

/** A finished piece of the answer. */
export interface Said {
  text?: string;
  mediaUrls?: readonly string[];
  replyToMessageId?: string;
  isError?: boolean;
}

export type TurnEnd =
  | { ended: "completed" }
  | { ended: "failed"; error: string }
  | { ended: "cancelled" }
  | { ended: "timeout" };

/** The one frame that ends a message (WS-13), before a connection's extensions are looked at. Kept by the journal as JSON. */
export type Terminal =
  | { type: "response"; content: string; mediaUrls?: readonly string[]; replyToMessageId?: string }
  | { type: "error"; code: ErrorCode; error: string };

export interface TurnStep {
  state: TurnState;
  says: readonly TurnSays[];
  /** Call back with `tick` at this time (ms since the epoch). */
  wakeAt?: number;
}

export type TurnSays = { say: "typing" } | { say: "stream"; content: string } | { say: "terminal"; terminal: Terminal };

export interface TurnBounds {
  /** Shortest time between two `chat.stream` frames (WS-17). */
  streamEveryMs: number;
  answerCodePoints: number;
  errorCodePoints: number;
}

export function beginTurn(): TurnState {
  return { earlier: [], current: "", payloads: [], shown: "", ended: false };
}

export function stepTurn(state: TurnState, event: TurnEvent, now: number, bounds: TurnBounds): TurnStep {
  if (state.ended) return { state, says: [] };
  switch (event.on) {
    case "started":
      return { state, says: [{ say: "typing" }] };
    case "partial":
      return show({ ...state, current: event.text }, now, bounds);
    case "next-message":
      return { state: { ...state, earlier: [...state.earlier, ...spoken(state.current)], current: "" }, says: [] };
    case "payload":
      return { state: { ...state, payloads: [...state.payloads, event.payload] }, says: [] };
    case "tick":
      return show(state, now, bounds);
    case "ended":
      return { state: { ...state, ended: true }, says: [{ say: "terminal", terminal: conclude(state, event.how, bounds) }] };
  }
}

/** Shows the newest text, or says when it may be shown (WS-15, WS-17). */
function show(state: TurnState, now: number, bounds: TurnBounds): TurnStep {
  const content = clip(joinTexts([...state.earlier, state.current]), bounds.answerCodePoints);
  if (content.trim() === "" || content === state.shown) return { state, says: [] };
  const at = state.shownAt === undefined ? now : state.shownAt + bounds.streamEveryMs;
  if (at > now) return { state, says: [], wakeAt: at };
  return { state: { ...state, shown: content, shownAt: now }, says: [{ say: "stream", content }] };
}

function conclude(state: TurnState, how: TurnEnd, bounds: TurnBounds): Terminal {
  const failure = (code: ErrorCode, detail: string): Terminal => ({
    type: "error",
    code,
    error: clip(`Failed to process message: ${detail}`, bounds.errorCodePoints),
  });
  switch (how.ended) {
    case "completed":
      return answer(state, bounds) ?? failure("agent_error", errorText(state));
    case "failed":
      return failure("agent_error", errorText(state) || how.error);
    case "cancelled":
      return partialAnswer(state, bounds) ?? { type: "error", code: "cancelled", error: "Cancelled" };
    case "timeout":
      return failure("timeout", "the agent took too long");
  }
}

/** Everything the agent said in one turn as one answer (WS-18); undefined when all of it was an error. */
function answer(state: TurnState, bounds: TurnBounds): Terminal | undefined {
  const said = state.payloads.filter((payload) => payload.isError !== true);
  if (said.length === 0 && state.payloads.length > 0) return undefined;
  // A command such as /stop ends a turn without a payload: what was shown is the answer.
  if (said.length === 0 && state.shown !== "") return partialAnswer(state, bounds);
  const mediaUrls = said.flatMap((payload) => payload.mediaUrls ?? []);
  const replyTo = said.find((payload) => payload.replyToMessageId !== undefined)?.replyToMessageId;
  return {
    type: "response",
    content: clip(joinTexts(said.map((payload) => payload.text ?? "")), bounds.answerCodePoints),
    ...(mediaUrls.length > 0 && { mediaUrls }),
    ...(replyTo !== undefined && { replyToMessageId: replyTo }),
  };
}

/** What was said before the turn was cut; undefined when nothing was. */
function partialAnswer(state: TurnState, bounds: TurnBounds): Terminal | undefined {
  const content = clip(joinTexts([...state.earlier, state.current]), bounds.answerCodePoints);
  return content === "" ? undefined : { type: "response", content };
}

function errorText(state: TurnState): string {
  return joinTexts(state.payloads.filter((payload) => payload.isError === true).map((payload) => payload.text ?? ""));
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== "").join("\n\n");
}

function spoken(text: string): string[] {
  return text.trim() === "" ? [] : [text];
}
