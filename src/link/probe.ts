import type { System } from "../core/ports.ts";
import type { LastLoss } from "./fault.ts";
import type { LinkProbe, LinkStatus } from "./link.ts";
import { seconds } from "./loss.ts";

/** What a probe sees of a link, and may do to it. */
export interface ProbedLink {
  status(): LinkStatus;
  isReady(): boolean;
  /** Ends the wait before the next dial, where that is allowed. */
  hasten(): void;
  /** Whether the peer answers a ping; false where the socket is gone before it does. */
  echo(): Promise<boolean>;
  /** Calls back after each step of the link; the returned function ends it. */
  watch(look: () => void): () => void;
  system: Pick<System, "now" | "after">;
}

/** Never opens a second socket: of two links of one account the server would close one. */
export function probeLink(link: ProbedLink, withinMs: number): Promise<LinkProbe> {
  const { system } = link;
  const startedAt = system.now();
  const { promise, resolve } = Promise.withResolvers<LinkProbe>();
  const before = link.status().lastLoss;
  let dialed = false;
  let isAsking = false;

  async function ask(): Promise<void> {
    isAsking = true;
    const askedAt = system.now();
    const isAnswered = await link.echo();
    isAsking = false;
    // What it was lost by is told by the link's next step, or was already.
    if (isAnswered) resolve({ ok: true, roundTripMs: Math.max(0, system.now() - askedAt), dialed });
    else look();
  }

  function look(): void {
    const { state, reason, lastLoss, nextDialAt = 0 } = link.status();
    if (link.isReady()) {
      if (!isAsking) void ask();
      return;
    }
    dialed = true;
    if (state === "stopped") return resolve({ ok: false, text: "the account is stopped" });
    if (state === "blocked") return resolve(lastLoss ? failed(lastLoss) : { ok: false, text: reason });
    if (lastLoss !== undefined && lastLoss !== before) return resolve(failed(lastLoss));
    const waitMs = nextDialAt - system.now();
    if (state !== "recovering" || waitMs <= withinMs - (system.now() - startedAt)) return;
    const { text, ...rest } = lastLoss ? failed(lastLoss) : { ok: false as const, text: reason };
    resolve({ ...rest, text: `${text}; it may not be dialed again for ${seconds(waitMs)}` });
  }

  const cancel = system.after(withinMs, () => {
    const { state, reason } = link.status();
    const text = state === "ready" ? `the server has answered no ping within ${seconds(withinMs)}` : `no connection within ${seconds(withinMs)}: ${reason}`;
    resolve({ ok: false, text, ...(state === "ready" && { fault: "silent" as const }) });
  });
  const unwatch = link.watch(look);
  link.hasten();
  look();
  return promise.finally(() => {
    cancel();
    unwatch();
  });
}

function failed({ fault, text, code }: LastLoss): Extract<LinkProbe, { ok: false }> {
  return { ok: false, text, fault, ...(code !== undefined && { code }) };
}
