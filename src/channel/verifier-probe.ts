import { describeThrown } from "../core/errors.ts";
import type { Log, Timers } from "../core/ports.ts";
import { withoutSecrets } from "../core/redact.ts";

/** Looks whether anybody answers at the verifier's address. No token is sent; every answer will do. */
export async function probeVerifier({ endpoint, timeoutMs }: { endpoint: string; timeoutMs: number }, timers: Timers, ask: typeof fetch = fetch): Promise<{ ok: boolean; why?: string }> {
  const abort = new AbortController();
  const cancel = timers.after(timeoutMs, () => abort.abort(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    const answer = await ask(endpoint, { method: "HEAD", redirect: "manual", signal: abort.signal });
    await answer.body?.cancel();
    return { ok: true };
  } catch (thrown) {
    return { ok: false, why: explain(thrown, abort.signal.reason) };
  } finally {
    cancel();
  }
}

/** Of what is wrong with the address itself the platform's text quotes all of it, password and query too. */
function explain(thrown: unknown, reason: unknown): string {
  if (thrown === reason) return describeThrown(reason);
  return thrown instanceof Error && thrown.cause !== undefined ? describeThrown(thrown.cause) : "no request can be made to this address";
}

/** A verifier that is down is no reason not to listen: it may come up later. */
export async function warnOfSilentVerifier(call: { endpoint: string; timeoutMs: number }, timers: Timers, log: Log): Promise<void> {
  const { ok, why } = await probeVerifier(call, timers);
  if (!ok) log.warn(`the verifier at ${withoutSecrets(call.endpoint)} does not answer (${why}): connections with a token are refused until it does`);
}
