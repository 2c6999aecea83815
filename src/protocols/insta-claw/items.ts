import { limits, type OutputItemAdded, type OutputItemDone, type Part, type ResponseEvent } from "../../../generated/insta-claw/index.ts";
import { addItem, openPart, type OpenItem, type OpenPart, putPart, putParts, type Response } from "./response.ts";

export interface Heard {
  response: Response;
  /** Why the event changed nothing, or less than it said. */
  fault?: { level: "debug" | "warn"; code: string };
}

export type ItemEvent = Exclude<ResponseEvent, { type: `response.${"created" | "queued" | "in_progress" | "completed" | "failed" | "incomplete"}` }>;
type PartEvent = Extract<ItemEvent, { content_index?: number }>;

/** Takes an event about an item of an open response, or about a part of one (IC-10 to IC-12). */
export function hearItem(response: Response, event: ItemEvent): Heard {
  switch (event.type) {
    case "response.output_item.added":
      return itemAdded(response, event);
    case "response.output_item.done":
      return itemDone(response, event);
    case "response.content_part.added":
      return inPart(response, event, (item, at) => partAdded(response, item, at, event.part));
    case "response.content_part.done":
      return inPart(response, event, (item, at) => partDone(response, item, at, event.part));
    case "response.output_text.delta": {
      const { delta } = event;
      return inPart(response, event, (item, at) => write(response, item, at, "text", (text) => text + (typeof delta === "string" ? delta : delta.text)));
    }
    case "response.output_text.done":
      return inPart(response, event, (item, at) => write(response, item, at, "text", () => event.text));
    case "response.refusal.delta":
      return inPart(response, event, (item, at) => write(response, item, at, "refusal", (text) => text + event.delta));
    case "response.refusal.done":
      return inPart(response, event, (item, at) => write(response, item, at, "refusal", () => event.refusal));
    case "response.output_text.annotation.added":
    case "response.reasoning.delta":
    case "response.reasoning.done":
    case "response.reasoning_text.delta":
    case "response.reasoning_text.done":
    case "response.reasoning_summary.delta":
    case "response.reasoning_summary.done":
    case "response.reasoning_summary_part.added":
    case "response.reasoning_summary_part.done":
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_summary_text.done":
    case "response.function_call_arguments.delta":
    case "response.function_call_arguments.done":
      // Thoughts, notes and tool traffic have no effect here, and nothing on the wire is ever executed.
      return response.items.has(event.item_id) ? { response } : warn(response, "unknown-item");
  }
}

function itemAdded(response: Response, { item, output_index: outputIndex, index }: OutputItemAdded): Heard {
  if (item === null) return debug(response, "no-item");
  if (response.items.has(item.id)) return debug(response, "item-is-open");
  if (response.items.size >= limits.itemsPerResponse) return warn(response, "too-many-items");
  return { response: addItem(response, item, outputIndex ?? index) };
}

function itemDone(response: Response, { item }: OutputItemDone): Heard {
  if (item === null) return debug(response, "no-item");
  const open = response.items.get(item.id);
  if (!open) return warn(response, "unknown-item");
  if (open.isDone) return debug(response, "item-is-done");
  const done = { ...open, isDone: true };
  const content = item.content ?? [];
  // A list of nothing does not take back what was said.
  return { response: content.length > 0 ? putParts(response, done, content) : { ...response, items: new Map(response.items).set(item.id, done) } };
}

/** Finds the item and the place of the part; a part that was never announced begins where the last one ended. */
function inPart(response: Response, event: PartEvent, then: (item: OpenItem, at: number) => Heard): Heard {
  const { item_id: itemId, content_index: at = 0 } = event;
  const item = itemId === undefined ? lastMessage(response) : response.items.get(itemId);
  if (!item) return itemId === undefined ? inFirstItem(response, event) : warn(response, "unknown-item");
  if (item.isDone) return warn(response, "item-is-done");
  if (at > item.parts.length) return warn(response, "unknown-part");
  return at >= limits.partsPerItem ? warn(response, "too-many-parts") : then(item, at);
}

/** A delta that names no item, before any item was announced. */
function inFirstItem(response: Response, event: PartEvent): Heard {
  if (response.items.size >= limits.itemsPerResponse) return warn(response, "too-many-items");
  return hearItem(addItem(response, { id: "", type: "message" }, undefined), { ...event, item_id: "" });
}

function lastMessage({ items }: Response): OpenItem | undefined {
  return [...items.values()].findLast(({ isMessage }) => isMessage);
}

function partAdded(response: Response, item: OpenItem, at: number, part: Part): Heard {
  return item.parts[at] ? debug(response, "part-is-open") : { response: putPart(response, item, at, openPart(part)) };
}

function partDone(response: Response, item: OpenItem, at: number, part: Part | undefined): Heard {
  const open = item.parts[at];
  if (open?.isDone) return debug(response, "part-is-done");
  if (!open && !part) return warn(response, "unknown-part");
  const told = part && openPart(part);
  const isTold = part?.text !== undefined || part?.refusal !== undefined;
  const text = isTold ? (told?.text ?? "") : (open?.text ?? "");
  const done: OpenPart = { ...emptyPart("text"), ...open, ...told, text, isDone: true };
  const differs = isTold && open !== undefined && open.text !== "" && open.text !== text;
  return { response: putPart(response, item, at, done), ...(differs && { fault: { level: "warn", code: "part-differs" } as const }) };
}

function write(response: Response, item: OpenItem, at: number, kind: "text" | "refusal", change: (text: string) => string): Heard {
  const part = item.parts[at] ?? emptyPart(kind);
  if (part.isDone) return warn(response, "part-is-done");
  if (part.kind !== kind && part.text !== "") return warn(response, "part-is-another");
  return { response: putPart(response, item, at, { ...part, kind, text: change(part.text) }) };
}

function emptyPart(kind: OpenPart["kind"]): OpenPart {
  return { kind, text: "", media: [], isDone: false };
}

function warn(response: Response, code: string): Heard {
  return { response, fault: { level: "warn", code } };
}

function debug(response: Response, code: string): Heard {
  return { response, fault: { level: "debug", code } };
}
