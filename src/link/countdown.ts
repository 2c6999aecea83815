/**
 * A time is counted down in short legs. `wait`: time of the wall counts if it is more, so that a dial that fell due
 * while the machine slept comes promptly, and a clock set back delays nothing. `bound`: a leg counts as one leg however
 * long it took, so that our own standstill is not held against the peer whose answer has not been read yet.
 */
export function countDown(leftMs: number, legMs: number, elapsedMs: number, kind: "wait" | "bound"): number {
  return leftMs - (kind === "wait" ? Math.max(legMs, elapsedMs) : legMs);
}
