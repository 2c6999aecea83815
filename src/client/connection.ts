import { backOffCutMs } from "../link/backoff.ts";
import { clientLimits as limits } from "../core/limits.ts";
import { judgeEnd, type Verdict } from "./ends.ts";
import type { Heard } from "./frames.ts";
import { emit, failAll, flush, loseMessages, write } from "./messages.ts";
import type { Act, Draft, State, Timer, Why } from "./model.ts";
import { faultOfToken } from "./token.ts";

/** One connection after the other: how each begins, proves itself and ends. */

/** The extension each frame belongs to. */
const extensionOf: Readonly<Record<Act["type"], string>> = {
  "chat.auth": "auth",
  "chat.cancel": "cancel",
  "chat.delete": "edit",
  "chat.edit": "edit",
  "chat.join": "groups",
  "chat.leave": "groups",
  "chat.react": "reactions",
};

export function enter(draft: Draft, state: State): void {
  draft.model = { ...draft.model, state };
  emit(draft, { do: "tell", name: "state", event: state });
}

export function dial(draft: Draft, why: Why, text: string): void {
  const { model, setting } = draft;
  const generation = model.generation + 1;
  const { welcome: _welcome, ...rest } = model;
  draft.model = { ...rest, generation, isProven: false, complaint: "", isProbed: false, held: "nothing", window: limits.firstWindow, phase: setting.token === "none" ? "dialing" : "token" };
  enter(draft, { kind: "connecting", why, text });
  if (setting.token === "none") return open(draft, undefined);
  emit(draft, { do: "ask-token", generation }, { do: "arm", timer: "open", ms: limits.tokenMs });
}

export function haveToken(draft: Draft, token: unknown): void {
  if (draft.model.phase !== "token") return;
  const fault = faultOfToken(token);
  if (fault !== undefined) return closeForGood(draft, "token_refused", fault);
  draft.model = { ...draft.model, phase: "dialing" };
  open(draft, token as string);
}

function open(draft: Draft, token: string | undefined): void {
  emit(draft, { do: "dial", generation: draft.model.generation, token }, { do: "arm", timer: "open", ms: limits.openMs });
}

export function greet(draft: Draft): void {
  draft.model = { ...draft.model, phase: "greeting" };
  emit(draft, { do: "disarm", timer: "open" }, { do: "write", text: JSON.stringify({ type: "chat.hello", extensions: draft.setting.extensions }) }, { do: "arm", timer: "greet", ms: limits.greetMs });
}

export function hearWelcome(draft: Draft, { senderId, extensions }: Extract<Heard, { type: "chat.welcome" }>): void {
  const isFirst = !draft.model.welcome;
  draft.model = { ...draft.model, welcome: { senderId, extensions } };
  // Late, too: what needed an extension meanwhile is said now.
  if (isFirst) becomeReady(draft);
  else enter(draft, openState(draft));
}

/** WS-28: a server without `chat.hello` answers it with an error. One that is about to close for good sends an error, too. */
export function hearComplaint(draft: Draft, { error, code }: Extract<Heard, { type: "chat.error" }>): void {
  // The answer to a question for a sign of life, from a server without a directory.
  if (code === "unsupported" && error.startsWith("chat.directory")) return;
  draft.model = { ...draft.model, complaint: error };
  if (draft.model.phase === "greeting") emit(draft, { do: "arm", timer: "greet", ms: limits.complaintMs });
  else emit(draft, { do: "tell", name: "fault", event: { code: code ?? "error", text: error } });
}

export function becomeReady(draft: Draft): void {
  const { groups, acts } = draft.model;
  draft.model = { ...draft.model, phase: "open", readyAt: draft.moment.now, complaint: "", acts: [] };
  emit(draft, { do: "disarm", timer: "greet" });
  enter(draft, openState(draft));
  listen(draft);
  for (const groupId of groups) perform(draft, { type: "chat.join", groupId });
  for (const act of acts) perform(draft, act);
  flush(draft);
}

function openState({ model: { welcome } }: Draft): State {
  return { kind: "open", extensions: [], ...welcome };
}

/** Says something that this server may not know. */
export function perform(draft: Draft, act: Act): void {
  const extension = extensionOf[act.type];
  if (draft.model.welcome?.extensions.includes(extension)) return write(draft, act);
  // Whoever takes something back has nothing more to hear of it.
  if (act.type !== "chat.cancel") emit(draft, { do: "tell", name: "fault", event: { code: "unsupported", text: `This server does not offer the extension ${extension}, which ${act.type} needs.` } });
}

/** Bytes have come: the server lives. */
export function listen(draft: Draft): void {
  const { phase, welcome } = draft.model;
  draft.model = { ...draft.model, heardAt: draft.moment.now, isProbed: false };
  if (phase === "open" && welcome) emit(draft, { do: "arm", timer: "silent", ms: limits.silentMs });
}

/** A page cannot send a WebSocket ping. What needs an extension that is off is always answered; what is not rejected sets back the count of what is (WS-10). */
export function probe(draft: Draft): void {
  const { phase, welcome, isProbed } = draft.model;
  if (phase !== "open" || !welcome || isProbed) return;
  draft.model = { ...draft.model, isProbed: true };
  if (welcome.extensions.includes("cancel")) write(draft, { type: "chat.cancel", messageId: "no-message" });
  emit(draft, { do: "write", text: JSON.stringify({ type: "chat.directory", requestId: "alive", kind: "groups", limit: 1 }) }, { do: "arm", timer: "silent", ms: limits.probeMs });
}

/** Only a server that has let us in says anything but an error. */
export function prove(draft: Draft): void {
  if (!draft.model.isProven) draft.model = { ...draft.model, isProven: true, losses: 0, wasRefused: false };
}

export function lose(draft: Draft, code: number, reason: string): void {
  settle(draft, judgeEnd(code, reason, draft.model, draft.setting));
}

/** The connection is given up by us. */
export function giveUp(draft: Draft, why: Why, text: string): void {
  emit(draft, { do: "hang-up", code: 4000 });
  settle(draft, { then: "wait", why, text, floorMs: 0 });
}

export function settle(draft: Draft, verdict: Verdict): void {
  if (verdict.then === "close") return closeForGood(draft, verdict.why, verdict.text);
  const { phase, readyAt } = draft.model;
  const hasLasted = phase === "open" && draft.moment.now - readyAt >= limits.provenMs;
  if (hasLasted) prove(draft);
  drop(draft);
  draft.model = { ...draft.model, phase: "waiting" };
  loseMessages(draft, verdict.why === "too_large");
  if (verdict.then === "dial") {
    draft.model = { ...draft.model, wasRefused: true };
    // Not where each token ends as soon as it is let in.
    if (hasLasted || phase !== "open") return dial(draft, verdict.why, verdict.text);
  }
  const { losses } = draft.model;
  const { baseMs, maxMs } = draft.setting.backoff;
  const ms = backOffCutMs(losses, { baseMs, maxMs, jitterMs: 0, jitterRatio: 1, jitter: "inside" }, draft.moment.random, verdict.then === "wait" ? verdict.floorMs : 0);
  draft.model = { ...draft.model, losses: losses + 1 };
  enter(draft, { kind: "waiting", why: verdict.why, text: verdict.text, until: draft.moment.now + ms });
  emit(draft, { do: "arm", timer: "dial", ms });
}

export function closeForGood(draft: Draft, why: Why, text: string): void {
  drop(draft);
  draft.model = { ...draft.model, phase: "closed" };
  enter(draft, { kind: "closed", why, text });
  failAll(draft, text);
}

const timers: readonly Timer[] = ["dial", "open", "greet", "silent", "hold"];

/** Nothing of this connection goes on. */
function drop(draft: Draft): void {
  for (const timer of timers) emit(draft, { do: "disarm", timer });
}
