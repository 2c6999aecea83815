/** How often the edge looks at its connections, and what it expects of them. */
export interface Pace {
  /** ms between two looks. */
  tickMs: number;
  /** Ticks from one ping of a connection to its next. */
  ticksPerPing: number;
  pingMs: number;
  deadAfterMs: number;
}

/** Looks often enough that no bound is overrun by more than a fraction of itself. */
export function setPace(bounds: { pingMs: number; deadAfterMs: number; stalledMs: number }): Pace {
  const { pingMs, deadAfterMs, stalledMs } = bounds;
  const tickMs = Math.max(10, Math.floor(Math.min(pingMs, deadAfterMs, stalledMs) / 6));
  return { tickMs, ticksPerPing: Math.max(1, Math.round(pingMs / tickMs)), pingMs, deadAfterMs };
}

/**
 * Whether our own event loop stood still (or the machine slept, or its clock was moved): the look comes much too late.
 * Whatever the peer sent meanwhile has not been read yet.
 */
export function isStalled(lastTickAt: number, now: number, { tickMs }: Pick<Pace, "tickMs">): boolean {
  return now < lastTickAt || now - lastTickAt > 2 * tickMs;
}

export type Pulse = { dead: true } | { dead: false; heardAt: number };

/**
 * WS-30 for one connection: silent for `deadAfterMs` is dead. After a stall of our own it has one more ping interval
 * from now, so a living peer can answer and a dead one is found one interval later.
 */
export function judgePulse(heardAt: number, lastTickAt: number, now: number, pace: Pace): Pulse {
  if (isStalled(lastTickAt, now, pace)) {
    const overdue = now - pace.deadAfterMs + pace.pingMs;
    return { dead: false, heardAt: Math.min(now, Math.max(heardAt, overdue)) };
  }
  return now - heardAt >= pace.deadAfterMs ? { dead: true } : { dead: false, heardAt };
}
