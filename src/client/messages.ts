import { clientLimits as limits } from "../core/limits.ts";
import { encodeSend } from "./encode.ts";
import { ChatError } from "./error.ts";
import type { Heard } from "./frames.ts";
import type { Act, Draft, Effect, Outgoing, Pending } from "./model.ts";

/** Where a message of the application is on its way, from `send` to its one end. */

type Frame<Type extends Heard["type"]> = Extract<Heard, { type: Type }>;

// oxlint-disable-next-line no-control-regex
const BAD_ID = /[\u0000-\u001f\u007f]/;

export function emit(draft: Draft, ...effects: readonly Effect[]): void {
  draft.effects.push(...effects);
}

export function write(draft: Draft, frame: Act): void {
  emit(draft, { do: "write", text: JSON.stringify(frame) });
}

/** A message is said. It fails at once where no answer could be told apart or kept. */
export function addMessage(draft: Draft, message: Outgoing): void {
  const { model } = draft;
  const { messageId } = message;
  const refuse = (code: string, text: string): void => emit(draft, { do: "fail", messageId, error: new ChatError(code, text, messageId) });
  if (model.state.kind === "closed") return refuse("closed", `The chat is closed: ${model.state.text}`);
  if (messageId === "" || messageId.length > 128 || BAD_ID.test(messageId)) return refuse("bad_option", "messageId has to be 1 to 128 characters, none of them a control character.");
  if (model.pending.size >= limits.waiting) return refuse("queue_full", `${limits.waiting} messages have no answer yet: wait for one of them.`);
  put(draft, { ...message, isTaken: false, isAborted: false, said: "", heard: { on: 0, text: "" } });
  flush(draft);
}

/** Sends what is not on its way on this connection: once more with its id what was on an earlier one (WS-14). */
export function flush(draft: Draft): void {
  if (draft.model.phase !== "open") return;
  for (const pending of draft.model.pending.values()) {
    const { generation, held, window } = draft.model;
    if (pending.sentOn === generation) continue;
    if (isForgotten(draft, pending)) fail(draft, pending, "unknown_outcome", "The connection was away for too long, or came back as somebody else: whether the agent has answered is not known.");
    // What the server has is only asked for; it answers or ignores it.
    else if (pending.isTaken || (held === "nothing" && underWay(draft).length < window)) send(draft, pending);
  }
}

function send(draft: Draft, pending: Pending): void {
  const { generation, welcome } = draft.model;
  const encoded = encodeSend(pending, welcome?.extensions ?? []);
  if (!encoded.ok) return fail(draft, pending, "unsupported", `This server does not offer the extension ${encoded.lacks}, which an attachment needs.`);
  emit(draft, { do: "write", text: encoded.text });
  const sentAs = pending.sentAs ?? welcome?.senderId;
  put(draft, { ...pending, sentOn: generation, knownAt: pending.knownAt ?? draft.moment.now, ...(sentAs !== undefined && { sentAs }) });
}

/** A repeat would run once more: the server remembers for five minutes, and each sender for itself. */
function isForgotten({ model, moment }: Draft, { knownAt, sentAs }: Pending): boolean {
  if (knownAt === undefined) return false;
  const isOther = sentAs !== undefined && model.welcome !== undefined && sentAs !== model.welcome.senderId;
  return isOther || moment.now > knownAt + limits.repeatMs;
}

function underWay({ model }: Draft): Pending[] {
  return [...model.pending.values()].filter(({ sentOn, isTaken }) => sentOn === model.generation && !isTaken);
}

/** The server has the message: there is room for one more on the way. */
function take(draft: Draft, messageId: string | undefined): void {
  // Without `chat.hello` a typing names no message; it is the answer to the oldest.
  const pending = messageId === undefined ? underWay(draft)[0] : draft.model.pending.get(messageId);
  if (!pending || pending.isTaken) return;
  put(draft, { ...pending, isTaken: true });
  draft.model = { ...draft.model, window: Math.min(draft.model.window + 1, limits.window) };
  flush(draft);
}

export function hearTyping(draft: Draft, frame: Frame<"chat.typing">): void {
  emit(draft, { do: "tell", name: "typing", event: frame });
  take(draft, frame.messageId);
}

export function hearStream(draft: Draft, frame: Frame<"chat.stream">): void {
  const pending = draft.model.pending.get(frame.messageId);
  if (!pending) {
    if (!draft.model.ended.includes(frame.messageId)) emit(draft, { do: "tell", name: "stream", event: frame });
    return;
  }
  const { generation, phase } = draft.model;
  const before = pending.heard.on === generation ? pending.heard.text : "";
  const whole = wholeText(before, frame);
  // Before the welcome frames have no `seq`: whether they add or replace shows when one has, or the answer comes.
  const isUnclear = phase === "greeting" && frame.seq === undefined && !whole.startsWith(before);
  const heard = { on: generation, text: isUnclear ? before + whole : whole };
  const said = isUnclear ? pending.said : whole;
  put(draft, { ...pending, said, heard });
  emit(draft, { do: "grow", messageId: frame.messageId, text: said });
  take(draft, frame.messageId);
}

/** WS-15, WS-16: with `streamMode: delta` the content is the new part, of a text that begins anew with each connection. */
function wholeText(before: string, { content, delta, seq = 0 }: Frame<"chat.stream">): string {
  return delta === content && seq > 0 ? before + delta : content;
}

export function hearResponse(draft: Draft, frame: Frame<"chat.response">): void {
  const { messageId, content: text, mediaUrls = [], replyToMessageId: replyTo, groupId: group, threadId: thread } = frame;
  const pending = draft.model.pending.get(messageId);
  if (!pending && draft.model.ended.includes(messageId)) return;
  const answer = { messageId, text, media: mediaUrls, replyTo };
  end(draft, messageId);
  if (pending) emit(draft, { do: "answer", answer });
  else emit(draft, { do: "tell", name: "message", event: { ...answer, from: "agent", group, thread } });
  makeRoom(draft);
}

export function hearPost(draft: Draft, { messageId, groupId: group, senderId: from, senderName: fromName, content: text, threadId: thread }: Frame<"chat.message">): void {
  emit(draft, { do: "tell", name: "message", event: { messageId, from, fromName, text, media: [], group, thread } });
}

/** An error with the id of a message. */
export function hearFailure(draft: Draft, messageId: string, { error, code }: Frame<"chat.error">): void {
  const pending = draft.model.pending.get(messageId);
  if (!pending) {
    if (!draft.model.ended.includes(messageId)) emit(draft, { do: "tell", name: "failure", event: { messageId, code: code ?? "agent_error", text: error } });
    return;
  }
  // The server has not taken it, so it may come again with the same id.
  if (code === "rate_limited" || code === "queue_full" || code === "shutting_down") return pending.isAborted ? cancelHere(draft, pending) : putBack(draft, pending, code === "rate_limited" ? "rate" : "room", error);
  fail(draft, pending, code ?? "agent_error", error);
  makeRoom(draft);
}

function putBack(draft: Draft, pending: Pending, held: "rate" | "room", error: string): void {
  const { sentOn: _on, knownAt: _at, sentAs: _as, ...rest } = pending;
  put(draft, { ...rest, isTaken: false });
  const seconds = /\bin (\d+) s\b/.exec(error)?.[1];
  const ms = seconds === undefined ? limits.holdMs : Math.min(Number(seconds) * 1000, limits.longestHoldMs);
  draft.model = { ...draft.model, held, window: 1 };
  emit(draft, { do: "arm", timer: "hold", ms });
}

/** One message less waits in its conversation; the rate of its sender is what it was. */
function makeRoom(draft: Draft): void {
  if (draft.model.held === "rate") return;
  if (draft.model.held === "room") emit(draft, { do: "disarm", timer: "hold" });
  release(draft);
}

export function release(draft: Draft): void {
  draft.model = { ...draft.model, held: "nothing" };
  flush(draft);
}

/** WS-29 where the server has it; without a connection it ends here, and the server is told later. */
export function abort(draft: Draft, messageId: string): void {
  const { pending: all, phase, generation, welcome } = draft.model;
  const pending = all.get(messageId);
  if (!pending || pending.isAborted) return;
  const isThere = phase === "open" && pending.sentOn === generation;
  if (!isThere || !welcome?.extensions.includes("cancel")) return cancelHere(draft, pending);
  put(draft, { ...pending, isAborted: true });
  write(draft, { type: "chat.cancel", messageId });
}

function cancelHere(draft: Draft, pending: Pending): void {
  const { messageId, knownAt } = pending;
  fail(draft, pending, "cancelled", "Cancelled");
  if (knownAt !== undefined) draft.model = { ...draft.model, acts: [...draft.model.acts, { type: "chat.cancel", messageId }] };
  flush(draft);
}

/** The connection is gone, and with it what was asked of it. */
export function loseMessages(draft: Draft, isTooLarge: boolean): void {
  const { generation, heardAt, pending: all } = draft.model;
  const sent = underWay(draft);
  for (const pending of all.values()) {
    if (pending.isAborted) cancelHere(draft, pending);
    else if (pending.sentOn === generation) put(draft, { ...pending, knownAt: Math.max(pending.knownAt ?? 0, heardAt) });
  }
  // The server does not say which; on the next connection the same would happen again.
  const largest = sent.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
  if (isTooLarge && largest) fail(draft, largest, "too_large", "The message is larger than the server takes.");
}

function sizeOf(pending: Pending): number {
  const encoded = encodeSend(pending, ["media"]);
  return encoded.ok ? encoded.text.length : 0;
}

export function failAll(draft: Draft, text: string): void {
  for (const pending of draft.model.pending.values()) fail(draft, pending, "closed", text);
}

/** What is not sent yet is changed here; of the rest the server is told. */
export function change(draft: Draft, act: Act): "done" | "tell" {
  const pending = "messageId" in act ? draft.model.pending.get(act.messageId) : undefined;
  if (!pending) return "tell";
  if (act.type === "chat.edit") put(draft, { ...pending, text: act.content });
  if (pending.knownAt !== undefined) return "tell";
  if (act.type === "chat.delete") fail(draft, pending, "cancelled", "Cancelled");
  return "done";
}

function fail(draft: Draft, { messageId }: Pending, code: string, text: string): void {
  // An answer of which nobody knew is news when it comes after all.
  end(draft, messageId, code !== "unknown_outcome");
  emit(draft, { do: "fail", messageId, error: new ChatError(code, text, messageId) });
}

function end(draft: Draft, messageId: string, isTold = true): void {
  const pending = new Map(draft.model.pending);
  pending.delete(messageId);
  const ended = isTold ? [...draft.model.ended, messageId].slice(-limits.endedIds) : draft.model.ended;
  draft.model = { ...draft.model, pending, ended };
}

function put(draft: Draft, pending: Pending): void {
  draft.model = { ...draft.model, pending: new Map(draft.model.pending).set(pending.messageId, pending) };
}
