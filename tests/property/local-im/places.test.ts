import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraries } from "../../../generated/local-im/arbitraries.ts";
import { accountDefaults } from "../../../generated/local-im/config.ts";
import { backOffMs } from "../../../src/link/backoff.ts";
import { conversationOf, type Origin } from "../../../src/protocols/local-im/identity.ts";
import { linkProfileOf, type Profile } from "../../../src/protocols/local-im/profile.ts";
import { readServer, showUrl } from "../../../src/protocols/local-im/target.ts";
import { openIm, profile } from "../../support/im-session.ts";

const id = fc.string({ unit: "binary", minLength: 1, maxLength: 128 });
const origins: fc.Arbitrary<Origin> = fc.record({ messageId: id, conversationId: id, userId: id, sessionId: id }, { requiredKeys: [], noNullPrototype: true });
const part = fc.stringMatching(/^[a-z%+=0-9.~-]{0,12}$/u).filter((text) => !new URLSearchParams(text).has("accountId"));
const bases = fc
  .record({ host: fc.constantFrom("wss://im.example", "ws://localhost:9", "wss://u:p@im.example:1", "127.0.0.1:8080"), path: fc.constantFrom("", "/", "/a/b"), parts: fc.array(fc.oneof(part, fc.constant("accountId=x")), { maxLength: 6 }), hash: fc.constantFrom("", "#x") })
  .map(({ host, path, parts, hash }) => ({ parts, written: `${host}${path}${parts.length > 0 ? `?${parts.join("&")}` : ""}${hash}` }));

describe("a conversation", () => {
  const keyOf = (origin: Origin, changes: Partial<Profile> = {}) => JSON.stringify(conversationOf(origin, { ...profile, ...changes }));

  it("LI-22 depends on session, user and account only, unless the operator chose conversations", () => {
    fc.assert(
      fc.property(origins, origins, (one, two) => {
        const { messageId: _id, conversationId: _conversation, ...same } = one;
        const other = { ...same, ...(two.messageId !== undefined && { messageId: two.messageId }), ...(two.conversationId !== undefined && { conversationId: two.conversationId }) };
        expect(keyOf(other)).toBe(keyOf(one));
      }),
    );
  });

  it("LI-22 is another one for each session, and each user without one", () => {
    fc.assert(
      fc.property(origins, id, id, (origin, one, two) => {
        fc.pre(one !== two);
        expect(keyOf({ ...origin, sessionId: one })).not.toBe(keyOf({ ...origin, sessionId: two }));
        expect(keyOf({ sessionId: one })).not.toBe(keyOf({ userId: one }));
        expect(keyOf({ userId: one })).not.toBe(keyOf({ userId: two }));
        const scope = { sessionScope: "conversation" } as const;
        expect(keyOf({ ...origin, conversationId: one }, scope)).not.toBe(keyOf({ ...origin, conversationId: two }, scope));
      }),
    );
  });

  it("LI-22 does not depend on what is said", () => {
    fc.assert(
      fc.property(arbitraries.Message, fc.string({ minLength: 1 }), (message, content) => {
        fc.pre(message.content.trim() !== "" && content.trim() !== "");
        const im = openIm({ contentChars: 2 ** 20 });
        expect(im.inbound({ ...message, content }).conversation).toEqual(im.inbound(message).conversation);
      }),
    );
  });
});

describe("an address", () => {
  it("LI-1 keeps every other part of the query and has the account once", () => {
    fc.assert(
      fc.property(bases, fc.string({ unit: "binary", minLength: 1, maxLength: 128 }), ({ written, parts }, accountId) => {
        const server = readServer(written, accountId, false);
        if (!server.ok) throw new Error(server.why);
        const url = new URL(server.url);
        expect(url.searchParams.getAll("accountId")).toEqual([accountId.toWellFormed()]);
        expect(url.hash).toBe("");
        const others = parts.filter((each) => each !== "" && each !== "accountId=x");
        expect(url.search.slice(1).split("&").filter((each) => !each.startsWith("accountId="))).toEqual(others);
      }),
      { numRuns: 500 },
    );
  });

  it("LI-3 shows nothing of the rest of the query", () => {
    fc.assert(
      fc.property(bases, (base) => {
        const server = readServer(`${base.written.replace(/#x$/, "")}${base.parts.length > 0 ? "&" : "?"}token=canary`, "U1", false);
        if (!server.ok) throw new Error(server.why);
        expect(server.url).toContain("canary");
        expect(showUrl(server.url)).toMatch(/^wss?:\/\/[a-z0-9.:]+[a-z/]*\?accountId=U1$/);
      }),
    );
  });

  it("LI-2 LI-4 is dialed or refused with a text, whatever the operator wrote", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.domain()), fc.boolean(), (written, allowInsecure) => {
        const server = readServer(written, "a", allowInsecure);
        if (!server.ok) expect(server.why).not.toBe("");
        else expect(["ws:", "wss:"]).toContain(new URL(server.url).protocol);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the delay before the next dial", () => {
  it("LI-5 is between one and thirty seconds and never shrinks", () => {
    const { backoff } = linkProfileOf(accountDefaults);
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (n, random) => {
        const delay = backOffMs(n, backoff, random);
        expect(delay).toBeGreaterThanOrEqual(1000);
        expect(delay).toBeLessThanOrEqual(30_000);
        expect(backOffMs(n + 1, backoff, random)).toBeGreaterThanOrEqual(delay);
      }),
    );
  });
});
