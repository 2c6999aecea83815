import type { IncomingMessage } from "node:http";
import { describe, it, type TestContext } from "vitest";
import type { ConformOptions } from "../../src/testing/conformance/check.ts";
import type { Report } from "../../src/testing/conformance/report.ts";
import { suiteOf } from "../../src/testing/conformance/suites.ts";
import type { ProtocolName } from "../../src/testing/simulator/protocols.ts";
import { type Simulator, startSimulator } from "../../src/testing/simulator/simulator.ts";
import { HANG_UP, type Spoils, startSpoiler } from "../support/spoiler.ts";
import { deviationsIn } from "./suite.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What the users of a server do as soon as somebody has come: they talk, and think better of it. */
const livelyUsers: Readonly<Record<ProtocolName, (simulator: Simulator) => void>> = {
  "local-im": (simulator) => {
    const id = simulator.say({ text: "hello", user: "ann", session: "ann" });
    simulator.control("edit", `${id} ann hello again`);
    simulator.control("delete", `${id} ann`);
  },
  "insta-claw": (simulator) => {
    const id = simulator.say({ text: "hello", user: "ann", session: "ann", conversation: "readers" });
    simulator.control("edit", `${id} ann hello again`);
    simulator.control("react", `${id} 👍 ann`);
  },
  clawchat: (simulator) => void simulator.say({ text: "hello", user: "ann", shape: "stream" }),
};

/** Runs the suite against our simulator, through something that spoils what it says. */
async function judge(name: ProtocolName, spoils: Spoils, { onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<Report> {
  const simulator = await startSimulator<ProtocolName>(name, {
    ...(name !== "clawchat" && { accounts: { office: "s3cret" } }),
    ...(name !== "clawchat" && { extensions: ["edit", "reactions"] }),
    // What a server announces goes first.
    tell: (news) => void (news.news === "opened" && queueMicrotask(() => news.link.open && livelyUsers[name](simulator))),
  });
  const spoiler = await startSpoiler(simulator.url, spoils);
  onTestFinished(async () => {
    await spoiler.stop();
    await simulator.stop();
  });
  const token = name === "clawchat" ? tokenIn(simulator.config) : "s3cret";
  const options: ConformOptions = { url: spoiler.url, port: 0, timeoutMs: 1500, seed: 7, runs: 10, account: "office", token, maxPayload: 1_048_576, listening() {} };
  const report = await suiteOf(name, "server").run(options);
  return { ...report, rules: report.rules.map((row) => ({ ...row, statement: "" })) };
}

function tokenIn(config: Readonly<Record<string, unknown>>): string {
  const [, token] = /"(?:token|accessToken)":"([^"]+)"/.exec(JSON.stringify(config)) ?? [];
  if (token === undefined) throw new Error("the simulator's configuration has no token");
  return token;
}

function at(event: string, spoil: (frame: Fields) => readonly Fields[]): (text: string) => readonly string[] {
  return (text) => {
    const frame = JSON.parse(text) as Fields;
    return frame["event"] === event || frame["type"] === event ? spoil(frame).map((each) => JSON.stringify(each)) : [text];
  };
}

/** The same for events in envelopes. */
function inside(type: string, spoil: (event: Fields) => readonly Fields[]): (text: string) => readonly string[] {
  return (text) => {
    const frame = JSON.parse(text) as Fields;
    const event = typeof frame["data"] === "string" ? (JSON.parse(frame["data"]) as Fields) : {};
    return event["type"] === type ? spoil(event).map((each) => JSON.stringify({ ...frame, data: JSON.stringify(each) })) : [text];
  };
}

/** Each message is another one, and all have one id. */
function sameId(): (text: string) => readonly string[] {
  let count = 0;
  return (text) => {
    if (text.includes("response.in_progress")) count += 1;
    return [text.replaceAll(/(resp(?:onse_id)?\\":\\"|"id\\":\\")[0-9a-f-]{36}/g, "$1one").replaceAll(/(?<!instaclaw:)hello/g, `hello ${count}`)];
  };
}

const payloadOf = (frame: Fields): Fields => frame["payload"] as Fields;
const withPayload = (frame: Fields, more: Fields): Fields => ({ ...frame, payload: { ...payloadOf(frame), ...more } });

/** The client's numbers fit again, so that only those of the server are wrong. */
function shifted(): Spoils {
  return {
    fromServer: (text) => [text.replace(/"dseq":(\d+)/, (_, dseq) => `"dseq":${Number(dseq) + 1}`)],
    fromClient: at("message.sync_ack", (frame) => [withPayload(frame, { dseq: Number(payloadOf(frame)["dseq"]) - 1 })]),
  };
}

/** Tells every connection the epoch of the first, and puts the true one into what comes back. */
function oneEpoch(): Spoils {
  const epochs = new Map<IncomingMessage, unknown>();
  const first = (): unknown => [...epochs.values()][0];
  return {
    fromServer: (text, request) => at("hello-ok", (frame) => {
      if (payloadOf(frame)["ack_epoch"] === undefined) return [frame];
      epochs.set(request, payloadOf(frame)["ack_epoch"]);
      return [withPayload(frame, { ack_epoch: first() })];
    })(text),
    fromClient: (text, request) => at("message.sync_ack", (frame) => [withPayload(frame, { epoch: epochs.get(request) })])(text),
  };
}

function grantsAll(): Spoils {
  let count = 0;
  return { fromServer: at("hello-ok", (frame) => [payloadOf(frame)["ack_mode"] === undefined ? withPayload(frame, { ack_mode: "dseq", ack_epoch: `epoch-${count++}` }) : frame]) };
}

/** What a connection has seen has another id on the next one. */
function otherEachTime(): NonNullable<Spoils["fromServer"]> {
  const connections: IncomingMessage[] = [];
  return (text, request) => {
    if (!connections.includes(request)) connections.push(request);
    const isOwn = /"event":"message\.(ack|error)"/.test(text);
    return [isOwn ? text : text.replaceAll(/"message_id":"([^"]+)"/g, `"message_id":"$1-${connections.indexOf(request)}"`)];
  };
}

/** Refuses what is said with the id of a stream. */
function mindsReplies(): Spoils {
  const streamed = new Set<unknown>();
  return {
    fromClient: at("message.created", (frame) => {
      streamed.add(payloadOf(frame)["message_id"]);
      return [frame];
    }),
    fromServer: at("message.ack", (frame) => (streamed.has(payloadOf(frame)["message_id"]) ? [{ ...frame, event: "message.error", payload: { message_id: payloadOf(frame)["message_id"], code: "bad_request", reason: "used", rejected_at: 1 } }] : [frame])),
  };
}

function firstAcks(): NonNullable<Spoils["fromServer"]> {
  const seen = new Set<unknown>();
  return at("message.ack", ({ trace_id: traceId, ...frame }) => {
    const isFirst = !seen.has(traceId);
    seen.add(traceId);
    return isFirst ? [{ trace_id: traceId, ...frame }] : [];
  });
}

function repeatsToken(): Spoils {
  let token: unknown;
  return {
    fromClient: at("connect", (frame) => {
      token ??= payloadOf(frame)["token"];
      return [frame];
    }),
    fromServer: at("replay.done", (frame) => [{ ...frame, trace_id: token }]),
  };
}

/** Closes connections on which one of these goes by. */
const mindsFrames = (pattern: RegExp): Spoils => ({ fromClient: (text) => [pattern.test(text) ? HANG_UP : text] });

const wrongs: readonly (readonly [protocol: ProtocolName, what: string, rules: readonly string[], spoils: Spoils])[] = [
  ["local-im", "never answers a ping", ["LI-5"], { neverPongs: true }],
  ["local-im", "breaks the document", ["schema"], { fromServer: at("message", (frame) => [{ ...frame, content: 5 }]) }],
  ["local-im", "lets everybody in", ["LI-6"], { dials: ({ headers }) => ({ headers: { ...headers, authorization: "Bearer s3cret" } }) }],
  ["local-im", "never says goodbye", ["LI-6"], { neverSaysGoodbye: true }],
  ["local-im", "minds an answer", ["LI-11", "LI-26"], mindsFrames(/"type":"done","content":"You said it\."/)],
  ["local-im", "minds an answer without text", ["LI-15"], mindsFrames(/"type":"done","content":""/)],
  ["local-im", "minds an error", ["LI-16"], mindsFrames(/"type":"error"/)],
  ["local-im", "sends blank messages", ["LI-7"], { fromServer: at("message", (frame) => [{ ...frame, content: "  " }]) }],
  ["local-im", "uses an id for two messages", ["LI-10"], { fromServer: at("message", (frame) => [frame, { ...frame, content: "another" }]) }],
  ["local-im", "wants an extension that nobody offered", ["LI-25"], { fromServer: at("hello", (frame) => [{ ...frame, extensions: ["edit", "teleport"] }]) }],
  ["local-im", "uses an extension that its hello does not name", ["LI-25"], { fromServer: at("hello", (frame) => [{ ...frame, extensions: [] }]) }],
  ["local-im", "lets others edit a message", ["LI-31"], { fromServer: at("edit", (frame) => [{ ...frame, userId: "mallory" }]) }],
  ["insta-claw", "lets strangers in", ["IC-1"], { dials: ({ headers }) => ({ headers: { "x-app-key": "office", "x-app-secret": "s3cret", ...headers } }) }],
  ["insta-claw", "never answers a ping", ["IC-4"], { neverPongs: true }],
  ["insta-claw", "never says goodbye", ["IC-31"], { neverSaysGoodbye: true }],
  ["insta-claw", "minds an answer", ["IC-20"], mindsFrames(/"response\.completed.*"text\\":\\"You said it\./)],
  ["insta-claw", "minds many deltas", ["IC-21"], mindsFrames(/"delta\\":\\"said /)],
  ["insta-claw", "minds a failure", ["IC-27"], mindsFrames(/response\.failed/)],
  ["insta-claw", "gives a response two ids", ["IC-9"], { fromServer: inside("response.in_progress", (event) => [{ ...event, response: { ...(event["response"] as Fields), id: "another" } }]) }],
  ["insta-claw", "goes on after the end", ["IC-10"], { fromServer: inside("response.completed", (event) => [event, { type: "response.in_progress", response_id: event["response_id"] }]) }],
  ["insta-claw", "counts from the beginning again", ["IC-11"], { fromServer: inside("response.completed", (event) => [{ ...event, sequence_number: 0 }]) }],
  ["insta-claw", "says something of no item", ["IC-12"], { fromServer: inside("response.output_text.delta", (event) => [{ ...event, item_id: "another" }]) }],
  ["insta-claw", "sends blank messages", ["IC-16"], { fromServer: (text) => [text.replaceAll(/(?<!instaclaw:)hello/g, " ")] }],
  ["insta-claw", "does not name its groups", ["IC-18"], { fromServer: (text) => [text.replaceAll('\\"group_id\\":\\"readers\\",', "").replaceAll(',\\"group_id\\":\\"readers\\"', "")] }],
  ["insta-claw", "uses an id for two messages", ["IC-29"], { fromServer: sameId() }],
  ["insta-claw", "uses an extension that its hello does not name", ["IC-33"], { fromServer: inside("instaclaw:hello", (event) => [{ ...event, extensions: ["reactions"] }]) }],
  ["insta-claw", "lets others edit a message", ["IC-35"], { fromServer: inside("instaclaw:message.edit", (event) => [{ ...event, actor_id: "mallory" }]) }],
  ["insta-claw", "lets everybody in", ["IC-3"], { dials: ({ headers }) => ({ headers: { ...headers, "x-app-secret": "s3cret" } }) }],
  ["clawchat", "answers connect with another trace_id", ["CC-4"], { fromServer: at("hello-ok", (frame) => [{ ...frame, trace_id: "another" }]) }],
  ["clawchat", "says connect.challenge twice", ["CC-5"], { fromServer: at("connect.challenge", (frame) => [frame, frame]) }],
  ["clawchat", "never answers a ping", ["CC-11"], { neverPongs: true }],
  ["clawchat", "refuses no other nonce", ["CC-9"], { fromServer: (text) => [text.replace('"event":"hello-fail"', '"event":"hello-ok"').replace('"reason":"nonce mismatch"', '"device_id":"conformance","delivery_mode":"device_replay"')] }],
  ["clawchat", "counts from two", ["CC-47"], shifted()],
  ["clawchat", "has one epoch for all connections", ["CC-46"], oneEpoch()],
  ["clawchat", "grants what nobody asked for", ["CC-44"], grantsAll()],
  ["clawchat", "keeps nothing", ["CC-48"], { fromServer: otherEachTime() }],
  ["clawchat", "keeps what was acknowledged", ["CC-48"], { fromClient: at("message.sync_ack", () => []) }],
  ["clawchat", "keeps what the first generation acknowledged", ["CC-45"], { fromClient: at("message.cursor_ack", () => []) }],
  ["clawchat", "acknowledges a message once only", ["CC-28"], { fromServer: firstAcks() }],
  ["clawchat", "does not take what was streamed", ["CC-69"], mindsReplies()],
  ["clawchat", "does not refuse a message to nobody", ["CC-27"], { fromServer: at("message.error", () => []) }],
  ["clawchat", "goes on with streams that were not begun", ["CC-67"], { fromServer: at("message.created", () => []) }],
  ["clawchat", "counts streams from one", ["CC-68"], { fromServer: at("message.add", (frame) => [withPayload(frame, { sequence: Number(payloadOf(frame)["sequence"]) + 1 })]) }],
  ["clawchat", "repeats the token", ["CC-90"], repeatsToken()],
  ["clawchat", "has no word for a bad refresh token", ["CC-75"], { answersCall: ({ url = "" }) => (url.endsWith("/refresh") ? { status: 503, body: "busy" } : undefined) }],
  ["clawchat", "answers everybody", ["CC-80"], { answersCall: ({ url = "" }) => (url.endsWith("/me") ? { status: 200, body: '{"code":0,"data":{"user_id":"usr_1"}}' } : undefined) }],
  ["clawchat", "does not know whose token it is", ["CC-86"], { answersCall: ({ url = "", headers }) => (url.endsWith("/me") && !headers.authorization?.includes("wrong") ? { status: 200, body: '{"code":0,"data":{}}' } : undefined) }],
  ["clawchat", "gives another reason for a bad token", ["CC-8"], { fromServer: at("hello-fail", (frame) => [{ ...frame, payload: { reason: "no" } }]) }],
  ["clawchat", "ends its replay twice", ["CC-55"], { fromServer: at("replay.done", (frame) => [frame, { ...frame, dseq: undefined }]) }],
  ["clawchat", "acknowledges no message", ["CC-26"], { fromServer: at("message.ack", () => []) }],
  ["clawchat", "closes a connection that was taken over with another code", ["CC-13"], { closeCode: (code) => (code === 4001 ? 4000 : code) }],
];

describe.concurrent("the conformance kit at a server that plugins dial", () => {
  it.for(["local-im", "insta-claw", "clawchat"] as const)("finds nothing wrong with the simulator of %s", { timeout: 60_000 }, async (name, { expect, onTestFinished }) => {
    const report = await judge(name, {}, { onTestFinished });
    expect(deviationsIn(report)).toEqual([]);
    const results = report.rules.flatMap(({ checks }) => checks);
    expect(results.filter(({ verdict }) => verdict !== "passed").map(({ title, why }) => `${title}: ${why}`)).toEqual([]);
    // The form of the frames has a row of its own.
    expect(new Set(results.map(({ title }) => title)).size).toBe(suiteOf(name, "server").checks.length + 1);
  });

  it.for(wrongs)("says of one of %s that %s which rule it breaks: %s", { timeout: 60_000 }, async ([name, , rules, spoils], { expect, onTestFinished }) => {
    const report = await judge(name, spoils, { onTestFinished });
    expect(report.rules.filter(({ verdict }) => verdict === "failed").map(({ rule }) => rule), deviationsIn(report).join("\n")).toEqual(rules);
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });
});
