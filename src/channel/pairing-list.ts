import { limits } from "../core/limits.ts";

/** A sender who was given a code and has not been told what became of it. Plain data: it is kept as JSON. */
export interface Waiting {
  id: string;
  /** When the code was given, in ms since the epoch. */
  since: number;
  /** When it was seen that the operator has approved the sender. */
  approvedAt?: number;
}

/** A code is approved at its last moment, and seen a look later. */
const GRACE_MS = 2 * limits.pairingLookMs;

/** Somebody asks and has a code; a code that was given before is as old as it was. */
export function enlist(list: readonly Waiting[], id: string, isNew: boolean, now: number): { list: readonly Waiting[]; since: number } {
  const known = list.find((waiting) => waiting.id === id);
  if (known && !isNew) return { list, since: known.since };
  return { list: [...list.filter((waiting) => waiting.id !== id), { id, since: now }], since: now };
}

/** Who still waits by what the operator has approved: nobody waits for a code that has ended, nor for ever to be told. */
export function review(list: readonly Waiting[], isApproved: (id: string) => boolean, now: number): readonly Waiting[] {
  const seen = list.map((waiting) => (waiting.approvedAt === undefined && isApproved(waiting.id) ? { ...waiting, approvedAt: now } : waiting));
  const kept = seen.filter(({ since, approvedAt }) => (approvedAt === undefined ? now - since <= limits.pairingCodeMs + GRACE_MS : now - approvedAt <= limits.pairingTellMs));
  return kept.length === list.length && kept.every((waiting, index) => waiting === list[index]) ? list : kept;
}

export function strike(list: readonly Waiting[], id: string): readonly Waiting[] {
  return list.filter((waiting) => waiting.id !== id);
}

/** What was kept; of a file that somebody has spoilt, whatever can be read. */
export function readList(kept: unknown): readonly Waiting[] {
  return Array.isArray(kept) ? kept.flatMap(readWaiting) : [];
}

function readWaiting(entry: unknown): Waiting[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, since, approvedAt }: { id?: unknown; since?: unknown; approvedAt?: unknown } = entry;
  if (typeof id !== "string" || typeof since !== "number") return [];
  return [{ id, since, ...(typeof approvedAt === "number" && { approvedAt }) }];
}
