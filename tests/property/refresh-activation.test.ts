import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { activate } from "../../src/auth/activation.ts";
import type { HttpAnswer, HttpRequest } from "../../src/rest/http.ts";
import { openLogins } from "../../src/store/logins.ts";
import { createLinkClock } from "../support/link-clock.ts";
import { BASE } from "../unit/auth/stage.ts";

const data = { access_token: "a", agent: { user_id: "usr_a", owner_id: "usr_o" }, conversation: { id: "cnv_1" } };
const answer: fc.Arbitrary<HttpAnswer> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<HttpAnswer>({ kind: "never-arrived", why: "nobody there" }) },
  { weight: 2, arbitrary: fc.constant<HttpAnswer>({ kind: "unclear", why: "lost" }) },
  { weight: 3, arbitrary: fc.constant<HttpAnswer>({ kind: "answered", status: 200, body: { code: 16001, msg: "no agent" } }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("answered" as const), status: fc.constantFrom(200, 401, 500), body: fc.record({ code: fc.constantFrom(0, 16014, 1, "x"), data: fc.constantFrom(data, {}, null) }) }) },
);

describe("an invite code", () => {
  it("CC-82 is sent once at most, unless the failure proves that it never arrived or the server does not know the stored user", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 8 }), fc.constantFrom(undefined, "re-pair" as const, "new-account" as const), fc.boolean(), fc.string({ minLength: 6 }), async (answers, as, isKnown, code) => {
        fc.pre(code.trim().length >= 6);
        const clock = createLinkClock();
        const store = openLogins(":memory:", clock);
        if (isKnown) store.activate({ userId: "usr_before", ownerUserId: "usr_o", deviceId: "dev", baseUrl: BASE }, { accessToken: "old" });
        const bodies: { code: string; user_id?: string }[] = [];
        const got: HttpAnswer[] = [];
        const http = ({ body }: HttpRequest) => {
          bodies.push((body as { json: { code: string; user_id?: string } }).json);
          const next = answers[Math.min(got.length, answers.length - 1)] as HttpAnswer;
          got.push(next);
          return Promise.resolve(next);
        };
        const activation = activate({ code, baseUrl: BASE, ...(as && { as }) }, { http, store, system: clock });
        await clock.pass(100_000);
        const settled = await activation;
        store.close();
        if (isKnown && as === undefined) expect(bodies).toEqual([]);
        for (const [index, { code: sent }] of bodies.entries()) {
          expect(sent).toBe(code.trim());
          if (index === 0) continue;
          const before = got[index - 1];
          const isUnknown = before?.kind === "answered" && (before.body as { code?: unknown }).code === 16001 && bodies[index - 1]?.user_id !== undefined;
          expect(before?.kind === "never-arrived" || isUnknown).toBe(true);
          if (isUnknown) expect(bodies[index]?.user_id).toBeUndefined();
        }
        expect(got.filter(({ kind }) => kind === "never-arrived").length).toBeLessThanOrEqual(3);
        if (!settled.ok && settled.wasSent) expect(settled.why).toContain("fresh invite code");
      }),
      { numRuns: 300 },
    );
  });
});
