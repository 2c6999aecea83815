import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/websocket/arbitraries.ts";
import * as codec from "../../generated/websocket/codec.ts";
import { messages } from "../../generated/websocket/tables.ts";
import * as validators from "../../generated/websocket/validators.ts";
import { describeGenerated } from "../unit/codegen/generated-suite.ts";

const numRuns = Number(process.env["CODEGEN_RUNS"] ?? 300);

describeGenerated("websocket", { arbitraries, nearMisses, validators, messages, codec }, numRuns);

describe("websocket: reading a newer peer", () => {
  it("lets a field pass that the plugin knows and the application does not", () => {
    fc.assert(
      fc.property(arbitraries.ChatStream, fc.json(), (frame, text) => {
        const news = JSON.stringify({ ...frame, news: JSON.parse(text) as unknown });
        expect(validators.ChatStream(JSON.parse(news))).toBe(false);
        expect(codec.decodeChatSent(news)).toEqual({ ok: true, value: JSON.parse(news) });
      }),
      { numRuns },
    );
  });

  it("still refuses a field it knows that is wrong", () => {
    fc.assert(
      fc.property(arbitraries.ChatStream, (frame) => {
        expect(codec.decodeChatSent(JSON.stringify({ ...frame, done: true, news: 1 }))).toMatchObject({
          ok: false,
          code: "invalid",
          message: "ChatStream",
          path: "done",
          keyword: "const",
        });
      }),
      { numRuns },
    );
  });

  it("refuses text that is no JSON, values that are no object, and tags nobody has", () => {
    for (const text of ["", "not json", "{", "\u0000"])
      expect(codec.decodeChatReceived(text)).toMatchObject({ ok: false, code: "not-json" });
    for (const text of [
      "null",
      "[]",
      '"x"',
      "7",
      "{}",
      '{"type":null}',
      '{"type":"chat.message"}',
      '{"type":["chat.send"]}',
      '{"__proto__":{"type":"chat.send"}}',
    ]) {
      expect(codec.decodeChatReceived(text)).toMatchObject({ ok: false, code: "unknown-event", input: JSON.parse(text) });
    }
  });
});
