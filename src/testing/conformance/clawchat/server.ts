import { checkFromServer } from "../../simulator/clawchat/check.ts";
import { type Check, expectThat, type Unchecked, Unseen } from "../check.ts";
import { DialedSubject } from "../dialed-subject.ts";
import type { Dialed } from "../dialing.ts";
import { defineSuite } from "../suite.ts";

type Fields = Readonly<Record<string, unknown>>;

const capabilities = { device_replay: true, chat_meta_events: true, notify_signals: true, permission_events: true, reliable_delivery: true, reliable_delivery_v2: true };

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

async function frameOf(subject: DialedSubject, dialed: Dialed, event: string, traceId?: string): Promise<Fields | undefined> {
  return dialed.until(() => dialed.received.find(({ fields }) => fields?.["event"] === event && (traceId === undefined || fields["trace_id"] === traceId))?.fields, subject.timeoutMs);
}

async function challenged(subject: DialedSubject): Promise<{ dialed: Dialed; nonce: string }> {
  const dialed = await subject.dial();
  if (dialed.status !== 101) throw new Unseen(`the server turned the upgrade away with HTTP ${dialed.status}`);
  const nonce = fieldsOf((await frameOf(subject, dialed, "connect.challenge"))?.["payload"])["nonce"];
  if (typeof nonce !== "string" || nonce === "") throw new Unseen("no connect.challenge with a nonce came; see CC-4");
  return { dialed, nonce };
}

/** Says connect and returns what answers it. */
async function connected(subject: DialedSubject, token: string, nonce?: string): Promise<{ dialed: Dialed; traceId: string; answer: Fields | undefined }> {
  const { dialed, nonce: given } = await challenged(subject);
  const traceId = subject.newId("t");
  const payload = { token, nonce: nonce ?? given, device_id: "conformance", client_version: "1", protocol_version: 2, capabilities };
  dialed.send({ version: "2", event: "connect", trace_id: traceId, emitted_at: 1, payload });
  const answer = await dialed.until(() => dialed.received.find(({ fields }) => fields?.["event"] === "hello-ok" || fields?.["event"] === "hello-fail")?.fields, subject.timeoutMs);
  return { dialed, traceId, answer };
}

async function entered(subject: DialedSubject): Promise<{ dialed: Dialed; hello: Fields }> {
  const { token } = subject.options;
  if (token === undefined) throw new Unseen("needs an access token: --token");
  const { dialed, answer } = await connected(subject, token);
  if (answer?.["event"] !== "hello-ok") throw new Unseen(`the server did not let the kit in: ${JSON.stringify(answer ?? "nothing came")}`);
  return { dialed, hello: fieldsOf(answer["payload"]) };
}

function say(subject: DialedSubject, dialed: Dialed, chatId: string): { traceId: string; messageId: string } {
  const traceId = subject.newId("t");
  const messageId = `msg-${"0".repeat(20)}${traceId.replaceAll(/[^0-9]/g, "").slice(-6).padStart(6, "0")}`;
  const message = { body: { fragments: [{ kind: "text", text: "hello" }] }, context: { mentions: [], reply: null } };
  dialed.send({ version: "2", event: "message.send", trace_id: traceId, emitted_at: 1, chat_id: chatId, payload: { message_id: messageId, message_mode: "normal", message } });
  return { traceId, messageId };
}

const checks: readonly Check<DialedSubject>[] = [
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
      const { answer } = await connected(subject, subject.options.token ?? "conformance-wrong-token", "another-nonce");
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
      const chatId = dialed.received.map(({ fields }) => fields?.["chat_id"]).find((id) => typeof id === "string");
      if (chatId === undefined) throw new Unseen("needs a conversation: have somebody say something to this user");
      const { traceId, messageId } = say(subject, dialed, chatId);
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

const checked = new Set(checks.flatMap(({ rules }) => rules));
const others = Array.from({ length: 90 }, (_, index) => `CC-${index + 1}`).filter((rule) => !checked.has(rule));
const unchecked: readonly Unchecked[] = [{ verdict: "not applicable", why: "binds the side that dials, or the service beside the hub", rules: others }];

/** Any hub of ClawChat, as our plugin sees it. */
export const clawchatServer = defineSuite({ protocol: "clawchat", side: "server", open: async (options) => await new DialedSubject(options, checkFromServer).reach(), checks, unchecked });
