import fc from "fast-check";
import { nearMisses } from "../../../../generated/local-im/arbitraries.ts";
import { errorCodes } from "../../../../generated/local-im/index.ts";
import type { FrameRecord } from "../../simulator/record.ts";
import { type Check, expectThat, type Unchecked, Unseen } from "../check.ts";
import { fieldsIn } from "../dialing.ts";
import { answersInOrder, answersOnce, comesBack, followsNoRedirect, outlivesTheConnection, runsOnce, staysAway, survives } from "../listening-checks.ts";
import { type FaultRules, listenFor, type ListeningSubject } from "../listening-subject.ts";
import { defineSuite } from "../suite.ts";

export const localImFaults: FaultRules = [
  [/ is an extension, and no hello| is of the extension |the server said no hello$/, "LI-25"],
  [/ came after the (done|error) of |^a second done /, "LI-11"],
  [/ as (conversationId|sessionId), its message had /, "LI-12"],
  [/answers no message: none had its/, "LI-12"],
  [/ has no replyTo, | as seq, expected |answers the message .* and there was none/, "LI-26"],
  [/: all contents together are /, "LI-17"],
  [/^stream: content holds what is new/, "LI-13"],
  [/^thought: content is not/, "LI-14"],
  [/^done: /, "LI-15"],
  [/^reaction is about the message/, "LI-30"],
  [/^(edited|deleted) is about the message/, "LI-31"],
];

const parts = ["thought", "stream", "done", "error"];
const isPart = (text: string): boolean => parts.includes(String(fieldsIn(text)?.["type"]));
const ofType = (type: string) => ({ text }: FrameRecord): boolean => fieldsIn(text)?.["type"] === type;
const near = [nearMisses.Message, nearMisses.Hello, nearMisses.Cancel, nearMisses.Edit, nearMisses.Delete];

type Tested = ListeningSubject;

const checks: readonly Check<Tested>[] = [
  {
    rules: ["LI-1"],
    title: "dials with the account's id in the query, once",
    async run(subject) {
      const { request } = await subject.link();
      const ids = request.query.getAll("accountId");
      const { account } = subject.options;
      expectThat(ids.length === 1 && ids[0] !== "" && (account === undefined || ids[0] === account), account === undefined ? "one accountId" : `accountId=${account}`, () => request.query.toString() || "no query");
    },
  },
  {
    rules: ["LI-3"],
    title: "names its extensions in x-local-im-extensions",
    async run(subject) {
      const { request } = await subject.link();
      expectThat(request.headers["x-local-im-extensions"] !== undefined, "the header x-local-im-extensions", () => Object.keys(request.headers).join(", "));
    },
  },
  answersOnce(["LI-11"]),
  {
    rules: ["LI-12"],
    title: "repeats the conversation and the session of a message, and has neither where it had none",
    async run(subject) {
      await subject.replied({ text: "with both", user: "user-1", session: "s-1", conversation: "c-1" });
      await subject.replied({ text: "with neither" });
    },
  },
  {
    rules: ["LI-13"],
    title: "sends partial texts that are everything so far",
    run: async (subject) => void (await streamed(subject)),
  },
  {
    rules: ["LI-14"],
    title: "sends thoughts that are everything so far, and what each adds",
    async run(subject) {
      const reply = await subject.replied({ text: "Think about it first: what is 17 times 23?", user: "user-1", session: "user-1" });
      if (!reply.frames.some(ofType("thought"))) throw new Unseen("needs an agent that thinks aloud, and a session that shows it");
    },
  },
  {
    rules: ["LI-15"],
    title: "ends with the complete text and the complete reasoning",
    async run(subject) {
      const reply = await subject.replied({ text: "hello", user: "user-1", session: "user-1" });
      if (reply.end?.how !== "completed") throw new Unseen("the agent failed to answer");
    },
  },
  {
    rules: ["LI-17"],
    title: "sends at most one partial text every 50 ms",
    async run(subject) {
      const times = await streamed(subject);
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      const least = 50 * (times.length - 2);
      expectThat(span >= least, `${times.length} partial texts in no less than ${least} ms`, () => `${span} ms`);
    },
  },
  answersInOrder(["LI-18"]),
  outlivesTheConnection(["LI-20"], (text) => fieldsIn(text)?.["type"] === "stream"),
  runsOnce(["LI-10"], isPart),
  {
    rules: ["LI-7"],
    title: "takes text content without a type for a message",
    run: async (subject) => void (await subject.expectReply({ text: "hello", user: "user-1", session: "user-1", shape: "legacy" })),
  },
  {
    rules: ["LI-7", "LI-16"],
    title: "answers blank content with an error that names the field",
    async run(subject) {
      const frame = await subject.frame(ofType("error"), () => subject.simulator.raw(JSON.stringify({ type: "message", messageId: "blank-1", conversationId: "c-blank", content: "  " })));
      const error = String(fieldsIn(frame?.text ?? "")?.["error"]);
      expectThat(error.startsWith("Invalid field content: "), 'error "Invalid field content: …"', () => frame?.text ?? "nothing");
    },
  },
  {
    rules: ["LI-8"],
    title: "takes a number for its digits",
    async run(subject) {
      await subject.link();
      const messageId = subject.simulator.say({ text: "hello", user: "user-1", more: { conversationId: 20 } });
      const reply = await subject.reply(messageId);
      if (!reply) throw new Unseen(`a message was not answered within ${subject.timeoutMs} ms`);
      const echoed = reply.frames.map(({ text }) => fieldsIn(text)?.["conversationId"]);
      expectThat(echoed.every((id) => id === "20"), 'conversationId "20"', () => JSON.stringify(echoed));
    },
  },
  {
    rules: ["LI-9"],
    title: "answers ping with pong",
    async run(subject) {
      const pong = await subject.frame(ofType("pong"), () => subject.simulator.control("ping"));
      expectThat(pong !== undefined, "pong", () => "nothing");
    },
  },
  survives(["LI-9"], ({ seed, runs }) => near.flatMap((each) => fc.sample<{ value: unknown }>(each, { seed, numRuns: Math.ceil(runs / near.length) }).map(({ value }) => JSON.stringify(value)))),
  {
    rules: ["LI-16"],
    title: "sends errors of the table only",
    async run(subject) {
      const errors = subject.simulator.frames.filter(({ from, text }) => from === "plugin" && fieldsIn(text)?.["type"] === "error").map(({ text }) => String(fieldsIn(text)?.["error"]));
      if (errors.length === 0) throw new Unseen("no error came");
      const strange = errors.filter((error) => !errorCodes.some((row) => (row.error.includes("<") ? error.startsWith(row.error.split("<")[0] ?? "") : error === row.error)));
      expectThat(strange.length === 0, "a text of the table of error codes", () => strange.join("; "));
    },
  },
  {
    rules: ["LI-26"],
    title: "counts the frames of a reply and names its message after hello",
    async run(subject) {
      await subject.link();
      subject.simulator.control("hello", "");
      await subject.replied({ text: "hello", user: "user-1", session: "user-1" });
    },
  },
  {
    rules: ["LI-27"],
    title: "acknowledges a message that has an id, where hello named ack",
    async run(subject) {
      const { request } = await subject.link();
      const offered = String(request.headers["x-local-im-extensions"]).split(/[\s,;]+/);
      if (!offered.includes("ack")) throw new Unseen("the client does not offer the extension ack");
      subject.simulator.control("hello", "ack,typing,cancel");
      const messageId = `acknowledged-${subject.simulator.frames.length}`;
      const isAck = (frame: FrameRecord): boolean => ofType("ack")(frame) && fieldsIn(frame.text)?.["messageId"] === messageId;
      const ack = await subject.frame(isAck, () => subject.simulator.say({ messageId, text: "hello", user: "user-1", session: "user-1" }));
      expectThat(ack !== undefined, `ack of ${messageId}`, () => "none");
      await subject.reply(messageId);
    },
  },
  {
    rules: ["LI-25"],
    title: "begins a new connection without extensions",
    async run(subject) {
      await subject.dropped();
      await subject.replied({ text: "hello", user: "user-1", session: "user-1" });
    },
  },
  comesBack(["LI-5"], 900),
  followsNoRedirect(["LI-3"]),
  staysAway(["LI-6"], { code: 4403, ms: 8000 }),
];

/** When the partial texts of one answer came; at least two did. */
async function streamed(subject: Tested): Promise<number[]> {
  const reply = await subject.replied({ text: "Tell me a story of about three hundred words, please.", user: "user-1", session: "user-1" });
  const times = reply.frames.filter(ofType("stream")).map(({ at }) => at);
  if (times.length < 2) throw new Unseen("needs an answer in two or more partial texts; the client sent fewer");
  return times;
}

const unchecked: readonly Unchecked[] = [
  { verdict: "not testable", why: "is about an address that is refused before anything is dialed", rules: ["LI-2", "LI-4"] },
  { verdict: "not observed", why: "would use up a limit that others need too", rules: ["LI-19"] },
  { verdict: "not observed", why: "needs an answer longer than limits.turnSeconds, which is minutes", rules: ["LI-21"] },
  { verdict: "not testable", why: "is about what the agent remembers, which no frame shows", rules: ["LI-22"] },
  { verdict: "not testable", why: "is about whom the operator lets in", rules: ["LI-23"] },
  { verdict: "not observed", why: "needs an agent that says something unasked", rules: ["LI-24"] },
  { verdict: "not observed", why: "needs a message that makes the agent use a tool", rules: ["LI-28"] },
  { verdict: "not testable", why: "is about a setting of the operator, which no frame tells", rules: ["LI-29"] },
  { verdict: "not observed", why: "needs an agent that reacts to a message", rules: ["LI-30"] },
  { verdict: "not observed", why: "needs an agent that edits what it has said", rules: ["LI-31"] },
];

/** Any client of the local IM wire. */
export const localImClient = defineSuite({ protocol: "local-im", side: "client", open: async (options) => await listenFor("local-im", options, localImFaults), checks, unchecked });
