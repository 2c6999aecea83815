import { closePayload, opcodes, type RawPeer } from "../../support/raw-frames.ts";
import { pause, until } from "../../support/edge-sockets.ts";
import type { Case, Heard, Step } from "./cases.ts";

/** One of the two ends of ours that the cases are tried on. */
export interface Subject {
  /** A connection to it, and what of it is heard. */
  open(): Promise<{ peer: RawPeer; heard(): string[]; stop(): Promise<void> }>;
  /** How a text is said so that it can be read, and what is heard when it was. */
  wrap(payload: Buffer, order: number, isExact: boolean): Said;
}

export interface Said {
  head: Buffer;
  body: Buffer;
  tail: Buffer;
  heard: string;
}

/** Runs a case. @returns what is not as expected of what came back and of how the connection ended. */
export async function faultsOf(one: Case, subject: Subject): Promise<string[]> {
  const { peer, heard, stop } = await subject.open();
  try {
    const texts = await play(one, subject, peer, heard);
    const expected = one.heard.map((what) => nameOf(what, texts));
    const isClean = one.end.is === "clean";
    if (isClean) {
      // Large texts and many of them take their time.
      await until(() => heard().length >= expected.length, 30_000);
      peer.send({ opcode: opcodes.close, payload: closePayload(1000) });
    }
    const closed = await peer.closed;
    const codes = one.end.is === "clean" ? [1000] : one.end.codes;
    const awaited = isClean ? expected : expected.slice(0, heard().length);
    const lastFrame = peer.frames.at(-1);
    return [
      ...(JSON.stringify(heard()) === JSON.stringify(awaited) ? [] : [`expected ${expected.join(", ")}; heard ${heard().join(", ")}`]),
      ...(closed && codes.includes(closed.code) ? [] : [`expected a close with ${codes.join(" or ")}, got ${closed?.code ?? "none"}`]),
      // Nothing comes after a close frame (RFC 6455 5.5.1).
      ...(lastFrame?.opcode === opcodes.close ? [] : ["a frame came after the close frame"]),
    ];
  } finally {
    peer.socket.destroy();
    await stop();
  }
}

/** @returns what is heard of each text that was begun, in order. */
async function play(one: Case, subject: Subject, peer: RawPeer, heard: () => string[]): Promise<string[]> {
  const texts: string[] = [];
  let chop: number | undefined;
  let waiting: Buffer[] = [];
  let said: Said | undefined;
  const flush = async () => {
    await peer.write(Buffer.concat(waiting), chop);
    waiting = [];
  };

  const sayPart = async (step: Extract<Step, { part: string }>) => {
    const { part, payload, rsv, isExact = false } = step;
    const begins = step.begins ?? (part === "only" || part === "first");
    const ends = step.ends ?? (part === "only" || part === "last");
    // A fragment does not know the others: only a whole text can be answered word for word.
    if (begins) {
      said = subject.wrap(part === "only" || step.ends ? payload : wholeText(one, step), texts.length, isExact);
      texts.push(said.heard);
    }
    const body = isExact && said ? said.body : payload;
    const bytes = Buffer.concat([...(begins && said ? [said.head] : []), body, ...(ends && said ? [said.tail] : [])]);
    const opcode = part === "only" || part === "first" ? opcodes.text : opcodes.continuation;
    const frame = peer.bytesOf({ opcode, payload: bytes, fin: part === "only" || part === "last", ...(rsv !== undefined && { rsv }) });
    if (!step.cuts) return void waiting.push(frame);
    const start = frame.length - bytes.length + (said?.head.length ?? 0);
    let from = 0;
    for (const cut of [...step.cuts.map((at) => start + at), frame.length]) {
      await peer.write(frame.subarray(from, cut));
      await pause(5);
      from = cut;
    }
  };

  for (const step of one.steps) {
    if ("chop" in step) chop = step.chop;
    else if ("flush" in step) {
      await flush();
      await pause(5);
    } else if ("heard" in step) {
      await flush();
      await until(() => heard().length >= step.heard);
    } else if ("frame" in step) waiting.push(peer.bytesOf(step.frame));
    else await sayPart(step);
  }
  await flush();
  return texts;
}

/** The text of a message whose first fragment this is. */
function wholeText({ steps }: Case, first: Step): Buffer {
  const parts: Buffer[] = [];
  for (const step of steps.slice(steps.indexOf(first))) {
    if (!("part" in step)) continue;
    parts.push(step.payload);
    if (step.part === "last") break;
  }
  return Buffer.concat(parts);
}

/** Each text is heard once, in order. */
function nameOf(heard: Heard, texts: string[]): string {
  return "pong" in heard ? pongName(heard.pong) : (texts.shift() ?? "a text that nobody said");
}

export function pongName(payload: Buffer): string {
  return `pong ${payload.toString("hex")}`;
}

/** Long texts are told by their length. */
export function textName(text: Buffer | string): string {
  const bytes = Buffer.from(text);
  return bytes.length > 200 ? `text of ${bytes.length} octets, ${bytes.every((byte) => byte === bytes[0]) ? "all the same" : "mixed"}` : `text ${bytes.toString("hex")}`;
}
