import { limits } from "../../core/limits.ts";
import { type About, keyOf } from "./identity.ts";

/**
 * Copies the hub made out of streams. Each waits for its author's own message: until the replay is over, or for a short
 * while if it came later. Only one that stays alone is a message (CC-54).
 */
export type Held = ReadonlyMap<string, Copy>;

export interface Copy {
  inbound: About;
  ref: string;
  /** ms since the epoch; absent while the replay goes on. */
  dueAt?: number;
}

export interface Released {
  held: Held;
  copies: readonly Copy[];
}

/** Takes a copy in; what there are too many of is not waited with any longer. `replaced` came before of the same message. */
export function holdCopy(held: Held, inbound: About, ref: string, dueAt: number | undefined): Released & { replaced?: Copy } {
  const key = keyOf(inbound);
  const replaced = held.get(key);
  const next = new Map(held);
  next.delete(key);
  next.set(key, { inbound, ref, ...(dueAt !== undefined && { dueAt }) });
  const tooMany = [...next].slice(0, Math.max(0, next.size - limits.heldCopies));
  for (const [oldest] of tooMany) next.delete(oldest);
  return { held: next, copies: tooMany.map(([, copy]) => copy), ...(replaced && { replaced }) };
}

/** The author's own message has come. */
export function supersede(held: Held, key: string): { held: Held; copy?: Copy } {
  const copy = held.get(key);
  if (!copy) return { held };
  const next = new Map(held);
  next.delete(key);
  return { held: next, copy };
}

/** The replay is over: nothing that waited for its end waits on. */
export function releaseAll(held: Held): Released {
  return { held: new Map(), copies: [...held.values()] };
}

export function releaseDue(held: Held, now: number): Released {
  const copies = [...held.values()].filter(({ dueAt = Infinity }) => dueAt <= now);
  if (copies.length === 0) return { held, copies };
  return { held: new Map([...held].filter(([, { dueAt = Infinity }]) => dueAt > now)), copies };
}

/** What a new connection takes over: the hub may know them as delivered, and they wait for the end of its replay. */
export function resumeHeld(held: Held): Held {
  return new Map([...held].map(([key, { inbound }]) => [key, { inbound, ref: "" }]));
}

export function releaseAt(held: Held): number {
  let at = Infinity;
  for (const { dueAt = Infinity } of held.values()) at = Math.min(at, dueAt);
  return at;
}
