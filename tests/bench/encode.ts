/**
 * How long the frames sent most take to be written, beside JSON.stringify on the same object. A text that grows does so
 * piece by piece, as a session shows it, and how it stands in JSON is kept from frame to frame; that is measured with it.
 * `text` ends with one flat string, `bytes` with what a socket takes: a string may be strung together of pieces that
 * somebody has to copy later.
 */
import { encodeMessageAdd } from "../../generated/clawchat/index.ts";
import { encodeReplyEnvelope } from "../../generated/insta-claw/index.ts";
import { encodeStream } from "../../generated/local-im/index.ts";
import { grow, type Grown } from "../../generated/escape.ts";
import { encodeChatStream } from "../../generated/websocket/index.ts";
import type { Figure, Tell } from "./figure.ts";
import * as frames from "./frames.ts";
import { type Job, type Jobs, measureRounds } from "./rounds.ts";

const ROUNDS = 150;
const STEP = 12;

interface Case {
  readonly label: string;
  readonly plainly: Encode;
  readonly ours: Encode;
}

/** Writes all frames in turn and hands each to what takes it. */
type Encode = (take: (text: string) => number) => number;

/** One stream whose text has these lengths, each a few characters after the one before. */
function growing<Frame>(label: string, length: number, frameOf: (text: string, delta: string, index: number) => Frame, encode: (frame: Frame, grown: Grown) => string): Case {
  // The session is given flat texts by the host, not slices of one.
  const texts = Array.from({ length: frames.VARIANTS }, (_, index) => fresh(frames.prose(Math.max(1, length + (index - frames.VARIANTS) * STEP))));
  const made = texts.map((text, index) => frameOf(text, fresh(text.slice(-STEP)), index));
  const [begun = ""] = texts;
  const start = grow(undefined, begun);
  return {
    label: `${label} ${length}`,
    plainly: (take) => made.reduce((sum, frame) => sum + take(JSON.stringify(frame)), 0),
    ours: (take) => {
      let grown = start;
      let sum = 0;
      for (let index = 0; index < made.length; index++) {
        grown = grow(grown, texts[index] ?? "");
        sum += take(encode(made[index] as Frame, grown));
      }
      return sum;
    },
  };
}

function delta(length: number): Case {
  const made = Array.from({ length: frames.VARIANTS }, (_, index) => frames.clawDelta(fresh(frames.prose(length, index * length)), index));
  return {
    label: `insta-claw delta ${length}`,
    plainly: (take) => made.reduce((sum, frame) => sum + take(JSON.stringify({ ...frame, data: JSON.stringify(frame.data) })), 0),
    ours: (take) => made.reduce((sum, frame) => sum + take(encodeReplyEnvelope(frame)), 0),
  };
}

function fresh(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

const lengths = [20, 200, 2000, 4000];
const cases: readonly Case[] = [
  ...lengths.map((length) => growing("websocket chat.stream", length, frames.chatStream, encodeChatStream)),
  ...[5, 20, 50].map(delta),
  ...lengths.map((length) => growing("local-im stream", length, (text, _, index) => frames.imStream(text, index), encodeStream)),
  ...lengths.map((length) => growing("clawchat message.add", length, frames.hubAdd, encodeMessageAdd)),
];

/** What is done with a text: one unit of it is read, for which V8 puts its pieces together; or it becomes bytes. */
const takers: Readonly<Record<string, (text: string) => number>> = {
  text: (text) => text.charCodeAt(text.length - 2),
  bytes: (text) => Buffer.from(text).length,
};

function jobsOf({ label, plainly, ours }: Case, take: (text: string) => number): Jobs {
  const written = (encode: Encode): string[] => {
    const texts: string[] = [];
    encode((text) => texts.push(text));
    return texts;
  };
  if (written(plainly).join("\n") !== written(ours).join("\n")) throw new Error(`${label} is not written as JSON.stringify writes it`);
  const job = (encode: Encode): Job => () => encode(take);
  return { floor: job(plainly), ours: job(ours) };
}

export async function measure(tell: Tell): Promise<Figure[]> {
  const all = cases.flatMap((each) => Object.entries(takers).map(([name, take]) => ({ label: `${each.label}, ${name}`, jobs: jobsOf(each, take), calls: frames.VARIANTS })));
  const measured = measureRounds(all, { rounds: ROUNDS, tell: (share) => tell(`${Math.round(share * 100)} %`) });
  return all.map(({ label }, index): Figure => {
    const { ours = Number.NaN, floor = Number.NaN } = measured[index] ?? {};
    return { bench: "Encode: the stream frames sent most, beside JSON.stringify of the same", case: label, unit: "ns", ours, floor, ...(label.endsWith("text") && { target: { of: "ratio", at: "most", value: 0.75 } }) };
  });
}
