import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeId, encodeId, hostMessageId, isWireId, readGroupPeerId, readId, sessionPeerId, wireMessageId, writeId } from "../../../src/channel/identity.ts";

/** Any text a peer may send, lone surrogates among them, and texts that nearly collide. */
const anyId = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom("a", "A", "%", ":", "~", " ", "\u0130", "i", "ß", "2", "5", "u", "d"), maxLength: 6 }),
);

/** What the host does to a key on its way. */
const asHost = (key: string) => key.trim().toLowerCase();

describe("an id in session keys", () => {
  it("WS-23 is different for different ids, after the host has trimmed and lower-cased it", () => {
    fc.assert(
      fc.property(anyId, anyId, (one, other) => {
        fc.pre(one !== other);
        expect(asHost(encodeId(one))).not.toBe(asHost(encodeId(other)));
      }),
      { numRuns: 5000 },
    );
  });

  it("WS-23 survives the host, holds no colon, and leads back to the id", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        const encoded = encodeId(id);
        expect(asHost(encoded)).toBe(encoded);
        expect(encoded).not.toMatch(/:/);
        expect(encoded).not.toBe("");
        expect(decodeId(encoded)).toBe(id);
      }),
      { numRuns: 5000 },
    );
  });

  it("stays as it is where it is plain", () => {
    expect(encodeId("mara_9.example@home-1")).toBe("mara_9.example@home-1");
  });

  it("WS-23 keeps groups of the same name in two accounts apart", () => {
    fc.assert(
      fc.property(anyId, anyId, fc.constantFrom("default", "sales", "a~b"), fc.constantFrom("default", "sales", "a"), (one, other, account, second) => {
        fc.pre(one !== other || account !== second);
        const key = (id: string, of: string) => asHost(sessionPeerId({ kind: "group", id }, of));
        expect(key(one, account)).not.toBe(key(other, second));
        expect(readGroupPeerId(sessionPeerId({ kind: "group", id: one }, account))).toEqual({ accountId: account, id: one });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("an id in configuration and targets", () => {
  it("leads back to itself, and is never the word for everybody", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        fc.pre(id.isWellFormed());
        expect(readId(writeId(id))).toBe(id);
        expect(writeId(id).trim()).not.toBe("*");
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a message's id in the host", () => {
  const at = { receivedAt: 1_800_000_000_000, sender: { id: "ann", verified: true } };

  it("WS-14 differs by sender in a group, by arrival, and by run", () => {
    const group = { kind: "group", id: "g", subject: "g" } as const;
    const ids = [
      hostMessageId({ ...at, messageId: "m", conversation: group }),
      hostMessageId({ ...at, messageId: "m", conversation: group, sender: { id: "bob", verified: true } }),
      hostMessageId({ ...at, messageId: "m", conversation: group, receivedAt: at.receivedAt + 1 }),
      hostMessageId({ ...at, messageId: "m", conversation: group }, 2),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it("holds the wire's id", () => {
    fc.assert(
      fc.property(
        anyId.filter((id) => id !== "" && id.isWellFormed()),
        fc.boolean(),
        (messageId, isGroup) => {
          const conversation = isGroup ? ({ kind: "group", id: "g", subject: "g" } as const) : ({ kind: "direct", id: "ann" } as const);
          expect(wireMessageId(hostMessageId({ ...at, messageId, conversation }))).toBe(messageId);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is none of the wire's where an agent has made it up, and the wire cannot carry it", () => {
    const wire = { messageIdCharacters: 4 };
    expect(wireMessageId("m-1")).toBeUndefined();
    expect(["m-12", "\u{1F600}".repeat(4)].map((id) => isWireId(id, wire))).toEqual([true, true]);
    expect(["", "m-123", "m\n1", "m\u00851", "\u{1F600}".repeat(5)].map((id) => isWireId(id, wire))).toEqual([false, false, false, false, false]);
  });
});
