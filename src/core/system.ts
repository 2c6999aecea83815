import { createHash, randomUUID } from "node:crypto";
import type { System } from "./ports.ts";
import { web } from "./web.ts";

/** The platform: beside `web.ts` the only file that touches clock, timers, randomness. */
export const system: System = {
  now: web.now,
  random: web.random,
  uuid: () => inOnePiece(randomUUID()),
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  after: web.after,
};

/**
 * Node strings an id together of fifteen pieces, which cost 400 bytes for as long as it lives; V8 puts them together when
 * one of its characters is asked for.
 */
function inOnePiece(text: string): string {
  return text.charCodeAt(0) >= 0 ? text : "";
}
