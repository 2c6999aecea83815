import { type Check, expectThat, Unseen } from "../check.ts";
import type { DialedSubject } from "../dialed-subject.ts";
import { fieldsIn } from "../dialing.ts";
import { fieldsOf, type Fields } from "./visiting.ts";

interface Answer {
  status: number;
  fields: Fields | undefined;
}

/** The service beside the hub, where it is at the hub's own address. */
async function call({ options: { url }, timeoutMs }: DialedSubject, path: string, { headers = {}, ...init }: { method?: string; headers?: Readonly<Record<string, string>>; body?: string }): Promise<Answer> {
  const { host, protocol } = new URL(url);
  const address = `${protocol === "wss:" ? "https" : "http"}://${host}${path}`;
  try {
    const response = await fetch(address, { ...init, headers: { "x-device-id": "conformance", ...headers }, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    const answer = { status: response.status, fields: fieldsIn(await response.text()) };
    if (answer.status === 404 && answer.fields?.["code"] === undefined) throw new Unseen(`there is no service at ${address}`);
    return answer;
  } catch (cause) {
    throw cause instanceof Unseen ? cause : new Unseen(`there is no service at ${address}`, { cause });
  }
}

const profile = (subject: DialedSubject, token: string): Promise<Answer> => call(subject, "/v1/users/me", { headers: { authorization: `Bearer ${token}` } });

const told = ({ status, fields }: Answer): string => `HTTP ${status} with ${JSON.stringify(fields?.["code"] ?? "no code")}`;

export const service: readonly Check<DialedSubject>[] = [
  {
    rules: ["CC-75"],
    title: "answers a refresh token that is no good with the code 10003 or 400",
    async run(subject) {
      const body = JSON.stringify({ refresh_token: "conformance-wrong-token" });
      const answer = await call(subject, "/v1/auth/refresh", { method: "POST", headers: { "content-type": "application/json" }, body });
      const code = answer.fields?.["code"];
      expectThat(code === 10003 || code === 400, "the code 10003 or 400", () => told(answer));
    },
  },
  {
    rules: ["CC-80"],
    title: "answers a call with a token that is no good with HTTP 401 or 403",
    async run(subject) {
      const answer = await profile(subject, "conformance-wrong-token");
      expectThat(answer.status === 401 || answer.status === 403, "HTTP 401 or 403", () => told(answer));
    },
  },
  {
    rules: ["CC-86"],
    title: "tells whose token it is",
    async run(subject) {
      const { token } = subject.options;
      if (token === undefined) throw new Unseen("needs an access token: --token");
      const answer = await profile(subject, token);
      const id = fieldsOf(answer.fields?.["data"])["user_id"];
      expectThat(answer.fields?.["code"] === 0 && typeof id === "string" && id !== "", "the code 0 and a user_id", () => told(answer));
    },
  },
];
