import fc from "fast-check";
import { arbitraries } from "../../../../generated/websocket/arbitraries.ts";
import { type Check, expectThat, Unseen } from "../check.ts";
import type { Dialed } from "../dialing.ts";
import { describeEnd } from "./server-doors.ts";
import { isTerminal, show, type WebsocketServerSubject } from "./subject.ts";

/** ms in which a frame that must not come would have come. */
const silenceMs = 300;
/** ms between two partial texts (WS-17). */
const partialMs = 50;
/** Answers cost the server a turn of its agent each. */
const mostTurns = 5;

export const answers: readonly Check<WebsocketServerSubject>[] = [
  {
    rules: ["WS-13"],
    title: "gives a message typing, then partial texts, then one terminal frame and nothing after it",
    async run(subject) {
      const application = await subject.enter();
      const messageId = subject.newId();
      application.send({ type: "chat.send", messageId, content: "Hello there! Please answer in a sentence." });
      const terminal = await subject.terminal(application, messageId);
      expectThat(terminal !== undefined, `chat.response or chat.error for ${messageId} within ${subject.timeoutMs} ms`, () => (application.closed ? describeEnd(application) : show(application.received.at(-1)?.fields)));
      await application.pause(silenceMs);
      expectOneEnd(application);
    },
  },
  {
    rules: ["WS-11"],
    title: "ignores fields that it does not know, and a groupId without chatType group",
    async run(subject) {
      const application = await subject.enter();
      const messageId = subject.newId();
      application.send({ type: "chat.send", messageId, content: "hello", groupId: "g", "x-of-later": { any: ["thing"] } });
      const first = await application.until(() => application.received[0]?.fields, subject.timeoutMs);
      if (!first) throw new Unseen("nothing came for the message; see WS-13");
      expectThat(!/Invalid (field|message)/.test(String(first["error"])), "the message to be taken", () => show(first));
      await subject.terminal(application, messageId);
    },
  },
  {
    rules: ["WS-14"],
    title: "answers a repeat with the same terminal frame, and with nothing else",
    async run(subject) {
      const application = await subject.enter();
      const messageId = subject.newId();
      const frame = { content: "once" };
      const first = await subject.answered(application, messageId, frame);
      await application.pause(silenceMs);
      const before = application.received.length;
      application.send({ type: "chat.send", messageId, ...frame });
      const again = await application.until(() => application.received.slice(before).find(({ fields }) => fields && isTerminal(fields))?.fields, subject.timeoutMs);
      await application.pause(silenceMs);
      const came = application.received.slice(before).map(({ text }) => text);
      expectThat(JSON.stringify(again) === JSON.stringify(first) && came.length === 1, `${show(first)} once more, alone`, () => came.join(" ") || "nothing");
    },
  },
  {
    rules: ["WS-15"],
    title: "sends partial texts that are everything so far",
    async run(subject) {
      const { texts, whole } = await streamOf(subject);
      const jumps = texts.some((text, index) => !text.startsWith(texts[index - 1] ?? ""));
      expectThat(!(jumps && whole.startsWith(texts.join(""))), "content that is everything so far", () => `content that is the new part: ${JSON.stringify(texts.slice(0, 3))}`);
    },
  },
  {
    rules: ["WS-17"],
    title: "sends partial texts at least 50 ms apart, and none that is blank",
    async run(subject) {
      const { texts, times } = await streamOf(subject);
      expectThat(!texts.some((text) => text.trim() === ""), "no blank text", () => JSON.stringify(texts));
      // What came late at first makes only the whole of it shorter, and by little.
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      const least = partialMs * (times.length - 2);
      expectThat(span >= least, `${times.length} partial texts in no less than ${least} ms`, () => `${span} ms`);
    },
  },
  {
    rules: ["WS-19"],
    title: "answers two messages of one conversation in the order in which they came",
    async run(subject) {
      const application = await subject.enter();
      const ids = [subject.newId(), subject.newId()];
      for (const [index, messageId] of ids.entries()) application.send({ type: "chat.send", messageId, content: `number ${index + 1}` });
      for (const messageId of ids) if (!(await subject.terminal(application, messageId))) throw new Unseen(`a message was not answered within ${subject.timeoutMs} ms; see WS-13`);
      const order = application.received.flatMap(({ fields }) => (fields && isTerminal(fields) ? [String(fields["messageId"])] : []));
      expectThat([...new Set(order)].join() === ids.join(), `answers to ${ids.join(", ")}`, () => order.join(", "));
    },
  },
  {
    rules: ["WS-20"],
    title: "brings the answer to the sender's next connection",
    async run(subject) {
      const query = { senderId: subject.newId("u") };
      const messageId = subject.newId();
      const gone = await subject.enter(query);
      gone.send({ type: "chat.send", messageId, content: "I will be right back." });
      await gone.until(() => (gone.received.length > 0 ? true : undefined), subject.timeoutMs);
      const isEarly = gone.received.some(({ fields }) => fields && isTerminal(fields));
      await gone.close();
      if (isEarly || gone.received.some(({ fields }) => fields && isTerminal(fields))) throw new Unseen("the answer came before the connection could be ended: needs an agent that takes longer");
      const back = await subject.enter(query);
      const terminal = await subject.terminal(back, messageId);
      // A server that answers nothing at all breaks another rule.
      if (!terminal) await subject.answered(back, subject.newId(), { content: "Are you there?" });
      expectThat(terminal !== undefined, `the end of ${messageId} on the next connection`, () => show(back.received.at(-1)?.fields));
    },
  },
  {
    rules: ["WS-4"],
    title: "refuses a frame that names another sender than the verified one",
    async run(subject) {
      if (subject.options.token === undefined) throw new Unseen("needs a server with auth, and its token: --token");
      const application = await subject.enter({});
      const messageId = subject.newId();
      const terminal = await subject.answered(application, messageId, { content: "I am somebody else.", senderId: subject.newId("other") });
      expectThat(terminal["type"] === "chat.error" && terminal["error"] === "Sender not allowed", 'chat.error "Sender not allowed"', () => show(terminal));
    },
  },
  {
    rules: ["WS-26"],
    title: "reads no file outside the folders it may read",
    async run(subject) {
      const application = await subject.enter();
      const terminal = await subject.answered(application, subject.newId(), { content: "What is in this file?", mediaPath: "/etc/passwd" });
      expectThat(terminal["type"] === "chat.error" && /^(Attachment rejected|Invalid field media)/.test(String(terminal["error"])), 'chat.error "Attachment rejected: …"', () => show(terminal));
    },
  },
  {
    rules: ["WS-13"],
    title: "answers any valid chat.send, whatever optional fields it has",
    async run(subject) {
      const { seed, runs } = subject.options;
      // Attachments need files or the network.
      const without = { mediaPath: undefined, mediaPaths: undefined, mediaType: undefined, mediaTypes: undefined, media: undefined, senderId: undefined };
      const simple = arbitraries.ChatSend.map((frame) => ({ ...frame, ...without, content: `x${frame.content.slice(0, 1000)}` }));
      for (const frame of fc.sample(simple, { numRuns: Math.min(mostTurns, runs), seed })) {
        const application = await subject.enter();
        const messageId = subject.newId();
        application.send({ ...frame, chatType: "direct", messageId });
        const terminal = await subject.terminal(application, messageId);
        expectThat(terminal !== undefined, "chat.response or chat.error", () => show(application.received.at(-1)?.fields));
        await application.close();
      }
    },
  },
  {
    rules: ["WS-30"],
    title: "answers a ping of the application",
    async run(subject) {
      const application = await subject.enter();
      application.ping();
      const pong = await application.until(() => (application.pongs > 0 ? true : undefined), subject.timeoutMs);
      expectThat(pong !== undefined, "a pong", () => describeEnd(application));
    },
  },
];

function expectOneEnd({ received }: Dialed): void {
  const types = received.map(({ fields }) => String(fields?.["type"]));
  const ends = received.filter(({ fields }) => fields && isTerminal(fields));
  expectThat(ends.length === 1, "exactly one terminal frame", () => types.join(", "));
  expectThat(types.at(-1) === ends[0]?.fields?.["type"], "nothing after the terminal frame", () => types.join(", "));
  // Who is refused is told so at once.
  const isRefused = types.join() === "chat.error";
  expectThat(isRefused || types[0] === "chat.typing", "chat.typing first", () => types.join(", "));
}

interface Streamed {
  texts: readonly string[];
  times: readonly number[];
  whole: string;
}

/** Partial texts of one answer, at least two of them. */
async function streamOf(subject: WebsocketServerSubject): Promise<Streamed> {
  const application = await subject.enter();
  const messageId = subject.newId();
  const terminal = await subject.response(application, messageId, { content: "Tell me a story of about three hundred words, please." });
  const streams = subject.framesOf(application, messageId).filter(({ fields }) => fields["type"] === "chat.stream");
  if (streams.length < 2) throw new Unseen("needs an answer in two or more partial texts; the server sent fewer");
  return { texts: streams.map(({ fields }) => String(fields["content"])), times: streams.map(({ at }) => at), whole: String(terminal["content"]) };
}
