import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries, nearMisses } from "../../generated/clawchat/arbitraries.ts";
import * as codec from "../../generated/clawchat/codec.ts";
import type { Validator } from "../../generated/runtime.ts";
import { channels, messages } from "../../generated/clawchat/tables.ts";
import * as validators from "../../generated/clawchat/validators.ts";
import { describeGenerated } from "../unit/codegen/generated-suite.ts";

const numRuns = Number(process.env["CODEGEN_RUNS"] ?? 100);

describeGenerated("clawchat", { arbitraries, nearMisses, validators, messages, codec }, numRuns);

const values = arbitraries as unknown as Readonly<Record<string, fc.Arbitrary<object>>>;
const arbitraryOf = (name: string) => values[name] ?? fc.constant({});
const checks = validators as unknown as Readonly<Record<string, Validator<unknown>>>;
const sent = channels.hub.sent.map((name) => ({ name, frames: arbitraryOf(name) as fc.Arbitrary<codec.HubSent> }));
const received = channels.hub.received.map((name) => ({ name, frames: arbitraryOf(name) }));

const junk = fc.jsonValue({ stringUnit: "binary" }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
/** Names that no document has. */
const extras = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).map((name) => `x-${name}`),
  junk,
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

/** A copy with members that nobody knows in every object of it. */
function widened(value: unknown, more: object): unknown {
  if (Array.isArray(value)) return value.map((item) => widened(item, more));
  if (typeof value !== "object" || value === null) return value;
  return { ...Object.fromEntries(Object.entries(value).map(([key, member]) => [key, widened(member, more)] as const)), ...more };
}

/** The same without them. */
function narrowed(value: unknown, more: object): unknown {
  if (Array.isArray(value)) return value.map((item) => narrowed(item, more));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !Object.hasOwn(more, key)).map(([key, member]) => [key, narrowed(member, more)] as const));
}

/** Every key of every object in a value. */
function keysIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap((member) => keysIn(member))];
}

describe("what the plugin sends", () => {
  it.each(sent)("$name is read as it was written, and has nothing that only the hub says", ({ name, frames }) => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(codec.decodeHubSent(codec.encodeHubSent(frame))).toEqual({ ok: true, value: frame });
        const stamps = ["chat_type", "seq", "dseq", ...(name === "HistoryTransit" ? [] : ["sender", "origin_device_id"])];
        expect(Object.keys(frame).filter((key) => stamps.includes(key))).toEqual([]);
      }),
      { numRuns },
    );
  });

  it.each(sent)("$name is refused with a member that nobody knows, wherever the document closes the object", ({ name, frames }) => {
    fc.assert(
      fc.property(frames, extras, (frame, more) => {
        expect(checks[name]?.({ ...frame, ...more })).toBe(false);
        const inside = { ...frame, payload: { ...frame.payload, ...more } };
        expect(checks[name]?.(inside)).toBe(name === "HistoryTransit");
        expect(codec.decodeHubSent(JSON.stringify(inside))).toEqual({ ok: true, value: inside });
      }),
      { numRuns },
    );
  });

  it("says a delta in message.add alone", () => {
    const others = sent.filter(({ name }) => name !== "MessageAdd" && name !== "HistoryTransit").map(({ frames }) => frames);
    fc.assert(
      fc.property(fc.oneof(...others), (frame) => {
        expect(keysIn(frame)).not.toContain("delta");
      }),
      { numRuns: numRuns * 5 },
    );
    fc.assert(
      fc.property(arbitraryOf("MessageAdd"), (frame) => {
        expect(keysIn(frame)).toContain("delta");
      }),
      { numRuns },
    );
  });
});

describe("what the hub sends", () => {
  it.each(received)("CC-18 $name means the same with members that nobody knows in every object", ({ frames }) => {
    fc.assert(
      fc.property(frames, extras, (frame, more) => {
        const decoded = codec.decodeHubReceived(JSON.stringify(widened(frame, more)));
        expect(decoded.ok).toBe(true);
        if (decoded.ok) expect(narrowed(decoded.value, more)).toEqual(frame);
      }),
      { numRuns },
    );
  });

  it.each(received)("CC-16 $name is not read with its payload or its whole replaced by junk, and never throws", ({ frames }) => {
    fc.assert(
      fc.property(frames, junk, fc.string({ unit: "binary" }), (frame, value, text) => {
        const read = codec.decodeHubReceived(JSON.stringify({ ...frame, payload: value }));
        if (typeof value !== "object" || value === null || Array.isArray(value)) expect(read).toMatchObject({ ok: false, code: "invalid", path: "payload" });
        const cut = JSON.stringify(frame).slice(0, -1);
        for (const broken of [cut, `${cut}${text}`]) expect(typeof codec.decodeHubReceived(broken).ok).toBe("boolean");
        expect(codec.decodeHubReceived(cut)).toMatchObject({ ok: false, code: "not-json" });
      }),
      { numRuns },
    );
  });

  it("CC-47 leaves the counters of whatever it refuses to be read", () => {
    const unknown = fc.record({ event: fc.string().map((name) => `x.${name}`), dseq: fc.nat(), seq: fc.nat(), chat_id: fc.string() });
    const malformed = fc.oneof(...received.map(({ frames }) => frames)).chain((frame) => fc.record({ dseq: fc.nat(), seq: fc.nat(), chat_id: fc.string() }).map((more) => ({ ...frame, ...more, version: 2 })));
    fc.assert(
      fc.property(fc.oneof<fc.Arbitrary<object>[]>(unknown, malformed), (frame) => {
        expect(codec.decodeHubReceived(JSON.stringify(frame))).toMatchObject({ ok: false, input: frame });
      }),
      { numRuns: numRuns * 3 },
    );
  });

  it("names in a list of mentions only whom an id names", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(junk, arbitraryOf("MentionReceived"), fc.record({ kind: fc.constant("mention"), user_id: junk }))), (mentions) => {
        const found = mentions.filter((mention) => checks["MentionReceived"]?.(mention));
        const named = mentions.filter((mention) => {
          const id = typeof mention === "object" && mention !== null && !Array.isArray(mention) ? (mention as { user_id?: unknown }).user_id : undefined;
          return typeof id === "string" && id !== "" && Array.from(id).length <= 512;
        });
        expect(found).toEqual(named);
      }),
      { numRuns: numRuns * 3 },
    );
  });
});
