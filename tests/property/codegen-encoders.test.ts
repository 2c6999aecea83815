import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries as clawchat } from "../../generated/clawchat/arbitraries.ts";
import { encodeHubSent, encodeMessageAdd, type GrowingFragment, type MessageAdd } from "../../generated/clawchat/index.ts";
import { arbitraries as instaClaw } from "../../generated/insta-claw/arbitraries.ts";
import { encodeGatewaySent, encodeOutputTextDelta, encodeReplyEnvelope, type OpenedReplyEnvelope } from "../../generated/insta-claw/index.ts";
import { arbitraries as localIm } from "../../generated/local-im/arbitraries.ts";
import { encodeImSent, encodeStream } from "../../generated/local-im/index.ts";
import { escape, escapeTwice, grow, type Grown } from "../../generated/escape.ts";
import { arbitraries as websocket } from "../../generated/websocket/arbitraries.ts";
import { encodeChatSent, encodeChatStream } from "../../generated/websocket/index.ts";

const numRuns = 500;

/** What JSON writes otherwise than it stands there, and what it does not; of lengths on both sides of where the way of looking changes. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('"', "\\", "\n", "\u0000", "\u001f", "\u007f", "\u2028", "\u2029", "\ud83d", "\ude00", "😀", "é", "工", "a", " ", "/"), maxLength: 120 }),
  fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 200 }),
  fc.constantFrom("", "\\ud83d", "\\\\ud800", '"'.repeat(95), `${"a".repeat(96)}\ud800`),
);

const oddNumbers = fc.constantFrom(0, -0, 1, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, Number.NaN, Number.POSITIVE_INFINITY);

/** The same value with other texts and numbers at these places, which no validator would let pass. */
function spoilt<T extends object>(values: fc.Arbitrary<T>, places: readonly string[]): fc.Arbitrary<T> {
  return fc.tuple(values, fc.infiniteStream(hostile), fc.infiniteStream(oddNumbers)).map(([value, texts, numbers]) => {
    const spoil = (each: unknown, key: string): unknown => {
      if (Array.isArray(each)) return each.map((item) => spoil(item, key));
      if (typeof each === "object" && each !== null) return Object.fromEntries(Object.entries(each).map(([name, held]) => [name, spoil(held, name)]));
      if (!places.includes(key)) return each;
      return typeof each === "string" ? texts.next().value : typeof each === "number" ? numbers.next().value : each;
    };
    return spoil(value, "") as T;
  });
}

/** Values that are written otherwise than JSON.stringify does it. */
function oddOnes<T extends object>(values: fc.Arbitrary<T>, encode: (value: T) => string, plainly: (value: T) => string = (value) => JSON.stringify(value)): unknown {
  return fc.check(fc.property(values, (value) => encode(value) === plainly(value)), { numRuns }).counterexample;
}

const envelopes: fc.Arbitrary<OpenedReplyEnvelope> = fc.tuple(instaClaw.ReplyEnvelope, instaClaw.SentOutputTextDelta).map(([envelope, data]) => ({ ...envelope, data }));
const twice = (frame: OpenedReplyEnvelope): string => JSON.stringify({ ...frame, data: JSON.stringify(frame.data) });
const deltaFields = ["event_id", "response_id", "sequence_number", "item_id", "delta", "text", "sender_name"];

describe("encoders of the frames sent most write what JSON.stringify writes", () => {
  it("chat.stream", () => {
    expect(oddOnes(websocket.ChatStream, encodeChatSent)).toBeNull();
    expect(oddOnes(spoilt(websocket.ChatStream, ["messageId", "content", "delta", "seq", "groupId", "threadId"]), (frame) => encodeChatStream(frame))).toBeNull();
  });

  it("stream", () => {
    expect(oddOnes(localIm.Stream, encodeImSent)).toBeNull();
    expect(oddOnes(spoilt(localIm.Stream, ["conversationId", "sessionId", "content", "replyTo", "seq"]), (frame) => encodeStream(frame))).toBeNull();
  });

  it("message.add", () => {
    expect(oddOnes(clawchat.MessageAdd, encodeHubSent)).toBeNull();
    expect(oddOnes(spoilt(clawchat.MessageAdd, ["trace_id", "emitted_at", "chat_id", "message_id", "sequence", "text", "delta", "added_at"]), (frame) => encodeMessageAdd(frame))).toBeNull();
  });

  it("message.add with more fragments than the document allows", () => {
    const more = fc.tuple(clawchat.MessageAdd, fc.constantFrom(0, 2)).map(([frame, count]): MessageAdd => {
      const [fragment] = frame.payload.fragments;
      return { ...frame, payload: { ...frame.payload, fragments: Array.from({ length: fragment ? count : 0 }, () => fragment as GrowingFragment) } };
    });
    expect(oddOnes(more, (frame) => encodeMessageAdd(frame))).toBeNull();
  });

  it("response.output_text.delta, bare", () => {
    expect(oddOnes(instaClaw.OutputTextDelta, encodeGatewaySent)).toBeNull();
    expect(oddOnes(spoilt(instaClaw.OutputTextDelta, [...deltaFields, "output_index", "content_index"]), encodeOutputTextDelta)).toBeNull();
  });

  it("response.output_text.delta in its envelope", () => {
    expect(oddOnes(envelopes, encodeGatewaySent, twice)).toBeNull();
    expect(oddOnes(spoilt(envelopes, [...deltaFields, "messageId", "timestamp", "inReplyTo"]), encodeReplyEnvelope, twice)).toBeNull();
  });

  it("whatever else stands in an envelope", () => {
    const others = fc.tuple(instaClaw.ReplyEnvelope, instaClaw.SentData).map(([envelope, data]): OpenedReplyEnvelope => ({ ...envelope, data }));
    expect(oddOnes(others, encodeReplyEnvelope, twice)).toBeNull();
  });

  it("leaves out what is undefined", () => {
    const frame = { type: "chat.stream", messageId: "a", content: "b", done: false, delta: undefined, seq: undefined } as unknown as Parameters<typeof encodeChatStream>[0];
    expect(encodeChatStream(frame)).toBe(JSON.stringify(frame));
  });
});

describe("a text that grows", () => {
  const pieces = fc.array(hostile, { minLength: 1, maxLength: 12 });

  it("stands in JSON as the whole of it would", () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        let text = "";
        let grown: Grown | undefined;
        for (const part of parts) {
          text += part;
          grown = grow(grown, text);
          expect(grown.text).toBe(text);
          expect(`"${grown.json}"`).toBe(JSON.stringify(text));
        }
      }),
      { numRuns },
    );
  });

  it("begins anew where it takes something back", () => {
    fc.assert(
      fc.property(hostile, hostile, (before, text) => {
        expect(`"${grow(grow(undefined, before), text).json}"`).toBe(JSON.stringify(text));
      }),
      { numRuns },
    );
  });

  it("is written as it grew, and a text that is another one is not", () => {
    fc.assert(
      fc.property(websocket.ChatStream, pieces, hostile, (frame, parts, other) => {
        const content = parts.join("");
        const grown = parts.reduce<Grown | undefined>((before, _, index) => grow(before, parts.slice(0, index + 1).join("")), undefined);
        expect(encodeChatStream({ ...frame, content }, grown)).toBe(JSON.stringify({ ...frame, content }));
        expect(encodeChatStream({ ...frame, content: other }, grown)).toBe(JSON.stringify({ ...frame, content: other }));
      }),
      { numRuns },
    );
  });
});

describe("texts in JSON", () => {
  it("are escaped once and twice", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(`"${escape(text)}"`).toBe(JSON.stringify(text));
        expect(`"\\"${escapeTwice(text)}\\""`).toBe(JSON.stringify(JSON.stringify(text)));
      }),
      { numRuns },
    );
  });
});
