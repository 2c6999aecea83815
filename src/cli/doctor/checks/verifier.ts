import { withoutSecrets } from "../../../core/redact.ts";
import { system } from "../../../core/system.ts";
import { post } from "../../../edge/post.ts";
import { type Verified, verifyToken } from "../../../edge/verify.ts";
import { type Check, fail, type Finding, pass, warn } from "../check.ts";

/** Asked as the listener asks it, about a token that nobody has. */
export const verifier: Check = {
  name: "verifier",
  async run({ verifier: asked, block, channel }, { timeoutMs, newId }) {
    if (!asked || block?.enabled === false) return undefined;
    const { endpoint } = asked;
    const mostMs = Math.min(asked.timeoutMs, timeoutMs);
    const startedAt = performance.now();
    const verified = await verifyToken({ endpoint, timeoutMs: mostMs, body: { token: `clawwire-doctor-${newId()}`, tokenType: "local" } }, system, post, new AbortController().signal);
    return judgeAnswer(verified, { where: withoutSecrets(endpoint), ms: Math.round(performance.now() - startedAt), mostMs, listenerMs: asked.timeoutMs, channel });
  },
};

interface Asked {
  where: string;
  ms: number;
  /** How long was waited here, and how long the listener waits. */
  mostMs: number;
  listenerMs: number;
  channel: string;
}

export function judgeAnswer(verified: Verified, { where, ms, mostMs, listenerMs, channel }: Asked): Finding {
  if (verified.ok) return fail(`${where} vouches for a token that nobody has: everybody is let in, as whoever the answer says`, "correct the verifier: it has to answer {\"success\":false,\"error\":…} for a token that it does not know");
  if (verified.code === "timeout" && mostMs < listenerMs) return warn(`${where} gives no verdict within the ${mostMs / 1000} s of --timeout; the listener waits ${listenerMs / 1000} s`, `--timeout ${Math.ceil(listenerMs / 1000)} waits as long as the listener`);
  if (verified.why === "unanswered") return fail(`${where} gives no verdict: ${verified.log}`, `start the verifier, or correct channels.${channel}.auth.endpoint: nobody with a token can connect until it answers`);
  if (verified.why === "odd") return fail(`${where}: ${verified.log}`, "correct the verifier: it has to answer {\"success\":true,\"data\":{\"userId\":…}} for a good token and {\"success\":false,\"error\":…} for any other");
  if (ms > listenerMs / 2) return warn(`${where} refuses a made-up token, after ${ms} ms of ${listenerMs}`, `make the verifier faster, or raise channels.${channel}.auth.timeout`);
  return pass(`${where} refuses a made-up token, after ${ms} ms`);
}
