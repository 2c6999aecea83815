import type { Probed } from "../account/account.ts";
import type { System } from "../core/ports.ts";
import type { LiveAccount, LiveAccounts } from "./running.ts";
import { advice } from "./status-issues.ts";

/** What `openclaw channels status --probe` shows of an account. Holds no secret. */
export type Probe = {
  elapsedMs: number;
  /** What was found good, in order. */
  checked: readonly string[];
  /** Where applications connect, or what is dialed. */
  url?: string;
  /** What the server has said of itself on this connection. */
  hello?: Readonly<Record<string, unknown>>;
  login?: string;
  connections?: number;
  senders?: number;
} & ({ ok: true; roundTripMs: number } | { ok: false; error: string; fault?: string; fix?: string });

/** Looks whether an account is of use. */
export type Prober = (about: { channel: string; accountId: string; timeoutMs: number }) => Promise<Probe>;

/** The host gives up after its time: what is found by then should still be told. */
const RESERVE_MS = 250;

/** Several looks at once are one: each of them costs the server something. */
export function createProber(live: LiveAccounts, system: System): Prober {
  const running = new Map<LiveAccount, Promise<Probe>>();
  return async ({ channel, accountId, timeoutMs }) => {
    const found = live.get(accountId);
    if (!found) return { ok: false, elapsedMs: 0, checked: [], fault: "stopped", error: "the account is not running", fix: advice.stopped.fix({ channel, accountId }) };
    const known = running.get(found) ?? look(found, { channel, accountId, timeoutMs }, system).finally(() => running.delete(found));
    running.set(found, known);
    return await known;
  };
}

async function look({ account }: LiveAccount, { channel, accountId, timeoutMs }: Parameters<Prober>[0], system: System): Promise<Probe> {
  const startedAt = system.now();
  const probed = await account.probe(Math.max(1, timeoutMs - Math.min(RESERVE_MS, timeoutMs / 10)));
  const elapsedMs = Math.max(0, system.now() - startedAt);
  const { hello, login, connections, senders } = account.status();
  const facts = {
    url: account.url,
    ...(hello && { hello }),
    ...(login !== undefined && { login }),
    ...(connections !== undefined && { connections }),
    ...(senders !== undefined && { senders }),
  };
  return { ...told(probed, { channel, accountId }), elapsedMs, ...facts };
}

function told(probed: Probed, about: { channel: string; accountId: string }) {
  if (probed.ok || probed.fault === undefined) return probed;
  return { ...probed, fix: advice[probed.fault].fix(about) };
}
