/** What an account does at this moment. */
export interface Activity {
  running: number;
  waiting: number;
  lastInboundAt?: number;
  lastOutboundAt?: number;
  lastError?: string;
}

/** What the operator allows of it. */
export interface SwitchboardLimits {
  messagesPerMinute: number;
  messageBurst: number;
  queuedPerSession: number;
  /** Ended messages that are kept to tell repeats; unlimited within `repeatMs` when absent. */
  repeatsKept?: number;
  /** Turns at once, over all conversations; unlimited when absent. */
  maxConcurrent?: number;
  turnMs: number;
}
