import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../../generated/websocket/arbitraries.ts";
import { decodeChatSent } from "../../../generated/websocket/index.ts";
import { readFrame } from "../../../src/client/frames.ts";

const handled = ["ChatTyping", "ChatStream", "ChatThought", "ChatActivity", "ChatResponse", "ChatError", "ChatWelcome", "ChatPairing", "ChatMessage", "ChatMedia", "ChatEdited", "ChatDeleted", "ChatReaction"] as const;

describe("a frame of the server", () => {
  it.each(handled)("is read whatever the document allows a %s to hold", (name) => {
    const arbitrary: fc.Arbitrary<unknown> = arbitraries[name];
    fc.assert(
      fc.property(arbitrary, (frame) => {
        expect(readFrame(JSON.stringify(frame))).toEqual({ is: "frame", frame: JSON.parse(JSON.stringify(frame)) as unknown });
      }),
    );
  });

  it.each(handled)("is malformed, or read and harmless, where one thing is wrong with a %s", (name) => {
    fc.assert(
      fc.property(nearMisses[name], ({ value }) => {
        const text = JSON.stringify(value);
        const read = readFrame(text);
        // What the reader lets through has the types that the application is promised.
        if (read.is === "frame") for (const field of Object.values(read.frame)) expect(["string", "number", "boolean", "object"]).toContain(typeof field);
        else expect(decodeChatSent(text).ok).toBe(false);
      }),
    );
  });

  it("throws at nothing, and makes a frame of nothing that is none", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.json()), (data) => {
        expect(["nothing", "malformed"]).toContain(readFrame(data).is);
      }),
    );
  });

  it.each([
    ["[]", "expected a JSON object"],
    ["{", "expected a JSON object"],
    ["{}", "expected a type, got undefined"],
    ['{"type":"chat.stream","messageId":7,"content":"a","done":false}', "chat.stream: expected messageId to be a string, got number"],
    ['{"type":"chat.response","messageId":"m","content":null,"done":true}', "chat.response: expected content to be a string, got null"],
    ['{"type":"chat.welcome","senderId":"a","extensions":["x",1]}', "chat.welcome: expected extensions to be a list of strings, got a list"],
    ['{"type":"chat.deleted","__proto__":{"messageId":"m","senderId":"a"}}', "chat.deleted: expected messageId to be a string, got undefined"],
  ])("says of %s what was expected", (text, expected) => {
    expect(readFrame(text)).toEqual({ is: "malformed", text: expected });
  });

  it.each(['{"type":"chat.new"}', '{"type":"constructor"}', '{"type":"__proto__"}', '{"type":"chat.response","content":"Connected to WebSocket chat server"}'])("ignores %s", (text) => {
    expect(readFrame(text)).toEqual({ is: "nothing" });
  });

  it("is malformed where it is binary", () => {
    expect(readFrame(new ArrayBuffer(2))).toEqual({ is: "malformed", text: "expected a text frame, got a binary one" });
  });
});
