import { readActivity } from "../../../src/channel/activity.ts";
import { isWireId } from "../../../src/channel/identity.ts";
import { limits } from "../../../src/core/limits.ts";
import type { RefusalCode } from "../../../src/protocols/inbound.ts";
import type { Session, Step } from "../../../src/protocols/session.ts";
import { type Activity, beginTurn, stepTurn, type Terminal, type TurnBounds, type TurnEvent, type TurnSays, type TurnState } from "../../../src/protocols/turn.ts";
import { insist } from "../target.ts";

/** What an account may say, as every session can be told it; `of` is left out where the wire has no message to say it of. */
export type Said<Of> =
  | { say: "turn"; of: Of; says: TurnSays; isRepeat: boolean }
  | { say: "refused"; of: Of; code: RefusalCode; error: string }
  | { say: "other"; of: Of; word: string; text: string };

/** A protocol whose session is played. */
export interface Driven<State, Command, Request, Of> {
  session: Session<State, Command, Request>;
  turn: TurnBounds;
  /** It remembers every message whose turn is open: how many that are is the account's to bound. */
  remembersOpen: boolean;
  /** Characters that the id of a message may have. */
  messageIdCharacters: number;
  /** The message in what is delivered, where a turn runs for it. */
  messageOf(request: Request): Of | undefined;
  commandsOf(said: Said<Of>): Command[];
  /** What is wrong with a frame that is sent. */
  faultOf(text: string): string | undefined;
}

const START = 1_790_000_000_000;
/** Steps of one input. */
const STEPS = 300;
/** Frames of one flood. */
const FLOOD = 1_200;
/** Seeds that are floods, which take their time. */
const FLOODS = 3;
/** What a session remembers of each kind at most (`core/limits.ts`): fewer than a flood has frames. */
const REMEMBERED = 1_100;
const ACTIVITY: Activity = { id: "1", tool: "tool", status: "started" };
const REFUSALS: readonly RefusalCode[] = ["agent_error", "forbidden", "media_rejected", "queue_full", "rate_limited", "shutting_down"];

/**
 * Plays a list of steps: `["frame", value]`, or with a text what stands on the wire; `["wait", ms]`; `["admit"]` and
 * `["later"]`, whether what is delivered is on disk at once; `["pick", n]`, which message is meant; `["say", word, text]`;
 * `["turn", word, text]`, what the agent does; `["drop"]`, another connection; `["flood", n, value]`, with `§` as a
 * number. What is no list of steps is one frame.
 */
export function playSession<State, Command, Request, Of extends { messageId: string }>(input: string, driven: Driven<State, Command, Request, Of>): void {
  const { session } = driven;
  let now = START;
  let wakeAt: number | undefined;
  let admitsAtOnce = true;
  let picked = -1;
  let pending: Request[] = [];
  const messages: Of[] = [];
  const turns = new Map<Of, TurnState>();
  let state: State;

  function take(step: Step<State, Request>): void {
    state = step.state;
    wakeAt = step.wakeAt ?? wakeAt;
    for (const effect of step.effects) {
      if (effect.do === "send") {
        const fault = driven.faultOf(effect.text);
        insist(fault === undefined, () => `${fault}: ${effect.text.slice(0, 500)}`);
      } else if (effect.do === "deliver") {
        pending.push(effect.inbound);
      } else if (effect.do === "close") {
        insist(Buffer.byteLength(effect.reason) <= 123, () => "a reason that no close frame can hold");
      }
    }
    if (admitsAtOnce) admit();
  }

  function admit(): void {
    while (pending.length > 0) {
      const [request, ...rest] = pending;
      pending = rest;
      if (request === undefined) break;
      const message = driven.messageOf(request);
      if (message) messages.push(message);
      take(session.admitted(state, request, now));
      if (session.settled) take(session.settled(state, request, now));
    }
  }

  function wait(ms: number): void {
    const until = now + ms;
    for (let ticks = 0; wakeAt !== undefined && wakeAt <= until && session.tick; ticks++) {
      // Heartbeats are further apart than that.
      insist(ticks < 1_000 + ms / 1_000, () => "ticks without end");
      now = Math.max(now, wakeAt);
      wakeAt = undefined;
      take(session.tick(state, now));
    }
    now = until;
  }

  const say = (said: Said<Of>) => {
    for (const command of driven.commandsOf(said)) take(session.command(state, command, now));
  };

  function turn(of: Of, word: string, text: string): void {
    const before = turns.get(of) ?? beginTurn();
    const step = stepTurn(before, eventOf(word, text, driven), now, driven.turn);
    turns.set(of, step.state);
    for (const says of step.says) say({ say: "turn", of, says, isRepeat: word === "again" });
  }

  function play(step: readonly unknown[]): void {
    const [what, first, second] = step;
    const of = messages.at(picked) ?? messages.at(-1);
    switch (what) {
      case "frame":
        return take(session.frame(state, wireText(first), now));
      case "flood": {
        const text = wireText(second);
        for (let index = 0; index < Math.min(FLOOD, countOf(first)); index++) take(session.frame(state, text.replaceAll("§", String(index + 1)), now));
        return;
      }
      case "wait":
        return wait(Math.min(countOf(first), 40 * 86_400_000));
      case "admit":
        admitsAtOnce = true;
        return admit();
      case "later":
        admitsAtOnce = false;
        return;
      case "pick":
        picked = countOf(first);
        return;
      case "drop":
        wakeAt = undefined;
        return take(session.open(now, state));
      case "say":
        if (of && REFUSALS.includes(first as RefusalCode)) say({ say: "refused", of, code: first as RefusalCode, error: textOf(second).slice(0, limits.errorCodePoints) || "refused" });
        else if (of) say({ say: "other", of, word: textOf(first), text: textOf(second) });
        return;
      case "turn":
        if (of) turn(of, textOf(first), textOf(second));
    }
  }

  state = session.open(now).state;
  for (const step of stepsOf(input)) {
    play(step);
    const most = largest(state, 0);
    insist(most <= REMEMBERED + (driven.remembersOpen ? messages.length : 0), () => `${most} entries are kept of something`);
  }
}

function stepsOf(input: string): readonly (readonly unknown[])[] {
  try {
    const steps: unknown = JSON.parse(input);
    if (Array.isArray(steps) && steps.every(Array.isArray)) return (steps as unknown[][]).slice(0, STEPS);
  } catch {
    // It is a frame as it stands.
  }
  return [["frame", input]];
}

function wireText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : wireText(value);
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0;
}

function eventOf(word: string, text: string, wire: { messageIdCharacters: number }): TurnEvent {
  // As the channel hands on what a model has named.
  const activity = (phase: string, status: string): TurnEvent => ({ on: "activity", activity: readActivity({ toolCallId: text, name: text, phase, status }) ?? ACTIVITY });
  switch (word) {
    case "partial":
      return { on: "partial", text };
    case "thought":
      return { on: "thought", text };
    case "payload":
      return { on: "payload", payload: { text } };
    case "error":
      return { on: "payload", payload: { text, isError: true } };
    case "media":
      return { on: "payload", payload: { text, mediaUrls: ["https://media.example/a.png"], attachments: [{ kind: "image", url: "https://media.example/a.png", name: text }], ...(isWireId(text, wire) && { replyToMessageId: text }) } };
    case "next":
      return { on: "next-message" };
    case "block":
    case "off":
    case "progress":
      return { on: "mode", mode: word };
    case "uses":
      return activity("start", "running");
    case "used":
      return activity("end", "completed");
    case "misused":
      return activity("end", "failed");
    case "failed":
      return { on: "ended", how: { ended: "failed", error: text } };
    case "cancelled":
    case "timeout":
      return { on: "ended", how: { ended: word } };
    case "ended":
    case "again":
      return { on: "ended", how: { ended: "completed" } };
    case "tick":
      return { on: "tick" };
    default:
      return { on: "started" };
  }
}

/** The same frame with other ids each time. */
function numbered(text: string): string {
  const quoted = text.replaceAll(/(\\?"(?:message_id|messageId|id|event_id|request_id|response_id|user_id)\\?":\\?")[^"\\]*/g, "$1§").replaceAll(/("chat_id":"cnv_)[^"]*/g, "$1§");
  return quoted.replaceAll(/"dseq":\d+/g, "\"dseq\":§");
}

/** Entries of the largest collection in a state. */
function largest(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null || depth > 6) return 0;
  const members = value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value);
  const own = value instanceof Map || value instanceof Set || Array.isArray(value) ? members.length : 0;
  return members.slice(0, 20).reduce<number>((most, member) => Math.max(most, largest(member, depth + 1)), own);
}

/** The end of an answer to this, for a command that has one. */
export function answerOf(text: string): Terminal {
  return { type: "response", content: text };
}

/** What stands before each conversation: how a peer that knows everything begins. */
export function scriptsOf(frames: readonly string[], conversations: readonly (readonly unknown[])[], greeting: readonly unknown[]): string[] {
  const spoken = [["turn", "started", ""], ["turn", "thought", "hm"], ["turn", "uses", "read"], ["turn", "partial", "An answer"], ["wait", 200], ["turn", "partial", "An answer that grows"], ["wait", 1_000], ["turn", "media", "An answer that grows"], ["turn", "ended", ""]];
  const words = ["typing", "repeated", "pairing", "announce", "react", "unreact", "edit", "delete", "post", "goodbye", "answer", "renewed", ...REFUSALS];
  const before = greeting.map((frame) => ["frame", frame]);
  return [
    ...frames.map((frame) => JSON.stringify([...before, ["frame", frame]])),
    ...conversations.slice(0, 1).flatMap((frames) => frames.slice(-FLOODS).map((frame) => JSON.stringify([...before, ["flood", FLOOD, numbered(wireText(frame))]]))),
    ...frames.filter((_, index) => index % 5 === 0).map((frame) => JSON.stringify([...before, ["frame", frame], ...spoken, ["drop"], ...before, ["frame", frame]])),
    ...conversations.map((conversation) => JSON.stringify(conversation.flatMap((frame) => [["frame", frame], ...spoken]))),
    ...conversations.flatMap((conversation) => words.map((word) => JSON.stringify([...conversation.map((frame) => ["frame", frame]), ["say", word, "Something to say"], ["wait", 60_000]]))),
    ...conversations.map((conversation) => JSON.stringify([["later"], ...conversation.flatMap((frame) => [["frame", frame], ["wait", 900]]), ["admit"], ["pick", 0], ...spoken, ["drop"], ["wait", 60_000]])),
  ];
}

