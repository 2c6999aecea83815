/**
 * How long decoding takes beside JSON.parse alone, and beside other libraries on the same schema, which are spared the
 * search for the message. Every text is parsed afresh, as V8 remembers what a regular expression said of a string.
 */
import * as clawchat from "../../generated/clawchat/index.ts";
import * as instaClaw from "../../generated/insta-claw/index.ts";
import * as localIm from "../../generated/local-im/index.ts";
import * as websocket from "../../generated/websocket/index.ts";
import { readFrame as readHubFrame } from "../../src/protocols/clawchat/codec.ts";
import { readFrame as readClawFrame } from "../../src/protocols/insta-claw/codec.ts";
import { readFrame as readImFrame } from "../../src/protocols/local-im/codec.ts";
import { readFrame as readChatFrame } from "../../src/protocols/websocket/codec.ts";
import type { Figure, Tell } from "./figure.ts";
import * as frames from "./frames.ts";
import { type Jobs, measureRounds, over } from "./rounds.ts";
import { rivalsOf } from "./rivals.ts";

interface Case {
  readonly label: string;
  readonly frame: (index: number) => object;
  readonly decode: (text: string) => { readonly ok: boolean };
  /** What the session is given; absent where a client decodes it. */
  readonly read?: (text: string) => { readonly ok: true } | { readonly is: string } | { readonly ok: false };
  readonly protocol: string;
  readonly type: string;
  /** The type of what the text in `data` says. */
  readonly inner?: string;
}

const readIm = (text: string): ReturnType<typeof readImFrame> => readImFrame(text, 200_000);
const chat = { protocol: "websocket", decode: websocket.decodeChatReceived, read: readChatFrame };
const claw = { protocol: "insta-claw", decode: instaClaw.decodeGatewayReceived, read: readClawFrame };
const hub = { protocol: "clawchat", decode: clawchat.decodeHubReceived, read: readHubFrame };

const cases: readonly Case[] = [
  { ...chat, label: "websocket chat.send", frame: frames.chatSend, type: "ChatSend" },
  { ...chat, label: "websocket chat.send, group", frame: frames.chatSendGroup, type: "ChatSend" },
  { protocol: "websocket", decode: websocket.decodeChatSent, label: "websocket chat.stream, client", frame: (index) => frames.chatStream(frames.prose(60, index), frames.prose(8, index), index), type: "ChatStream" },
  { protocol: "websocket", decode: websocket.decodeChatSent, label: "websocket chat.stream 2000, client", frame: (index) => frames.chatStream(frames.prose(2000, index), frames.prose(20, index), index), type: "ChatStream" },
  { ...claw, label: "insta-claw user.message", frame: (index) => frames.clawEnvelope(frames.clawMessage(index), index), type: "Envelope", inner: "UserMessage" },
  { ...claw, label: "insta-claw response.output_text.delta", frame: (index) => frames.clawEnvelope(frames.clawHeard(index), index), type: "Envelope", inner: "OutputTextDelta" },
  { ...claw, label: "insta-claw ping", frame: frames.clawPing, type: "Ping" },
  { protocol: "local-im", decode: localIm.decodeImReceived, read: readIm, label: "local-im message", frame: frames.imMessage, type: "Message" },
  { protocol: "local-im", decode: localIm.decodeImSent, label: "local-im stream 200, server", frame: (index) => frames.imStream(frames.prose(200, index), index), type: "Stream" },
  { ...hub, label: "clawchat message.send", frame: frames.hubMessage, type: "MessageSendReceived" },
  { ...hub, label: "clawchat message.ack", frame: frames.hubAck, type: "MessageAck" },
  { protocol: "clawchat", decode: clawchat.decodeHubSent, label: "clawchat message.add 200, server", frame: (index) => frames.hubAdd(frames.prose(200, index), frames.prose(8, index), index), type: "MessageAdd" },
];

const ROUNDS = 100;

function jobsOf({ frame, decode, read, protocol, type, inner }: Case): Jobs {
  const texts = Array.from({ length: frames.VARIANTS }, (_, index) => JSON.stringify(frame(index)));
  const parse = (text: string): unknown => JSON.parse(text);
  const parseBoth = (text: string): unknown => JSON.parse((JSON.parse(text) as { data: string }).data);
  const bothChecks = inner === undefined ? undefined : rivalsOf(protocol, inner);
  const rivals = Object.entries(rivalsOf(protocol, type)).map(([name, check]) => {
    const checkInner = bothChecks?.[name];
    if (!checkInner) return [name, over(texts, (text) => Number(check(parse(text))))] as const;
    return [
      name,
      over(texts, (text) => {
        const outer = parse(text);
        return Number(check(outer) && checkInner(parse((outer as { data: string }).data)));
      }),
    ] as const;
  });
  const jobs: Jobs = {
    floor: over(texts, inner === undefined ? (text) => Number(parse(text) !== null) : (text) => Number(parseBoth(text) !== null)),
    ours: over(texts, (text) => Number(decode(text).ok)),
    ...(read && { "as the session reads it": over(texts, (text) => Number(read(text) !== undefined)) }),
    ...Object.fromEntries(rivals),
  };
  for (const [name, job] of Object.entries(jobs)) if (job() !== texts.length) throw new Error(`${name} refuses ${type}`);
  return jobs;
}

export async function measure(tell: Tell): Promise<Figure[]> {
  const measured = measureRounds(
    cases.map((each) => ({ jobs: jobsOf(each), calls: frames.VARIANTS })),
    { rounds: ROUNDS, tell: (share) => tell(`${Math.round(share * 100)} %`) },
  );
  return cases.map(({ label }, index): Figure => {
    const { ours = Number.NaN, floor = Number.NaN, ...others } = measured[index] ?? {};
    return { bench: "Decode: the frames sent most, beside JSON.parse alone", case: label, unit: "ns", ours, floor, others, target: { of: "ratio", at: "most", value: 1.2 } };
  });
}
