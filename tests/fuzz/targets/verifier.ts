import type { Post } from "../../../src/edge/post.ts";
import { createVerifier } from "../../../src/edge/verify.ts";
import { system } from "../../../src/core/system.ts";
import { insist, oneByOne, type Target } from "../target.ts";
import { framesOf } from "./seeds.ts";

const TOKEN = "tok-s3cret-of-somebody";
const STATUSES = [200, 204, 302, 401, 403, 500];

/** What the operator's service may answer to a token. */
export const verifier: Target = {
  name: "verifier",
  form: "json",
  batch: 200,
  isRepeatable: true,
  seeds: () => framesOf("websocket", ({ channel }) => channel === "verify").flatMap((frame) => [frame, frame.replaceAll("text", TOKEN)]),
  play: oneByOne(async (text) => {
    for (const status of STATUSES) {
      const answer: Post = async () => ({ status, text: status === 204 ? "" : text });
      const call = { endpoint: "http://127.0.0.1:1/verify", timeoutMs: 5_000, cacheSeconds: 60, body: { token: TOKEN, tokenType: "local" } };
      const verified = await createVerifier(system, answer)(call, new AbortController().signal);
      if (verified.ok) {
        insist(status === 200, () => `HTTP ${status} has vouched for somebody`);
        insist(typeof verified.user === "object" && verified.user !== null, () => "nobody was vouched for");
      } else {
        insist(/^[A-Za-z0-9_.-]{1,64}$/.test(verified.code) && verified.log !== "", () => `a refusal with the code ${JSON.stringify(verified.code)}`);
        insist(!verified.log.includes(TOKEN) && !(verified.code.includes(TOKEN)), () => `a refusal repeats the token: ${verified.code} ${verified.log}`);
      }
    }
  }),
};
