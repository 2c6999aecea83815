import type { From, Wire } from "./wires.ts";
import { createRedact, redactTarget, withoutQuote } from "./redact.ts";
import type { Watched, Watcher } from "./proxy.ts";

/** What has happened at the tap, without secrets; `at` is in ms since the epoch. */
export type News = { at: number } & (
  | { news: "dialing"; connection: number; target: string }
  | { news: "open"; connection: number; ms: number }
  | { news: "refused"; connection: number; status: number }
  | { news: "failed"; connection: number; error: string }
  | { news: "frame"; connection: number; from: From; kind: "text" | "binary"; ok: boolean; name?: string; detail?: string; text: string }
  | { news: "frame"; connection: number; from: From; kind: "ping" | "pong"; text: string }
  | { news: "close"; connection: number; from: From; code: number; reason: string }
  | { news: "broken"; connection: number; from: From; error: string }
  | { news: "gone"; connection: number; ms: number }
  | { news: "request"; method: string; target: string; status?: number }
);

type Told = News extends infer Each ? (Each extends News ? Omit<Each, "at" | "connection"> : never) : never;

/** Makes news of what passes. */
export function createWatcher(wire: Wire, now: () => number, tell: (news: News) => void): Watcher {
  let connections = 0;
  return {
    passed: ({ method, target, status }) => tell({ at: now(), news: "request", method, target: redactTarget(target), ...(status !== undefined && { status }) }),
    dialing({ target, headers }) {
      connections += 1;
      const connection = connections;
      const startedAt = now();
      const redact = createRedact({ target, headers });
      const say = (told: Told): void => tell({ at: now(), connection, ...told } as News);
      say({ news: "dialing", target: redact.words(redactTarget(target)) });
      return {
        opened: () => say({ news: "open", ms: now() - startedAt }),
        refused: (status) => say({ news: "refused", status }),
        failed: (error) => say({ news: "failed", error: redact.words(error instanceof Error ? error.message || error.name : String(error)) }),
        gone: () => say({ news: "gone", ms: now() - startedAt }),
        ears: (from) => ({
          message(bytes, isBinary) {
            // No wire has binary frames.
            if (isBinary) return say({ news: "frame", from, kind: "binary", ok: false, detail: `a binary frame of ${bytes.length} bytes`, text: "" });
            const text = bytes.toString();
            const check = wire.check(from, text);
            // First, as what is hidden in it must not be told as what is wrong with it either.
            const { text: shown, hasHidden } = redact.frame(text);
            const told = check.ok ? { name: redact.words(check.name) } : { detail: redact.words(hasHidden ? withoutQuote(check.detail) : check.detail) };
            say({ news: "frame", from, kind: "text", ok: check.ok, ...told, text: shown });
          },
          ping: (payload) => say({ news: "frame", from, kind: "ping", text: redact.words(payload.toString()) }),
          pong: (payload) => say({ news: "frame", from, kind: "pong", text: redact.words(payload.toString()) }),
          closing: (code, reason) => say({ news: "close", from, code, reason: redact.words(reason) }),
          broken: (error) => say({ news: "broken", from, error }),
        }),
      } satisfies Watched;
    },
  };
}
