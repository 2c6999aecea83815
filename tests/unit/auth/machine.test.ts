import { describe, expect, it } from "vitest";
import { stepRefresh } from "../../../src/auth/refresh.ts";
import { type Ask, createRefreshing, type Flight, type RefreshEvent, type Refreshing, type RefreshMoment, type RefreshStep, type Unsaved } from "../../../src/auth/refreshing.ts";
import { limits } from "../../../src/core/limits.ts";
import type { Login, StoredLogin } from "../../../src/store/logins.ts";
import { BASE, HOUR } from "./stage.ts";

const NOW = 1_790_000_000_000;
const LEASE_MS = 15_000 + limits.leaseMarginMs;
const identity = { userId: "usr_a", ownerUserId: "usr_o", deviceId: "openclaw-1", baseUrl: BASE };
const login: Login = { identity, grant: { accessToken: "access-1", refreshToken: "refresh-1", grantedAt: NOW - HOUR } };
const newer: Login = { identity, grant: { accessToken: "access-2", refreshToken: "refresh-2", grantedAt: NOW } };
const stored: StoredLogin = { version: 7, identity, grant: login.grant, refreshHash: "hash-1", isRejected: false };
const storedNewer: StoredLogin = { ...stored, grant: newer.grant, refreshHash: "hash-2" };
const ask: Ask = { cause: "rest", refused: "access-1" };
const pair: Unsaved = { what: "pair", refreshHash: "hash-1", tries: 0, pair: { accessToken: "access-2", refreshToken: "refresh-2" }, grantedAt: NOW };
const logout: Unsaved = { what: "logout", refreshHash: "hash-1", tries: 0, at: NOW, code: 10003, message: "code 10003", why: "ended" };

const idle: Refreshing = { ...createRefreshing(), login, absence: { kind: "no-login", why: "" } };
const flying = (flight: Flight, more: Partial<Refreshing> = {}): Refreshing => ({ ...idle, flight, ...more });
const claiming = (isInherited = false) => flying({ is: "claiming", ask, isInherited });
const calling = flying({ is: "calling", ask, refreshHash: "hash-1" });
const saving = (unsaved: Unsaved) => flying({ is: "saving", ask }, { unsaved });

function step(before: Refreshing, event: RefreshEvent, more: Partial<RefreshMoment> = {}): RefreshStep {
  return stepRefresh(before, event, { now: NOW, random: 0.5, stored, ...more }, { baseUrl: BASE, holder: "me", activate: "do that" });
}
const nothing = (before: Refreshing): RefreshStep => ({ next: before, effects: [] });
const doings = ({ effects }: RefreshStep) => effects.map((effect) => (effect.do === "settle" ? `settle ${effect.outcome.kind}` : effect.do === "arm" || effect.do === "disarm" ? `${effect.do} ${effect.timer}` : effect.do));
const settled = ({ effects }: RefreshStep) => effects.flatMap((effect) => (effect.do === "settle" ? [effect.outcome] : []));

describe("an event that comes when nobody waits for it", () => {
  it.each<[string, Refreshing, RefreshEvent]>([
    ["a claim", idle, { on: "claimed", done: true }],
    ["a claim that failed", calling, { on: "unclaimable", why: "x" }],
    ["an answer", claiming(), { on: "answered", answer: { class: "transient", message: "x" } }],
    ["a write", calling, { on: "written", result: "done" }],
    ["a write that failed", calling, { on: "unwritable", why: "x" }],
    ["somebody who asks", calling, { on: "ask", ask: { cause: "dial" } }],
    ["a look", calling, { on: "look" }],
    ["the time to refresh, while another one may still write", flying({ is: "inheriting", ask }), { on: "timer", timer: "refresh" }],
    ["the time to refresh", calling, { on: "timer", timer: "refresh" }],
    ["the time to look again", calling, { on: "timer", timer: "wait" }],
    ["the time to write, where nothing is to be written", idle, { on: "timer", timer: "write" }],
    ["the time to write, where a call is under way", { ...calling, unsaved: pair }, { on: "timer", timer: "write" }],
    ["the time to refresh, once it has stopped", { ...idle, isStopped: true }, { on: "timer", timer: "refresh" }],
    ["a second stop", { ...idle, isStopped: true }, { on: "stop" }],
  ])("CC-72 %s changes nothing", (_, before, event) => {
    expect(step(before, event)).toEqual(nothing(before));
  });
});

it("CC-72 a look changes nothing while a call is under way, whatever is stored", () => {
  expect(step(calling, { on: "look" }, { stored: storedNewer })).toEqual(nothing(calling));
});

describe("who asks for fresh tokens", () => {
  it("CC-72 claims the right to get them, for longer than a call can last", () => {
    expect(step(idle, { on: "ask", ask })).toEqual({ next: claiming(), effects: [{ do: "claim", version: 7, lease: { holder: "me", since: NOW, until: NOW + LEASE_MS } }] });
    expect(step(idle, { on: "timer", timer: "refresh" }).next.flight).toEqual({ is: "claiming", ask: { cause: "timer" }, isInherited: false });
    expect(step({ ...idle, unsaved: pair }, { on: "timer", timer: "write" })).toEqual({ next: { ...idle, unsaved: pair }, effects: [{ do: "write", unsaved: pair }] });
  });

  const lease = (more: object) => ({ stored: { ...stored, lease: { holder: "other", since: NOW, until: NOW + 1, ...more } } });

  it.each<[string, object, string]>([
    ["waits for another process that has it", {}, "waiting"],
    ["waits for one whose clock is ahead", { until: NOW + 2 * LEASE_MS }, "waiting"],
    ["takes it over from one whose time is over", { until: NOW }, "claiming"],
    ["takes it over where a clock has made it endless", { until: NOW + 2 * LEASE_MS + 1 }, "claiming"],
    ["has it already", { holder: "me" }, "claiming"],
  ])("CC-72 %s", (_, more, is) => {
    const { next, effects } = step(idle, { on: "ask", ask }, lease(more));
    expect(next.flight.is).toBe(is);
    if (is === "waiting") expect(effects).toEqual([{ do: "arm", timer: "wait", ms: limits.leaseLookMs }]);
    else expect(next.flight).toMatchObject({ isInherited: !("holder" in more) });
  });

  it("CC-73 asks no sooner than half a minute after the last call, whichever way the clock was set", () => {
    for (const lastAttemptAt of [NOW - 29_999, NOW, NOW + 29_999]) {
      const early = step(idle, { on: "ask", ask }, { stored: { ...stored, lastAttemptAt } });
      expect(doings(early)).toEqual(["settle skipped", "arm refresh"]);
      expect(settled(early)).toEqual([{ kind: "skipped", reason: "min-interval" }]);
    }
    for (const lastAttemptAt of [NOW - 30_000, NOW + 30_000]) expect(step(idle, { on: "ask", ask }, { stored: { ...stored, lastAttemptAt } }).next.flight.is).toBe("claiming");
  });

  it("CC-72 gets what is newer than what was refused, without a call", () => {
    const step1 = step(idle, { on: "ask", ask }, { stored: storedNewer });
    expect(settled(step1)).toEqual([{ kind: "success", login: newer }]);
    expect(doings(step1)).toEqual(["arm refresh", "settle success"]);
    expect(doings(step(idle, { on: "ask", ask: { cause: "timer" } }, { stored: storedNewer }))).toEqual(["arm refresh", "renewed", "settle success"]);
    expect(settled(step(idle, { on: "ask", ask: { cause: "dial" } }, { stored: storedNewer }))).toHaveLength(1);
    expect(step(idle, { on: "ask", ask: { cause: "dial" } }).next.flight.is).toBe("claiming");
    const old = { ...storedNewer, grant: { ...newer.grant, grantedAt: NOW - 23 * HOUR } };
    expect(step(idle, { on: "ask", ask: { cause: "dial" } }, { stored: old }).next.flight.is).toBe("claiming");
  });

  it("CC-8 ends nothing where there is no refresh token, but what a socket was refused with", () => {
    for (const bare of [{ ...stored, grant: { accessToken: "access-1" } }, { ...stored, grant: { accessToken: "access-1", refreshToken: " " } }, { ...stored, refreshHash: undefined } as never as StoredLogin]) {
      const rest = step(idle, { on: "ask", ask }, { stored: bare });
      expect(settled(rest)).toEqual([{ kind: "skipped", reason: "no-refresh-token" }]);
      expect(rest.next.login).toBeDefined();
      const socket = step(idle, { on: "ask", ask: { ...ask, cause: "socket" } }, { stored: bare });
      expect(settled(socket)).toEqual([{ kind: "skipped", reason: "no-refresh-token" }]);
      expect(socket.next).toMatchObject({ login: undefined, dead: "access-1", absence: { kind: "logged-out", why: expect.stringContaining("there is none to renew it with") as string } });
      expect(doings(socket).slice(-4)).toEqual(["disarm refresh", "tell", "logged-out", "settle skipped"]);
    }
  });

  it("CC-75 sends no device id that the server would refuse", () => {
    const bad = step(idle, { on: "ask", ask }, { stored: { ...stored, identity: { ...identity, deviceId: "a b" } } });
    expect(settled(bad)).toEqual([{ kind: "misconfigured", message: "the device id may hold printable ASCII characters only" }]);
    expect(bad.next.lastError).toBe("the device id may hold printable ASCII characters only");
  });

  it("CC-76 fails for the moment where the store cannot be read, and says so once", () => {
    const first = step(idle, { on: "ask", ask }, { stored: undefined });
    expect(settled(first)).toEqual([{ kind: "transient", message: "the stored login cannot be read" }]);
    expect(first.effects).toContainEqual({ do: "tell", level: "warn", text: "the tokens could not be refreshed: the stored login cannot be read" });
    expect(first.next).toMatchObject({ failures: 1, lastError: "the stored login cannot be read", login });
    expect(step(first.next, { on: "ask", ask }, { stored: undefined }).effects).toContainEqual(expect.objectContaining({ do: "tell", level: "debug" }));
  });

  it("CC-76 hears that there is no login, or that its account is not complete", () => {
    const gone = step(idle, { on: "ask", ask }, { stored: { version: 8, isRejected: false } });
    expect(settled(gone)).toEqual([{ kind: "skipped", reason: "no-refresh-token" }]);
    expect(gone.next.login).toBeUndefined();
    expect(doings(gone)).toEqual(["disarm refresh", "tell", "logged-out", "settle skipped"]);
    expect(gone.effects[1]).toMatchObject({ level: "error", text: expect.stringContaining("there is no login yet") as string });
    expect(doings(step(gone.next, { on: "ask", ask }, { stored: { version: 8, isRejected: false } }))).toEqual(["settle skipped"]);
    expect(settled(step(idle, { on: "ask", ask }, { stored: { version: 8, identity, isRejected: true, loggedOut: { at: 1, why: "ended" } } }))).toEqual([{ kind: "skipped", reason: "rejected-latch" }]);
    expect(settled(step(idle, { on: "ask", ask }, { stored: { ...stored, identity: { ...identity, baseUrl: "https://other.test" } } }))).toMatchObject([{ kind: "misconfigured", message: expect.stringContaining("the login is from https://other.test") as string }]);
  });

  it("CC-74 has what could not be written written first, unless it is nobody's any more", () => {
    expect(step({ ...idle, unsaved: pair }, { on: "ask", ask })).toEqual({ next: { ...idle, unsaved: pair, flight: { is: "saving", ask } }, effects: [{ do: "write", unsaved: pair }] });
    expect(doings(step({ ...idle, unsaved: pair }, { on: "ask", ask }, { stored: undefined }))).toEqual(["write"]);
    expect(settled(step({ ...idle, unsaved: pair }, { on: "ask", ask }, { stored: storedNewer }))).toEqual([{ kind: "success", login: newer }]);
  });
});

describe("who has the right", () => {
  const leased = { ...stored, lease: { holder: "me", since: NOW, until: NOW + LEASE_MS } };

  it("CC-72 calls with what is stored now", () => {
    expect(step(claiming(), { on: "claimed", done: true }, { stored: leased })).toEqual({ next: calling, effects: [{ do: "call", identity, refreshToken: "refresh-1", accessToken: "access-1" }] });
  });

  it("CC-72 looks again where somebody was faster, and fails where nothing can be claimed", () => {
    for (const seen of [stored, leased]) expect(doings(step(claiming(), { on: "claimed", done: false }, { stored: seen }))).toEqual(["claim"]);
    expect(settled(step(claiming(), { on: "claimed", done: false }, { stored: storedNewer }))).toEqual([{ kind: "success", login: newer }]);
    expect(settled(step(claiming(), { on: "unclaimable", why: "disk full" }))).toEqual([{ kind: "transient", message: "disk full" }]);
  });

  it("CC-72 gives the one before, who may be alive, the time to write", () => {
    const inheriting = step(claiming(true), { on: "claimed", done: true }, { stored: leased });
    expect(inheriting).toEqual({ next: flying({ is: "inheriting", ask }), effects: [{ do: "arm", timer: "wait", ms: limits.leaseGraceMs }] });
    expect(step(inheriting.next, { on: "timer", timer: "wait" }, { stored: leased }).next.flight).toEqual({ is: "claiming", ask, isInherited: false });
    expect(settled(step(inheriting.next, { on: "timer", timer: "wait" }, { stored: storedNewer }))).toEqual([{ kind: "success", login: newer }]);
    const waiting = flying({ is: "waiting", ask });
    expect(step(waiting, { on: "timer", timer: "wait" }).next.flight.is).toBe("claiming");
    expect(step(waiting, { on: "look" }).next.flight.is).toBe("claiming");
  });

  it("CC-76 gives it back where the store cannot be read, or the login was replaced", () => {
    const unread = step(claiming(), { on: "claimed", done: true }, { stored: undefined });
    expect(settled(unread)).toEqual([{ kind: "transient", message: "the stored login cannot be read" }]);
    expect(doings(unread)).toContain("release");
    for (const other of [{ ...leased, lease: { ...leased.lease, holder: "other", until: NOW + 1 } }, { ...leased, lease: undefined } as never as StoredLogin]) expect(doings(step(claiming(), { on: "claimed", done: true }, { stored: other }))).not.toContain("call");
    expect(doings(step(claiming(), { on: "claimed", done: true }, { stored: { ...leased, grant: { accessToken: "access-1" } } }))).not.toContain("call");
  });
});

describe("an answer", () => {
  const answered = (answer: Extract<RefreshEvent, { on: "answered" }>["answer"], more?: Partial<RefreshMoment>) => step(calling, { on: "answered", answer }, more);

  it("CC-74 with tokens is written before it is used", () => {
    expect(answered({ class: "success", pair: pair.pair })).toEqual({ next: saving(pair), effects: [{ do: "write", unsaved: pair }] });
  });

  it("CC-76 that fails for the moment keeps the login and gives the right back", () => {
    const failed = answered({ class: "transient", message: "busy" });
    expect(failed.next).toMatchObject({ login, failures: 1, lastError: "busy", flight: { is: "none" } });
    expect(doings(failed)).toEqual(["disarm wait", "settle transient", "tell", "arm refresh", "release"]);
    expect(failed.effects.find((effect) => effect.do === "arm")).toEqual({ do: "arm", timer: "refresh", ms: 21 * HOUR });
  });

  it("CC-76 that refuses ends the login once that is written, with what to do next", () => {
    const refused = answered({ class: "permanent", code: 10003, message: "code 10003" });
    const why = "the server has ended the login (code 10003): get a fresh invite code in the app, then: do that --as re-pair";
    expect(refused).toEqual({ next: saving({ ...logout, why }), effects: [{ do: "write", unsaved: { ...logout, why } }] });
    const ended = step(refused.next, { on: "written", result: "done" });
    expect(doings(ended)).toEqual(["disarm write", "disarm refresh", "tell", "logged-out", "disarm wait", "settle permanent"]);
    expect(settled(ended)).toEqual([{ kind: "permanent", code: 10003, message: "code 10003" }]);
    expect(ended.next).toMatchObject({ login: undefined, absence: { kind: "logged-out", why }, lastError: "code 10003" });
    expect(ended.next).not.toHaveProperty("unsaved");
  });

  it("CC-76 that refuses what another process has renewed ends nothing", () => {
    for (const answer of [{ class: "permanent", code: 10003, message: "x" }, { class: "transient", message: "x" }] as const) {
      const step1 = answered(answer, { stored: storedNewer });
      expect(settled(step1)).toEqual([{ kind: "success", login: newer }]);
      expect(doings(step1)[0]).toBe("release");
    }
    const out = answered({ class: "permanent", code: 10003, message: "x" }, { stored: { ...stored, grant: undefined, loggedOut: { at: 1, why: "meant" } } as never });
    expect(settled(out)).toEqual([{ kind: "skipped", reason: "rejected-latch" }]);
    const unread = answered({ class: "permanent", code: 10003, message: "x" }, { stored: undefined });
    expect(settled(unread)).toEqual([{ kind: "transient", message: "the server has refused the login, and the stored one cannot be read" }]);
    expect(unread.next.login).toEqual(login);
  });
});

describe("the next refresh of a token that is near its end", () => {
  const near = { ...stored, grant: { ...login.grant, grantedAt: NOW - 23 * HOUR } };
  const old: Refreshing = { ...idle, login: { identity, grant: near.grant } };
  const armed = ({ effects }: RefreshStep) => effects.flatMap((effect) => (effect.do === "arm" && effect.timer === "refresh" ? [effect.ms] : []));

  it("CC-78 backs off from one second to thirty where it fails for the moment", () => {
    const failing = (failures: number) => armed(step({ ...old, failures, flight: { is: "calling", ask, refreshHash: "hash-1" } }, { on: "answered", answer: { class: "transient", message: "busy" } }, { stored: near }));
    expect([0, 1, 2, 3, 4, 5, 9].map(failing)).toEqual([[1_000], [2_000], [4_000], [8_000], [16_000], [30_000], [30_000]]);
    expect(armed(step(old, { on: "timer", timer: "refresh" }, { stored: undefined }))).toEqual([1_000]);
  });

  it("CC-73 CC-78 comes when a call may be made again where it came too soon, and in a minute where the configuration is wrong", () => {
    const cause: RefreshEvent = { on: "timer", timer: "refresh" };
    expect(armed(step(old, cause, { stored: { ...near, lastAttemptAt: NOW - 29_000 } }))).toEqual([1_000]);
    expect(armed(step(old, cause, { stored: { ...near, lastAttemptAt: NOW } }))).toEqual([30_000]);
    expect(armed(step({ ...old, login: undefined }, cause, { stored: { ...near, identity: { ...identity, deviceId: "a b" } } }))).toContain(60_000);
  });
});

describe("a write", () => {
  it("CC-74 that is done swaps the tokens", () => {
    const done = step(saving(pair), { on: "written", result: "done" }, { stored: storedNewer });
    expect(done.next).toMatchObject({ login: newer, failures: 0, flight: { is: "none" } });
    expect(doings(done)).toEqual(["disarm write", "arm refresh", "disarm wait", "settle success"]);
    expect(settled(done)).toEqual([{ kind: "success", login: newer }]);
    expect(done.effects).toContainEqual({ do: "arm", timer: "refresh", ms: 22 * HOUR });
    const alone = step({ ...idle, unsaved: pair }, { on: "written", result: "done" }, { stored: storedNewer });
    expect(doings(alone)).toEqual(["disarm write", "arm refresh", "renewed", "settle success"]);
  });

  it("CC-74 that is done without a login known here takes the ids that are stored", () => {
    const unknown = { ...saving(pair), login: undefined };
    expect(settled(step(unknown, { on: "written", result: "done" }, { stored: storedNewer }))).toEqual([{ kind: "success", login: newer }]);
    for (const none of [undefined, { version: 1, isRejected: false }]) expect(settled(step(unknown, { on: "written", result: "done" }, { stored: none }))).toEqual([{ kind: "skipped", reason: "rejected-latch" }]);
  });

  it("CC-76 that was superseded takes over what is stored", () => {
    const over = step(saving(pair), { on: "written", result: "superseded" }, { stored: storedNewer });
    expect(doings(over)).toEqual(["disarm write", "release", "arm refresh", "disarm wait", "settle success"]);
    expect(over.next).not.toHaveProperty("unsaved");
    expect(settled(step(saving(pair), { on: "written", result: "superseded" }, { stored: undefined }))).toEqual([{ kind: "transient", message: "the stored login cannot be read" }]);
  });

  it("CC-74 that fails is tried again, sooner than every two seconds, and said once", () => {
    const first = step(saving(pair), { on: "unwritable", why: "disk full" });
    expect(first.effects).toEqual([
      { do: "arm", timer: "write", ms: 1_000 },
      { do: "tell", level: "error", text: "the new tokens could not be written, and will be tried again: disk full" },
      { do: "disarm", timer: "wait" },
      { do: "settle", outcome: { kind: "transient", message: "the new tokens could not be written: disk full" } },
    ]);
    expect(first.next).toMatchObject({ unsaved: { ...pair, tries: 1 }, lastError: "disk full", login });
    const second = step(first.next, { on: "unwritable", why: "disk full" });
    expect(second.effects.slice(0, 2)).toMatchObject([{ ms: 2_000 }, { level: "debug" }]);
    expect(step(second.next, { on: "unwritable", why: "disk full" }).effects[0]).toMatchObject({ ms: 2_000 });
  });

  it("CC-76 that fails ends a dead login all the same", () => {
    const dead = step(saving(logout), { on: "unwritable", why: "disk full" });
    expect(settled(dead)).toEqual([{ kind: "permanent", code: 10003, message: "code 10003" }]);
    expect(dead.effects[1]).toMatchObject({ text: "the end of the login could not be written, and will be tried again: disk full" });
    expect(dead.next).toMatchObject({ login: undefined, unsaved: { tries: 1 } });
  });

  it("CC-74 that fails for a login that is not the stored one any more is given up", () => {
    expect(settled(step(saving(pair), { on: "unwritable", why: "disk full" }, { stored: storedNewer }))).toEqual([{ kind: "success", login: newer }]);
  });
});

describe("a look at the store", () => {
  it("CC-1 tells of a login that is new, but to whoever asked and at the start", () => {
    expect(doings(step(idle, { on: "look" }, { stored: storedNewer }))).toEqual(["arm refresh", "renewed"]);
    expect(doings(step(idle, { on: "look", isAsked: true }, { stored: storedNewer }))).toEqual(["arm refresh"]);
    expect(doings(step(createRefreshing(), { on: "start" }))).toEqual(["arm refresh"]);
    expect(step(idle, { on: "look" })).toEqual(nothing(idle));
    expect(step(idle, { on: "look" }, { stored: undefined })).toEqual(nothing(idle));
    const corrected = { ...stored, identity: { ...identity, userId: "usr_b" } };
    for (const seen of [stored, corrected]) expect(step({ ...idle, unsaved: pair }, { on: "look" }, { stored: seen })).toEqual(nothing({ ...idle, unsaved: pair }));
    expect(step({ ...idle, unsaved: logout }, { on: "look" }).next.login).toBeUndefined();
    expect(step({ ...idle, isStopped: true }, { on: "look" }, { stored: storedNewer })).toEqual(nothing({ ...idle, isStopped: true }));
  });

  it("CC-74 drops what was unsaved of the login before", () => {
    const { next } = step({ ...idle, unsaved: pair, lastError: "disk full", failures: 3 }, { on: "look" }, { stored: storedNewer });
    expect(next).toMatchObject({ login: newer, failures: 0 });
    expect(next).not.toHaveProperty("unsaved");
    expect(next).not.toHaveProperty("lastError");
    expect(step({ ...idle, unsaved: { ...logout, refreshHash: "older" } }, { on: "look" }).next.login).toEqual(login);
  });

  it("tells of another identity whoever asks, but before a dial", () => {
    const other = { ...storedNewer, identity: { ...identity, userId: "usr_b" } };
    expect(doings(step(idle, { on: "ask", ask }, { stored: other }))).toContain("renewed");
    expect(doings(step(idle, { on: "ask", ask: { cause: "dial" } }, { stored: other }))).not.toContain("renewed");
  });

  it("CC-78 refreshes at once what is due at the start, and no sooner than in a minute what is due later", () => {
    const old = { ...stored, grant: { ...login.grant, grantedAt: NOW - 30 * HOUR } };
    expect(step(createRefreshing(), { on: "start" }, { stored: old }).effects).toEqual([{ do: "arm", timer: "refresh", ms: 0 }]);
    const { next, effects } = step(idle, { on: "look" }, { stored: { ...old, refreshHash: "hash-0", grant: { ...old.grant, refreshToken: "refresh-0" } } });
    expect([effects[0], next.refreshAt]).toEqual([{ do: "arm", timer: "refresh", ms: 60_000 }, NOW + 60_000]);
    const bare = step(createRefreshing(), { on: "start" }, { stored: { ...stored, grant: { accessToken: "access-1", grantedAt: NOW } } });
    expect(bare.effects).toEqual([{ do: "disarm", timer: "refresh" }]);
    expect(bare.next).not.toHaveProperty("refreshAt");
  });
});

describe("a stop", () => {
  it("CC-74 disarms what waits, answers who waits, and writes what is unsaved", () => {
    expect(step(idle, { on: "stop" })).toEqual({ next: { ...idle, isStopped: true }, effects: [{ do: "disarm", timer: "refresh" }, { do: "disarm", timer: "wait" }] });
    for (const is of ["waiting", "inheriting"] as const) {
      const stopped = step(flying({ is, ask }), { on: "stop" });
      expect(doings(stopped)).toEqual(["disarm refresh", "disarm wait", "release", "disarm wait", "settle skipped"]);
      expect(settled(stopped)).toEqual([{ kind: "skipped", reason: "in-flight" }]);
    }
    expect(doings(step(calling, { on: "stop" }))).toEqual(["disarm refresh", "disarm wait"]);
    expect(doings(step({ ...idle, unsaved: pair }, { on: "stop" }))).toEqual(["disarm refresh", "disarm wait", "write"]);
    expect(doings(step(saving(pair), { on: "stop" }))).toEqual(["disarm refresh", "disarm wait"]);
  });

  it("CC-72 sends nothing any more, and tells nobody, but writes what is under way", () => {
    const stopped = { ...calling, isStopped: true };
    expect(settled(step({ ...idle, isStopped: true }, { on: "ask", ask }))).toEqual([{ kind: "skipped", reason: "in-flight" }]);
    expect(doings(step({ ...claiming(true), isStopped: true }, { on: "claimed", done: true }, { stored }))).toEqual([]);
    expect(doings(step(stopped, { on: "answered", answer: { class: "success", pair: pair.pair } }))).toEqual(["write"]);
    expect(doings(step({ ...saving(pair), isStopped: true }, { on: "unwritable", why: "disk full" }))).toEqual(["arm write", "tell", "disarm wait", "settle transient"]);
    expect(doings(step({ ...saving(logout), isStopped: true }, { on: "written", result: "done" }))).toEqual(["disarm write", "disarm refresh", "tell", "disarm wait", "settle permanent"]);
    expect(doings(step({ ...idle, unsaved: pair, isStopped: true }, { on: "written", result: "done" }))).toEqual(["disarm write", "disarm refresh", "settle success"]);
    expect(doings(step({ ...idle, unsaved: pair, isStopped: true }, { on: "timer", timer: "write" }))).toEqual(["write"]);
  });
});
