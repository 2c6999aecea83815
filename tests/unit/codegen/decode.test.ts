import { describe, expect, it } from "vitest";
import {
  decodeCodesReceived,
  decodeHttpSent,
  decodeRpcReceived,
  decodeRpcSent,
  encodeRpcSent,
  isNews,
} from "../../../codegen/fixtures/expected/frames/index.ts";

describe("a decoder", () => {
  it("tells messages apart by a second property where the first is the same", () => {
    expect(decodeRpcSent('{"type":"res","id":"1","ok":true}')).toMatchObject({ ok: true });
    expect(decodeRpcSent('{"type":"res","id":"1","ok":false,"error":{"code":404}}')).toMatchObject({ ok: true });
    expect(decodeRpcSent('{"type":"res","id":"1","ok":false}')).toMatchObject({
      ok: false,
      code: "invalid",
      message: "Refused",
      path: "error",
    });
    expect(decodeRpcSent('{"type":"res","id":"1","ok":"yes"}')).toMatchObject({ ok: false, code: "unknown-event", path: "ok" });
  });

  it("takes numbers as tags, and several of them for one message", () => {
    expect(decodeCodesReceived('{"op":0,"t":"READY"}')).toMatchObject({ ok: true });
    expect(decodeCodesReceived('{"op":1}')).toMatchObject({ ok: true });
    expect(decodeCodesReceived('{"op":11}')).toMatchObject({ ok: true });
    expect(decodeCodesReceived('{"op":"1"}')).toMatchObject({
      ok: false,
      code: "unknown-event",
      detail: 'Invalid field op: expected 10, 0, 1 or 11, got "1"',
    });
    expect(decodeCodesReceived('{"op":0,"t":"GONE"}')).toMatchObject({ ok: false, code: "unknown-event", path: "t" });
  });

  it("finds the tag in schemas that are put together with allOf", () => {
    expect(decodeRpcReceived('{"type":"req","id":"1","method":"ping"}')).toMatchObject({ ok: true });
    expect(decodeRpcReceived('{"type":"req","id":"1","method":"connect","params":{"role":"pilot"}}')).toMatchObject({ ok: true });
    expect(decodeRpcReceived('{"type":"req","id":"1","method":"fly"}')).toMatchObject({ ok: false, code: "unknown-event", path: "method" });
  });

  it("tries messages that have no tag", () => {
    expect(decodeRpcSent('{"text":"hello"}')).toMatchObject({ ok: true });
    expect(decodeRpcSent('{"text":"hello","type":"other"}')).toMatchObject({ ok: true });
    expect(decodeRpcSent('{"text":5}')).toMatchObject({ ok: false, code: "invalid", message: "Greeting", path: "text" });
    expect(decodeHttpSent('{"items":["a"]}')).toMatchObject({ ok: true });
  });

  it("reads payloads that are no objects", () => {
    expect(decodeHttpSent('["a","b"]')).toEqual({ ok: true, value: ["a", "b"] });
    expect(decodeHttpSent("[]")).toMatchObject({ ok: false, code: "invalid", message: "Batch", keyword: "minItems" });
  });

  it("picks the branch of a union by its discriminator, at any depth", () => {
    const quote = (parts: unknown[]) => JSON.stringify({ type: "event", parts: [{ kind: "quote", parts }] });
    expect(decodeRpcSent(quote([{ kind: "quote", parts: [{ kind: "text", text: "deep" }] }]))).toMatchObject({ ok: true });
    expect(decodeRpcSent(quote([{ kind: "video" }]))).toMatchObject({
      ok: false,
      path: "parts[0].parts[0].kind",
      keyword: "discriminator",
      detail: 'Invalid field parts[0].parts[0].kind: expected "text", "image" or "quote", got "video"',
    });
    expect(decodeRpcSent(quote([{ kind: "text" }]))).toMatchObject({ ok: false, path: "parts[0].parts[0].text", keyword: "required" });
  });

  it("survives a value that is nested deeper than the stack", () => {
    const depth = 100_000;
    const tree = `{"value":1,"children":[`.repeat(depth) + `{"value":1}` + "]}".repeat(depth);
    expect(decodeRpcSent(`{"type":"event","parts":[],"tree":${tree}}`)).toMatchObject({
      ok: false,
      code: "invalid",
      message: "News",
      keyword: "depth",
    });
  });

  it("lets unknown fields pass at any depth in what the described application sends, and in nothing else", () => {
    const news = { type: "event", parts: [{ kind: "text", text: "a", bold: true }], mood: 1 };
    expect(isNews(news)).toBe(false);
    expect(decodeRpcSent(JSON.stringify(news))).toEqual({ ok: true, value: news });
    expect(decodeRpcReceived('{"type":"req","id":"1","method":"connect","params":{"role":"node","mood":1}}')).toMatchObject({
      ok: false,
      path: "params.mood",
      keyword: "additionalProperties",
    });
  });

  it("compares whole values where the document does", () => {
    const news = (marks: unknown, origin: unknown) => decodeRpcSent(JSON.stringify({ type: "event", parts: [], marks, origin }));
    expect(news([{ at: 1 }, { at: 2 }], { y: [0], x: 0 })).toMatchObject({ ok: true });
    expect(news([{ at: 1 }, { at: 1 }], { x: 0, y: [0] })).toMatchObject({
      ok: false,
      path: "marks",
      keyword: "uniqueItems",
      detail: "Invalid field marks: expected items that differ, items 0 and 1 are equal",
    });
    expect(news([], { x: 0, y: [1] })).toMatchObject({ ok: false, path: "origin", keyword: "const" });
  });

  it("reads what the encoder wrote", () => {
    const text = encodeRpcSent({ type: "event", parts: [{ kind: "image", url: "https://a.example/b.png", alt: null }], point: [1, 2] });
    expect(decodeRpcSent(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });
});
