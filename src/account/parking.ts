import type { System } from "../core/ports.ts";

/** Where messages are on disk and wait for room: in order within a lane, and without an end but for their number. */
export interface Parking<Item> {
  /** Whether somebody of this lane waits, who must not be overtaken. */
  has(lane: string): boolean;
  readonly size: number;
  park(lane: string, item: Item): void;
  /** Does not wait any more. */
  leave(lane: string, item: Item): void;
  /** Looks at once for those there is room for; it looks by itself every `everyMs` as long as somebody waits. */
  look(): void;
  close(): void;
}

/** `mayGo` says whether there is room for the first of a lane, and takes it. */
export function createParking<Item>(system: System, everyMs: number, mayGo: (lane: string, item: Item) => boolean, go: (item: Item) => void): Parking<Item> {
  const lanes = new Map<string, Item[]>();
  let size = 0;
  let isClosed = false;
  let isLooking = false;
  let cancelLook: (() => void) | undefined;

  /** Who goes may make room for the next one while this runs. */
  function look(): void {
    if (isLooking) return;
    isLooking = true;
    for (const [lane, items] of lanes) {
      let gone = 0;
      for (const item of items) {
        if (!mayGo(lane, item)) break;
        gone += 1;
        go(item);
      }
      forget(lane, items, items.slice(gone));
    }
    isLooking = false;
    arm();
  }

  function forget(lane: string, before: readonly Item[], left: Item[]): void {
    size += left.length - before.length;
    if (left.length > 0) lanes.set(lane, left);
    else lanes.delete(lane);
  }

  /** Who waits for the rate of his messages is freed by time alone. */
  function arm(): void {
    if (isClosed || cancelLook || size === 0) return;
    cancelLook = system.after(everyMs, () => {
      cancelLook = undefined;
      look();
    });
  }

  return {
    has: (lane) => lanes.has(lane),
    get size() {
      return size;
    },
    park(lane, item) {
      const items = lanes.get(lane);
      if (items) items.push(item);
      else lanes.set(lane, [item]);
      size += 1;
      arm();
    },
    leave(lane, item) {
      const items = lanes.get(lane);
      if (items) forget(lane, items, items.filter((other) => other !== item));
    },
    look: () => (isClosed || size === 0 ? undefined : look()),
    close() {
      isClosed = true;
      cancelLook?.();
    },
  };
}
