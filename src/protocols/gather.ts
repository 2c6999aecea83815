import type { Inbound } from "./inbound.ts";

/** How a wire makes one turn of several messages, where a conversation has many who speak at once. */
export interface Gather<Origin> {
  /** How long a message waits for others; absent for one that has a turn of its own. */
  plan(inbound: Inbound<Origin>): GatherPlan | undefined;
  /**
   * What the agent is asked for two or more messages, in order of arrival. Pure: after a crash it is asked again. The
   * answer goes to the last of them, whatever the id and the origin of what it returns.
   */
  merge(inbounds: readonly Inbound<Origin>[]): Inbound<Origin>;
}

export interface GatherPlan {
  /** What messages must have in common to be gathered: their conversation. */
  key: string;
  /** ms without a further message after which those that wait become a turn. */
  idleMs: number;
  /** ms after the first of them at which they do so at the latest. */
  ceilingMs: number;
  /** This message waits for nobody: those that wait become a turn with it, at once. */
  flush: boolean;
}
