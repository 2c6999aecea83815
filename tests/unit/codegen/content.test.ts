import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  decodeBody,
  decodePostReceived,
  decodePostSent,
  encodePostReceived,
  encodePostSent,
  messages,
  type OpenedEnvelope,
  type PostReceived,
} from "../../../codegen/fixtures/expected/letters/index.ts";
import { Workshop } from "./workshop.ts";

const letter = (body: unknown, cover: unknown = {}) =>
  JSON.stringify({
    type: "letter",
    to: "ann",
    body: typeof body === "string" ? body : JSON.stringify(body),
    cover: typeof cover === "string" ? cover : JSON.stringify(cover),
  });

describe("JSON held as text", () => {
  it("is read with the message, by its own tag or by trying", () => {
    const note = { kind: "note", text: "hi", at: { line: 1 } };
    expect(decodePostReceived(letter(note, { colour: "red" }))).toEqual({ ok: true, value: { type: "letter", to: "ann", body: note, cover: { colour: "red" } } });
    expect(decodePostReceived(letter({ kind: "invoice", amount: 1 }))).toMatchObject({ ok: true });
    expect(decodePostReceived(letter({ weight: 3, greeting: "hi" }))).toMatchObject({ ok: true, value: { body: { weight: 3 } } });
    expect(decodePostReceived(letter(note).replace("letter", "LETTER"))).toMatchObject({ ok: true });
    expect(decodeBody('{"kind":"note","text":"hi"}')).toMatchObject({ ok: true });
  });

  it("is written as text again, in every message that holds it and in no other", () => {
    const opened: OpenedEnvelope = { type: "letter", to: "ann", body: { kind: "note", text: "hi" }, cover: {} };
    expect(JSON.parse(encodePostReceived(opened))).toEqual({ type: "letter", to: "ann", body: '{"kind":"note","text":"hi"}', cover: "{}" });
    expect(encodePostSent({ type: "reply", "odd field": { colour: "blue" } })).toBe('{"type":"reply","odd field":"{\\"colour\\":\\"blue\\"}"}');
    expect(encodePostReceived({ type: "bell" })).toBe('{"type":"bell"}');
    expect(encodePostReceived({ price: 3 })).toBe('{"price":3}');
  });

  it.each([
    [
      "what it says is wrong",
      letter({ kind: "note", text: "hi", at: { line: 100 } }),
      { code: "invalid", path: "body » at.line", keyword: "maximum", detail: "Invalid field body: in its JSON text, invalid field at.line: expected a number of at most 99, got 100" },
      { code: "invalid", message: "Note", path: "at.line" },
    ],
    [
      "nobody knows what it is",
      letter({ kind: "poem" }),
      { code: "unknown-event", path: "body » kind", detail: 'Invalid field body: in its JSON text, invalid field kind: expected "bill", "invoice", "note" or "nest", got "poem"' },
      { code: "unknown-event" },
    ],
    [
      "it is no JSON",
      letter("{oops"),
      { code: "invalid", path: "body", keyword: "contentMediaType", detail: 'Invalid field body: expected one JSON value, got text that starts with "{oops"' },
      { code: "not-json" },
    ],
    [
      "it says no object",
      letter("[1]"),
      { code: "unknown-event", path: "body", detail: "Invalid field body: in its JSON text, invalid message: expected an object, got an array of 1" },
      { code: "unknown-event" },
    ],
    ["the second text is wrong", letter({ kind: "nest" }, { colour: "green" }), { path: "cover » colour", keyword: "enum" }, { message: "Cover", path: "colour" }],
  ])("is refused with the place when %s", (_, text, outer, inner) => {
    expect(decodePostReceived(text)).toMatchObject({ ok: false, message: "Envelope", ...outer, input: JSON.parse(text) as unknown, inner: { ok: false, ...inner } });
  });

  it("is not looked at where the message itself is wrong", () => {
    const decoded = decodePostReceived('{"type":"letter","to":"","body":"{oops","cover":"{}"}');
    expect(decoded).toMatchObject({ ok: false, path: "to", keyword: "minLength" });
    expect(decoded).not.toHaveProperty("inner");
  });

  it("may be nested deeper than the stack", () => {
    const deep = `${'{"kind":"nest","inner":'.repeat(100)}{"kind":"nest"}${"}".repeat(100)}`;
    expect(decodeBody(deep)).toMatchObject({ ok: true });
    const deeper = `${'{"kind":"nest","inner":'.repeat(100_000)}{"kind":"nest"}${"}".repeat(100_000)}`;
    expect(decodeBody(deeper)).toMatchObject({ ok: false, message: "Nest", keyword: "depth" });
  });

  it("says of several messages without a tag what is wrong with the likeliest", () => {
    expect(decodeBody('{"weight":"3"}')).toMatchObject({ message: "Parcel", path: "weight", keyword: "type" });
    expect(decodeBody('{"picture":"a"}')).toMatchObject({ message: "Card", path: "greeting", keyword: "required" });
    expect(decodeBody("{}")).toMatchObject({ message: "Card", path: "picture" });
  });

  it("of what the described application sends may say more than is known", () => {
    expect(decodePostSent('{"type":"reply","odd field":"{\\"size\\":3}"}')).toMatchObject({ ok: true });
    expect(decodePostSent('{"type":"reply","odd field":"{\\"colour\\":3}"}')).toMatchObject({ ok: false, path: "odd field » colour" });
  });

  it("is in the table of messages", () => {
    expect(messages.envelope).toMatchObject({ content: { body: "Body", cover: "Cover" } });
    expect(messages.bell).not.toHaveProperty("content");
  });

  it("narrows with the tag of its message", () => {
    const read = (frame: PostReceived): string => ("type" in frame && frame.type === "letter" ? Object.keys(frame.body).join() : "");
    expect(read({ type: "letter", to: "a", body: { kind: "nest" }, cover: {} })).toBe("kind");
  });
});

describe("a document with JSON held as text", () => {
  let workshop: Workshop;
  beforeEach(() => void (workshop = new Workshop()));
  afterEach(() => workshop.remove());

  const note = "{ type: object, required: [kind], properties: { kind: { const: note } } }";
  const document = ({ held = "$ref: '#/components/schemas/Held'", field = "contentMediaType: application/json", required = "type, data", tag = "const: letter", type = "string", extra = "false", more = "", example = "'{\"kind\":\"note\"}'" }) => `asyncapi: 3.1.0
info: { title: Letters, version: 1.0.0 }
channels:
  post:
    address: /post
    messages: { letter: { $ref: '#/components/messages/letter' } }
operations:
  deliver: { action: receive, channel: { $ref: '#/channels/post' }, messages: [{ $ref: '#/channels/post/messages/letter' }] }
components:
  messages:
    letter:
      title: A letter
      payload: { $ref: '#/components/schemas/Letter' }
      examples: [{ payload: { type: letter, data: ${example} } }]
  schemas:
    Letter:
      type: object
      required: [${required}]
      additionalProperties: ${extra}
      properties:
        type: { ${tag} }
        data: { type: ${type}, maxLength: 99, ${field}, contentSchema: { ${held} } }
${more}
    Held: { anyOf: [{ $ref: '#/components/schemas/Note' }] }
    Note: ${note}
`;
  const findings = (parts: Parameters<typeof document>[0]) => workshop.write({ "spec/letters.asyncapi.yaml": document(parts) }).findings();

  it("has nothing wrong", async () => {
    expect(await findings({})).toEqual([]);
  });

  it.each([
    ["a schema without a name", { held: "type: object" }, /contentSchema must be a \$ref/],
    ["another media type", { field: "contentMediaType: text/plain" }, /contentSchema goes with type: string and contentMediaType: application\/json/],
    ["no media type", { field: "description: x" }, /contentSchema goes with/],
    ["a text that may be missing", { required: "type" }, /in the required properties of a message only/],
    ["what may be no text", { type: "[string, 'null']" }, /contentSchema goes with type: string/],
    ["a message whose other fields are described", { extra: "true" }, /cannot describe unnamed properties/],
    ["a message without a tag", { tag: "type: string, maxLength: 9" }, /needs a tag that no other message has/],
    ["a text in a text", { more: "    Other: { type: object, properties: { inner: { type: string, maxLength: 9, contentMediaType: application/json, contentSchema: { $ref: '#/components/schemas/Held' } } } }" }, /in the required properties of a message only/],
    ["a branch without a name", { held: "$ref: '#/components/schemas/Bad'", more: "    Bad: { anyOf: [{ type: object, required: [kind], properties: { kind: { const: note } } }] }" }, /every branch of "Bad" must be a \$ref to an object/],
    ["an example whose text is no JSON", { example: "'{oops'" }, /the text is not JSON/],
    ["an example whose text says something else", { example: "'{\"kind\":\"poem\"}'" }, /what the text says is no Held/],
  ])("is refused for %s", async (_, parts, message) => {
    const [first] = await findings(parts);
    expect(first).toMatch(message);
    expect(first).toMatch(/^spec\/letters\.asyncapi\.yaml:\d+:\d+: /);
  });
});
