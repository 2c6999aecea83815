import { checkFromServer } from "../../simulator/clawchat/check.ts";
import { type Check, expectThat, type Unchecked, Unseen } from "../check.ts";
import { showsInFrames } from "../dialed-checks.ts";
import { DialedSubject } from "../dialed-subject.ts";
import { defineSuite } from "../suite.ts";
import { judgeHub } from "./judge.ts";
import { delivery } from "./server-delivery.ts";
import { service } from "./server-service.ts";
import { challenged, connected, conversationIn, entered, fieldsOf, frameOf, say } from "./visiting.ts";

const greeting: readonly Check<DialedSubject>[] = [
  {
    rules: ["CC-4"],
    title: "begins with connect.challenge, and answers connect with hello-ok of the same trace_id",
    async run(subject) {
      const { token } = subject.options;
      const dialed = await subject.dial();
      const nonce = fieldsOf((await frameOf(subject, dialed, "connect.challenge"))?.["payload"])["nonce"];
      expectThat(typeof nonce === "string" && nonce !== "", "connect.challenge with a nonce", () => dialed.received[0]?.text ?? "nothing");
      if (token === undefined) throw new Unseen("needs an access token: --token");
      const { answer, traceId } = await connected(subject, token);
      expectThat(answer?.["event"] === "hello-ok" && answer["trace_id"] === traceId, `hello-ok with the trace_id ${traceId}`, () => JSON.stringify(answer ?? "nothing"));
    },
  },
  {
    rules: ["CC-8"],
    title: "refuses a token that is no good with hello-fail and the reason authentication failed",
    async run(subject) {
      const { answer } = await connected(subject, "conformance-wrong-token");
      expectThat(fieldsOf(answer?.["payload"])["reason"] === "authentication failed", 'hello-fail "authentication failed"', () => JSON.stringify(answer ?? "nothing"));
    },
  },
  {
    rules: ["CC-9"],
    title: "refuses another nonce with hello-fail",
    async run(subject) {
      const { answer } = await connected(subject, subject.options.token ?? "conformance-wrong-token", { nonce: "another-nonce" });
      expectThat(answer?.["event"] === "hello-fail", "hello-fail", () => JSON.stringify(answer ?? "nothing"));
    },
  },
  {
    rules: ["CC-11"],
    title: "answers a WebSocket ping",
    async run(subject) {
      const { dialed } = await challenged(subject);
      dialed.ping();
      const pong = await dialed.until(() => (dialed.pongs > 0 ? true : undefined), subject.timeoutMs);
      expectThat(pong !== undefined, "a pong", () => "nothing");
    },
  },
  {
    rules: ["CC-47"],
    title: "numbers its frames 1, 2, 3… on a connection that was granted dseq",
    async run(subject) {
      const { dialed, hello } = await entered(subject);
      if (hello["ack_mode"] !== "dseq") throw new Unseen("the server did not grant the second generation of reliable delivery");
      expectThat(typeof hello["ack_epoch"] === "string" && hello["ack_epoch"] !== "", "an ack_epoch", () => JSON.stringify(hello));
      await frameOf(subject, dialed, "replay.done");
      const numbers = dialed.received.flatMap(({ fields }) => (typeof fields?.["dseq"] === "number" ? [fields["dseq"]] : []));
      if (numbers.length === 0) throw new Unseen("no frame with a dseq came");
      expectThat(numbers.every((dseq, index) => dseq === index + 1), "1, 2, 3…", () => numbers.join(", "));
    },
  },
  {
    rules: ["CC-55"],
    title: "ends its replay with one replay.done",
    async run(subject) {
      const { dialed } = await entered(subject);
      const done = await frameOf(subject, dialed, "replay.done");
      await dialed.pause(300);
      const count = dialed.received.filter(({ fields }) => fields?.["event"] === "replay.done").length;
      expectThat(done !== undefined && count === 1, "one replay.done", () => `${count}`);
    },
  },
  {
    rules: ["CC-26"],
    title: "acknowledges a message by its trace_id and its message_id within 15 seconds",
    async run(subject) {
      const { dialed } = await entered(subject);
      await frameOf(subject, dialed, "replay.done");
      const { traceId, messageId } = say(subject, dialed, conversationIn(dialed));
      const ack = await frameOf(subject, dialed, "message.ack", traceId);
      expectThat(fieldsOf(ack?.["payload"])["message_id"] === messageId, `message.ack of ${messageId}`, () => JSON.stringify(ack ?? "nothing"));
    },
  },
  {
    rules: ["CC-27"],
    title: "refuses a message to a conversation that is not there with message.error of its trace_id",
    async run(subject) {
      const { dialed } = await entered(subject);
      const { traceId } = say(subject, dialed, "cnv_conformance0000000000000");
      const error = await frameOf(subject, dialed, "message.error", traceId);
      expectThat(error !== undefined, "message.error", () => dialed.received.at(-1)?.text ?? "nothing");
    },
  },
  {
    rules: ["CC-13"],
    title: "closes the older connection of a device with 4001",
    async run(subject) {
      const { dialed: older } = await entered(subject);
      await entered(subject);
      const closed = await older.until(() => older.closed, subject.timeoutMs);
      expectThat(closed?.code === 4001, "close code 4001", () => (closed ? `close code ${closed.code}` : "an open connection"));
    },
  },
];

const shown: readonly Check<DialedSubject>[] = [
  showsInFrames("CC-5", "says connect.challenge once, and hello once", "a challenge"),
  showsInFrames("CC-46", "gives each connection an ack_epoch of its own", "a hub that grants the second generation of reliable delivery"),
  showsInFrames("CC-67", "begins a stream before it goes on, and ends it once", "somebody whose messages are streamed while the kit is connected"),
  showsInFrames("CC-68", "counts the parts of a stream, and adds each to the text before", "somebody whose messages are streamed while the kit is connected"),
  showsInFrames("CC-90", "says no token in any frame", "a frame"),
];

const checks = [...greeting, ...delivery, ...service, ...shown];

const rules = (...numbers: readonly number[]): string[] => numbers.map((number) => `CC-${number}`);

const unchecked: readonly Unchecked[] = [
  { verdict: "not applicable", why: "binds the client before and while it dials; the kit keeps it", rules: rules(1, 2, 3, 6, 7, 10, 12, 14, 15) },
  { verdict: "not applicable", why: "binds the client when it reads a frame", rules: rules(16, 17, 18, 19, 35, 36, 37, 39, 50, 51, 52, 53, 54, 56, 57) },
  { verdict: "not applicable", why: "binds the client when it says something; what a hub does with it shows in no frame", rules: rules(20, 21, 22, 23, 24, 25, 29, 30, 31, 32, 33, 34, 38, 40, 41, 42, 43, 49, 65, 66, 69, 70, 71) },
  { verdict: "not applicable", why: "is about whom the client answers in groups, and what it does on a signal", rules: rules(58, 59, 60, 61, 62, 63, 64) },
  { verdict: "not applicable", why: "is about how the client keeps its login and renews it", rules: rules(72, 73, 74, 76, 77, 78, 79, 81, 83, 84, 85) },
  { verdict: "not observed", why: "would use up an invite code", rules: rules(82) },
  { verdict: "not observed", why: "would leave files in the service", rules: rules(87, 88) },
  { verdict: "not applicable", why: "binds the client in its calls; the kit keeps it", rules: rules(89) },
];

/** The word of the hub for a token that it does not know. */
async function refusal(subject: DialedSubject): Promise<string | undefined> {
  const { answer } = await connected(subject, subject.options.token ?? "").catch(() => ({ answer: undefined }));
  const { reason } = fieldsOf(answer?.["payload"]);
  return answer?.["event"] === "hello-fail" && reason === "authentication failed" ? `it says "${reason}"` : undefined;
}

/** Any hub of ClawChat, as our plugin sees it. */
export const clawchatServer = defineSuite({
  protocol: "clawchat",
  side: "server",
  async open(options) {
    const subject = new DialedSubject(options, checkFromServer, judgeHub(options.token));
    return await subject.reach(() => refusal(subject));
  },
  checks,
  unchecked,
});
