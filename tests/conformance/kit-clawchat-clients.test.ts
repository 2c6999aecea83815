import type { IncomingMessage } from "node:http";
import { describe, it } from "vitest";
import { fieldsIn } from "../../src/testing/conformance/dialing.ts";
import type { Spoils } from "../support/spoiler.ts";
import { judgeClient } from "./clients.ts";
import { at, type Fields } from "./spoils.ts";

const payloadOf = (frame: Fields): Fields => frame["payload"] as Fields;
const event = (name: string) => (frame: Fields): boolean => frame["event"] === name;
const payloadWith = (frame: Fields, more: Fields): Fields => ({ ...frame, payload: { ...payloadOf(frame), ...more } });
const without = (name: string): NonNullable<Spoils["fromClient"]> => at(event(name), () => []);

/** A message of the owner in the place of something else. */
const asMessage = (frame: Fields): readonly Fields[] => {
  const message = { body: { fragments: [{ kind: "text", text: "hello" }] }, context: { mentions: [], reply: null } };
  return [{ ...frame, event: "message.send", payload: { message_id: `made-of-${String(frame["trace_id"])}`, message_mode: "normal", message } }];
};

/** Does something to what the client says on its second connection and later. */
function later(spoil: (frame: Fields) => readonly Fields[], name: string): Spoils {
  const connections: IncomingMessage[] = [];
  return {
    fromClient(text, request) {
      if (!connections.includes(request)) connections.push(request);
      return connections.indexOf(request) === 0 ? [text] : at(event(name), spoil)(text);
    },
  };
}

/** Answers the second copy of a message, as its id is another one for it. */
function forgetful(renames: (frame: Fields) => boolean): Spoils {
  return { fromServer: at(renames, (frame) => [payloadWith({ ...frame, event: "message.send" }, { message_id: `again-${String(frame["trace_id"])}`, stream_merged: undefined, metadata: undefined })]) };
}

function anotherDevice(): Spoils {
  let count = 0;
  return { fromClient: at(event("connect"), (frame) => [payloadWith(frame, { device_id: `device-${count++}` })]) };
}

/** Says what it is told was refused once more. */
const twice = (name: string): Spoils => ({ fromClient: at(event(name), (frame) => [frame, frame]) });

/** Does not see that it is told no. */
const deaf: Spoils = { fromServer: at(event("message.error"), () => []) };

/** A request for an approval is told of twice, each time as another message. */
function noticesAgain(): Spoils {
  const seen = new Set<unknown>();
  return {
    fromServer: at(
      (frame) => fieldsIn(JSON.stringify(payloadOf(frame)?.["metadata"] ?? null))?.["kind"] === "permission_result",
      (frame) => {
        const isRepeat = seen.has(payloadOf(frame)["message_id"]);
        seen.add(payloadOf(frame)["message_id"]);
        return [isRepeat ? payloadWith(frame, { message_id: "sys-again", metadata: { ...(payloadOf(frame)["metadata"] as Fields), request_id: "req_again" } }) : frame];
      },
    ),
  };
}

const calls = (part: string) => ({ url = "" }: IncomingMessage): boolean => url.includes(part);

const wrongs: readonly (readonly [rule: string, what: string, spoils: () => Spoils])[] = [
  ["CC-3", "carries a cookie", () => ({ dials: ({ headers }) => ({ headers: { ...headers, cookie: "token=1" } }) })],
  ["CC-4", "says connect twice", () => twice("connect")],
  ["CC-7", "asks for the history of other devices", () => ({ fromClient: at(event("connect"), (frame) => [payloadWith(frame, { capabilities: { ...(payloadOf(frame)["capabilities"] as Fields), history_sync: true } })]) })],
  ["CC-10", "goes on with the acknowledgements of before", () => later(() => [], "message.sync_ack")],
  ["CC-18", "minds members that it does not know", () => ({ fromServer: at((frame) => "conformance_mood" in (payloadOf(frame) ?? {}), (frame) => [payloadWith(frame, { message_mode: "strange" })]) })],
  ["CC-19", "answers to typing", () => ({ fromServer: at(event("typing.update"), asMessage) })],
  ["CC-22", "answers the last message first", reversed],
  ["CC-25", "answers to reactions", () => ({ fromServer: at(event("message.reaction"), asMessage) })],
  ["CC-27", "says again what was refused", () => twice("message.created")],
  ["CC-28", "forgets what was not acknowledged", () => later(() => [], "message.reply")],
  ["CC-31", "makes up ids of its own", () => ({ fromClient: at(event("message.reply"), (frame) => [payloadWith(frame, { message_id: `msg_${String(payloadOf(frame)["message_id"]).slice(4)}` })]) })],
  ["CC-40", "goes on in a conversation that is not there", () => deaf],
  ["CC-42", "never takes typing back", () => ({ fromClient: at((frame) => event("typing.update")(frame) && payloadOf(frame)["is_typing"] === false, () => []) })],
  ["CC-44", "acknowledges what was not granted", () => ({ fromClient: at(event("message.reply"), (frame) => [frame, { version: "2", event: "message.cursor_ack", trace_id: "t", emitted_at: 1, payload: { seq: 1 } }]) })],
  ["CC-45", "does not acknowledge the first generation", () => ({ fromClient: without("message.cursor_ack") })],
  ["CC-46", "acknowledges by cursor where dseq was granted", () => ({ fromClient: at(event("message.sync_ack"), (frame) => [frame, { version: "2", event: "message.cursor_ack", trace_id: "t", emitted_at: 1, payload: { seq: 1 } }]) })],
  ["CC-47", "does not mind a gap", () => ({ fromServer: noGaps() })],
  ["CC-49", "acknowledges no replay", () => later(() => [], "message.sync_ack")],
  ["CC-51", "does not acknowledge what it cannot read", stumbling],
  ["CC-53", "answers a repeat", () => forgetful(repeated())],
  ["CC-54", "answers what the hub puts together", () => forgetful((frame) => payloadOf(frame)?.["stream_merged"] === true)],
  ["CC-55", "minds a second replay.done", () => ({ fromServer: at((frame) => event("replay.done")(frame) && "seq" in frame, (frame) => [{ ...frame, dseq: Number(frame["dseq"]) + 1 }]) })],
  ["CC-56", "answers messages of long ago", () => ({ fromServer: at((frame) => Number(frame["emitted_at"]) < Date.now() - 3_600_000, (frame) => [{ ...frame, emitted_at: Date.now() }]) })],
  ["CC-57", "answers itself", () => ({ fromServer: at((frame) => event("message.reply")(frame) && payloadOf(frame)["stream_merged"] === undefined, (frame) => [payloadWith({ ...frame, event: "message.send", sender: { id: "usr_another", type: "direct" } }, { message_id: "made-of-an-echo" })]) })],
  ["CC-59", "answers in a muted group", () => ({ answersCall: (request) => (calls("group-settings")(request) ? { status: 200, body: '{"code":0,"data":{"settings":[]}}' } : undefined) })],
  ["CC-62", "starts another turn for the same request", noticesAgain],
  ["CC-63", "never looks at a conversation again", () => ({ fromServer: without("chat.metadata.invalidated") })],
  ["CC-64", "asks each time it is told", () => ({ repeatsCall: (request) => (calls("group-settings")(request) ? 2 : 1) })],
  ["CC-65", "follows somebody", () => ({ fromClient: at(event("message.reply"), (frame) => [frame, { version: "2", event: "presence.subscribe", trace_id: "t", emitted_at: 1, payload: { user_id: "usr_1" } }]) })],
  ["CC-67", "does not end its streams", () => ({ fromClient: without("message.done") })],
  ["CC-68", "counts the parts of a stream from one", () => ({ fromClient: at(event("message.add"), (frame) => [payloadWith(frame, { sequence: Number(payloadOf(frame)["sequence"]) + 1 })]) })],
  ["CC-69", "forgets an answer whose connection was lost", () => later(() => [], "message.reply")],
  ["CC-70", "sends its parts too often", () => ({ fromClient: at(event("message.add"), (frame) => Array.from({ length: 9 }, () => frame)) })],
  ["CC-73", "refreshes at every turn", () => ({ repeatsCall: (request) => (calls("/auth/refresh")(request) ? 2 : 1) })],
  ["CC-80", "calls again and again", () => ({ repeatsCall: (request) => (calls("/auth/refresh")(request) ? 1 : 2) })],
  ["CC-85", "is another device each time", anotherDevice],
  ["CC-89", "does not name its device", () => ({ dials: ({ headers }) => ({ headers: { ...headers, "x-device-id": undefined } }) })],
];

/** The two answers to the messages of one conversation change places. */
function reversed(): Spoils {
  const held: string[] = [];
  return {
    fromClient: (text) => {
      const frame = fieldsIn(text);
      if (!/^message\.(created|add|done|failed|reply|send)$/.test(String(frame?.["event"]))) return [text];
      if (frame?.["event"] !== "message.reply") return [];
      return held.length === 0 && held.push(text) > 0 ? [] : [text, ...held.splice(0)];
    },
  };
}

/** Acknowledges nothing any more once it has heard something malformed. */
function stumbling(): Spoils {
  let hasStumbled = false;
  return {
    fromServer(text) {
      hasStumbled ||= text.includes('"payload":{}') && text.includes('"event":"message.send"');
      return [text];
    },
    fromClient: (text) => (hasStumbled && text.includes("message.sync_ack") ? [] : [text]),
  };
}

/** The numbers of the server fit, whatever it leaves out. */
function noGaps(): NonNullable<Spoils["fromServer"]> {
  const last = new Map<IncomingMessage, number>();
  return (text, request) => {
    if (!/"dseq":\d/.test(text)) return [text];
    const dseq = (last.get(request) ?? 0) + 1;
    last.set(request, dseq);
    return [text.replace(/"dseq":\d+/, `"dseq":${dseq}`)];
  };
}

function repeated(): (frame: Fields) => boolean {
  const seen = new Set<unknown>();
  return (frame) => {
    if (frame["event"] !== "message.send") return false;
    const isRepeat = seen.has(payloadOf(frame)["message_id"]);
    seen.add(payloadOf(frame)["message_id"]);
    return isRepeat;
  };
}

describe.concurrent("the conformance kit at a client of ClawChat", () => {
  it.for(wrongs)("says of one that breaks %s that it %s", { timeout: 120_000 }, async ([rule, , spoils], { expect }) => {
    const report = await judgeClient("clawchat", spoils(), { rule });
    expect(report.rules.map(({ verdict, why }) => why ?? verdict)).toEqual(["failed"]);
  });

  it.for(wrongs.map(([rule]) => rule))("finds that ours keeps %s when that is all it looks at", { timeout: 120_000 }, async (rule, { expect }) => {
    const report = await judgeClient("clawchat", {}, { rule });
    expect(report.rules.map(({ verdict, why }) => why ?? verdict)).toEqual(["passed"]);
  });
});
