import type { System } from "../core/ports.ts";
import type { GatherPlan } from "../protocols/gather.ts";
import { add, beginGathering, drop, type GatherStep, take, tick } from "./gathering.ts";

/** Where messages wait for others of their conversation: the shell of `gathering.ts`. */
export interface WaitingRoom<Item> {
  /** Waits since `since` (ms since the epoch) with the others of its key, of whom there are at most `most`. */
  wait(item: Item, plan: GatherPlan, since: number, most: number): void;
  /** Lets those go at once with whom such an item waits. */
  call(isMeant: (item: Item) => boolean): void;
  /** Does not wait any more, and goes with nobody. */
  leave(item: Item): void;
  /** Lets nobody go any more. */
  close(): void;
}

/** What a timer of the platform takes; it would fire at once for more. */
const MOST_TIMER_MS = 2 ** 31 - 1;

/** `go` is called with each batch, outside of nobody's call but the room's own. */
export function createWaitingRoom<Item>(system: System, go: (batch: readonly Item[]) => void): WaitingRoom<Item> {
  let state = beginGathering<Item>();
  let isClosed = false;
  let cancelWake = () => {};

  function follow(step: GatherStep<Item>): void {
    state = step.state;
    cancelWake();
    if (isClosed) return;
    cancelWake = step.wakeAt === undefined ? () => {} : system.after(Math.min(Math.max(0, step.wakeAt - system.now()), MOST_TIMER_MS), () => follow(tick(state, system.now())));
    for (const batch of step.batches) go(batch);
  }

  return {
    wait: (item, plan, since, most) => follow(add(state, item, plan, since, most)),
    call: (isMeant) => follow(take(state, isMeant)),
    leave: (item) => follow(drop(state, item)),
    close() {
      isClosed = true;
      cancelWake();
    },
  };
}
