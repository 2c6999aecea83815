import { closePayload, opcodes } from "../../support/raw-frames.ts";
import { groups as utf8, kosme } from "./utf8.ts";

/**
 * The cases of the Autobahn testsuite (crossbario/autobahn-testsuite) that a peer which speaks text can meet, by their
 * numbers, with what each sends and what it expects.
 *
 * That suite expects an echo. Here it is `heard`: a link hands the text to its session as it came; our listener is sent
 * the text as the `content` of a `chat.send`, and repeats it in its `chat.response`. What no such frame can hold, an
 * empty text or a control character, is answered with the documented `chat.error`; more than a content may have goes
 * into a field that nobody knows.
 */
export interface Case {
  id: string;
  title: string;
  steps: readonly Step[];
  /** What comes back, in this order: texts and pongs. */
  heard: readonly Heard[];
  end: End;
}

export type Heard = { pong: Buffer } | { text: Buffer };

/**
 * `clean`: both ends say 1000. `failed`: with one of these codes, and what was heard before may be cut short, as the suite
 * allows. `closed`: the case has closed by itself, and this code comes back.
 */
export type End = { is: "clean" } | { is: "failed" | "closed"; codes: readonly number[] };

export type Step =
  /**
   * A part of a text message. `begins` and `ends` say where its JSON does, where that is not at its ends; `cuts` are the
   * octets before which the frame is cut into writes; where it is exact, the frame is no longer for being JSON.
   */
  | { part: "only" | "first" | "middle" | "last"; payload: Buffer; rsv?: number; begins?: boolean; ends?: boolean; cuts?: readonly number[]; isExact?: true }
  /** A frame as it is. */
  | { frame: { opcode: number; payload: Buffer; fin?: boolean; rsv?: number } }
  /** What comes after it leaves in chops of so many octets. */
  | { chop: number }
  /** Everything so far is on the wire, and read. */
  | { flush: true }
  /** So much has come back. */
  | { heard: number };

const CLEAN: End = { is: "clean" };
const BROKEN: End = { is: "failed", codes: [1002] };
const NOT_UTF8: End = { is: "failed", codes: [1007] };
/** The suite lets a text wait for a second; a few ms are enough to be read by themselves. */
const FLUSH: Step = { flush: true };
const EMPTY = Buffer.alloc(0);
const OCTETS: Step = { chop: 1 };

const bytes = (text: string | Buffer): Buffer => Buffer.from(text);
const only = (payload: string | Buffer): Step => ({ part: "only", payload: bytes(payload) });
const first = (payload: string | Buffer): Step => ({ part: "first", payload: bytes(payload) });
const middle = (payload: string | Buffer): Step => ({ part: "middle", payload: bytes(payload) });
const last = (payload: string | Buffer): Step => ({ part: "last", payload: bytes(payload) });
const frame = (opcode: number, payload: string | Buffer = EMPTY, more: { fin?: boolean; rsv?: number } = {}): Step => ({ frame: { opcode, payload: bytes(payload), ...more } });
const ping = (payload: string | Buffer = EMPTY, more: { fin?: boolean; rsv?: number } = {}): Step => frame(opcodes.ping, payload, more);
const close = (code?: number, reason: string | Buffer = ""): Step => frame(opcodes.close, closePayload(code, reason));
const text = (payload: string | Buffer): Heard => ({ text: bytes(payload) });
const pong = (payload: string | Buffer): Heard => ({ pong: bytes(payload) });
const stars = (length: number): Buffer => Buffer.alloc(length, "*");
/** Each frame in a write of its own. */
const apart = (steps: readonly Step[]): Step[] => steps.flatMap((step) => [step, FLUSH]);

const HELLO = "Hello, world!";
const NOT_TEXT = Buffer.from("00fffefdfcfb00ff", "hex");

/** 1.1: text of this many octets. */
const sizes: readonly Case[] = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536].map((length, index) => ({
  id: `1.1.${index + 1}`,
  title: `text of ${length} octets${index === 7 ? " in chops of 997" : ""}`,
  steps: [...(index === 7 ? [{ chop: 997 }] : []), { part: "only", payload: stars(length), ...(length > 0 && { isExact: true }) }],
  heard: [text(stars(length))],
  end: CLEAN,
}));

/** 1.2: the same as a binary message, which none of the wires has (WS-6, IC-31). */
const binary: readonly Case[] = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536].map((length, index) => ({
  id: `1.2.${index + 1}`,
  title: `binary of ${length} octets is refused${index === 7 ? ", in chops of 997 too" : ""}`,
  steps: [...(index === 7 ? [{ chop: 997 }] : []), frame(opcodes.binary, Buffer.alloc(length, 0xfe))],
  heard: [],
  end: { is: "failed", codes: [1003] },
}));

const tenPings = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

const pings: readonly Case[] = [
  { id: "2.1", title: "ping without payload", steps: [ping()], heard: [pong("")], end: CLEAN },
  { id: "2.2", title: "ping with text", steps: [ping(HELLO)], heard: [pong(HELLO)], end: CLEAN },
  { id: "2.3", title: "ping with what is no text", steps: [ping(NOT_TEXT)], heard: [pong(NOT_TEXT)], end: CLEAN },
  { id: "2.4", title: "ping of 125 octets", steps: [ping(Buffer.alloc(125, 0xfe))], heard: [pong(Buffer.alloc(125, 0xfe))], end: CLEAN },
  { id: "2.5", title: "ping of 126 octets", steps: [ping(Buffer.alloc(126, 0xfe))], heard: [], end: BROKEN },
  { id: "2.6", title: "ping of 125 octets, octet by octet", steps: [OCTETS, ping(Buffer.alloc(125, 0xfe))], heard: [pong(Buffer.alloc(125, 0xfe))], end: CLEAN },
  { id: "2.7", title: "pong that nobody asked for", steps: [frame(opcodes.pong)], heard: [], end: CLEAN },
  { id: "2.8", title: "pong with payload that nobody asked for", steps: [frame(opcodes.pong, "unsolicited pong payload")], heard: [], end: CLEAN },
  { id: "2.9", title: "such a pong, then a ping", steps: [frame(opcodes.pong, "unsolicited pong payload"), ping("ping payload")], heard: [pong("ping payload")], end: CLEAN },
  { id: "2.10", title: "ten pings", steps: tenPings.map((payload) => ping(payload)), heard: tenPings.map(pong), end: CLEAN },
  { id: "2.11", title: "ten pings, octet by octet", steps: [OCTETS, ...tenPings.map((payload) => ping(payload))], heard: tenPings.map(pong), end: CLEAN },
];

const reservedText = (rsv: number): Step => ({ part: "only", payload: bytes(HELLO), rsv });

const reservedBits: readonly Case[] = [
  { id: "3.1", title: "text with reserved bits 1", steps: [reservedText(1)], heard: [], end: BROKEN },
  { id: "3.2", title: "text, text with reserved bits 2, ping", steps: [only(HELLO), reservedText(2), ping()], heard: [text(HELLO)], end: BROKEN },
  { id: "3.3", title: "text, text with reserved bits 3, ping, each by itself", steps: apart([only(HELLO), reservedText(3), ping()]), heard: [text(HELLO)], end: BROKEN },
  { id: "3.4", title: "text, text with reserved bits 4, ping, octet by octet", steps: [OCTETS, only(HELLO), reservedText(4), ping()], heard: [text(HELLO)], end: BROKEN },
  { id: "3.5", title: "binary with reserved bits 5", steps: [frame(opcodes.binary, NOT_TEXT, { rsv: 5 })], heard: [], end: BROKEN },
  { id: "3.6", title: "ping with reserved bits 6", steps: [ping(HELLO, { rsv: 6 })], heard: [], end: BROKEN },
  { id: "3.7", title: "close with reserved bits 7", steps: [frame(opcodes.close, EMPTY, { rsv: 7 })], heard: [], end: BROKEN },
];

/** 4.1 with opcodes 3 to 7, 4.2 with 11 to 15: the same five cases. */
const reservedOpcodes: readonly Case[] = [3, 11].flatMap((lowest, group) =>
  [0, 1, 2, 3, 4].map((index): Case => {
    const opcode = lowest + index;
    const reserved = frame(opcode, [EMPTY, "reserved opcode payload", EMPTY, HELLO, HELLO][index]);
    const isAfterText = index > 1;
    return {
      id: `4.${group + 1}.${index + 1}`,
      title: `reserved opcode ${opcode}${isAfterText ? " between a text and a ping" : ""}${index === 4 ? ", octet by octet" : ""}`,
      steps: [...(index === 4 ? [OCTETS] : []), ...(isAfterText ? [only(HELLO), reserved, ping()] : [reserved])],
      heard: isAfterText ? [text(HELLO)] : [],
      end: BROKEN,
    };
  }),
);

const two = [first("fragment1"), last("fragment2")];
const twoWithPing = [first("fragment1"), ping("ping payload"), last("fragment2")];
const bothHeard = [text("fragment1fragment2")];
/** The suite's five ways to continue nothing: at once, by frames, octet by octet. */
const nothingToContinue = (fin: boolean): Step[] => [frame(opcodes.continuation, "non-continuation payload", { fin }), only(HELLO)];
const threeParts = (fin: boolean): Step[] => [frame(opcodes.continuation, "fragment1", { fin }), first("fragment2"), last("fragment3")];
const fiveParts: readonly Step[] = [first("fragment1"), middle("fragment2"), ping("pongme 1!"), FLUSH, middle("fragment3"), middle("fragment4"), ping("pongme 2!"), last("fragment5")];
const fiveHeard = [pong("pongme 1!"), pong("pongme 2!"), text("fragment1fragment2fragment3fragment4fragment5")];

const fragments: readonly Case[] = [
  { id: "5.1", title: "ping in two fragments", steps: [ping("fragment1", { fin: false }), frame(opcodes.continuation, "fragment2")], heard: [], end: BROKEN },
  { id: "5.2", title: "pong in two fragments", steps: [frame(opcodes.pong, "fragment1", { fin: false }), frame(opcodes.continuation, "fragment2")], heard: [], end: BROKEN },
  { id: "5.3", title: "text in two fragments", steps: two, heard: bothHeard, end: CLEAN },
  { id: "5.4", title: "text in two fragments, each by itself", steps: apart(two), heard: bothHeard, end: CLEAN },
  { id: "5.5", title: "text in two fragments, octet by octet", steps: [OCTETS, ...two], heard: bothHeard, end: CLEAN },
  { id: "5.6", title: "text in two fragments with a ping between", steps: twoWithPing, heard: [pong("ping payload"), ...bothHeard], end: CLEAN },
  { id: "5.7", title: "the same, each by itself", steps: apart(twoWithPing), heard: [pong("ping payload"), ...bothHeard], end: CLEAN },
  { id: "5.8", title: "the same, octet by octet", steps: [OCTETS, ...twoWithPing], heard: [pong("ping payload"), ...bothHeard], end: CLEAN },
  { id: "5.9", title: "a last continuation of nothing, then text", steps: nothingToContinue(true), heard: [], end: BROKEN },
  { id: "5.10", title: "the same, each by itself", steps: apart(nothingToContinue(true)), heard: [], end: BROKEN },
  { id: "5.11", title: "the same, octet by octet", steps: [OCTETS, ...nothingToContinue(true)], heard: [], end: BROKEN },
  { id: "5.12", title: "a continuation of nothing, then text", steps: nothingToContinue(false), heard: [], end: BROKEN },
  { id: "5.13", title: "the same, each by itself", steps: apart(nothingToContinue(false)), heard: [], end: BROKEN },
  { id: "5.14", title: "the same, octet by octet", steps: [OCTETS, ...nothingToContinue(false)], heard: [], end: BROKEN },
  { id: "5.15", title: "text in two fragments, then a continuation of nothing, then text", steps: [...two, frame(opcodes.continuation, "fragment3", { fin: false }), only("fragment4")], heard: bothHeard, end: BROKEN },
  { id: "5.16", title: "twice a continuation of nothing and text in two fragments", steps: [...threeParts(false), ...threeParts(false)], heard: [], end: BROKEN },
  { id: "5.17", title: "twice a last continuation of nothing and text in two fragments", steps: [...threeParts(true), ...threeParts(true)], heard: [], end: BROKEN },
  { id: "5.18", title: "two fragments that both say text", steps: [first("fragment1"), frame(opcodes.text, "fragment2")], heard: [], end: BROKEN },
  { id: "5.19", title: "five fragments and two pings", steps: fiveParts, heard: fiveHeard, end: CLEAN },
  { id: "5.20", title: "five fragments and two pings, each by itself", steps: apart(fiveParts), heard: fiveHeard, end: CLEAN },
];

/** The suite's own samples: letters of two octets, a surrogate, and more than there is. */
const good = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
const bad = Buffer.concat([kosme, Buffer.from("eda080", "hex"), Buffer.from("edited")]);
const tooHigh = Buffer.concat([kosme, Buffer.from("f4908080", "hex"), Buffer.from("edited")]);

/** The payload, octet by octet as fragments. */
function octetFragments(payload: Buffer): Step[] {
  const parts = [...payload].map((byte) => Buffer.from([byte]));
  return parts.map((part, index): Step => (index === 0 ? first(part) : index === parts.length - 1 ? last(part) : middle(part)));
}

const textIsUtf8: readonly Case[] = [
  { id: "6.1.1", title: "text of no octets", steps: [only("")], heard: [text("")], end: CLEAN },
  { id: "6.1.2", title: "text of three fragments of no octets", steps: [first(""), middle(""), last("")], heard: [text("")], end: CLEAN },
  {
    id: "6.1.3",
    title: "text of which only the second of three fragments has octets",
    steps: [{ part: "first", payload: EMPTY, begins: false }, { part: "middle", payload: bytes("middle frame payload"), begins: true, ends: true }, { part: "last", payload: EMPTY, ends: false }],
    heard: [text("middle frame payload")],
    end: CLEAN,
  },
  { id: "6.2.1", title: "UTF-8 in one fragment", steps: [only(good)], heard: [text(good)], end: CLEAN },
  { id: "6.2.2", title: "UTF-8 in two fragments, between two letters", steps: [first(good.subarray(0, 15)), last(good.subarray(15))], heard: [text(good)], end: CLEAN },
  { id: "6.2.3", title: "UTF-8 in fragments of one octet", steps: octetFragments(good), heard: [text(good)], end: CLEAN },
  { id: "6.2.4", title: "other UTF-8 in fragments of one octet", steps: octetFragments(kosme), heard: [text(kosme)], end: CLEAN },
  { id: "6.3.1", title: "no UTF-8 in one fragment", steps: [only(bad)], heard: [], end: NOT_UTF8 },
  { id: "6.3.2", title: "no UTF-8 in fragments of one octet", steps: octetFragments(bad), heard: [], end: NOT_UTF8 },
  { id: "6.4.1", title: "no UTF-8 from the second fragment on", steps: [first(tooHigh.subarray(0, 11)), FLUSH, middle(tooHigh.subarray(11, 15)), FLUSH, last(tooHigh.subarray(15))], heard: [], end: NOT_UTF8 },
  { id: "6.4.2", title: "no UTF-8 by the last octet of the second fragment", steps: [first(tooHigh.subarray(0, 12)), FLUSH, middle(tooHigh.subarray(12, 13)), FLUSH, last(tooHigh.subarray(13))], heard: [], end: NOT_UTF8 },
  { id: "6.4.3", title: "no UTF-8 from the second chop of a frame on", steps: [{ part: "only", payload: tooHigh, cuts: [11, 15] }], heard: [], end: NOT_UTF8 },
  { id: "6.4.4", title: "no UTF-8 by the last octet of the second chop", steps: [{ part: "only", payload: tooHigh, cuts: [12, 13] }], heard: [], end: NOT_UTF8 },
  ...utf8.flatMap(({ title, sequences }, group) =>
    sequences.map(({ isValid, payload }, index): Case => ({
      id: `6.${group + 5}.${index + 1}`,
      title: `${title}: ${payload.toString("hex").slice(0, 40)}`,
      steps: [only(payload)],
      heard: isValid ? [text(payload)] : [],
      end: isValid ? CLEAN : NOT_UTF8,
    })),
  ),
];

const closedWith = (...codes: number[]): End => ({ is: "closed", codes });
/** An empty close frame is answered with one, which the suite counts as normal. */
const NORMAL = closedWith(1000);

const closing: readonly Case[] = [
  { id: "7.1.1", title: "text, then close", steps: [only("Hello World!")], heard: [text("Hello World!")], end: CLEAN },
  { id: "7.1.2", title: "two close frames", steps: [close(1000), close()], heard: [], end: NORMAL },
  { id: "7.1.3", title: "ping after close has no pong", steps: [close(1000), ping()], heard: [], end: NORMAL },
  { id: "7.1.4", title: "text after close is ignored", steps: [close(1000), only("Hello World!")], heard: [], end: NORMAL },
  { id: "7.1.5", title: "close between two fragments", steps: [first("fragment1"), close(1000), last("fragment2")], heard: [], end: NORMAL },
  // What becomes of the texts is left open there; here the connection must end cleanly all the same.
  { id: "7.1.6", title: "256 KiB of text, text, close, ping", steps: [only(stars(262_144)), only("Hello World!"), close(1000), ping()], heard: [text(stars(262_144)), text("Hello World!")], end: NORMAL },
  { id: "7.3.1", title: "close without code", steps: [close()], heard: [], end: closedWith(1005) },
  { id: "7.3.2", title: "close with one octet", steps: [frame(opcodes.close, "a")], heard: [], end: closedWith(1002) },
  { id: "7.3.3", title: "close with a code", steps: [close(1000)], heard: [], end: NORMAL },
  { id: "7.3.4", title: "close with a reason", steps: [close(1000, "Hello World!")], heard: [], end: NORMAL },
  { id: "7.3.5", title: "close with a reason of 123 octets", steps: [close(1000, stars(123))], heard: [], end: NORMAL },
  { id: "7.3.6", title: "close with a reason of 124 octets", steps: [close(1000, stars(124))], heard: [], end: closedWith(1002) },
  { id: "7.5.1", title: "close with a reason that is no UTF-8", steps: [close(1000, bad)], heard: [], end: closedWith(1002, 1007) },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code, index): Case => ({ id: `7.7.${index + 1}`, title: `close with ${code}`, steps: [close(code)], heard: [], end: closedWith(code, 1000) })),
  ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((code, index): Case => ({ id: `7.9.${index + 1}`, title: `close with ${code}, which may not be on the wire`, steps: [close(code)], heard: [], end: closedWith(1002) })),
  ...[5000, 65_535].map((code, index): Case => ({ id: `7.13.${index + 1}`, title: `close with ${code}, which means nothing`, steps: [close(code)], heard: [], end: closedWith(1000, code, 1002) })),
];

const KIB = 1_024;
const MIB = 1_048_576;
/** The suite's 4 MiB in fragments of 64 octets are 65,536 fragments: more than 1,024 are not put together. */
const TOO_MANY: End = { is: "failed", codes: [1008] };

function inFragments(length: number, size: number): Step[] {
  const count = length / size;
  return Array.from({ length: count }, (_, index): Step => {
    const payload = stars(size);
    if (count === 1) return only(payload);
    return index === 0 ? first(payload) : index === count - 1 ? last(payload) : middle(payload);
  });
}

const limitCases: readonly Case[] = [
  ...[64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].map((length, index): Case => ({ id: `9.1.${index + 1}`, title: `text of ${length} octets`, steps: [only(stars(length))], heard: [text(stars(length))], end: CLEAN })),
  ...[64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].map((size, index): Case => {
    const isMany = (4 * MIB) / size > 1_024;
    return { id: `9.3.${index + 1}`, title: `text of 4 MiB in fragments of ${size} octets`, steps: inFragments(4 * MIB, size), heard: isMany ? [] : [text(stars(4 * MIB))], end: isMany ? TOO_MANY : CLEAN };
  }),
  ...[64, 128, 256, 512, 1_024, 2_048].map((chop, index): Case => ({ id: `9.5.${index + 1}`, title: `text of 1 MiB in chops of ${chop} octets`, steps: [{ chop }, only(stars(MIB))], heard: [text(stars(MIB))], end: CLEAN })),
  // The suite sends a thousand and measures; here they are answered one by one. Of empty texts ten may be refused in a row (WS-10).
  ...[0, 16, 64, 256, 1_024, 4_096].map((length, index): Case => {
    const each = stars(length);
    const times = length === 0 ? 10 : 100;
    return { id: `9.7.${index + 1}`, title: `${times} texts of ${length} octets`, steps: Array.from({ length: times }, (_, count) => [only(each), { heard: count + 1 }]).flat(), heard: Array.from({ length: times }, () => text(each)), end: CLEAN };
  }),
];

const autoFragments: readonly Case[] = [
  {
    id: "10.1.1",
    title: "text of 65,536 octets in fragments of 1,300",
    steps: Array.from({ length: 51 }, (_, index): Step => (index === 0 ? first(stars(1_300)) : index === 50 ? last(stars(536)) : middle(stars(1_300)))),
    heard: [text(stars(65_536))],
    end: CLEAN,
  },
];

export const cases: readonly Case[] = [...sizes, ...binary, ...pings, ...reservedBits, ...reservedOpcodes, ...fragments, ...textIsUtf8, ...closing, ...limitCases, ...autoFragments];

/** How many cases each group of the suite has, so that none is forgotten. */
export const counts: Readonly<Record<string, number>> = {
  "1.1": 8, "1.2": 8, "2": 11, "3": 7, "4.1": 5, "4.2": 5, "5": 20, "6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4,
  "6.5": 5, "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3, "6.11": 5, "6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1, "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5, "6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7,
  "7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2, "9.1": 6, "9.3": 9, "9.5": 6, "9.7": 6, "10.1": 1,
};

/** The groups that are not here, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  "9.2": "9.1 as binary messages, which 1.2 sees refused at any size",
  "9.4": "9.3 as binary messages",
  "9.6": "9.5 as binary messages",
  "9.8": "9.7 as binary messages",
  "12": "permessage-deflate, which is never negotiated: 3.1 and tests/edge/frames.test.ts see its bit refused",
  "13": "permessage-deflate with parameters, which is never negotiated",
};
