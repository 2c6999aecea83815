import type { GatherPlan } from "../protocols/gather.ts";

/**
 * Messages that wait for each other (CC-60), as a pure machine: each goes in once and comes out in exactly one batch, in
 * order of arrival. Times are ms since the epoch.
 */
export interface Gathering<Item> {
  waiting: ReadonlyMap<string, Batch<Item>>;
}

interface Batch<Item> {
  items: readonly Item[];
  lastAt: number;
  ceilingAt: number;
  dueAt: number;
}

export interface GatherStep<Item> {
  state: Gathering<Item>;
  /** What waits no longer; one turn each. */
  batches: readonly (readonly Item[])[];
  /** Call `tick` at this time instead of at the one a former step named. */
  wakeAt?: number;
}

export function beginGathering<Item>(): Gathering<Item> {
  return { waiting: new Map() };
}

/**
 * One more waits, with those of its key that wait already. They are released with it when it is said so, or when they
 * are `most`.
 */
export function add<Item>({ waiting }: Gathering<Item>, item: Item, plan: GatherPlan, now: number, most: number): GatherStep<Item> {
  const before = waiting.get(plan.key);
  const ceilingAt = Math.min(before?.ceilingAt ?? Infinity, now + plan.ceilingMs);
  const batch: Batch<Item> = { items: [...(before?.items ?? []), item], lastAt: now, ceilingAt, dueAt: Math.min(now + plan.idleMs, ceilingAt) };
  const isOver = plan.flush || batch.items.length >= most;
  return release(new Map(waiting).set(plan.key, batch), (each) => isOver && each === batch);
}

/** The time named by `wakeAt` has come. */
export function tick<Item>({ waiting }: Gathering<Item>, now: number): GatherStep<Item> {
  return release(waiting, (batch) => isDue(batch, now));
}

/** Releases the batches that have such an item. */
export function take<Item>({ waiting }: Gathering<Item>, isMeant: (item: Item) => boolean): GatherStep<Item> {
  return release(waiting, ({ items }) => items.some(isMeant));
}

/** This item waits no more, and is in no batch; the others wait on. */
export function drop<Item>({ waiting }: Gathering<Item>, item: Item): GatherStep<Item> {
  const without = [...waiting].map(([key, batch]) => [key, { ...batch, items: batch.items.filter((each) => each !== item) }] as const);
  return release(new Map(without.filter(([, { items }]) => items.length > 0)), () => false);
}

/** Nobody waits longer because the clock was set back. */
function isDue({ dueAt, lastAt }: Batch<unknown>, now: number): boolean {
  return now >= dueAt || now < lastAt;
}

function release<Item>(waiting: ReadonlyMap<string, Batch<Item>>, isReleased: (batch: Batch<Item>) => boolean): GatherStep<Item> {
  const entries = [...waiting];
  const kept = entries.filter(([, batch]) => !isReleased(batch));
  const wakeAt = Math.min(...kept.map(([, { dueAt }]) => dueAt));
  return {
    state: { waiting: new Map(kept) },
    batches: entries.filter(([, batch]) => isReleased(batch)).map(([, { items }]) => items),
    ...(kept.length > 0 && { wakeAt }),
  };
}
