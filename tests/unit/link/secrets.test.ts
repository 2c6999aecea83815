import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hideSecrets } from "../../../src/link/secrets.ts";

const target = { url: "wss://ann:p%40ssword@server.test/ws?token=query-secret&v=1", headers: { authorization: "Bearer header-secret", "x-app": "short" } };

describe("secrets", () => {
  it("hides header values, their words, the password and the query in what a peer says", () => {
    expect(hideSecrets("unknown token header-secret", target)).toBe("unknown token ***");
    expect(hideSecrets("got Bearer header-secret!", target)).toBe("got ***!");
    expect(hideSecrets(`Basic ${Buffer.from("ann:p@ssword").toString("base64")} is wrong`, target)).toBe("Basic *** is wrong");
    expect(hideSecrets("query-secret or p@ssword or p%40ssword", target)).toBe("*** or *** or ***");
  });

  it("leaves ordinary words alone", () => {
    expect(hideSecrets("going away for short", target)).toBe("going away for short");
  });

  it("hides a whole address that is none", () => {
    expect(hideSecrets("Invalid URL: server.test?token=abc", { url: "server.test?token=abc", headers: {} })).toBe("Invalid URL: ***");
  });

  it("lets no secret through, wherever it stands", () => {
    const secret = fc.string({ minLength: 16, maxLength: 16, unit: fc.constantFrom("0", "4", "7", "a", "f") });
    fc.assert(
      fc.property(secret, secret, secret, fc.string(), fc.string(), (inHeader, inQuery, password, before, after) => {
        const where = { url: `ws://u:${password}@h/p?t=${inQuery}`, headers: { authorization: `Bearer ${inHeader}` } };
        const text = hideSecrets(`${before}${inHeader}${after}${inQuery}${before}${password}`, where);
        for (const each of [inHeader, inQuery, password]) expect(text).not.toContain(each);
      }),
    );
  });

  it("hides what is said on the link, as it is at that moment", () => {
    let token = "first-token";
    const target = { url: "wss://im.example/", headers: {}, said: () => [token] };
    expect(hideSecrets("unknown token first-token", target)).toBe("unknown token ***");
    token = "second-token";
    expect(hideSecrets("unknown token second-token", target)).toBe("unknown token ***");
  });
});
