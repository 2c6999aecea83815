import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callRest, explainOutcome, hide, readEnvelope, readOutcome } from "../../../src/rest/call.ts";
import type { HttpAnswer } from "../../../src/rest/http.ts";

const answered = (status: number, body?: unknown): HttpAnswer => ({ kind: "answered", status, ...(body === undefined ? { text: "<html>" } : { body }) });

describe("the outcome of a REST call", () => {
  it.each<[string, HttpAnswer, object]>([
    ["a success", answered(200, { code: 0, msg: "ok", data: { a: 1 } }), { kind: "ok", data: { a: 1 } }],
    ["a refusal by code", answered(200, { code: 21001, message: "ask the owner", data: { request_id: "r" } }), { kind: "api", status: 200, code: 21001, message: "ask the owner", data: { request_id: "r" } }],
    ["a refused token", answered(401, { code: 40101, msg: "no" }), { kind: "auth", status: 401, code: 40101, message: "no" }],
    ["a refused token without a body that can be read", answered(403), { kind: "auth", status: 403, message: "" }],
    ["another status", answered(404, { code: 40401, msg: "gone" }), { kind: "api", status: 404, code: 40401, message: "gone" }],
    ["a redirect", answered(302), { kind: "api", status: 302, message: "" }],
    ["a page of a load balancer", answered(503), { kind: "api", status: 503, message: "" }],
    ["a success that is no JSON", answered(200), { kind: "unclear", why: "the answer (HTTP 200) is not what was expected of this server" }],
    ["a success without data", answered(200, { code: 0 }), { kind: "unclear", why: "the answer holds no data" }],
    ["a success whose data are a list", answered(200, { code: 0, data: [] }), { kind: "unclear", why: "the answer holds no data" }],
    ["a code that is text", answered(200, { code: "0", data: {} }), { kind: "unclear", why: "the answer (HTTP 200) is not what was expected of this server" }],
    ["nobody there", { kind: "never-arrived", why: "nobody" }, { kind: "never-arrived", why: "nobody" }],
  ])("is told for %s", (_what, answer, outcome) => expect(readOutcome(answer)).toEqual(outcome));

  it("is told for any JSON at all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.jsonValue(), (status, body) => {
        const outcome = readOutcome(answered(status, body ?? undefined));
        expect(outcome.kind === "ok" || explainOutcome(outcome).length > 0).toBe(true);
        readEnvelope(body);
      }),
    );
  });

  it("CC-90 repeats nothing that was sent as a secret, on one line of bounded length", async () => {
    const request = { method: "POST" as const, url: "https://a.test", headers: { Authorization: "Bearer token-1234" }, body: { json: { refresh_token: "refresh-1234", code: "ABC" } } };
    const http = () => Promise.resolve(answered(401, { code: 1, msg: `bad token-1234 or\nrefresh-1234 or ABC ${"x".repeat(500)}` }));
    const outcome = await callRest(http, request, ["ABC"]);
    expect(outcome).toMatchObject({ kind: "auth", message: expect.stringMatching(/^bad \*\*\* or.\*\*\* or \*\*\* x+…$/) });
    expect(JSON.stringify(outcome).length).toBeLessThan(200);
  });

  it("is explained in one sentence", () => {
    expect(explainOutcome({ kind: "api", status: 200, code: 7, message: "no" })).toBe("the server refused (HTTP 200, code 7): no");
    expect(explainOutcome({ kind: "auth", status: 401, message: "" })).toBe("the server refused (HTTP 401)");
    expect(explainOutcome({ kind: "unclear", why: "late" })).toBe("late");
    // CC-89: nothing that an operator could mend.
    expect(explainOutcome({ kind: "api", status: 200, code: 21001, message: "" })).toBe("the owner has to approve it first");
    expect(explainOutcome({ kind: "api", status: 403, code: 21003, message: "no" })).toBe("the owner does not allow it");
  });

  it("hides a secret that holds another one whole", () => expect(hide("abc-def and abc", ["abc", "abc-def", ""])).toBe("*** and ***"));
});
