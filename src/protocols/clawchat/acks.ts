import { limits } from "../../../generated/clawchat/index.ts";

/** What has left and is to be answered by the hub: messages and replies, by their trace (CC-26). */
export interface Awaited {
  /** In the order in which their time is up. */
  waiting: ReadonlyMap<string, Uplink>;
  /** Their time is up, and an answer may still come. */
  late: ReadonlyMap<string, Uplink>;
}

export interface Uplink {
  /** Of the frame, and the name by which the account knows it. */
  traceId: string;
  messageId: string;
  chatId: string;
  /** In the owner's own chat. */
  isOwners: boolean;
  /** As it was written; kept only where it may be written again. */
  text?: string;
  writes: number;
  /** ms since the epoch. */
  dueAt: number;
}

export const nothingAwaited: Awaited = { waiting: new Map(), late: new Map() };

/** Waits for the answer to what is written now; the same frame written again has one answer (CC-28). */
export function awaitAck({ waiting, late }: Awaited, uplink: Omit<Uplink, "writes" | "dueAt">, now: number, ackMs: number): Awaited {
  const { traceId } = uplink;
  return { waiting: without(waiting, traceId).set(traceId, { ...uplink, writes: 1, dueAt: now + ackMs }), late: late.has(traceId) ? without(late, traceId) : late };
}

/** Whom an answer is for: by its trace, or, as of late ones the trace may be lost, by the id of the message. */
export function findAwaited({ waiting, late }: Awaited, traceId: string | undefined, messageId: string | undefined): Uplink | undefined {
  const known = traceId === undefined ? undefined : (waiting.get(traceId) ?? late.get(traceId));
  if (known || messageId === undefined) return known;
  for (const uplinks of [waiting, late]) for (const uplink of uplinks.values()) if (uplink.messageId === messageId) return uplink;
  return undefined;
}

export function answered({ waiting, late }: Awaited, { traceId }: Uplink): Awaited {
  return waiting.has(traceId) ? { waiting: without(waiting, traceId), late } : { waiting, late: without(late, traceId) };
}

/** Whose time is up: those that are written again, where that may be done, and those that are only waited for. */
export function remind({ waiting, late }: Awaited, now: number, ackMs: number, mayWrite: (uplink: Uplink) => boolean): { awaited: Awaited; again: readonly Uplink[]; overdue: readonly Uplink[] } {
  const due: Uplink[] = [];
  for (const uplink of waiting.values()) {
    if (uplink.dueAt > now) break;
    due.push(uplink);
  }
  if (due.length === 0) return { awaited: { waiting, late }, again: [], overdue: [] };
  const again = due.filter((uplink) => uplink.text !== undefined && uplink.writes < limits.ackWrites && mayWrite(uplink));
  const overdue = due.filter((uplink) => !again.includes(uplink));
  const stillWaiting = new Map([...waiting].slice(due.length));
  for (const uplink of again) stillWaiting.set(uplink.traceId, { ...uplink, writes: uplink.writes + 1, dueAt: now + ackMs });
  const nowLate = new Map(late);
  // The text is not needed any more.
  for (const { text: _text, ...uplink } of overdue) nowLate.set(uplink.traceId, uplink);
  return { awaited: { waiting: stillWaiting, late: nowLate }, again, overdue };
}

/** When somebody's time is up. */
export function remindAt({ waiting }: Awaited): number {
  return waiting.values().next().value?.dueAt ?? Infinity;
}

export function countAwaited({ waiting, late }: Awaited): number {
  return waiting.size + late.size;
}

function without(uplinks: ReadonlyMap<string, Uplink>, traceId: string): Map<string, Uplink> {
  const rest = new Map(uplinks);
  rest.delete(traceId);
  return rest;
}
