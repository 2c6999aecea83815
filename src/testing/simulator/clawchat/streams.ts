import type { Reply } from "../record.ts";
import { type Fields, fieldsOf, numberIn, readable, textIn } from "./frames.ts";

/** A message while it is being written. */
export interface Stream {
  readonly messageId: string;
  readonly chatId: string;
  /** `SimulatorLink.number`: a stream stays on its link. */
  readonly link: number;
  readonly mode: string;
  /** Of the last add; -1 before the first. */
  sequence: number;
  /** The text of each fragment so far. */
  texts: string[];
  fragments: readonly unknown[];
  /** `aborted`: its link has gone. */
  ended: "done" | "failed" | "aborted" | undefined;
  readonly reply: Reply;
}

export function beginStream(facts: Pick<Stream, "messageId" | "chatId" | "link" | "mode" | "reply">): Stream {
  return { ...facts, sequence: -1, texts: [], fragments: [], ended: undefined };
}

/** Adds one event to its stream and tells what is wrong with it. */
export function advanceStream(stream: Stream, event: string, payload: Fields, link: number): string[] {
  const { messageId } = stream;
  if (stream.ended) return [`${event} came after the stream ${messageId} was ${stream.ended}`];
  const faults = link === stream.link ? [] : [`${event} goes on with the stream ${messageId}, which began on another link`];
  return event === "message.add" ? [...faults, ...add(stream, payload)] : [...faults, ...terminate(stream, event, payload)];
}

function add(stream: Stream, payload: Fields): string[] {
  const { messageId } = stream;
  const faults: string[] = [];
  const sequence = numberIn(payload, "sequence");
  if (sequence !== stream.sequence + 1) faults.push(`message.add of ${messageId} has ${sequence ?? "nothing"} as sequence, expected ${stream.sequence + 1}`);
  const inner = numberIn(fieldsOf(payload["streaming"]), "sequence");
  if (inner !== sequence) faults.push(`message.add of ${messageId} has ${inner ?? "nothing"} as streaming.sequence, expected ${sequence ?? "nothing"}`);
  const fragments = listIn(payload);
  const texts = fragments.map((fragment) => textIn(fragment, "text"));
  for (const [index, fragment] of fragments.entries()) {
    if (fragment["kind"] !== "text") continue;
    const delta = textIn(fragment, "delta");
    if ((stream.texts[index] ?? "") + delta !== texts[index]) faults.push(`message.add ${sequence ?? ""} of ${messageId}: the text before and delta are not text`);
  }
  Object.assign(stream, { sequence: sequence ?? stream.sequence, texts, fragments });
  tell(stream);
  return faults;
}

function terminate(stream: Stream, event: string, payload: Fields): string[] {
  const { messageId, sequence } = stream;
  const faults: string[] = [];
  const fragments = listIn(payload);
  const texts = fragments.map((fragment) => textIn(fragment, "text"));
  const inner = numberIn(fieldsOf(payload["streaming"]), "sequence");
  if (inner !== Math.max(0, sequence)) faults.push(`${event} of ${messageId} has ${inner ?? "nothing"} as streaming.sequence, expected ${Math.max(0, sequence)}`);
  if (event === "message.done" && sequence >= 0 && texts.join("\0") !== stream.texts.join("\0")) faults.push(`message.done of ${messageId} has another text than the last message.add`);
  stream.fragments = fragments;
  stream.ended = event === "message.done" ? "done" : "failed";
  if (stream.ended === "done") tell(stream);
  return faults;
}

/** What is said while thinking is no answer. */
function tell({ mode, reply, fragments }: Stream): void {
  if (mode === "thinking") reply.thought = readable(fragments);
  else reply.text = readable(fragments);
}

function listIn(payload: Fields): Fields[] {
  const fragments = payload["fragments"];
  return Array.isArray(fragments) ? fragments.map(fieldsOf) : [];
}
