import { decodeVerifyReceived, encodeVerifySent, type VerifiedUser, type VerifyRequest } from "../../generated/websocket/index.ts";
import { limits } from "../core/limits.ts";
import type { System, Timers } from "../core/ports.ts";
import { withoutSecrets } from "../core/redact.ts";
import { post, type Post } from "./post.ts";

export type Verified =
  | { ok: true; user: VerifiedUser }
  /** `code` may be shown to the peer, `log` may not; neither holds the token. */
  | { ok: false; code: string; log: string; why: WhyNot };

/** The service said no, said nothing that can be used, or said something that is neither a grant nor a refusal. */
export type WhyNot = "refused" | "unanswered" | "odd";

export interface VerifyCall {
  endpoint: string;
  timeoutMs: number;
  body: VerifyRequest;
}

/** `isFresh`: what is remembered does not count. */
type Verifier = (call: VerifyCall & { cacheSeconds: number; isFresh?: boolean }, signal: AbortSignal) => Promise<Verified>;

/** Asks the operator's service, and remembers positive answers for `cacheSeconds`. A token that has ended is refused (WS-37). */
export function createVerifier(platform: Pick<System, "after" | "now" | "sha256">, ask: Post = post): Verifier {
  const granted = new Map<string, { user: VerifiedUser; at: number }>();
  const hasEnded = ({ exp }: VerifiedUser) => exp !== undefined && exp * 1000 <= platform.now();
  const request = async (call: VerifyCall, signal: AbortSignal): Promise<Verified> => {
    const verified = await verifyToken(call, platform, ask, signal);
    return verified.ok && hasEnded(verified.user) ? fail("refused", "expired", "the token has ended by the verifier's own words") : verified;
  };

  return async (call, signal) => {
    if (call.cacheSeconds <= 0) return await request(call, signal);
    // The hash, not the token: what is kept must be worthless to whoever reads it.
    const asked = Object.keys(call.body).toSorted().map((name) => [name, call.body[name]]);
    const key = platform.sha256(JSON.stringify([call.endpoint, asked]));
    const known = granted.get(key);
    const age = known ? platform.now() - known.at : Infinity;
    const isGood = known !== undefined && age >= 0 && age < call.cacheSeconds * 1000 && !hasEnded(known.user);
    if (isGood && !call.isFresh) return { ok: true, user: known.user };
    if (!isGood) granted.delete(key);
    const verified = await request(call, signal);
    if (!verified.ok) {
      if (verified.why === "refused") granted.delete(key);
      return verified;
    }
    const [oldest] = granted.keys();
    if (oldest !== undefined && granted.size >= limits.verifyCacheEntries) granted.delete(oldest);
    granted.set(key, { user: verified.user, at: platform.now() });
    return verified;
  };
}

/** One call. Whatever the service does, there is an outcome within `timeoutMs`. */
export async function verifyToken(call: VerifyCall, timers: Timers, ask: Post, signal: AbortSignal): Promise<Verified> {
  const abort = new AbortController();
  const cut = Promise.withResolvers<Verified>();
  const cancel = timers.after(call.timeoutMs, () => cut.resolve(fail("unanswered", "timeout", "Auth service request timed out")));
  const leave = () => cut.resolve(fail("unanswered", "service_unavailable", "the connection is gone"));
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([cut.promise, askFor(call, ask, abort.signal)]);
  } finally {
    cancel();
    signal.removeEventListener("abort", leave);
    // Ends what still runs, such as a body that was not read to its end.
    abort.abort();
  }
}

async function askFor({ endpoint, body }: VerifyCall, ask: Post, signal: AbortSignal): Promise<Verified> {
  const unavailable = (detail: string) => fail("unanswered", "service_unavailable", `Auth service error: ${detail} (${withoutSecrets(endpoint)})`);
  try {
    const { status, text } = await ask(endpoint, {
      // Packed answers could unpack to more than their size tells.
      headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Encoding": "identity" },
      body: encodeVerifySent(body),
      maxBytes: limits.verifyBodyBytes,
      signal,
    });
    const ok = status >= 200 && status <= 299;
    // 401 and 403 are how many services refuse; they never vouch.
    if (!ok && status !== 401 && status !== 403) return unavailable(`HTTP ${status}`);
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
    if (!value.success) return fail("refused", passableCode(value.error, token), value.message ?? "no message");
    return mayGrant ? { ok: true, user: value.data } : fail("odd", "auth_failed", "granted, but the HTTP status refuses");
  }
  if (answer.code === "not-json") return mayGrant ? "unreadable" : fail("refused", "auth_failed", "refused by the HTTP status");
  // Its own words may quote what came, and with it the token.
  return fail("odd", "auth_failed", `the answer is neither a grant nor a refusal: ${answer.path === "" ? "the whole" : answer.path} is not as expected`);
}

/** The service's own code goes to the application only if it looks like one, and is not the token that was asked about: many look alike. */
function passableCode(code: string | undefined, token: string): string {
  return code !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(code) && withoutToken(code, token) === code ? code : "auth_failed";
}

/** The code of a network fault. Its text may quote the endpoint with its credentials. */
function nameFault(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "unknown fault";
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.name;
}

function withoutToken(text: string, token: string): string {
  return token === "" ? text : text.replaceAll(token, "[token]");
}

function fail(why: WhyNot, code: string, log: string): Extract<Verified, { ok: false }> {
  return { ok: false, code, log, why };
}
