import { describe, expect, it } from "vitest";
import { readFrame } from "../../../../src/protocols/clawchat/codec.ts";
import { readContent, readMentions, readQuoted } from "../../../../src/protocols/clawchat/content.ts";

const ORIGIN = "https://media.example";
const nonsense: readonly unknown[] = [null, 5, "text", [], {}, { kind: "" }, { kind: 5, text: "no" }, { text: "no" }];

describe("the fragments of a message", () => {
  const read = (...fragments: unknown[]) => readContent(fragments, ORIGIN);

  it("CC-36 are one text, of which what is no fragment is left out", () => {
    expect(read({ kind: "text", text: "one " }, ...nonsense, { kind: "text", text: "two" })).toEqual({ text: "one two", media: [] });
  });

  it("CC-36 are shown by their text where they have one, and named where not", () => {
    expect(read({ kind: "poll", text: "which?" }).text).toBe("which?");
    expect(read({ kind: "poll" }).text).toBe("[unsupported content: poll]");
    expect(read({ kind: "text" }).text).toBe("");
    expect(read({ kind: "text", text: 5 }).text).toBe("");
  });

  it("CC-36 show who is mentioned by name, by id, or not at all", () => {
    expect(read({ kind: "mention", display: "Mira", user_id: "usr_mira" }).text).toBe("@Mira");
    expect(read({ kind: "mention", display: "", user_id: "usr_mira", text: "no" }).text).toBe("@usr_mira");
    expect(read({ kind: "mention", display: 5, user_id: "usr_mira" }).text).toBe("@usr_mira");
    expect(read({ kind: "mention", user_id: 5, text: "no" }).text).toBe("");
  });

  it("CC-36 show a file on a line of its own, and say where it is", () => {
    expect(read({ kind: "text", text: "see " }, { kind: "image", url: "/a.png", name: "a.png", mime: "image/png" }, { kind: "text", text: "there" })).toStrictEqual({
      text: "see \n![a.png](https://media.example/a.png)\nthere",
      media: [{ from: "url", url: "https://media.example/a.png", mimeType: "image/png", name: "a.png" }],
    });
    for (const kind of ["file", "video", "audio"]) expect(read({ kind, url: "http://other.example/b", name: "", mime: 5 })).toStrictEqual({ text: "[http://other.example/b](http://other.example/b)", media: [{ from: "url", url: "http://other.example/b" }] });
  });

  it.each(["file:///etc/passwd", "javascript:alert(1)", "https://", "http://[", "data:text/plain,a"])("CC-36 show the address %s, and do not follow it", (url) => {
    expect(read({ kind: "file", url, name: "b" })).toEqual({ text: `[b](${url})`, media: [] });
  });

  it("CC-36 name a file without an address", () => {
    for (const url of [undefined, "", 5]) expect(read({ kind: "image", url })).toEqual({ text: "[unsupported content: image]", media: [] });
  });

  it("CC-37 mention each once, in the body and beside it", () => {
    const body = [{ kind: "text", text: "hi", user_id: "usr_text" }, { kind: "mention", user_id: "usr_b" }, { user_id: "usr_none" }, ...nonsense];
    expect(readMentions(body, ["usr_a", { user_id: "usr_b" }, "", 5, null, { user_id: "" }, { id: "usr_c" }])).toEqual(["usr_b", "usr_a"]);
    for (const beside of [undefined, null, "usr_a", { user_id: "usr_a" }]) expect(readMentions(body, beside)).toEqual(["usr_b"]);
  });

  it("are quoted by their text alone", () => {
    expect(readQuoted([{ kind: "text", text: "one " }, { kind: "image", text: "no", url: "u" }, ...nonsense, { kind: "text", text: 5 }, { kind: "text", text: "two" }])).toBe("one two");
    expect(readQuoted([{ kind: "text", text: "" }])).toBe("");
    for (const fragments of [undefined, null, "text", { length: 0 }, [], [{ kind: "image" }], nonsense]) expect(readQuoted(fragments)).toBeUndefined();
  });
});

describe("a frame of the hub", () => {
  it("CC-16 names what it is of, even where that is no word", () => {
    expect(readFrame('{"version":"2","event":"future.event","chat_id":"cnv_a","trace_id":"t","dseq":3,"seq":4}')).toEqual({ is: "other", event: "future.event", chatId: "cnv_a", traceId: "t", dseq: 3, seq: 4 });
    expect(readFrame('{"event":5,"chat_id":"","trace_id":7,"dseq":"x"}')).toEqual({ is: "other", event: "number", chatId: undefined, traceId: undefined, dseq: "x", seq: undefined });
    expect(readFrame("[]")).toEqual({ is: "noise", chatId: undefined, traceId: undefined, dseq: undefined, seq: undefined });
  });

  it("CC-51 says what is wrong with it, and where", () => {
    expect(readFrame('{"version":"2","event":"replay.done","emitted_at":"now","payload":{"x":1}}')).toMatchObject({ is: "broken", event: "replay.done", field: expect.stringContaining("emitted_at") as string, detail: expect.stringContaining("emitted_at") as string, payload: { x: 1 } });
  });
});
