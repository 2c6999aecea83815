import { limits, type Metadata, type SentError, type SentEvent, type SentItem, type SentPart, type SentResponse } from "../../../generated/insta-claw/index.ts";
import { continues } from "../../../generated/escape.ts";
import { itemIdOf, numberedId } from "./ids.ts";
import type { Profile } from "./profile.ts";

/** One response of ours while it is being said. */
export interface Reply {
  responseId: string;
  metadata: Metadata;
  /** Events so far. */
  sequence: number;
  /** What the deltas add up to; undefined before the item was announced. */
  said?: string;
}

export interface Written {
  reply: Reply;
  events: readonly SentEvent[];
}

export type Style = Pick<Profile, "events" | "deltaShape">;

type Fields<Event> = Event extends unknown ? Omit<Event, "event_id" | "response_id" | "sequence_number" | "metadata"> : never;

/** Opens the response, before the first word is known (IC-20). */
export function startReply(responseId: string, metadata: Metadata, style: Style, now: number): Written {
  const response = responseOf(responseId, "in_progress", []);
  return write({ responseId, metadata, sequence: 0 }, now, [
    ...(style.events === "full" ? [{ type: "response.created", status: "in_progress", response } as const] : []),
    { type: "response.in_progress", status: "in_progress", response },
  ]);
}

/** Says what is new; text that does not continue what was said waits for the end (IC-21). */
export function continueReply(reply: Reply, content: string, style: Style, now: number): Written {
  const text = wellFormedStart(content);
  const said = reply.said ?? "";
  if (text.length <= said.length || !continues(text, said)) return { reply, events: [] };
  const begun = beginItem(reply, style, now);
  const spoken = write(begun.reply, now, deltasOf(reply.responseId, text.slice(said.length), style));
  return { reply: { ...spoken.reply, said: text }, events: [...begun.events, ...spoken.events] };
}

/** Says the rest and closes the response with the whole text (IC-20, IC-21). */
export function completeReply(reply: Reply, content: string, style: Style, now: number): Written {
  const text = content.toWellFormed();
  const begun = beginItem(reply, style, now);
  const rest = continueReply(begun.reply, text, style, now);
  const item = itemOf(reply.responseId, "completed", text);
  const place = { item_id: item.id, output_index: 0, content_index: 0 } as const;
  const ended = write(rest.reply, now, [
    ...(style.events === "full" ? [{ type: "response.output_text.done", ...place, text } as const] : []),
    { type: "response.content_part.done", ...place, status: "completed", part: partOf(text) },
    ...(style.events === "full" ? [{ type: "response.output_item.done", output_index: 0, item } as const] : []),
    { type: "response.completed", status: "completed", response: responseOf(reply.responseId, "completed", [item]) },
  ]);
  return { reply: ended.reply, events: [...begun.events, ...rest.events, ...ended.events] };
}

export function failReply(reply: Reply, error: SentError, now: number): Written {
  const response: SentResponse = { ...responseOf(reply.responseId, "failed", []), error };
  return write(reply, now, [{ type: "response.failed", status: "failed", error, response }]);
}

/** The one item of a response. */
export function itemOf(responseId: string, status: SentItem["status"], text: string | undefined): SentItem {
  return { id: itemIdOf(responseId), type: "message", status, role: "assistant", content: text === undefined ? [] : [partOf(text)] };
}

/** Announces the item; in the minimal sequence with its part in it, as no event of its own announces that. */
function beginItem(reply: Reply, style: Style, now: number): Written {
  if (reply.said !== undefined) return { reply, events: [] };
  const isFull = style.events === "full";
  const item = itemOf(reply.responseId, "in_progress", isFull ? undefined : "");
  const begun = write(reply, now, [
    { type: "response.output_item.added", output_index: 0, item },
    ...(isFull ? [{ type: "response.content_part.added", item_id: item.id, output_index: 0, content_index: 0, part: partOf("") } as const] : []),
  ]);
  return { ...begun, reply: { ...begun.reply, said: "" } };
}

function deltasOf(responseId: string, text: string, { deltaShape }: Style): Fields<SentEvent>[] {
  return cut(text, limits.deltaCodePoints).map((piece) => ({
    type: "response.output_text.delta",
    item_id: itemIdOf(responseId),
    output_index: 0,
    content_index: 0,
    delta: deltaShape === "object" ? { text: piece } : piece,
  }));
}

/** Pieces of at most so many code points, none cut in two. */
function cut(text: string, most: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  let count = 0;
  let end = 0;
  for (const point of text) {
    if (count === most) {
      pieces.push(text.slice(start, end));
      start = end;
      count = 0;
    }
    end += point.length;
    count += 1;
  }
  return count === 0 ? pieces : [...pieces, text.slice(start)];
}

/** Half a character at the end waits for its other half; one in the middle has none. */
function wellFormedStart(text: string): string {
  return (/[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text).toWellFormed();
}

function write(reply: Reply, now: number, bodies: readonly Fields<SentEvent>[]): Written {
  const { responseId, metadata, sequence } = reply;
  const events = bodies.map(({ type, ...fields }, index) => ({
    type,
    event_id: numberedId("evt", responseId, sequence + index, now),
    response_id: responseId,
    sequence_number: sequence + index,
    metadata,
    ...fields,
  }));
  return { reply: { ...reply, sequence: sequence + bodies.length }, events: events as SentEvent[] };
}

function partOf(text: string): SentPart {
  return { type: "output_text", text, annotations: [] };
}

function responseOf(id: string, status: SentResponse["status"], output: SentItem[]): SentResponse {
  return { id, object: "response", status, output };
}

