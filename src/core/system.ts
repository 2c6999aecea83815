import { createHash, randomUUID } from "node:crypto";
import type { System } from "./ports.ts";

/** The platform: the only file that touches clock, timers, randomness. */
export const system: System = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => randomUUID(),
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
