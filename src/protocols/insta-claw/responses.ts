import { type Item, limits, type Metadata, type ResponseEvent, type ResponseObject } from "../../../generated/insta-claw/index.ts";
import { itemsIn } from "./parts.ts";
import { addItem, beginResponse, conclude, type Response, type Said } from "./response.ts";
import { hearItem } from "./items.ts";
import { remember, remembers, type Ring } from "./ring.ts";

/** The messages of users that are coming in event by event. */
export interface Responses {
  /** In order of their opening. */
  open: ReadonlyMap<string, Response>;
  /** Those that are over, so that their late events change nothing. */
  finished: Ring;
}

export interface Step {
  responses: Responses;
  notes: readonly Note[];
  /** A message is complete. */
  message?: Said & { id: string; metadata: Metadata; truncated?: { reason?: string } };
}

export interface Note {
  level: "debug" | "warn";
  code: string;
  data: Readonly<Record<string, unknown>>;
}

export const noResponses: Responses = { open: new Map(), finished: new Map() };

const bounds = { most: limits.finishedIds, forMs: limits.staleMs };

/** Takes one event; whatever is wrong with it is noted, and it changes nothing (IC-9 to IC-14). */
export function hear(responses: Responses, event: ResponseEvent, now: number): Step {
  const ids = idsOf(event);
  if (ids.length > 1) return ignore(responses, "warn", "two-response-ids", event);
  const id = ids[0] ?? ownerOf(responses, event);
  if (id === undefined) return ignore(responses, "warn", "no-response", event);
  if (remembers(responses.finished, id, now)) return ignore(responses, "debug", "late-event", event, id);
  const known = responses.open.get(id);
  const { sequence_number: sequence } = event;
  if (known?.lastSequence !== undefined && sequence !== undefined && sequence <= known.lastSequence) return ignore(responses, "debug", "repeated-event", event, id);
  const gap = known?.lastSequence !== undefined && sequence !== undefined && sequence > known.lastSequence + 1;
  const step = known ? continueWith(responses, touch(known, event, now), event, now) : beginWith(responses, event, id, now);
  return gap ? { ...step, notes: [note("warn", "sequence-gap", event, id), ...step.notes] } : step;
}

/** Discards messages of which nothing has come for long (IC-15). */
export function sweep(responses: Responses, now: number): Step {
  const stale = [...responses.open.values()].filter(({ touchedAt }) => touchedAt + limits.staleMs <= now);
  if (stale.length === 0) return { responses, notes: [] };
  const open = new Map(responses.open);
  for (const { id } of stale) open.delete(id);
  return { responses: { ...responses, open }, notes: stale.map(({ id }): Note => ({ level: "warn", code: "stale-response", data: { response: id } })) };
}

/** When the next one may be discarded. */
export function staleAt({ open }: Responses): number | undefined {
  const touched = [...open.values()].map(({ touchedAt }) => touchedAt);
  return touched.length === 0 ? undefined : Math.min(...touched) + limits.staleMs;
}

/** The different ids an event names itself by. */
function idsOf(event: ResponseEvent): string[] {
  const named = [event.response_id, snapshotOf(event)?.id];
  return [...new Set(named.filter((id) => id !== undefined))];
}

/** By its item, or by being the only one it can be (IC-9). */
function ownerOf({ open }: Responses, event: ResponseEvent): string | undefined {
  const itemId = "item_id" in event ? event.item_id : "item" in event ? event.item?.id : undefined;
  const owner = itemId === undefined ? undefined : [...open.values()].find(({ items }) => items.has(itemId));
  return owner?.id ?? (open.size === 1 ? open.keys().next().value : undefined);
}

function beginWith(responses: Responses, event: ResponseEvent, id: string, now: number): Step {
  const begun = touch(beginResponse(id, now), event, now);
  if (isStart(event)) {
    return isOver(statusOf(event)) ? ignore(responses, "warn", "status-contradicts", event, id) : put(responses, { ...begun, status: statusAfter(event) });
  }
  if (event.type !== "response.output_item.added") return ignore(responses, "warn", "unknown-response", event, id);
  const step = continueWith(responses, begun, event, now);
  return { ...step, notes: [note("warn", "no-start", event, id), ...step.notes] };
}

function continueWith(responses: Responses, response: Response, event: ResponseEvent, now: number): Step {
  if (isStart(event)) {
    if (isOver(statusOf(event))) return ignore(responses, "warn", "status-contradicts", event, response.id);
    return put(responses, response.status === "queued" ? { ...response, status: statusAfter(event) } : response);
  }
  if (isEnd(event)) {
    const hasFailed = event.type === "response.failed" || (event.type === "response.completed" && statusOf(event) === "failed");
    return hasFailed ? fail(responses, response, event, now) : complete(responses, response, event, now);
  }
  const { response: next, fault } = hearItem(response, event);
  const step = put(responses, next);
  return fault === undefined ? step : { ...step, notes: [...step.notes, note(fault.level, fault.code, event, response.id)] };
}

/** What the last event says as a whole wins over what its predecessors added up to (IC-12). */
function complete(responses: Responses, heard: Response, event: End, now: number): Step {
  const said = conclude(heard);
  const whole = restate(heard, listedIn(event.response));
  const wins = conclude(whole).hasMessage;
  const response = wins ? whole : heard;
  const told = wins ? conclude(whole) : said;
  const reason = event.type === "response.incomplete" ? reasonIn(event.response) : undefined;
  const isTruncated = event.type === "response.incomplete" || response.cut;
  return {
    responses: finish(responses, heard.id, now),
    notes: [
      ...(wins && said.text !== "" && said.text !== told.text ? [note("warn", "snapshot-differs", event, heard.id)] : []),
      ...(response.cut ? [note("warn", "text-cut", event, heard.id)] : []),
    ],
    message: { ...told, id: heard.id, metadata: heard.metadata, ...(isTruncated && { truncated: reason === undefined ? {} : { reason } }) },
  };
}

/** The items of a snapshot; its bare text counts where it lists none. */
function listedIn(snapshot: ResponseObject | undefined): readonly Listed[] {
  const items = (itemsIn(snapshot) ?? []).slice(0, limits.itemsPerResponse);
  const text = snapshot?.output_text ?? "";
  return items.length === 0 && text !== "" ? [{ id: "", type: "message", content: [{ type: "output_text", text }] }] : items;
}

type Listed = Pick<Item, "id" | "type" | "content">;

function restate(heard: Response, items: readonly Listed[]): Response {
  const empty: Response = { ...heard, items: new Map(), units: 0, cut: false };
  return items.reduce((next, item, index) => addItem(next, item, index), empty);
}

function fail(responses: Responses, { id }: Response, event: End, now: number): Step {
  const { code } = ("error" in event ? event.error : undefined) ?? event.response?.error ?? {};
  const failed: Note = { level: "warn", code: "response-failed", data: { response: id, code: code ?? "unknown_error" } };
  const contradicts = event.type === "response.completed" ? [note("warn", "status-contradicts", event, id)] : [];
  return { responses: finish(responses, id, now), notes: [...contradicts, failed] };
}

type Start = Extract<ResponseEvent, { type: "response.created" | "response.queued" | "response.in_progress" }>;
type End = Extract<ResponseEvent, { type: "response.completed" | "response.failed" | "response.incomplete" }>;

function isStart(event: ResponseEvent): event is Start {
  return event.type === "response.created" || event.type === "response.queued" || event.type === "response.in_progress";
}

function isEnd(event: ResponseEvent): event is End {
  return event.type === "response.completed" || event.type === "response.failed" || event.type === "response.incomplete";
}

function touch(response: Response, event: ResponseEvent, now: number): Response {
  return {
    ...response,
    touchedAt: now,
    metadata: { ...response.metadata, ...snapshotOf(event)?.metadata, ...event.metadata },
    ...(event.sequence_number !== undefined && { lastSequence: event.sequence_number }),
  };
}

function put(responses: Responses, response: Response): Step {
  const open = new Map(responses.open);
  const notes: Note[] = [];
  if (!open.has(response.id) && open.size >= limits.openResponses) {
    const oldest = open.keys().next().value ?? "";
    open.delete(oldest);
    notes.push({ level: "warn", code: "too-many-responses", data: { response: oldest } });
  }
  return { responses: { ...responses, open: open.set(response.id, response) }, notes };
}

function finish({ open: before, finished }: Responses, id: string, now: number): Responses {
  const open = new Map(before);
  open.delete(id);
  return { open, finished: remember(finished, id, now, bounds) };
}

function snapshotOf(event: ResponseEvent): ResponseObject | undefined {
  return "response" in event ? event.response : undefined;
}

function statusOf(event: ResponseEvent): string | undefined {
  return snapshotOf(event)?.status ?? ("status" in event ? event.status : undefined);
}

function statusAfter(event: ResponseEvent): Response["status"] {
  return event.type === "response.queued" || statusOf(event) === "queued" ? "queued" : "in_progress";
}

function isOver(status: string | undefined): boolean {
  return status === "completed" || status === "failed" || status === "incomplete";
}

function reasonIn(snapshot: ResponseObject | undefined): string | undefined {
  const details = snapshot?.incomplete_details;
  const reason: unknown = typeof details === "object" && details !== null && "reason" in details ? details.reason : undefined;
  return typeof reason === "string" ? reason.slice(0, 256) : undefined;
}

function ignore(responses: Responses, level: Note["level"], code: string, event: ResponseEvent, id?: string): Step {
  return { responses, notes: [note(level, code, event, id)] };
}

function note(level: Note["level"], code: string, { type }: ResponseEvent, id: string | undefined): Note {
  return { level, code, data: { type, ...(id !== undefined && { response: id }) } };
}
