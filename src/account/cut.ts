import type { GatherPlan } from "../protocols/gather.ts";
import type { Inbound } from "../protocols/inbound.ts";
import type { Entry } from "../store/journal.ts";

/** A turn that a crash left without an end, or a message that waited for one. */
export interface CutTurn<Origin> {
  last: CutMessage<Origin>;
  earlier: readonly CutMessage<Origin>[];
  /** How the message waits for others; absent where its turn had begun. */
  plan?: GatherPlan;
  /** It is too late for an answer. */
  isStale: boolean;
}

export interface CutMessage<Origin> {
  entry: Entry;
  inbound: Inbound<Origin>;
}

/**
 * What of unfinished messages belongs together, in order of admission: turns that had begun are as they were, for they
 * are counted; and of a conversation for which it is too late one message is told so, not each.
 */
export function cutTurns<Origin>(unfinished: readonly CutMessage<Origin>[], planOf: (inbound: Inbound<Origin>) => GatherPlan | undefined, isStale: (entry: Entry) => boolean): CutTurn<Origin>[] {
  const turns = new Map<string, CutTurn<Origin>>();
  for (const { entry, inbound } of unfinished) {
    const plan = entry.attempts > 0 || entry.joined ? undefined : planOf(inbound);
    const { sender, messageId } = entry.joined ?? entry;
    const key = JSON.stringify(plan && isStale(entry) ? [plan.key] : [sender, messageId]);
    const before = turns.get(key);
    const earlier = before ? [...before.earlier, before.last] : [];
    turns.set(key, { last: { entry, inbound }, earlier, ...(plan && { plan }), isStale: isStale(entry) });
  }
  return [...turns.values()];
}
