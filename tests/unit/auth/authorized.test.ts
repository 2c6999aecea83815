import { describe, expect, it } from "vitest";
import { authorizedCall } from "../../../src/auth/authorized.ts";
import type { RefreshOutcome } from "../../../src/auth/outcome.ts";
import type { HttpAnswer, HttpRequest } from "../../../src/rest/http.ts";
import type { Login } from "../../../src/store/logins.ts";
import { BASE } from "./stage.ts";

const loginWith = (accessToken: string): Login => ({ identity: { userId: "usr_a", ownerUserId: "usr_o", deviceId: "dev", baseUrl: BASE }, grant: { accessToken } });
const fine: HttpAnswer = { kind: "answered", status: 200, body: { code: 0, data: { fine: true } } };

/** A server that takes one token only. */
function stage(good: string, refreshed: RefreshOutcome = { kind: "success", login: loginWith("new") }) {
  const sent: HttpRequest[] = [];
  const refusals: [string, string][] = [];
  return {
    sent,
    refusals,
    authority: {
      keeper: { login: loginWith("old"), refused: async (token: string, by: string) => (refusals.push([token, by]), refreshed) },
      http: (request: HttpRequest): Promise<HttpAnswer> => {
        sent.push(request);
        const isGood = request.headers?.["Authorization"] === `Bearer ${good}`;
        return Promise.resolve(isGood ? fine : { kind: "answered", status: sent.length % 2 === 0 ? 403 : 401, body: { code: 40101, msg: `no ${sent.length}` } });
      },
    },
  };
}

const request: HttpRequest = { method: "GET", url: `${BASE}/v1/users/me`, headers: { "x-more": "1" } };

describe("a call with the token of the login", () => {
  it("CC-89 names token and device, and gives what the server says", async () => {
    const { authority, sent, refusals } = stage("old");
    expect(await authorizedCall(authority, request)).toEqual({ kind: "ok", data: { fine: true } });
    expect(sent).toEqual([{ ...request, headers: { "x-more": "1", Authorization: "Bearer old", "X-Device-Id": "dev" } }]);
    expect(refusals).toEqual([]);
  });

  it("CC-80 refreshes a refused token once and is made once more, with the new one", async () => {
    const { authority, sent, refusals } = stage("new");
    expect(await authorizedCall(authority, ({ grant }) => ({ ...request, url: `${BASE}/${grant.accessToken}` }))).toMatchObject({ kind: "ok" });
    expect(refusals).toEqual([["old", "rest"]]);
    expect(sent.map(({ url }) => url)).toEqual([`${BASE}/old`, `${BASE}/new`]);
  });

  it("CC-80 is made twice at most, however often the server refuses", async () => {
    const { authority, sent, refusals } = stage("none");
    expect(await authorizedCall(authority, request)).toMatchObject({ kind: "auth", status: 403 });
    expect(sent).toHaveLength(2);
    expect(refusals).toHaveLength(1);
  });

  it("gives the original answer where no fresh token is to be had", async () => {
    const { authority, sent } = stage("none", { kind: "transient", message: "later" });
    expect(await authorizedCall(authority, request)).toEqual({ kind: "auth", status: 401, code: 40101, message: "no 1" });
    expect(sent).toHaveLength(1);
  });

  it("CC-88 takes a token to the login's own server and to those it was told of, and nowhere else", async () => {
    for (const url of ["https://elsewhere.test/v1", "https://app.test.evil.test/v1", "http://app.test/v1", "no url"]) {
      const { authority, sent } = stage("old");
      expect(await authorizedCall(authority, { ...request, url })).toMatchObject({ kind: "never-arrived" });
      expect(sent).toEqual([]);
    }
    const { authority, sent } = stage("old");
    expect(await authorizedCall({ ...authority, origins: ["https://media.test"] }, { ...request, url: "https://media.test/media/upload" })).toMatchObject({ kind: "ok" });
    expect(sent).toHaveLength(1);
  });

  it("is not made without a login", async () => {
    const { authority, sent } = stage("old");
    expect(await authorizedCall({ ...authority, keeper: { ...authority.keeper, login: undefined } }, request)).toEqual({ kind: "never-arrived", why: "there is no login" });
    expect(sent).toEqual([]);
  });
});
