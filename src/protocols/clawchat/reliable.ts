import { limits } from "../../../generated/clawchat/index.ts";

/**
 * How far the plugin has got with what one connection brought, and what of it the hub was told. `dseq` is dense and has
 * an epoch; `seq` has holes and is nothing but a cursor (CC-44 to CC-49).
 */
export interface Ledger {
  by: "dseq" | "seq" | "none";
  epoch: string;
  /** The last number read, 0 before the first. */
  read: number;
  /** Read and not done with, by the session's name for it: the last number before it. */
  open: ReadonlyMap<string, number>;
  /** The last number the hub was told, 0 before the first. */
  told: number;
  /** When the hub has to be told, in ms since the epoch. */
  tellAt?: number | undefined;
  /** When it has to be told again. */
  repeatAt?: number;
}

export type Numbered = { ok: true; ledger: Ledger } | { ok: false; expected: number };

/** A connection that has just been admitted: whatever was counted on the one before is void. */
export function openLedger(by: Ledger["by"], epoch: string, now: number): Ledger {
  return { by, epoch, read: 0, open: new Map(), told: 0, ...(by === "dseq" && { repeatAt: now + limits.syncRepeatMs }) };
}

/** Takes note of a frame's number as it is read. `dseq` must be dense (CC-47); `seq` need only be a number. */
export function readNumber(ledger: Ledger, dseq: unknown, seq: unknown): Numbered {
  if (ledger.by === "dseq") {
    if (dseq === undefined) return { ok: true, ledger };
    const expected = ledger.read + 1;
    return dseq === expected ? { ok: true, ledger: { ...ledger, read: expected } } : { ok: false, expected };
  }
  const isCursor = ledger.by === "seq" && Number.isSafeInteger(seq) && Number(seq) > ledger.read;
  return { ok: true, ledger: isCursor ? { ...ledger, read: Number(seq) } : ledger };
}

/** What came with this number is not done with before `settle` names it. */
export function hold(ledger: Ledger, ref: string, number: unknown): Ledger {
  if (ledger.by === "none" || !Number.isSafeInteger(number)) return ledger;
  return { ...ledger, open: new Map(ledger.open).set(ref, Number(number) - 1) };
}

export function settle(ledger: Ledger, ref: string): Ledger {
  if (!ledger.open.has(ref)) return ledger;
  const open = new Map(ledger.open);
  open.delete(ref);
  return { ...ledger, open };
}

/** The last number up to which everything is done with. */
export function done({ open, read }: Ledger): number {
  let high = read;
  for (const before of open.values()) if (before < high) high = before;
  return high;
}

/** Sets the time to tell the hub; to be called whenever something was read or settled (CC-49). */
export function schedule(before: Ledger, now: number): Ledger {
  const ledger = sooner(before, now);
  const news = done(ledger) - ledger.told;
  // A `seq` below what was told may still be to be stored: until it is there is nothing to tell.
  if (news <= 0) return ledger.tellAt === undefined ? ledger : { ...ledger, tellAt: undefined };
  const isMuch = ledger.by === "dseq" && news >= limits.syncFlushFrames;
  // A clock that was set back does not put it off.
  const tellAt = Math.min(ledger.tellAt ?? Infinity, isMuch ? now : now + limits.syncDebounceMs);
  return tellAt === ledger.tellAt ? ledger : { ...ledger, tellAt };
}

/** A clock that was set back does not put off the repeats: the hub takes silence for a fault (CC-49). */
function sooner(ledger: Ledger, now: number): Ledger {
  const latest = now + limits.syncRepeatMs;
  return ledger.repeatAt !== undefined && ledger.repeatAt > latest ? { ...ledger, repeatAt: latest } : ledger;
}

/** What the hub has to be told now, if anything. `isFlush`: without waiting for more. */
export function tell(ledger: Ledger, now: number, isFlush: boolean): { ledger: Ledger; number?: number } {
  const high = done(ledger);
  const isNews = high > ledger.told && (isFlush || (ledger.tellAt !== undefined && ledger.tellAt <= now));
  const isRepeat = ledger.repeatAt !== undefined && ledger.repeatAt <= now;
  if (!isNews && !isRepeat) return { ledger };
  const { tellAt: _told, ...rest } = ledger;
  const told = Math.max(high, ledger.told);
  const next: Ledger = { ...rest, told, ...(ledger.by === "dseq" && { repeatAt: now + limits.syncRepeatMs }) };
  return told > 0 ? { ledger: next, number: told } : { ledger: next };
}

export function tellAt({ tellAt: at = Infinity, repeatAt = Infinity }: Ledger): number {
  return Math.min(at, repeatAt);
}
