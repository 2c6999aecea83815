/** How often a link is looked at, and what is expected of its peer. */
export interface Pace {
  lookMs: number;
  pingMs: number;
  deadAfterMs: number;
  /** ms a ping must have had for its answer before silence counts. */
  graceMs: number;
  stuckBytes: number;
  stuckMs: number;
}

/** What a look shows. */
export interface Reading {
  /** All bytes that ever came, those of unfinished frames too. */
  bytesRead: number;
  /** All bytes that the network ever took. */
  bytesTaken: number;
  unsentBytes: number;
  /** In the socket, which is all that the peer could take. */
  offeredBytes: number;
  /** We do not read because we are busy: the silence is ours. */
  isDeaf: boolean;
}

/** Times are sums of what passed between looks, so no clock that is set can freeze or hasten them by itself. */
export interface Pulse {
  readonly lookedAt: number;
  readonly bytesRead: number;
  readonly bytesTaken: number;
  readonly unsentBytes: number;
  readonly silentMs: number;
  /** The same, without what our own standstills added. */
  readonly watchedMs: number;
  readonly sincePingMs: number;
  /** For how long the oldest ping that counts has had no answer. */
  readonly askedMs: number | undefined;
  readonly stuckMs: number;
  /** For how long the network has taken nothing of what it was offered. */
  readonly stalledMs: number;
  /** Before a look that came late: how long nobody looked. */
  readonly gapMs: number;
}

export interface PulseBounds {
  pingMs: number;
  deadAfterMs: number;
}

export interface PaceLimits {
  lookMs: number;
  graceMs: number;
  stuckBytes: number;
  stuckMs: number;
}

/** Looks often enough that no bound is overrun by more than a fraction of itself. */
export function setPace({ pingMs, deadAfterMs }: PulseBounds, { lookMs, graceMs, ...stuck }: PaceLimits): Pace {
  const look = Math.max(1, Math.floor(Math.min(lookMs, pingMs / 8, deadAfterMs / 8)));
  return { lookMs: look, pingMs, deadAfterMs, graceMs: Math.min(graceMs, pingMs / 2, deadAfterMs / 2), ...stuck };
}

export function startPulse(now: number, bytesRead = 0): Pulse {
  return { lookedAt: now, bytesRead, bytesTaken: 0, unsentBytes: 0, silentMs: 0, watchedMs: 0, sincePingMs: 0, askedMs: undefined, stuckMs: 0, stalledMs: 0, gapMs: 0 };
}

export type Verdict = "well" | "ask" | "silent" | "stuck";

/**
 * `ask` wants a ping sent, `silent` and `stuck` the socket terminated. A look that comes late is evidence about us, not
 * about the peer (our event loop stood still, the machine slept, the clock was set): it condemns nobody but asks at once,
 * and what waits in the buffers is read before the next look.
 */
export function look(before: Pulse, reading: Reading, now: number, pace: Pace): { pulse: Pulse; verdict: Verdict } {
  const elapsed = now < before.lookedAt ? pace.lookMs : now - before.lookedAt;
  const isLate = now < before.lookedAt || elapsed > 2 * pace.lookMs;
  const counted = Math.min(elapsed, 2 * pace.lookMs);
  const isHeard = isLife(before, reading);
  const silentMs = isHeard ? oldestMs(before, elapsed, isLate, reading) : before.silentMs + elapsed;
  const isOverdue = silentMs >= pace.deadAfterMs;
  const askedMs = (isHeard && !isOverdue) || before.askedMs === undefined ? undefined : before.askedMs + counted;
  const pulse: Pulse = {
    lookedAt: now,
    bytesRead: reading.bytesRead,
    bytesTaken: reading.bytesTaken,
    unsentBytes: reading.unsentBytes,
    silentMs,
    watchedMs: isHeard ? 0 : before.watchedMs + counted,
    sincePingMs: before.sincePingMs + elapsed,
    askedMs,
    // While we stood still nothing could leave: the time starts over.
    stuckMs: reading.unsentBytes > pace.stuckBytes && !isLate ? before.stuckMs + elapsed : 0,
    stalledMs: reading.offeredBytes > 0 && reading.bytesTaken <= before.bytesTaken && !isLate ? before.stalledMs + elapsed : 0,
    gapMs: isLate ? elapsed : 0,
  };
  if (pulse.stuckMs >= pace.stuckMs || pulse.stalledMs >= pace.deadAfterMs) return { pulse, verdict: "stuck" };
  // However often we stand still: after as many looks as a dead peer gets otherwise, it has had its time.
  if (isLate && pulse.watchedMs < pace.deadAfterMs) return { pulse: { ...pulse, sincePingMs: 0, askedMs: 0 }, verdict: "ask" };
  if (isOverdue && askedMs !== undefined && askedMs >= pace.graceMs) return { pulse, verdict: "silent" };
  // The answer to a ping sent right after a gap may have been read together with what is older than the gap.
  const isToAsk = pulse.sincePingMs >= pace.pingMs || (isOverdue && (askedMs === undefined || before.gapMs > 0));
  return isToAsk ? { pulse: { ...pulse, sincePingMs: 0, askedMs: askedMs ?? 0 }, verdict: "ask" } : { pulse, verdict: "well" };
}

/**
 * Any byte is a sign of life: a pong may queue behind a frame that takes minutes on a slow network. So is one that the
 * network took while more waited behind it, which is all that is seen of a peer that is busy reading.
 */
function isLife(before: Pulse, { bytesRead, bytesTaken, isDeaf }: Reading): boolean {
  return isDeaf || bytesRead !== before.bytesRead || (before.unsentBytes > 0 && bytesTaken > before.bytesTaken);
}

/**
 * How old a sign of life may be: what a late look finds was read before the gap, and what the next look finds may have
 * waited in a buffer through all of it.
 */
function oldestMs({ gapMs }: Pulse, elapsed: number, isLate: boolean, { isDeaf }: Reading): number {
  if (isDeaf || (gapMs === 0 && !isLate)) return 0;
  return gapMs + elapsed;
}
