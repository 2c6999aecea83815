import fc from "fast-check";
import { describe as suite, expect, it } from "vitest";
import { codePoints, describe, equal, type ValidationError } from "../../../codegen/runtime/runtime.ts";
import { decodeChatReceived, decodeVerifyReceived, validateConfig } from "../../../generated/websocket/index.ts";

suite("what the decoder says to people", () => {
  const sentences: readonly [text: string, detail: string, path: string, keyword: string][] = [
    ["not json", 'Not JSON: expected one JSON value, got text that starts with "not json"', "", ""],
    ["", "Not JSON: expected one JSON value, got nothing", "", ""],
    ["null", "Invalid message: expected an object, got null", "", ""],
    ["[1]", "Invalid message: expected an object, got an array of 1", "", ""],
    ['{"type":"chat.send"}', "Invalid field content: expected a value, got nothing", "content", "required"],
    ['{"type":"chat.send","content":""}', 'Invalid field content: expected text, got ""', "content", "minLength"],
    ['{"type":"chat.send","content":5}', "Invalid field content: expected a string, got 5", "content", "type"],
    [
      '{"type":"chat.send","content":"x","chatType":"room"}',
      'Invalid field chatType: expected "direct" or "group", got "room"',
      "chatType",
      "enum",
    ],
    [
      '{"type":"chat.send","content":"x","chatType":"group"}',
      "Invalid field groupId: expected a value, got nothing",
      "groupId",
      "required",
    ],
    [
      '{"type":"chat.send","content":"x","customData":"vip"}',
      'Invalid field customData: expected an object, got "vip"',
      "customData",
      "type",
    ],
    [
      '{"type":"chat.send","content":"x","mediaPaths":["a","b",7]}',
      "Invalid field mediaPaths[2]: expected a string, got 7",
      "mediaPaths[2]",
      "type",
    ],
    [
      '{"type":"chat.send","content":"x","messageId":"a\\nb"}',
      'Invalid field messageId: expected text without control characters, got "a\\nb"',
      "messageId",
      "pattern",
    ],
    ['{"type":"chat.send","content":"x","messageId":null}', "Invalid field messageId: expected a string, got null", "messageId", "type"],
    [
      `{"type":"chat.send","content":"x","senderName":"${"n".repeat(129)}"}`,
      "Invalid field senderName: expected at most 128 characters, got 129",
      "senderName",
      "maxLength",
    ],
    [
      `{"type":"chat.send","content":"x","mediaPaths":[${Array.from({ length: 17 }, () => '"a"').join()}]}`,
      "Invalid field mediaPaths: expected at most 16 items, got 17",
      "mediaPaths",
      "maxItems",
    ],
    [
      '{"type":"chat.directory","requestId":"r","kind":"users","limit":0.5}',
      "Invalid field limit: expected a whole number, got 0.5",
      "limit",
      "type",
    ],
    [
      '{"type":"chat.directory","requestId":"r","kind":"users","limit":201}',
      "Invalid field limit: expected a number of at most 200, got 201",
      "limit",
      "maximum",
    ],
  ];
  for (const [text, detail, path, keyword] of sentences) {
    it(`${text.slice(0, 60)} → ${detail}`, () => {
      expect(decodeChatReceived(text)).toMatchObject({ ok: false, detail, path, keyword });
    });
  }

  it("quotes at most forty characters of what came", () => {
    const decoded = decodeChatReceived(JSON.stringify({ type: "chat.send", content: "x", chatType: "😀".repeat(50) }));
    expect(decoded).toMatchObject({ detail: `Invalid field chatType: expected "direct" or "group", got "${"😀".repeat(40)}…"` });
  });

  it("quotes nothing that a terminal would obey, or that would turn the line around", () => {
    const decoded = decodeChatReceived(JSON.stringify({ type: "chat.send", content: "x", chatType: "\u001b\u007f\u009b2J\u202e\u2066\u2028é😀" }));
    expect(decoded).toMatchObject({ detail: 'Invalid field chatType: expected "direct" or "group", got "\\u001b\\u007f\\u009b2J\\u202e\\u2066\\u2028é😀"' });
  });

  it("never repeats a token", () => {
    const decoded = decodeChatReceived(JSON.stringify({ type: "chat.auth", token: ["s3cret"] }));
    expect(decoded).toMatchObject({ ok: false, path: "token" });
    expect(JSON.stringify({ ...decoded, input: undefined })).not.toContain("s3cret");
    const errors: ValidationError[] = [{ instancePath: "/auth/apiKey", keyword: "pattern", params: { pattern: "^[a-z]$" } }];
    expect(describe(errors, { auth: { apiKey: "s3cret" } }).detail).toBe(
      "Invalid field auth.apiKey: expected text that matches ^[a-z]$, got 6 characters",
    );
    const pin: ValidationError[] = [{ instancePath: "/pin", keyword: "const", params: { allowedValue: "x" } }];
    expect(describe(pin, { pin: "s3cret" }, ["pin"]).detail).not.toContain("s3cret");
  });

  it("names the tag nobody has, and what it could have been", () => {
    expect(decodeVerifyReceived('{"success":"yes"}')).toMatchObject({
      code: "unknown-event",
      path: "success",
      detail: 'Invalid field success: expected true or false, got "yes"',
    });
  });

  it("puts names that are no identifiers into brackets", () => {
    const errors: ValidationError[] = [{ instancePath: "/a~1b/0/with space", keyword: "type", params: { type: "string" } }];
    expect(describe(errors, { "a/b": [{ "with space": 1 }] })).toEqual({
      path: '["a/b"][0]["with space"]',
      keyword: "type",
      detail: 'Invalid field ["a/b"][0]["with space"]: expected a string, got 1',
    });
  });

  it("clips a name that somebody made longer than any field", () => {
    const errors: ValidationError[] = [{ instancePath: `/${"n".repeat(4_000)}`, keyword: "additionalProperties", params: {} }];
    const { path, detail } = describe(errors, {});
    expect([path.length < 100, detail.length < 200]).toEqual([true, true]);
    expect(path).toMatch(/^\["n{30,}.*"\]$/);
  });

  it("speaks of the branch of a union that got furthest", () => {
    const errors: ValidationError[] = [
      { instancePath: "/token", keyword: "type", params: { type: "string" } },
      { instancePath: "/token/source", keyword: "enum", params: { allowedValues: ["env", "file"] } },
      { instancePath: "/token", keyword: "anyOf", params: {} },
    ];
    expect(describe(errors, { token: { source: "x" } }).path).toBe("token.source");
  });

  it("speaks of the one branch of a union whose type a value has, and of none where there are several", () => {
    const pattern: ValidationError = { instancePath: "/token", keyword: "pattern", params: { pattern: "^a$" } };
    const type: ValidationError = { instancePath: "/token", keyword: "type", params: { type: "object" } };
    const anyOf: ValidationError = { instancePath: "/token", keyword: "anyOf", params: {} };
    expect(describe([pattern, type, anyOf], { token: "b" }).detail).toBe("Invalid field token: expected text that matches ^a$, got 1 characters");
    expect(describe([pattern, { ...pattern }, anyOf], { token: "b" }).keyword).toBe("anyOf");
  });

  it("explains a configuration the same way", () => {
    const block = { port: 0, auth: { timeout: "5s" } };
    expect(validateConfig(block)).toBe(false);
    expect(describe(validateConfig.errors, block).detail).toBe("Invalid field port: expected a number of at least 1, got 0");
    const unknown = { limits: { maxPayloads: 1 } };
    expect(validateConfig(unknown)).toBe(false);
    expect(describe(validateConfig.errors, unknown).detail).toBe("Invalid field limits.maxPayloads: there is no field of this name");
  });
});

suite("the generated runtime", () => {
  it("counts code points, lone surrogates among them", () => {
    const unit = fc.oneof(fc.constantFrom("\ud83d", "\ude00", "😀", "a"), fc.string({ unit: "binary", maxLength: 1 }));
    fc.assert(
      fc.property(fc.string({ unit }), (text) => codePoints(text) === Array.from(text).length),
      { numRuns: 2000 },
    );
  });

  it("compares JSON values like their canonical texts", () => {
    const canonical = (value: unknown): string =>
      JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
          : inner,
      );
    const small = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(small, small, (a, b) => equal(a, b) === (canonical(a) === canonical(b))),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(small, (value) => equal(value, structuredClone(value))),
      { numRuns: 500 },
    );
  });
});
