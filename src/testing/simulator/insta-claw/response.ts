import type { SentEvent } from "../../../../generated/insta-claw/index.ts";

/** One response of the plugin, as far as its events have come. */
export interface ResponseState {
  readonly id: string;
  readonly link: number;
  /** The type of its newest event; empty before the first. */
  stage: SentEvent["type"] | "";
  /** It has the events that Open Responses wants beyond the documented six. */
  full: boolean;
  events: number;
  itemId: string | undefined;
  /** The deltas, joined. */
  text: string;
  /** What `content_part.done` said. */
  whole: string | undefined;
}

type Stage = ResponseState["stage"];

/** What may follow, save `response.failed`. */
const documented: Partial<Record<Stage, readonly Stage[]>> = {
  "": ["response.in_progress"],
  "response.in_progress": ["response.output_item.added"],
  "response.output_item.added": ["response.output_text.delta", "response.content_part.done"],
  "response.output_text.delta": ["response.output_text.delta", "response.content_part.done"],
  "response.content_part.done": ["response.completed"],
};

const complete: Partial<Record<Stage, readonly Stage[]>> = {
  "": ["response.created"],
  "response.created": ["response.in_progress"],
  "response.in_progress": ["response.output_item.added"],
  "response.output_item.added": ["response.content_part.added"],
  "response.content_part.added": ["response.output_text.delta", "response.output_text.done"],
  "response.output_text.delta": ["response.output_text.delta", "response.output_text.done"],
  "response.output_text.done": ["response.content_part.done"],
  "response.content_part.done": ["response.output_item.done"],
  "response.output_item.done": ["response.completed"],
};

export function isEvent(value: unknown): value is SentEvent {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && value.type.startsWith("response.");
}

export function beginResponse(id: string, link: number): ResponseState {
  return { id, link, stage: "", full: false, events: 0, itemId: undefined, text: "", whole: undefined };
}

export function isOver({ stage }: ResponseState): boolean {
  return stage === "response.completed" || stage === "response.failed";
}

/** Adds an event to its response and tells what is wrong with it. */
export function advance(state: ResponseState, event: SentEvent, link: number): string[] {
  if (isOver(state)) return [`${event.type} came after ${state.stage} of ${state.id}`];
  const faults = [...disordered(state, event), ...miscounted(state, event), ...misnamed(state, event, link), ...grow(state, event)];
  if (state.stage === "" && event.type === "response.created") state.full = true;
  state.stage = event.type;
  state.events += 1;
  return faults;
}

function disordered({ stage, full }: ResponseState, { type }: SentEvent): string[] {
  // A response that fails has begun.
  if (type === "response.failed") return stage === "" || stage === "response.created" ? [`${type} came before response.in_progress`] : [];
  const expected = stage === "" ? ["response.in_progress", "response.created"] : ((full ? complete : documented)[stage] ?? []);
  return expected.includes(type) ? [] : [`${type} came ${stage === "" ? "first" : `after ${stage}`}, expected ${expected.join(" or ")}`];
}

function miscounted({ events }: ResponseState, { type, sequence_number }: SentEvent): string[] {
  return sequence_number === events ? [] : [`${type} has ${sequence_number} as sequence_number, expected ${events}`];
}

function misnamed(state: ResponseState, event: SentEvent, link: number): string[] {
  const faults: string[] = [];
  if (link !== state.link) faults.push(`${event.type} goes on with ${state.id}, which began on another link`);
  if ("response" in event && event.response.id !== state.id) faults.push(`${event.type} has response_id ${state.id} and response.id ${event.response.id}`);
  const itemId = "item_id" in event ? event.item_id : "item" in event ? event.item.id : undefined;
  if (itemId !== undefined && state.itemId !== undefined && itemId !== state.itemId) faults.push(`${event.type} is about the item ${itemId}, expected ${state.itemId}`);
  state.itemId ??= itemId;
  return faults;
}

function grow(state: ResponseState, event: SentEvent): string[] {
  if (event.type === "response.output_text.delta") {
    const delta = typeof event.delta === "string" ? event.delta : event.delta.text;
    state.text += delta;
    return delta.isWellFormed() ? [] : [`${event.type} splits a character`];
  }
  if (event.type === "response.output_text.done") return compare(state, event.type, event.text);
  if (event.type === "response.content_part.done") {
    state.whole = event.part.text;
    return compare(state, event.type, event.part.text);
  }
  if (event.type !== "response.completed") return [];
  const whole = event.response.output[0]?.content[0]?.text;
  return whole === state.whole ? [] : [`${event.type} has another text than response.content_part.done`];
}

/** A text that was taken back stands in the deltas for ever; one that only grew is all of them. */
function compare({ text }: ResponseState, type: string, whole: string): string[] {
  return whole !== text && whole.startsWith(text) ? [`${type} has ${whole.length - text.length} more characters than the deltas before it`] : [];
}
