import { expect, it } from "vitest";
import { type ConfiguredLogin, isUnplanted, plantLogin } from "../../../src/auth/configured.ts";
import { readToken } from "../../../src/auth/jwt.ts";
import { classify, faultOfDeviceId, refreshRequest } from "../../../src/auth/refresh-call.ts";
import { createRefreshing } from "../../../src/auth/refreshing.ts";
import { statusOf } from "../../../src/auth/status.ts";
import { backOff, isNearEnd, leadOf, refreshAt, spanOf } from "../../../src/auth/timing.ts";
import { findLogin, isOtherGrant, isOtherIdentity } from "../../../src/auth/usable.ts";
import type { HttpAnswer } from "../../../src/rest/http.ts";
import { openLogins, type StoredLogin } from "../../../src/store/logins.ts";
import { createLinkClock } from "../../support/link-clock.ts";
import { recordLog } from "../../support/recorded-log.ts";
import { BASE, HOUR, mintToken } from "./stage.ts";

const MINUTE = 60_000;
const identity = { userId: "usr_a", ownerUserId: "usr_o", agentId: "agt_1", homeConversationId: "cnv_1", deviceId: "openclaw-1", baseUrl: BASE };
const grant = { accessToken: "access-1", refreshToken: "refresh-1" };
const login = { identity, grant };

it("CC-75 reads the answer to a refresh by its status and code, and says which they were", () => {
  const answered = (status: number, body?: unknown): HttpAnswer => ({ kind: "answered", status, body });
  const pair = { access_token: "a", refresh_token: "r" };
  const classified = (answer: HttpAnswer) => classify(answer, ["refresh-1"]);
  expect(classified({ kind: "unclear", why: "reset" })).toEqual({ class: "transient", message: "reset" });
  for (const status of [199, 201, 401, 500]) expect(classified(answered(status, { code: 10003 }))).toEqual({ class: "transient", message: `the server answered with HTTP ${status}` });
  expect(classified(answered(200, { code: 0, data: pair }))).toEqual({ class: "success", pair: { accessToken: "a", refreshToken: "r" } });
  expect(classified(answered(200, { code: 0, data: {} }))).toEqual({ class: "transient", message: "the server's answer holds no token pair" });
  for (const body of [undefined, [], { code: "10003" }]) expect(classified(answered(200, body))).toEqual({ class: "transient", message: "the answer is not what was expected of this server" });
  expect(classified(answered(200, { code: 10003 }))).toEqual({ class: "permanent", code: 10003, message: "code 10003" });
  expect(classified(answered(200, { code: 400, msg: "no refresh-1" }))).toEqual({ class: "permanent", code: 400, message: "code 400: no ***" });
  expect(classified(answered(200, { code: 7, msg: "busy" }))).toEqual({ class: "transient", message: "code 7: busy" });
});

it("CC-75 asks for a rotation with the refresh token and the device id, and no bearer", () => {
  expect(refreshRequest(identity, " refresh-1\n")).toEqual({ method: "POST", url: `${BASE}/v1/auth/refresh`, headers: { "X-Device-Id": "openclaw-1" }, body: { json: { refresh_token: "refresh-1" } }, timeoutMs: 15_000 });
});

it("CC-85 finds a device id that the server would refuse", () => {
  for (const id of ["!", "~", "openclaw-1", "x".repeat(128)]) expect(faultOfDeviceId(id)).toBeUndefined();
  for (const id of ["", " "]) expect(faultOfDeviceId(id)).toBe("the device id is missing");
  for (const id of ["a b", " a", "a\n", "é", "a\u007f"]) expect(faultOfDeviceId(id)).toBe("the device id may hold printable ASCII characters only");
  expect(faultOfDeviceId("x".repeat(129))).toBe("the device id has more than 128 characters");
});

it("CC-77 takes of a token what it says in numbers, and its device id", () => {
  expect(readToken(mintToken({ exp: 2, iat: 1, did: " dev " }))).toStrictEqual({ expiresAt: 2_000, issuedAt: 1_000, deviceId: "dev" });
  for (const claims of [{}, { exp: "2", iat: null, did: 5 }, { did: " " }]) expect(readToken(mintToken(claims))).toStrictEqual({});
  const middle = (text: string) => readToken(`head.${text}.seal`);
  const claims = Buffer.from('{"exp":2,"did":"ÿ??>"}').toString("base64");
  expect(claims).toMatch(/[+/].*=$/);
  const url = claims.replaceAll("+", "-").replaceAll("/", "_");
  for (const text of [url, url.replace(/=+$/, ""), url.replace(/=$/, "")]) expect(middle(text)).toStrictEqual({ expiresAt: 2_000, deviceId: "ÿ??>" });
  for (const text of [claims, `${url}==`, `x${url}`, `=${url}`, ` ${url}`, Buffer.from("5").toString("base64url"), Buffer.from('"x"').toString("base64url"), Buffer.from("{").toString("base64url")]) expect(middle(text)).toStrictEqual({});
});

it("CC-77 leads the end of a token by a quarter of its life, within bounds", () => {
  expect([leadOf(Number.NEGATIVE_INFINITY), leadOf(2 * HOUR), leadOf(4 * HOUR), leadOf(8 * HOUR), leadOf(100 * HOUR)]).toEqual([HOUR / 2, HOUR / 2, HOUR, 2 * HOUR, 2 * HOUR]);
  expect(spanOf({ accessToken: mintToken({ exp: 14_400, iat: 0 }) })).toEqual({ expiresAt: 4 * HOUR, leadMs: HOUR });
  expect(spanOf({ accessToken: mintToken({ exp: 1_014_400, iat: 1_000_000 }) })).toEqual({ expiresAt: 1_014_400_000, leadMs: HOUR });
  expect(spanOf({ accessToken: mintToken({ exp: 14_400 }) })).toEqual({ expiresAt: 4 * HOUR, leadMs: 2 * HOUR });
  expect(spanOf({ accessToken: "opaque", grantedAt: 5 })).toEqual({ expiresAt: 24 * HOUR + 5, leadMs: 2 * HOUR });
  expect(spanOf({ accessToken: "opaque" })).toBeUndefined();
  const span = { expiresAt: 10 * HOUR, leadMs: HOUR };
  expect([refreshAt(span, 0), refreshAt(span, 0.5), refreshAt(span, 1)]).toEqual([9 * HOUR - 5 * MINUTE, 9 * HOUR, 9 * HOUR + 5 * MINUTE]);
  expect([isNearEnd(span, 9 * HOUR - 1), isNearEnd(span, 9 * HOUR)]).toEqual([false, true]);
});

it("CC-78 backs off from a second to half a minute, by a quarter more or less", () => {
  expect([1, 2, 3, 5, 6, 100].map((n) => backOff(n, 0.5))).toEqual([1_000, 2_000, 4_000, 16_000, 30_000, 30_000]);
  expect([backOff(1, 0), backOff(1, 1), backOff(6, 0), backOff(6, 1)]).toEqual([750, 1_250, 22_500, 30_000]);
});

it("tells another login by each of its parts", () => {
  for (const name of ["userId", "ownerUserId", "agentId", "homeConversationId", "deviceId", "baseUrl"] as const) expect(isOtherIdentity(login, { ...login, identity: { ...identity, [name]: "other" } })).toBe(true);
  expect([isOtherIdentity(login, { identity: { ...identity, activatedAt: 5 }, grant }), isOtherIdentity(login, undefined)]).toEqual([false, true]);
  expect(isOtherGrant(login, { identity, grant: { ...grant, grantedAt: 5 } })).toBe(false);
  for (const other of [{ ...grant, accessToken: "x" }, { ...grant, refreshToken: "x" }, { accessToken: "access-1" }]) expect(isOtherGrant(login, { identity, grant: other })).toBe(true);
  expect(isOtherGrant(login, undefined)).toBe(true);
});

it("CC-1 says why an account may not work with what is stored", () => {
  const stored: StoredLogin = { version: 1, identity, grant, refreshHash: "h", isRejected: false };
  const settings = { baseUrl: BASE, holder: "me", activate: "do that" };
  const find = (more: Partial<StoredLogin>, before = createRefreshing(), lack?: string) => findLogin(before, { ...stored, ...more }, { ...settings, ...(lack !== undefined && { lack }) });
  const fresh = "get a fresh invite code in the app, then: do that";
  expect(find({})).toEqual({ login });
  expect(find({ grant: undefined } as never)).toEqual({ absence: { kind: "no-login", why: `there is no login yet: ${fresh}` } });
  expect(find({ identity: undefined } as never, undefined, "no userId")).toEqual({ absence: { kind: "incomplete", why: "no userId" } });
  expect(find({ grant: undefined, loggedOut: { at: 1, why: "ended" } } as never, undefined, "no userId")).toEqual({ absence: { kind: "logged-out", why: "ended" } });
  expect(find({ loggedOut: { at: 1, why: "ended" } }, undefined, "no userId")).toEqual({ login });
  expect(find({ identity: { ...identity, baseUrl: "https://other.test" } })).toEqual({ absence: { kind: "incomplete", why: `the login is from https://other.test, and baseUrl is ${BASE}: change it back, or ${fresh} --as new-account` } });
  expect(find({ isRejected: true })).toEqual({ absence: { kind: "logged-out", why: `the server has ended this login: ${fresh} --as re-pair` } });
  expect(find({}, { ...createRefreshing(), dead: "access-1" })).toEqual({ absence: { kind: "logged-out", why: `the server does not take the token, and there is none to renew it with: ${fresh} --as re-pair` } });
  const logout = { what: "logout", refreshHash: "h", tries: 1, at: 1, code: 10003, message: "m", why: "ended here" } as const;
  expect(find({}, { ...createRefreshing(), unsaved: logout })).toEqual({ absence: { kind: "logged-out", why: "ended here" } });
  expect(find({}, { ...createRefreshing(), unsaved: { ...logout, refreshHash: "older" } })).toEqual({ login });
  expect(find({}, { ...createRefreshing(), unsaved: { what: "pair", refreshHash: "h", tries: 1, pair: { accessToken: "a", refreshToken: "r" }, grantedAt: 1 } })).toEqual({ login });
});

it("CC-90 shows an operator what is known of a login, without a token", () => {
  expect(statusOf(createRefreshing(), undefined)).toStrictEqual({ state: "no-login", text: "not started" });
  expect(statusOf(createRefreshing(), { version: 1, identity, isRejected: false, lastRefreshAt: 0, lastAttemptAt: 7 })).toStrictEqual({ state: "no-login", text: "not started", userId: "usr_a", lastRefreshAt: 0, lastAttemptAt: 7 });
  const state = { ...createRefreshing(), login: { identity, grant: { ...grant, grantedAt: 0 } }, refreshAt: 5, lastError: "busy" };
  expect(statusOf(state, undefined)).toStrictEqual({ state: "logged-in", text: "logged in as usr_a", userId: "usr_a", expiresAt: 24 * HOUR, refreshAt: 5, lastError: "busy" });
});

const plot = (configured: ConfiguredLogin | undefined, deviceId?: string) => {
  const system = createLinkClock();
  const store = openLogins(":memory:", system);
  const log = recordLog();
  const plant = (more: Partial<Parameters<typeof plantLogin>[0]> = {}) => plantLogin({ store, baseUrl: BASE, system, log, ...(configured && { configured }), ...(deviceId !== undefined && { deviceId }), ...more });
  return { store, log, plant, system };
};
const configured: ConfiguredLogin = { accessToken: " access-1 ", refreshToken: " refresh-1 ", userId: "usr_a", ownerUserId: "usr_o" };

it("CC-1 takes the login of the configuration over once, without the blanks around its tokens", () => {
  const { store, plant, log, system } = plot(configured, "pinned-1");
  expect(isUnplanted(store.read(), configured, system)).toBe(true);
  expect(plant()).toBeUndefined();
  expect(store.read()).toMatchObject({ identity: { userId: "usr_a", ownerUserId: "usr_o", deviceId: "pinned-1", baseUrl: BASE }, grant: { accessToken: "access-1", refreshToken: "refresh-1" } });
  expect(isUnplanted(store.read(), { ...configured, accessToken: "access-1" }, system)).toBe(false);
  const { version } = store.read();
  expect(plant()).toBeUndefined();
  expect(store.read().version).toBe(version);
  expect(log.lines).toEqual([]);
  expect([isUnplanted(store.read(), undefined, system), isUnplanted(store.read(), { accessToken: " " }, system)]).toEqual([false, false]);
});

it("CC-1 takes nothing over where there is no token, or where it is nobody's", () => {
  for (const nothing of [undefined, { ...configured, accessToken: " " }]) {
    const { store, plant } = plot(nothing);
    expect([plant(), store.read().grant]).toEqual([undefined, undefined]);
  }
  for (const { userId, ownerUserId } of [{ userId: "usr_a", ownerUserId: undefined }, { userId: undefined, ownerUserId: "usr_o" }]) {
    const { store, plant } = plot({ accessToken: "access-1", ...(userId !== undefined && { userId }), ...(ownerUserId !== undefined && { ownerUserId }) });
    expect([plant(), store.read().grant]).toEqual(["the configuration has a token, and lacks userId or ownerUserId", undefined]);
  }
});

it("CC-85 does not take over a device id that the server would refuse, and keeps the one that is bound", () => {
  const bad = plot(configured, "a b");
  expect([bad.plant(), bad.store.read().grant]).toEqual(["the device id may hold printable ASCII characters only", undefined]);
  const bound = plot({ ...configured, refreshToken: " " });
  bound.plant();
  expect(bound.store.read().grant).toStrictEqual({ accessToken: "access-1" });
  expect(bound.store.read().deviceId).toMatch(/^openclaw-./);
  const before = bound.store.read().deviceId;
  expect(bound.plant({ deviceId: "a b", configured: { ...configured, accessToken: "access-2" } })).toBeUndefined();
  expect(bound.store.read()).toMatchObject({ deviceId: before, grant: { accessToken: "access-2" } });
  expect(bound.log.lines).toEqual([expect.stringContaining("the deviceId of the configuration is not used: this account's login is bound to the one it has had before")]);
});

it("puts each id of the configuration right, and keeps those that it does not name", () => {
  const { store, plant } = plot({ ...configured, agentId: "agt_1", homeConversationId: "cnv_1" });
  plant();
  for (const [name, value] of [["userId", "usr_b"], ["ownerUserId", "usr_p"], ["agentId", "agt_2"], ["homeConversationId", "cnv_2"]] as const) {
    expect(plant({ configured: { ...configured, [name]: value } })).toBeUndefined();
    expect(store.read().identity?.[name]).toBe(value);
  }
  expect(store.read().identity).toMatchObject({ userId: "usr_a", ownerUserId: "usr_o", agentId: "agt_2", homeConversationId: "cnv_2" });
  plant({ configured: { accessToken: "access-9" } });
  expect(store.read()).toMatchObject({ grant: { accessToken: "access-9" }, identity: { userId: "usr_a", ownerUserId: "usr_o", agentId: "agt_2", homeConversationId: "cnv_2" } });
});
