import { limits } from "../../src/core/limits.ts";

/** How the store of a process fails: `ioerr` reads as well as writes. */
export type StoreFault = "full" | "busy" | "ioerr";

/** What is wrong with the machine of a process at the moment; it outlives the process. */
export interface Troubles {
  /** What has been refused, and how often. */
  readonly refused: number;
  store: StoreFault | undefined;
  /** The clock on the wall is wrong by so much. */
  clockMs: number;
  /** @throws as `node:sqlite` does, while the store fails. */
  refuse(what: string, isWrite: boolean): void;
  /** The times for which nobody wants to wait in a history of a second. */
  hasten(ms: number): number;
}

/** The codes of SQLite and its own words for them. */
const errors = {
  full: { errcode: 13, text: "database or disk is full" },
  busy: { errcode: 5, text: "database is locked" },
  ioerr: { errcode: 10, text: "disk I/O error" },
} as const satisfies Readonly<Record<StoreFault, { errcode: number; text: string }>>;

export function createTroubles(): Troubles {
  let refused = 0;
  const troubles: Troubles = {
    get refused() {
      return refused;
    },
    store: undefined,
    clockMs: 0,
    refuse(what, isWrite) {
      const { store } = troubles;
      if (!store || what === "close" || (!isWrite && store !== "ioerr")) return;
      refused += 1;
      const { errcode, text } = errors[store];
      throw Object.assign(new Error(text), { code: "ERR_SQLITE_ERROR", errcode });
    },
    // Also how soon what could not be stored is asked for again.
    hasten: (ms) => (ms === limits.sweepEveryMs ? SWEEP_MS : ms),
  };
  return troubles;
}

const SWEEP_MS = 250;

/** Stands still for so long, with all that the process has to do: a collection of garbage, or a host that computes. */
export function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export const calmWorld: Troubles = { refused: 0, store: undefined, clockMs: 0, refuse() {}, hasten: (ms) => ms };
