import { describe, expect, it } from "vitest";
import type { ChatSend } from "../../../../generated/websocket/index.ts";
import { extensionOf, INVALID_FORMAT, invalidField, PARSE_ERROR, readFrame } from "../../../../src/protocols/websocket/codec.ts";
import { findBrokenRule, listMedia, saysSomething } from "../../../../src/protocols/websocket/rules.ts";

const send = (more: object = {}): ChatSend => ({ type: "chat.send", content: "hi", ...more });
const bounds = { bytes: 20, levels: 2 };

describe("a message that the schema has accepted", () => {
  it("WS-8 has one type for each of its paths", () => {
    const broken = (more: object) => findBrokenRule(send(more), bounds);
    expect([broken({}), broken({ mediaPaths: ["a"] }), broken({ mediaPaths: ["a"], mediaTypes: ["t"] }), broken({ mediaTypes: [] })]).toEqual([undefined, undefined, undefined, undefined]);
    expect(broken({ mediaPaths: ["a", "b"], mediaTypes: ["t"] })).toEqual({ field: "mediaTypes", expectation: "expected one type for each of the 2 mediaPaths, got 1" });
    expect(broken({ mediaTypes: ["t"] })).toEqual({ field: "mediaTypes", expectation: "expected one type for each of the 0 mediaPaths, got 1" });
  });

  it("WS-8 has an address or the data of each attachment", () => {
    const broken = (...media: object[]) => findBrokenRule(send({ media }), bounds);
    expect([broken(), broken({ url: "u" }, { data: "" })]).toEqual([undefined, undefined]);
    for (const wrong of [{}, { url: "u", data: "d" }]) expect(broken({ url: "u" }, wrong)).toEqual({ field: "media[1]", expectation: "expected exactly one of url and data" });
  });

  it("WS-9 has data of its own within bounds", () => {
    const broken = (customData: unknown) => findBrokenRule(send({ customData }), bounds);
    expect([broken({ a: { b: null } }), broken({ a: [1, "x"] }), broken({ a: "x".repeat(12) })]).toEqual([undefined, undefined, undefined]);
    for (const deep of [{ a: { b: {} } }, { a: 1, b: [[]] }]) expect(broken(deep)).toEqual({ field: "customData", expectation: "expected at most 2 levels of nesting", tooLarge: true });
    expect(broken({ a: "é".repeat(7) })).toEqual({ field: "customData", expectation: "expected at most 20 bytes of JSON, got 22", tooLarge: true });
  });

  it("WS-7 says something where it has a text or an attachment", () => {
    expect([send(), send({ content: " ", mediaPath: "a" }), send({ content: "", media: [{ url: "u" }] })].map(saysSomething)).toEqual([true, true, true]);
    expect([send({ content: "" }), send({ content: " \n" }), send({ content: " ", mediaPaths: [], media: [] })].map(saysSomething)).toEqual([false, false, false]);
  });

  it("WS-8 has its attachments in order, each path once, with what is said of it", () => {
    expect(listMedia(send({ mediaPath: "a.png", mediaType: "image/png", mediaPaths: ["https://a.example/b", "a.png", "c"], mediaTypes: ["text/html", "no", "text/plain"], media: [{ url: "u", mimeType: "image/gif", name: "n" }, { data: "QQ==" }, {}] }))).toStrictEqual([
      { from: "path", path: "a.png", mimeType: "image/png" },
      { from: "url", url: "https://a.example/b", mimeType: "text/html" },
      { from: "path", path: "c", mimeType: "text/plain" },
      { from: "url", url: "u", mimeType: "image/gif", name: "n" },
      { from: "data", base64: "QQ==" },
    ]);
    expect(listMedia(send({ mediaPath: "a", mediaPaths: ["b"] }))).toStrictEqual([{ from: "path", path: "a" }, { from: "path", path: "b" }]);
    expect(listMedia(send())).toEqual([]);
  });

  it("WS-8 has an address where a path begins with a scheme", () => {
    const from = (mediaPath: string) => listMedia(send({ mediaPath }))[0]?.from;
    expect(["https://a", "FILE:///etc", "x+y-z.0://a", "s3://b"].map(from)).toEqual(["url", "url", "url", "url"]);
    expect(["/tmp/https://a", "c:\\a", "3s://b", "a:/b", "://a", " https://a"].map(from)).toEqual(["path", "path", "path", "path", "path", "path"]);
  });
});

describe("a text of an application", () => {
  const refusal = (frame: unknown) => {
    const read = readFrame(typeof frame === "string" ? frame : JSON.stringify(frame));
    return read.ok ? undefined : read.refusal;
  };

  it("WS-7 is refused with the documented words where it is no message", () => {
    expect(refusal("{")).toEqual({ code: "parse_error", error: PARSE_ERROR });
    for (const frame of [[], null, 5, {}, { type: "chat.shout", content: "x" }, { content: "x" }, { type: "chat.send" }, { type: "chat.send", content: 5 }, { type: "chat.send", content: "" }]) expect(refusal(frame)).toEqual({ code: "invalid_format", error: INVALID_FORMAT });
    expect([PARSE_ERROR, INVALID_FORMAT]).toEqual(["Failed to parse message", "Invalid message format. Expected: { type: 'chat.send', content: '...' }"]);
  });

  it("WS-7 is refused by the name that its sender gave, where that is one", () => {
    expect(refusal({ type: "chat.send", messageId: "m-1" })).toEqual({ code: "invalid_format", error: INVALID_FORMAT, messageId: "m-1" });
    for (const messageId of [5, "", null, "a\nb", "x".repeat(5_000)]) expect(refusal({ type: "chat.shout", messageId })).toEqual({ code: "invalid_format", error: INVALID_FORMAT });
    expect(refusal({ type: "chat.shout", messageId: "m-1" })?.messageId).toBe("m-1");
  });

  it("WS-7 is refused with the field that is wrong, where it has a content", () => {
    expect(refusal({ type: "chat.send", content: "x", messageId: "m-1", mediaPaths: "a" })).toMatchObject({ code: "invalid_field", error: expect.stringContaining("mediaPaths") as string, messageId: "m-1" });
    expect(refusal({ type: "chat.send", content: "x".repeat(2_000_000) })).toMatchObject({ code: "invalid_field", error: expect.stringContaining("content") as string });
    expect(refusal({ type: "chat.send", content: "x", media: [{ url: 5 }] })).toMatchObject({ code: "invalid_field", error: expect.stringContaining("media") as string });
  });

  it("WS-7 is a frame of the documented types, or of an extension", () => {
    const read = readFrame(JSON.stringify({ type: "chat.send", content: "hi" }));
    expect(read).toEqual({ ok: true, frame: { type: "chat.send", content: "hi" } });
    expect(read.ok && extensionOf(read.frame)).toBeUndefined();
    expect(extensionOf({ type: "chat.react" } as never)).toBe("reactions");
  });

  it("WS-7 is refused for one field with the name of its message, where it has one", () => {
    expect(invalidField({ type: "chat.send", content: "a", messageId: "m-1" }, "groupId", "expected a group")).toStrictEqual({ code: "invalid_field", error: "Invalid field groupId: expected a group", messageId: "m-1" });
    expect(invalidField({ type: "chat.send", content: "a" }, "groupId", "expected a group")).toStrictEqual({ code: "invalid_field", error: "Invalid field groupId: expected a group" });
  });
});
