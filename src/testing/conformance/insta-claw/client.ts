import fc from "fast-check";
import { nearMisses } from "../../../../generated/insta-claw/arbitraries.ts";
import type { FrameRecord } from "../../simulator/record.ts";
import { type Check, expectThat, type Unchecked, Unseen } from "../check.ts";
import { fieldsIn } from "../dialing.ts";
import { answersInOrder, answersOnce, comesBack, followsNoRedirect, outlivesTheConnection, runsOnce, staysAway, survives } from "../listening-checks.ts";
import { type FaultRules, listenFor, type ListeningSubject } from "../listening-subject.ts";
import { defineSuite } from "../suite.ts";

export const instaClawFaults: FaultRules = [
  [/ as sequence_number, expected | and response\.id | is about the item | was used before$/, "IC-22"],
  [/ began on another link$|, on the same link$/, "IC-23"],
  [/ splits a character$| another text than | more characters than the deltas /, "IC-21"],
  [/^it acknowledges /, "IC-28"],
  [/ is a second response for the message /, "IC-29"],
  [/^a whole response came for /, "IC-32"],
  [/ is of the extension /, "IC-33"],
  [/, which was not said$/, "IC-34"],
  [/, which is no response of the plugin$/, "IC-35"],
  [/ as session_id, its message had | answers the message | names neither the message /, "IC-24"],
  [/^response\.\S+ came /, "IC-20"],
];

type Tested = ListeningSubject;
type Fields = Readonly<Record<string, unknown>>;

/** The event in a frame, in an envelope or without one. */
function eventIn(text: string): Fields {
  const frame = fieldsIn(text) ?? {};
  const data = frame["data"];
  const inner = typeof data === "string" ? fieldsIn(data) : data;
  return typeof inner === "object" && inner !== null ? (inner as Fields) : frame;
}

const isPart = (text: string): boolean => String(eventIn(text)["type"]).startsWith("response.");
const ofType = (type: string) => ({ text }: FrameRecord): boolean => eventIn(text)["type"] === type;
const near = [nearMisses.Envelope, nearMisses.System, nearMisses.UserRequest, nearMisses.ResponseCreate, nearMisses.ResponseQueued, nearMisses.ErrorEvent, nearMisses.Ping];
const mostDelta = 50;

const checks: readonly Check<Tested>[] = [
  {
    rules: ["IC-1"],
    title: "carries its credentials as headers, and nowhere else",
    async run(subject) {
      const { request } = await subject.link();
      const secret = String(request.headers["x-app-secret"]);
      expectThat(!`${request.path}?${request.query.toString()}`.includes(secret), "an address without the secret", () => `${request.path}?${request.query.toString()}`);
    },
  },
  answersOnce(["IC-20"]),
  {
    rules: ["IC-21"],
    title: "sends deltas of at most 50 code points that add up to the answer",
    async run(subject) {
      const reply = await subject.replied({ text: "Tell me a story of about three hundred words, please.", user: "user-1", session: "user-1" });
      const deltas = reply.frames.filter(ofType("response.output_text.delta")).map(({ text }) => eventIn(text)["delta"]);
      if (deltas.length === 0) throw new Unseen("needs an answer with a delta; the client sent none");
      const texts = deltas.map((delta) => (typeof delta === "object" && delta !== null && "text" in delta ? String(delta.text) : String(delta)));
      const long = texts.find((text) => Array.from(text).length > mostDelta);
      expectThat(long === undefined, `at most ${mostDelta} code points`, () => String(long));
    },
  },
  {
    rules: ["IC-22", "IC-24"],
    title: "numbers its events, uses each id once, and says what it answers",
    run: async (subject) => void (await subject.replied({ text: "hello", user: "user-1", session: "user-1" })),
  },
  answersInOrder(["IC-20"]),
  outlivesTheConnection(["IC-23"], (text) => eventIn(text)["type"] === "response.output_text.delta"),
  runsOnce(["IC-29"], isPart),
  ...(["full-events", "g1", "g2", "g3", "g4", "create"] as const).map(
    (shape): Check<Tested> => ({
      rules: [shape === "full-events" ? "IC-10" : "IC-16"],
      title: `takes a message of the shape ${shape}`,
      run: async (subject) => void (await subject.expectReply({ text: "hello", user: "user-1", session: "user-1", shape })),
    }),
  ),
  {
    rules: ["IC-32"],
    title: "answers stream false with one whole response and no events",
    async run(subject) {
      const reply = await subject.replied({ text: "hello", user: "user-1", session: "user-1", shape: "g4-whole" });
      expectThat(reply.frames.length === 1 && reply.frames.every(({ text }) => "output" in (fieldsIn(text) ?? {})), "one whole response", () => `${reply.frames.length} frames`);
    },
  },
  {
    rules: ["IC-16"],
    title: "answers blank text with INVALID_REQUEST",
    async run(subject) {
      const reply = await subject.replied({ text: "   ", user: "user-1", session: "user-1", shape: "g4" });
      expectThat(reply.end?.how === "failed" && reply.end.code === "INVALID_REQUEST", "response.failed with INVALID_REQUEST", () => JSON.stringify(reply.end));
    },
  },
  {
    rules: ["IC-30"],
    title: "answers ping with pong",
    async run(subject) {
      const pong = await subject.frame(({ text }) => String(fieldsIn(text)?.["type"]).toLowerCase() === "pong", () => subject.simulator.control("ping"));
      expectThat(pong !== undefined, "pong", () => "nothing");
    },
  },
  {
    rules: ["IC-30"],
    title: "dials again when the system says disconnect",
    async run(subject) {
      const before = await subject.link();
      subject.simulator.control("disconnect");
      await subject.simulator.until(() => (before.open ? undefined : true), "the end", subject.timeoutMs).catch(() => undefined);
      expectThat(!before.open, "a new connection", () => "the old one");
      await subject.link(before);
    },
  },
  survives(["IC-6"], ({ seed, runs }) => near.flatMap((each) => fc.sample<{ value: unknown }>(each, { seed, numRuns: Math.ceil(runs / near.length) }).map(({ value }) => JSON.stringify(value)))),
  {
    rules: ["IC-7"],
    title: "ignores types, events and words that it does not know",
    async run(subject) {
      const link = await subject.link();
      for (const text of ["[DONE]", '{"type":"of.later"}', '{"type":"message","data":"{\\"type\\":\\"response.of.later\\"}"}']) subject.simulator.raw(text);
      await subject.replied({ text: "hello", user: "user-1", session: "user-1" });
      expectThat(link.open, "an open connection", () => `close code ${link.closed?.code ?? ""}`);
    },
  },
  comesBack(["IC-3"], 900),
  followsNoRedirect(["IC-2"]),
  {
    rules: ["IC-31"],
    title: "closes with 1003 on a binary frame",
    async run(subject) {
      const link = await subject.link();
      subject.simulator.garbage("binary");
      const closed = await subject.simulator.until(() => link.closed, "the end", subject.timeoutMs).catch(() => undefined);
      expectThat(closed?.by === "plugin" && closed.code === 1003, "close code 1003", () => (closed ? `close code ${closed.code}` : "an open connection"));
      await subject.link(link);
    },
  },
  staysAway(["IC-3"], { code: 4403, ms: 8000 }),
];

const unchecked: readonly Unchecked[] = [
  { verdict: "not observed", why: "needs a silence of heartbeatIntervalMs, which is the operator's", rules: ["IC-4"] },
  { verdict: "not testable", why: "is about what the agent is told, which no frame shows", rules: ["IC-5", "IC-8", "IC-9", "IC-11", "IC-12", "IC-13", "IC-14", "IC-15", "IC-17", "IC-18"] },
  { verdict: "not testable", why: "is about a setting of the operator, which no frame tells", rules: ["IC-19"] },
  { verdict: "not observed", why: "needs an agent that says something unasked", rules: ["IC-25"] },
  { verdict: "not observed", why: "needs a sender who is not let in, or a limit that is used up", rules: ["IC-26"] },
  { verdict: "not observed", why: "needs an agent that fails", rules: ["IC-27"] },
  { verdict: "not observed", why: "needs an account with ack turned on", rules: ["IC-28"] },
  { verdict: "not observed", why: "needs an agent that reacts to a message, or edits what it has said", rules: ["IC-33", "IC-34", "IC-35"] },
];

/** Any client of the InstaClaw wire. */
export const instaClawClient = defineSuite({ protocol: "insta-claw", side: "client", open: async (options) => await listenFor("insta-claw", options, instaClawFaults), checks, unchecked });
