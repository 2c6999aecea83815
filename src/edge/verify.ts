import { decodeVerifyReceived, encodeVerifySent, type VerifiedUser, type VerifyRequest } from "../../generated/websocket/index.ts";
import { limits } from "../core/limits.ts";
import type { System, Timers } from "../core/ports.ts";
import { withoutSecrets } from "../core/redact.ts";

export type Verified =
  | { ok: true; user: VerifiedUser }
  /** `code` may be shown to the peer, `log` may not; neither holds the token. `isOdd`: the service answers, and not as it should. */
  | { ok: false; code: string; log: string; isOdd?: true };

export interface VerifyCall {
  endpoint: string;
  timeoutMs: number;
  body: VerifyRequest;
}

/** Asks the operator's service, and remembers positive answers for `cacheSeconds`. */
export function createVerifier(
  platform: Pick<System, "after" | "now" | "sha256">,
  ask: typeof fetch = fetch,
): (call: VerifyCall & { cacheSeconds: number }, signal: AbortSignal) => Promise<Verified> {
  const granted = new Map<string, { user: VerifiedUser; at: number }>();

  return async (call, signal) => {
    if (call.cacheSeconds <= 0) return await verifyToken(call, platform, ask, signal);
    // The hash, not the token: what is kept must be worthless to whoever reads it.
    const asked = Object.keys(call.body).toSorted().map((name) => [name, call.body[name]]);
    const key = platform.sha256(JSON.stringify([call.endpoint, asked]));
    const known = granted.get(key);
    const age = known ? platform.now() - known.at : Infinity;
    if (known && age >= 0 && age < call.cacheSeconds * 1000) return { ok: true, user: known.user };
    granted.delete(key);
    const verified = await verifyToken(call, platform, ask, signal);
    if (!verified.ok) return verified;
    const [oldest] = granted.keys();
    if (oldest !== undefined && granted.size >= limits.verifyCacheEntries) granted.delete(oldest);
    granted.set(key, { user: verified.user, at: platform.now() });
    return verified;
  };
}

/** One call. Whatever the service does, there is an outcome within `timeoutMs`. */
export async function verifyToken(call: VerifyCall, timers: Timers, ask: typeof fetch, signal: AbortSignal): Promise<Verified> {
  const abort = new AbortController();
  const cut = Promise.withResolvers<Verified>();
  const cancel = timers.after(call.timeoutMs, () => cut.resolve(fail("timeout", "Auth service request timed out")));
  const leave = () => cut.resolve(fail("service_unavailable", "the connection is gone"));
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([cut.promise, post(call, ask, abort.signal)]);
  } finally {
    cancel();
    signal.removeEventListener("abort", leave);
    // Ends what still runs, such as a body that was not read to its end.
    abort.abort();
  }
}

async function post({ endpoint, body }: VerifyCall, ask: typeof fetch, signal: AbortSignal): Promise<Verified> {
  const unavailable = (detail: string) => fail("service_unavailable", `Auth service error: ${detail} (${withoutSecrets(endpoint)})`);
  try {
    const response = await ask(endpoint, {
      method: "POST",
      // Packed answers could unpack to more than their size tells.
      headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Encoding": "identity" },
      body: encodeVerifySent(body),
      redirect: "manual",
      signal,
    });
    const { ok, status } = response;
    // 401 and 403 are how many services refuse; they never vouch.
    if (!ok && status !== 401 && status !== 403) return unavailable(`HTTP ${status}`);
    const text = await readBody(response);
    if (text === undefined) return unavailable(`an answer over ${limits.verifyBodyBytes} bytes`);
    const verdict = judgeAnswer(text, ok, body.token);
    if (verdict === "unreadable") return unavailable("the answer is not JSON");
    return verdict.ok ? verdict : { ...verdict, log: `Authentication failed: ${withoutToken(verdict.log, body.token)}` };
  } catch (thrown) {
    return unavailable(nameFault(thrown));
  }
}

function judgeAnswer(text: string, mayGrant: boolean, token: string): Verified | "unreadable" {
  const answer = decodeVerifyReceived(text);
  if (answer.ok) {
    const { value } = answer;
    if (!value.success) return fail(passableCode(value.error, token), value.message ?? "no message");
    return mayGrant ? { ok: true, user: value.data } : fail("auth_failed", "granted, but the HTTP status refuses");
  }
  if (answer.code === "not-json") return mayGrant ? "unreadable" : fail("auth_failed", "refused by the HTTP status");
  // Its own words may quote what came, and with it the token.
  return { ...fail("auth_failed", `the answer is neither a grant nor a refusal: ${answer.path === "" ? "the whole" : answer.path} is not as expected`), isOdd: true };
}

/** The service's own code goes to the application only if it looks like one, and is not the token that was asked about: many look alike. */
function passableCode(code: string | undefined, token: string): string {
  return code !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(code) && withoutToken(code, token) === code ? code : "auth_failed";
}

/** Undefined when it is too long. Counted while it comes: a length header is only a claim. */
async function readBody(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.verifyBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The code of a network fault. Its text may quote the endpoint with its credentials. */
function nameFault(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "unknown fault";
  const { cause } = thrown;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : thrown.name;
}

function withoutToken(text: string, token: string): string {
  return token === "" ? text : text.replaceAll(token, "[token]");
}

function fail(code: string, log: string): Extract<Verified, { ok: false }> {
  return { ok: false, code, log };
}
