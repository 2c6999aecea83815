import { clip } from "../core/redact.ts";

/**
 * One inbound message and its reply, as a pure machine: what the agent says goes in, what the sender is shown comes
 * out. It belongs to no connection, so a socket that closes does not disturb it (WS-20).
 */
export interface TurnState {
  mode: StreamingMode;
  /** Messages of the agent that are over, as they were last shown. */
  earlier: readonly string[];
  /** The agent's current message so far. */
  current: string;
  /** What the agent thinks, so far. */
  thought: string;
  /** Finished pieces: what the answer is made of. */
  payloads: readonly Said[];
  /** What the peer was shown of the text and of the thoughts. */
  text: Shown;
  thoughts: Shown;
  ended: boolean;
}

/** What is shown of an answer before it is complete: nothing, the text as it grows, its finished blocks, or only what the agent works at. */
export type StreamingMode = "off" | "partial" | "block" | "progress";

/** What was shown of a growing text: the newest form of it, when it was looked at, and the bytes of all forms together. */
interface Shown {
  newest: string;
  /** It has grown since: only then it is put together and looked at, and only when it may be shown. */
  isBehind: boolean;
  at?: number;
  spent: number;
}

export type TurnEvent =
  /** How this turn is shown; `partial` where nothing says so. */
  | { on: "mode"; mode: StreamingMode }
  | { on: "started" }
  | { on: "partial"; text: string }
  /** The whole of the agent's thoughts so far. */
  | { on: "thought"; text: string }
  | { on: "next-message" }
  | { on: "payload"; payload: Said }
  /** The agent began to use a tool, or has. */
  | { on: "activity"; activity: Activity }
  /** The time named by `wakeAt` has come. */
  | { on: "tick" }
  | { on: "ended"; how: TurnEnd };

/** A tool in use. What it was given and what it found is not for the peer: it may hold secrets. */
export interface Activity {
  /** The same for all that is said of one use of a tool. Like its name it has something in it, and no control characters. */
  id: string;
  tool: string;
  status: "started" | "completed" | "failed";
}

/** A finished piece of the answer. */
export interface Said {
  text?: string;
  /** What stands between this piece and the one before it; a blank line where absent. */
  glue?: string;
  mediaUrls?: readonly string[];
  attachments?: readonly Attachment[];
  replyToMessageId?: string;
  isError?: boolean;
}

/** A file that lies where the peer can fetch it. */
export interface Attachment {
  kind: "image" | "video" | "audio" | "file";
  url: string;
  name?: string;
  mimeType?: string;
  /** Bytes. */
  size?: number;
}

export type TurnEnd =
  | { ended: "completed" }
  | { ended: "failed"; error: string }
  | { ended: "cancelled" }
  | { ended: "timeout" };

/** The end of a message, before any wire's words for it. Kept by the journal as JSON. */
export type Terminal =
  | { type: "response"; content: string; thought?: string; mediaUrls?: readonly string[]; attachments?: readonly Attachment[]; replyToMessageId?: string }
  | { type: "error"; code: FailureCode; error: string };

export type FailureCode = "agent_error" | "cancelled" | "timeout";

export interface TurnStep {
  state: TurnState;
  says: readonly TurnSays[];
  /** Call back with `tick` at this time (ms since the epoch). */
  wakeAt?: number;
}

export type TurnSays =
  | { say: "typing" }
  /** Everything said so far. */
  | { say: "stream"; content: string }
  /** Everything thought so far. */
  | { say: "thought"; content: string }
  | { say: "activity"; activity: Activity }
  | { say: "terminal"; terminal: Terminal };

/** What of a turn may be missed. */
export type Showing = Exclude<TurnSays, { say: "terminal" }>;

export interface TurnBounds {
  /** Shortest time between two looks at a growing text (WS-17); the first is immediate, the newest text wins. */
  streamEveryMs: number;
  /**
   * Bounds what a wire costs whose every frame repeats the whole text: all forms of one text together have, as JSON, at
   * most `times` the bytes of the newest and `freeBytes` more. Absent where the wire sends what is new.
   */
  repetition?: { times: number; freeBytes: number; /** Bytes of what stands beside the text each time it is shown. */ frameBytes?: number };
  answerCodePoints: number;
  errorCodePoints: number;
}

export function beginTurn(): TurnState {
  const nothing: Shown = { newest: "", isBehind: false, spent: 0 };
  return { mode: "partial", earlier: [], current: "", thought: "", payloads: [], text: nothing, thoughts: nothing, ended: false };
}

export function stepTurn(state: TurnState, event: TurnEvent, now: number, bounds: TurnBounds): TurnStep {
  if (state.ended) return { state, says: [] };
  switch (event.on) {
    case "mode":
      return { state: { ...state, mode: event.mode }, says: [] };
    case "activity":
      return { state, says: state.mode === "off" ? [] : [{ say: "activity", activity: event.activity }] };
    case "started":
      return { state, says: [{ say: "typing" }] };
    case "partial":
      return show({ ...state, current: event.text, text: behind(state.text) }, now, bounds);
    case "thought":
      return show({ ...state, thought: event.text, thoughts: behind(state.thoughts) }, now, bounds);
    case "next-message":
      return { state: { ...state, earlier: [...state.earlier, state.current], current: "" }, says: [] };
    case "payload": {
      const next = { ...state, payloads: [...state.payloads, event.payload] };
      return state.mode === "block" ? show({ ...next, text: behind(state.text) }, now, bounds) : { state: next, says: [] };
    }
    case "tick":
      return show(state, now, bounds);
    case "ended":
      return { state: { ...state, ended: true }, says: [{ say: "terminal", terminal: conclude(state, event.how, bounds) }] };
  }
}

/** Shows the newest thoughts and text, or says when they may be shown (WS-15, WS-17). */
function show(state: TurnState, now: number, bounds: TurnBounds): TurnStep {
  const thought = look(state.thoughts, () => (state.mode === "off" ? "" : state.thought), now, bounds);
  const text = look(state.text, () => showable(state), now, bounds);
  const wakeAt = Math.min(thought.wakeAt ?? Infinity, text.wakeAt ?? Infinity);
  return {
    state: { ...state, thoughts: thought.shown, text: text.shown },
    says: [
      ...(thought.isNew ? [{ say: "thought", content: thought.shown.newest } as const] : []),
      ...(text.isNew ? [{ say: "stream", content: text.shown.newest } as const] : []),
    ],
    ...(wakeAt !== Infinity && { wakeAt }),
  };
}

function showable(state: TurnState): string {
  switch (state.mode) {
    case "partial":
      return joinTexts([...state.earlier, state.current]);
    case "block":
      return joinPieces(state.payloads.filter((payload) => payload.isError !== true));
    case "off":
    case "progress":
      return "";
  }
}

function behind(shown: Shown): Shown {
  return shown.isBehind ? shown : { ...shown, isBehind: true };
}

/** Whether this form of a text is shown now, later, or left out for one that is longer. */
function look(before: Shown, form: () => string, now: number, bounds: TurnBounds): { shown: Shown; isNew: boolean; wakeAt?: number } {
  if (!before.isBehind) return { shown: before, isNew: false };
  const { streamEveryMs, repetition } = bounds;
  const at = before.at === undefined || before.at > now ? now : before.at + streamEveryMs;
  if (at > now) return { shown: before, isNew: false, wakeAt: at };
  const shown = { ...before, isBehind: false };
  const content = clip(form(), bounds.answerCodePoints);
  if (content.trim() === "" || content === shown.newest) return { shown, isNew: false };
  // Bytes, not characters: a text that begins in a costlier script than it ends in would outgrow any bound on its length.
  const bytes = repetition ? Buffer.byteLength(JSON.stringify(content)) : 0;
  const spent = shown.spent + bytes + (repetition?.frameBytes ?? 0);
  if (repetition && spent > repetition.times * bytes + repetition.freeBytes) return { shown: { ...shown, at: now }, isNew: false };
  return { shown: { newest: content, isBehind: false, at: now, spent }, isNew: true };
}

function conclude(state: TurnState, how: TurnEnd, bounds: TurnBounds): Terminal {
  const failure = (code: FailureCode, detail: string): Terminal => ({
    type: "error",
    code,
    error: clip(`Failed to process message: ${detail}`, bounds.errorCodePoints),
  });
  switch (how.ended) {
    case "completed":
      return answer(state, bounds) ?? failure("agent_error", errorText(state) || "the agent said nothing that stands");
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
  // A command such as /stop ends a turn without a payload: what was said until then is the answer.
  const cut = said.length === 0 ? partialAnswer(state, bounds) : undefined;
  if (cut || (said.length === 0 && state.text.newest !== "")) return cut;
  const mediaUrls = said.flatMap((payload) => payload.mediaUrls ?? []);
  const attachments = said.flatMap((payload) => payload.attachments ?? []);
  const replyTo = said.find((payload) => payload.replyToMessageId !== undefined)?.replyToMessageId;
  return {
    type: "response",
    content: clip(joinPieces(said), bounds.answerCodePoints),
    ...thoughtOf(state, bounds),
    ...(mediaUrls.length > 0 && { mediaUrls }),
    ...(attachments.length > 0 && { attachments }),
    ...(replyTo !== undefined && { replyToMessageId: replyTo }),
  };
}

/** What was said before the turn was cut; undefined when nothing was. */
function partialAnswer(state: TurnState, bounds: TurnBounds): Terminal | undefined {
  const content = clip(joinTexts([...state.earlier, state.current]), bounds.answerCodePoints);
  return content === "" ? undefined : { type: "response", content, ...thoughtOf(state, bounds) };
}

function thoughtOf({ thought }: TurnState, bounds: TurnBounds): { thought?: string } {
  return thought.trim() === "" ? {} : { thought: clip(thought, bounds.answerCodePoints) };
}

function errorText(state: TurnState): string {
  return joinTexts(state.payloads.filter((payload) => payload.isError === true).map((payload) => payload.text ?? ""));
}

/** Pieces that the host cut out of one message stand as they stood in it. */
function joinPieces(pieces: readonly Said[]): string {
  return pieces.reduce((joined, { text = "", glue = "\n\n" }) => (text.trim() === "" ? joined : joined === "" ? text : joined + glue + text), "");
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== "").join("\n\n");
}
