import fc from "fast-check";
import { describe as suite, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/websocket/arbitraries.ts";
import * as websocket from "../../generated/websocket/index.ts";
import type { Decoded, Validator } from "../../generated/websocket/index.ts";
import * as checks from "../../generated/websocket/validators.ts";

const numRuns = Number(process.env["CODEGEN_RUNS"] ?? 300);
const strict = checks as unknown as Record<string, Validator<unknown>>;
const decoders: Record<"received" | "sent", (text: string) => Decoded<unknown>> = {
  received: (text) => [websocket.decodeChatReceived(text), websocket.decodeVerifyReceived(text)].find(({ ok }) => ok) ?? websocket.decodeChatReceived(text),
  sent: (text) => [websocket.decodeChatSent(text), websocket.decodeVerifySent(text)].find(({ ok }) => ok) ?? websocket.decodeChatSent(text),
};

suite("valid values of every type", () => {
  for (const [name, values] of Object.entries(arbitraries)) {
    it(`${name}: the validator accepts them, and JSON keeps them`, () => {
      const validate = strict[name];
      fc.assert(
        fc.property(values as fc.Arbitrary<unknown>, (value) => {
          expect(validate?.(value), JSON.stringify(validate?.errors)).toBe(true);
          expect(JSON.parse(JSON.stringify(value))).toEqual(value);
        }),
        { numRuns },
      );
    });
  }
});

suite("near misses of every message", () => {
  for (const [name, misses] of Object.entries(nearMisses)) {
    it(`${name}: the validator names the one constraint that is broken`, () => {
      const validate = strict[name];
      fc.assert(
        fc.property(misses, ({ value, keyword, path, change }) => {
          expect(validate?.(value), change).toBe(false);
          const said = (validate?.errors ?? []).map((error) => `${error.keyword} at "${error.instancePath}"`);
          expect(said, change).toContain(`${keyword} at "${path}"`);
        }),
        { numRuns },
      );
    });
  }
});

suite("decoding", () => {
  for (const [wireName, { name, direction }] of Object.entries(websocket.messages)) {
    if (direction !== "received" && direction !== "sent") continue;
    it(`reads every ${wireName} that was ${direction}`, () => {
      fc.assert(
        fc.property(arbitraries[name] as fc.Arbitrary<unknown>, (value) => {
          expect(decoders[direction](JSON.stringify(value))).toEqual({ ok: true, value });
        }),
        { numRuns },
      );
    });
  }

  it("lets a field pass that the sender knows and we do not", () => {
    fc.assert(
      fc.property(arbitraries.ChatStream, fc.jsonValue(), (frame, news) => {
        expect(websocket.validateChatStream({ ...frame, news })).toBe(false);
        expect(websocket.decodeChatSent(JSON.stringify({ ...frame, news }))).toMatchObject({ ok: true });
      }),
      { numRuns },
    );
  });

  const decodeAll = [websocket.decodeChatReceived, websocket.decodeChatSent, websocket.decodeVerifyReceived, websocket.decodeVerifySent];

  it("never throws, whatever the text", () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json({ stringUnit: "binary" }), fc.jsonValue().map((value) => JSON.stringify({ type: value, success: value })));
    fc.assert(
      fc.property(texts, (text) => {
        for (const decode of decodeAll) expect(typeof decode(text).ok).toBe("boolean");
      }),
      { numRuns: numRuns * 10 },
    );
  });

  it("never throws on a message with a field of any value", () => {
    const tags = Object.keys(websocket.messages);
    const fields = ["messageId", "content", "mediaPaths", "media", "customData", "extensions", "data", "entries", "__proto__", "constructor", "done"];
    const objects = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(fc.constantFrom(...tags), objects, (type, object) => {
        for (const decode of decodeAll) {
          const decoded = decode(JSON.stringify({ ...object, type }));
          if (!decoded.ok) expect(decoded.detail).not.toBe("");
        }
      }),
      { numRuns: numRuns * 5 },
    );
  });

  it("refuses text that is no JSON, values that are no object, and tags nobody has", () => {
    for (const text of ["", "not json", "{", "\u0000"]) expect(websocket.decodeChatReceived(text)).toMatchObject({ ok: false, code: "not-json" });
    for (const text of ["null", "[]", '"x"', "7", "{}", '{"type":null}', '{"type":"chat.message"}', '{"type":["chat.send"]}']) {
      expect(websocket.decodeChatReceived(text)).toMatchObject({ ok: false, code: "unknown-event", input: JSON.parse(text) });
    }
  });
});
