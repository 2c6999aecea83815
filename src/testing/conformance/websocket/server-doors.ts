import { type Check, expectThat, Unseen } from "../check.ts";
import type { Dialed } from "../dialing.ts";
import { addressOf, show, type WebsocketServerSubject } from "./subject.ts";

const badQueries = ["senderId=a&senderId=b", "senderName=a&senderName=a", "token=a&token=b", "senderId=a%00b", "senderId=", `senderId=${"x".repeat(129)}`];

/** How a connection begins, and what ends it at once. */
export const doors: readonly Check<WebsocketServerSubject>[] = [
  {
    rules: ["WS-1"],
    title: "answers another path with HTTP 400",
    async run(subject) {
      const elsewhere = new URL(subject.options.url);
      elsewhere.pathname += "-elsewhere";
      const { status } = await subject.dial(elsewhere.href);
      expectThat(status === 400, "HTTP 400 for another path", () => (status === 101 ? "an open connection" : `HTTP ${status}`));
    },
  },
  {
    rules: ["WS-2"],
    title: "closes a foreign origin with 1008",
    async run(subject) {
      await expectClose(subject, await subject.enter(undefined, { origin: "https://foreign.example" }), { code: 1008, reason: "Origin not allowed" });
    },
  },
  {
    rules: ["WS-2"],
    title: "lets an allowed origin in",
    async run(subject) {
      const { origin } = subject.options;
      if (origin === undefined) throw new Unseen("needs an origin that the server allows: --origin https://app.example");
      const application = await subject.enter(undefined, { origin });
      const answer = await subject.error(application, "not json");
      expectThat(answer !== undefined, "an open connection", () => describeEnd(application));
    },
  },
  ...badQueries.map(
    (query): Check<WebsocketServerSubject> => ({
      rules: ["WS-2"],
      title: `closes ?${query.length > 40 ? `${query.slice(0, 20)}… (${query.length} characters)` : query} with 4400`,
      async run(subject) {
        await expectClose(subject, await subject.dial(addressOf(subject.options.url, query)), { code: 4400, reason: "Bad connection parameters" });
      },
    }),
  ),
  {
    rules: ["WS-3"],
    title: "echoes the chat subprotocol and never a token",
    async run(subject) {
      const { protocol } = await subject.enter(undefined, { protocols: ["openclaw.chat.v1", "bearer.conformance-canary"] });
      expectThat(protocol === "openclaw.chat.v1", "the subprotocol openclaw.chat.v1", () => (protocol === "" ? "none" : protocol));
    },
  },
  {
    rules: ["WS-3"],
    title: "repeats no token of a connection, in a frame or in a reason",
    async run(subject) {
      const canary = "conformance-canary-of-the-query";
      const application = await subject.dial(addressOf(subject.options.url, { token: canary }));
      application.send("not json");
      await application.until(() => (application.received.length > 0 ? true : undefined), subject.timeoutMs);
      const heard = [...application.received.map(({ text }) => text), application.closed?.reason ?? "", JSON.stringify(application.headers)];
      expectThat(!heard.some((text) => text.includes(canary)), "no word of the token", () => heard.find((text) => text.includes(canary)) ?? "");
    },
  },
  {
    rules: ["WS-3"],
    title: "refuses a connection without a token where one is needed: chat.error, then 4401",
    async run(subject) {
      if (subject.options.token === undefined) throw new Unseen("needs a server with auth, and its token: --token");
      const stranger = await subject.dial();
      await stranger.until(() => (stranger.received.length > 0 || stranger.closed ? true : undefined), subject.timeoutMs);
      if (!stranger.closed && stranger.received.length === 0) throw new Unseen("the server lets a connection without a token in: it requires none");
      await expectClose(subject, stranger, { code: 4401 });
      const [first] = stranger.received;
      expectThat(first?.fields?.["type"] === "chat.error", "chat.error before the close", () => first?.text ?? "nothing");
    },
  },
  {
    rules: ["WS-6"],
    title: "closes a binary frame with 1003",
    async run(subject) {
      const application = await subject.enter();
      application.send(Buffer.from("{}"));
      await expectClose(subject, application, { code: 1003, reason: "Text frames only" });
    },
  },
  {
    rules: ["WS-6"],
    title: "closes a frame that is too big with 1009",
    async run(subject) {
      const application = await subject.enter();
      application.send("x".repeat(subject.options.maxPayload + 1));
      await expectClose(subject, application, { code: 1009 });
    },
  },
];

export async function expectClose(subject: WebsocketServerSubject, dialed: Dialed, { code, reason }: { code: number; reason?: string }): Promise<void> {
  const closed = await dialed.until(() => dialed.closed, subject.timeoutMs);
  const isIt = closed?.code === code && (reason === undefined || closed.reason === reason);
  expectThat(isIt, `close code ${code}${reason === undefined ? "" : ` "${reason}"`}`, () => describeEnd(dialed));
}

export function describeEnd({ closed, status, received }: Dialed): string {
  if (status !== 101) return `HTTP ${status}`;
  if (closed) return `close code ${closed.code}${closed.reason === "" ? "" : ` "${closed.reason}"`}`;
  return `an open connection; the last frame was ${show(received.at(-1)?.fields)}`;
}
