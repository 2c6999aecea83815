/**
 * Bounds of ours that no wire document states. What an operator may set is in `spec/config`, what a wire fixes in the
 * `x-limits` of its document.
 */
export const limits = {
  /** ms a writer waits for the journal's lock, held only by a previous process that is about to end. */
  journalLockMs: 5_000,
  /** Runs of one admitted message, crashes included, before it is answered with an error. */
  turnAttempts: 3,
  /** ms after which a message that a crash left unfinished is answered with an error instead of being run. */
  replayMaxAgeMs: 3_600_000,
  /** ms between two looks for what the journal may forget. */
  sweepEveryMs: 60_000,
  /** Code points of one answer; what is longer is cut, with a mark. */
  answerCodePoints: 262_144,
  /** Code points of an error text that reaches a peer. */
  errorCodePoints: 300,
  /** Code points of a name or id of a peer in a log line. */
  loggedCodePoints: 80,
} as const;
