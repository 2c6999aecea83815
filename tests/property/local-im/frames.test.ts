import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../../generated/local-im/arbitraries.ts";
import { decodeImSent, type Message } from "../../../generated/local-im/index.ts";
import { openIm, type Sent } from "../../support/im-session.ts";

const MAX = 65_536;

/** The table of valid messages once more, in words of its own. */
function isMessage(frame: unknown): frame is Message {
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) return false;
  const { type = "message", content, ...rest } = frame as Record<string, unknown>;
  const ids = ["messageId", "conversationId", "userId", "sessionId"].map((field) => rest[field]);
  return type === "message" && typeof content === "string" && content.trim() !== "" && Array.from(content).length <= MAX && ids.every(isIdOrNone);
}

function isIdOrNone(id: unknown): boolean {
  return id === undefined || id === null || Number.isSafeInteger(id) || (typeof id === "string" && Array.from(id).length <= 128);
}

/** What an id is worth on the wire. */
function echoed(id: unknown): string | undefined {
  const isId = (typeof id === "string" && id !== "") || typeof id === "number";
  return isId && isIdOrNone(id) ? String(id) : undefined;
}

const received = fc.oneof(arbitraries.Message, arbitraries.Ping, arbitraries.Pong, arbitraries.Ack, arbitraries.Hello, arbitraries.Cancel, arbitraries.Reaction, arbitraries.Edit, arbitraries.Delete);
const nearly = fc.oneof(...[nearMisses.Message, nearMisses.Hello, nearMisses.Cancel].map((misses) => misses.map(({ value }) => value)));
const untyped = fc.record({ content: fc.jsonValue(), type: fc.jsonValue(), sessionId: fc.jsonValue(), messageId: fc.jsonValue() }, { requiredKeys: [], noNullPrototype: true });
const frames = fc.oneof(received, nearly, untyped, fc.jsonValue());

describe("whatever the IM server sends", () => {
  it("LI-7 LI-9 only messages reach the agent, and nothing throws or closes", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 8 }), (list) => {
        const im = openIm({ contentChars: MAX });
        for (const frame of list) {
          const effects = im.effectsOf(JSON.stringify(frame));
          const turns = effects.filter((effect) => effect.do === "deliver" && effect.inbound.ask === "turn");
          expect(turns.length).toBe(isMessage(frame) ? 1 : 0);
          expect(effects.map((effect) => effect.do).filter((what) => what === "close" || what === "recycle")).toEqual([]);
        }
        expect(im.texts.filter((text) => !decodeImSent(text).ok)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("LI-9 no text throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json({ stringUnit: "binary" })), (text) => {
        expect(openIm().effectsOf(text).length).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("LI-7 a message that cannot run is answered once, if its place is known", () => {
    fc.assert(
      fc.property(nearMisses.Message, ({ value }) => {
        fc.pre(!isMessage(value) && typeof value === "object" && value !== null && !Array.isArray(value));
        const { type, content, conversationId, sessionId } = value as Record<string, unknown>;
        const [conversation, session] = [echoed(conversationId), echoed(sessionId)];
        const isAnswered = (type === "message" || (type === undefined && typeof content === "string")) && (conversation !== undefined || session !== undefined);
        const place = { ...(conversation !== undefined && { conversationId: conversation }), ...(session !== undefined && { sessionId: session }) };
        expect(openIm({ contentChars: MAX }).answers(value)).toEqual(isAnswered ? [{ type: "error", ...place, error: expect.stringMatching(/^Invalid /) as string }] : []);
      }),
      { numRuns: 200 },
    );
  });

  it("LI-12 LI-8 every frame of the answer has the ids of the message, or lacks them as it does", () => {
    fc.assert(
      fc.property(arbitraries.Message, fc.boolean(), (message, isExtended) => {
        fc.pre(message.content.trim() !== "");
        const im = openIm({ contentChars: 2 ** 20 });
        if (isExtended) im.hello("ack", "typing", "policies");
        const of = im.admit(message);
        im.says({ say: "typing", of });
        im.says({ say: "thought", of, content: "hm" });
        im.says({ say: "stream", of, content: "It" });
        im.says({ say: "terminal", of, isRepeat: false, terminal: { type: "response", content: "It" } });
        const [conversation, session] = [echoed(message.conversationId), echoed(message.sessionId)];
        const place = (frame: Sent) => [frame["conversationId"], frame["sessionId"], Object.hasOwn(frame, "conversationId"), Object.hasOwn(frame, "sessionId")];
        const wanted = [conversation, session, conversation !== undefined, session !== undefined];
        const replies = im.sent().filter(({ type }) => type !== "ack");
        expect(replies).toHaveLength(isExtended ? 4 : 3);
        expect(replies.map(place)).toEqual(replies.map(() => wanted));
      }),
    );
  });
});
