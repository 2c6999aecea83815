import { createHash, randomUUID } from "node:crypto";
import type { System } from "./ports.ts";

/** The platform: the only file that touches clock, timers, randomness. */
export const system: System = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => inOnePiece(randomUUID()),
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Node strings an id together of fifteen pieces, which cost 400 bytes for as long as it lives; V8 puts them together when
 * one of its characters is asked for.
 */
function inOnePiece(text: string): string {
  return text.charCodeAt(0) >= 0 ? text : "";
}
