import { type Item, limits, type Metadata, type Part } from "../../../generated/insta-claw/index.ts";
import type { MediaReference } from "../inbound.ts";
import { kindOf, mediaOf, textOf } from "./parts.ts";

/** One message of a user, as far as its events have come. */
export interface Response {
  id: string;
  status: "queued" | "in_progress";
  /** In order of arrival. */
  items: ReadonlyMap<string, OpenItem>;
  lastSequence?: number;
  /** UTF-16 units of all parts together. */
  units: number;
  /** Text beyond the bound was left out. */
  cut: boolean;
  metadata: Metadata;
  /** When the last event came, in ms since the epoch. */
  touchedAt: number;
}

export interface OpenItem {
  id: string;
  index: number;
  /** Only messages have text for people. */
  isMessage: boolean;
  isDone: boolean;
  parts: readonly OpenPart[];
}

export interface OpenPart {
  kind: "text" | "refusal" | "other";
  text: string;
  media: readonly MediaReference[];
  isDone: boolean;
}

/** What a response comes to, once it is over. */
export interface Said {
  text: string;
  media: readonly MediaReference[];
  /** Whether anything was said at all, blank or not: tool traffic says nothing. */
  hasMessage: boolean;
}

export function beginResponse(id: string, now: number): Response {
  return { id, status: "in_progress", items: new Map(), units: 0, cut: false, metadata: {}, touchedAt: now };
}

export function addItem(response: Response, item: Pick<Item, "id" | "type" | "content">, index: number | undefined): Response {
  const opened: OpenItem = { id: item.id, index: index ?? response.items.size, isMessage: item.type === "message", isDone: false, parts: [] };
  const next = { ...response, items: new Map(response.items).set(item.id, opened) };
  return putParts(next, opened, item.content ?? []);
}

/** Replaces what an item holds. */
export function putParts(response: Response, item: OpenItem, parts: readonly Part[]): Response {
  const cleared = replaceItem(response, { ...item, parts: [] }, -lengthOf(item));
  const bounded = parts.slice(0, limits.partsPerItem);
  return bounded.reduce((next, part, at) => putPart(next, { ...item, parts: next.items.get(item.id)?.parts ?? [] }, at, openPart(part)), cleared);
}

export function openPart(part: Part): OpenPart {
  return { kind: kindOf(part), text: textOf(part), media: mediaOf(part), isDone: false };
}

/** Sets one part; text beyond the bound of the response is left out (IC-14). */
export function putPart(response: Response, item: OpenItem, at: number, part: OpenPart): Response {
  const before = item.parts[at]?.text.length ?? 0;
  const room = limits.responseUnits - response.units + before;
  const text = part.text.length > room ? cutText(part.text, room) : part.text;
  const parts = item.parts.toSpliced(at, 1, { ...part, text });
  const next = replaceItem(response, { ...item, parts }, text.length - before);
  return text.length < part.text.length ? { ...next, cut: true } : next;
}

/** Everything a person should see, in order; a refusal where nothing else was said (IC-13). */
export function conclude(response: Response): Said {
  const messages = [...response.items.values()].filter(({ isMessage }) => isMessage).sort((a, b) => a.index - b.index);
  const parts = messages.flatMap((item) => item.parts);
  const join = (kind: OpenPart["kind"]): string => parts.filter((part) => part.kind === kind).map(({ text }) => text).join("");
  return {
    text: join("text") || join("refusal"),
    media: parts.flatMap(({ media }) => media).slice(0, limits.mediaPerMessage),
    hasMessage: parts.length > 0,
  };
}

/** At most so many UTF-16 units, no surrogate pair cut in two. */
function cutText(text: string, units: number): string {
  const end = units > 0 && /[\uD800-\uDBFF]/.test(text.charAt(units - 1)) ? units - 1 : units;
  return text.slice(0, Math.max(0, end));
}

function replaceItem(response: Response, item: OpenItem, more: number): Response {
  return { ...response, items: new Map(response.items).set(item.id, item), units: response.units + more };
}

function lengthOf({ parts }: OpenItem): number {
  return parts.reduce((sum, { text }) => sum + text.length, 0);
}
