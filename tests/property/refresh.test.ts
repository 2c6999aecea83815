import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterLong } from "../../src/auth/legs.ts";
import { readToken } from "../../src/auth/jwt.ts";
import { classify } from "../../src/auth/refresh-call.ts";
import { backOff, isNearEnd, leadOf, refreshAt, spanOf } from "../../src/auth/timing.ts";
import { stepRefresh } from "../../src/auth/refresh.ts";
import { createRefreshing } from "../../src/auth/refreshing.ts";
import type { HttpAnswer } from "../../src/rest/http.ts";
import { createLinkClock } from "../support/link-clock.ts";
import { BASE, createStage, HOUR, mintToken, type Mood } from "../unit/auth/stage.ts";

const MINUTE = 60_000;
const PROACTIVE_JITTER_MS = 300_000;
const MIN_REFRESH_INTERVAL_MS = 30_000;
const seconds = fc.oneof(fc.integer({ min: -4e9, max: 4e9 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const tokenOf = (iat: number, exp: number) => ({ accessToken: mintToken({ iat, exp }) });

describe("the time of a refresh", () => {
  it("CC-77 leads the end by half an hour to two hours whatever a token says, and comes no later than the jitter allows", () => {
    fc.assert(
      fc.property(seconds, seconds, random, (iat, exp, random) => {
        const span = spanOf(tokenOf(iat, exp));
        if (!span) return;
        expect(span.leadMs).toBeGreaterThanOrEqual(30 * MINUTE);
        expect(span.leadMs).toBeLessThanOrEqual(2 * HOUR);
        expect(refreshAt(span, random)).toBeLessThanOrEqual(span.expiresAt - 30 * MINUTE + 5 * MINUTE);
        expect(Math.abs(refreshAt({ expiresAt: 0, leadMs: 0 }, random))).toBeLessThanOrEqual(PROACTIVE_JITTER_MS);
      }),
    );
  });

  it("CC-77 leads a longer life by no less, and by a quarter of it between two and eight hours", () => {
    const life = fc.integer({ min: -HOUR, max: 48 * HOUR });
    fc.assert(
      fc.property(life, life, fc.integer({ min: 2 * HOUR, max: 8 * HOUR }), (one, other, between) => {
        expect(leadOf(Math.max(one, other))).toBeGreaterThanOrEqual(leadOf(Math.min(one, other)));
        expect(leadOf(between)).toBe(0.25 * between);
      }),
    );
  });

  it.each([
    [24 * HOUR, 2 * HOUR],
    [8 * HOUR, 2 * HOUR],
    [6 * HOUR, 90 * MINUTE],
    [4 * HOUR, HOUR],
    [2 * HOUR, 30 * MINUTE],
    [10 * MINUTE, 30 * MINUTE],
    [-HOUR, 30 * MINUTE],
  ])("leads a life of %d ms by %d ms", (life, lead) => expect(leadOf(life)).toBe(lead));

  it("CC-77 takes a life of a day where a token does not say when it began, and one given a day ago to be over", () => {
    expect(spanOf({ accessToken: mintToken({ exp: 1_000_000 }) })).toEqual({ expiresAt: 1e9, leadMs: 2 * HOUR });
    expect(spanOf({ accessToken: "opaque", grantedAt: 5 })).toEqual({ expiresAt: 5 + 24 * HOUR, leadMs: 2 * HOUR });
    expect(spanOf({ accessToken: "opaque" })).toBeUndefined();
  });

  it("CC-79 is near once and for all", () => {
    fc.assert(
      fc.property(seconds, seconds, seconds, fc.nat(), (iat, exp, at, later) => {
        const span = spanOf(tokenOf(iat, exp));
        if (span && isNearEnd(span, at)) expect(isNearEnd(span, at + later)).toBe(true);
      }),
    );
  });

  it("CC-78 backs off from one second to thirty, by a quarter more or less", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), random, (n, random) => {
        const plain = Math.min(30_000, 1_000 * 2 ** (n - 1));
        expect(backOff(n, random)).toBeGreaterThanOrEqual(0.75 * plain);
        expect(backOff(n, random)).toBeLessThanOrEqual(Math.min(30_000, 1.25 * plain));
      }),
    );
  });
});

describe("a wait", () => {
  it("CC-78 is armed with no negative time and with none that a timer cannot hold, ends once, and never after it was cancelled", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1_000, max: 40 * 24 * HOUR }), fc.boolean(), fc.integer({ min: 0, max: HOUR }), async (ms, isCancelled, sleep) => {
        const clock = createLinkClock();
        const armed: number[] = [];
        let ends = 0;
        const system = { now: clock.now, after: (ms: number, run: () => void) => (armed.push(ms), clock.after(ms, run)) };
        const cancel = afterLong(system, ms, () => void (ends += 1));
        clock.jump(sleep);
        // Timers alone would take very long: the wall is moved to just before the end.
        clock.jump(Math.max(0, ms - sleep - 2 * MINUTE));
        if (isCancelled) cancel();
        await clock.pass(4 * MINUTE);
        expect(ends).toBe(isCancelled ? 0 : 1);
        cancel();
        expect(clock.pendingTimers()).toBe(0);
        for (const each of armed) expect(each >= 0 && each <= 2 ** 31 - 1).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the hints of a token", () => {
  const json = fc.jsonValue().map((value) => `a.${Buffer.from(JSON.stringify(value)).toString("base64url")}.b`);

  it("CC-77 are finite numbers or nothing for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), json, fc.base64String().map((text) => `a.${text}`), fc.string().map((text) => `a.${text}`)), (token) => {
        const { expiresAt, issuedAt, deviceId } = readToken(token);
        for (const time of [expiresAt, issuedAt]) expect(time === undefined || Number.isFinite(time)).toBe(true);
        expect(["undefined", "string"]).toContain(typeof deviceId);
      }),
    );
  });

  it("are what the token says in numbers, whatever else it says", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (exp, iat, more) => {
        expect(readToken(mintToken({ ...more, exp, iat }))).toMatchObject({ expiresAt: exp * 1000, issuedAt: iat * 1000 });
        expect(readToken(mintToken({ exp: String(exp), iat: [iat] }))).toEqual({});
      }),
    );
  });

  it.each(["", ".", "a", "a.", "a..b", "a.!!!.b", `a.${btoa("[1]")}`, `a.${btoa("null")}`, `a.${btoa('{"exp":1e999}')}`])("are none for %j", (token) => {
    expect(readToken(token)).toEqual({});
  });
});

describe("the class of an answer", () => {
  const status = fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 599 }));
  const code = fc.oneof(fc.constantFrom(0, 1, 400, 10003), fc.integer());
  const tokens = fc.record({ access_token: fc.constantFrom("a", "", "  "), refresh_token: fc.constantFrom("r", "", null) }, { requiredKeys: [] });
  const body = fc.oneof(fc.record({ code, msg: fc.string(), data: fc.oneof(tokens, fc.jsonValue()) }, { requiredKeys: [] }), fc.jsonValue());
  const answer: fc.Arbitrary<HttpAnswer> = fc.oneof(
    fc.record({ kind: fc.constant("answered" as const), status, body }),
    fc.record({ kind: fc.constantFrom("never-arrived" as const, "unclear" as const), why: fc.string() }),
  );

  it("CC-75 is permanent exactly for HTTP 200 with code 10003 or 400, and success only with both tokens", () => {
    fc.assert(
      fc.property(answer, (answer) => {
        const said = answer.kind === "answered" && answer.status === 200 ? (answer.body as { code?: unknown; data?: { access_token?: unknown; refresh_token?: unknown } } | null) : null;
        const isPermanent = said?.code === 10003 || said?.code === 400;
        const isSuccess = said?.code === 0 && said.data?.access_token === "a" && said.data.refresh_token === "r";
        expect(classify(answer, []).class).toBe(isPermanent ? "permanent" : isSuccess ? "success" : "transient");
      }),
      { numRuns: 2_000 },
    );
  });

  it("CC-90 is told without a token, wherever the server repeats it", () => {
    const secret = fc.string({ minLength: 3, maxLength: 20, unit: fc.constantFrom("0", "7", "a", "f") });
    fc.assert(
      fc.property(secret, secret, fc.string(), fc.constantFrom(1, 400, 10003, 7), (one, other, text, code) => {
        const said = classify({ kind: "answered", status: 200, body: { code, msg: `${text}${one}${text}${other}` } }, [one, other]);
        fc.pre(!String(code).includes(one) && !String(code).includes(other) && !text.includes(one) && !text.includes(other));
        expect(said).toMatchObject({ message: expect.not.stringContaining(one) });
        expect(said).toMatchObject({ message: expect.not.stringContaining(other) });
      }),
    );
  });
});

/** Who asks when: ms from the one before. */
const schedule = fc.array(fc.record({ ms: fc.nat({ max: 40_000 }), by: fc.constantFrom("rest" as const, "socket" as const, "dial" as const), isRestart: fc.boolean() }), { minLength: 5, maxLength: 30 });
const mood = fc.constantFrom<Mood>("well", "broken", "unreachable", { code: 1 }, { http: 401 });

describe("a refresh", () => {
  it("CC-72 is one call for all who ask at once, and one outcome", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), fc.constantFrom<Mood>("well", "broken", { code: 10003 }, { code: 1 }), async (callers, mood) => {
        const { server, clock, start } = createStage();
        server.mood = mood;
        const { keeper } = start();
        const asked = Array.from({ length: callers }, () => keeper.refused(server.access, "rest"));
        await clock.pass(1_000);
        expect(new Set((await Promise.all(asked)).map((outcome) => JSON.stringify(outcome))).size).toBe(1);
        expect(server.calls).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it("CC-74 swaps tokens only after they are persisted, and leaves them as they are where that fails", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 5 }), async (failures) => {
        const { server, clock, store, start } = createStage();
        const { keeper, failing } = start();
        const old = server.access;
        let left = failures;
        const { rotate } = store;
        let persisted = old;
        store.rotate = (expected, pair) => {
          expect(keeper.login?.grant.accessToken).toBe(old);
          if (left-- > 0) throw new Error("disk full");
          persisted = pair.accessToken;
          return rotate(expected, pair);
        };
        void keeper.refused(old, "rest");
        for (let step = 0; step < 40; step += 1) {
          await clock.pass(500);
          expect(keeper.login?.grant.accessToken).toBe(persisted);
        }
        expect(persisted).toBe(server.access);
        expect(failing.size).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it("CC-73 is at least its interval away from the one before, whoever asks, also across a restart", async () => {
    await fc.assert(
      fc.asyncProperty(schedule, mood, async (schedule, mood) => {
        const { server, clock, start } = createStage();
        server.mood = mood;
        clock.jump(23 * HOUR);
        let { keeper } = start();
        for (const { ms, by, isRestart } of schedule) {
          void (by === "dial" ? keeper.prepare() : keeper.refused(keeper.login?.grant.accessToken ?? "", by));
          await clock.pass(ms);
          if (!isRestart) continue;
          void keeper.stop();
          ({ keeper } = start());
        }
        for (const [index, { at }] of server.calls.entries()) if (index > 0) expect(at - Number(server.calls[index - 1]?.at)).toBeGreaterThanOrEqual(MIN_REFRESH_INTERVAL_MS);
      }),
      { numRuns: 100 },
    );
  });

  it("CC-73, CC-76 is never sent again after a permanent refusal before the access token changes, and its end is told once", async () => {
    await fc.assert(
      fc.asyncProperty(schedule, fc.constantFrom(10003, 400), async (schedule, code) => {
        const stage = createStage();
        const { server, clock, store } = stage;
        server.mood = { code };
        let process = stage.start();
        const told: string[] = [];
        const dead = server.access;
        for (const { ms, by, isRestart } of schedule) {
          void (by === "dial" ? process.keeper.prepare() : process.keeper.refused(dead, by));
          await clock.pass(ms);
          if (!isRestart) continue;
          await Promise.all([process.keeper.stop(), clock.pass(1_000)]);
          told.push(...process.told);
          process = stage.start();
        }
        await clock.pass(10 * MINUTE);
        // Nobody was refused where all only dialed; and a refusal in flight knows nothing of tokens that come meanwhile.
        void process.keeper.refused(dead, "rest");
        await clock.pass(10 * MINUTE);
        told.push(...process.told);
        expect(server.calls.length).toBe(1);
        expect(told.length).toBeLessThanOrEqual(1);
        // The dead token again, from the configuration: still nothing.
        const configured = { accessToken: dead, refreshToken: "other", userId: "usr_agent", ownerUserId: "usr_owner" };
        void process.keeper.refused(dead, "rest");
        const planted = stage.start({ configured });
        void planted.keeper.refused(dead, "rest");
        await clock.pass(10 * MINUTE);
        expect(planted.keeper.login).toBeUndefined();
        expect(server.calls.length).toBe(1);
        expect(store.read().deviceId).toBe("openclaw-1");
      }),
      { numRuns: 40, examples: [[Array.from({ length: 5 }, () => ({ ms: 0, by: "dial" as const, isRestart: false })), 10003]] },
    );
  });

  it("CC-76 ends no login by a transient failure or by being skipped", async () => {
    await fc.assert(
      fc.asyncProperty(schedule, mood, async (schedule, mood) => {
        const { server, clock, start } = createStage();
        server.mood = mood;
        const { keeper, told } = start();
        for (const { ms, by } of schedule) {
          void (by === "dial" ? keeper.prepare() : keeper.refused(keeper.login?.grant.accessToken ?? "", by));
          await clock.pass(ms);
        }
        expect(told.filter((text) => text.startsWith("logged out"))).toEqual([]);
        expect(keeper.login).toBeDefined();
      }),
      { numRuns: 60 },
    );
  });

  it("CC-73 is guarded in order: stopped, in flight, latched, too soon, without a refresh token", () => {
    const { store, server, clock } = createStage();
    const stored = store.read();
    const settings = { baseUrl: BASE, holder: "we" };
    const moment = { now: clock.now(), random: 0.5, stored };
    const started = stepRefresh(createRefreshing(), { on: "start" }, moment, settings).next;
    const ask = { on: "ask", ask: { cause: "rest", refused: server.access } } as const;
    const effectsOf = (state: typeof started, stored: typeof moment.stored) => stepRefresh(state, ask, { ...moment, stored }, settings).effects;
    const skipped = (reason: string) => expect.objectContaining({ do: "settle", outcome: { kind: "skipped", reason } });
    const { refreshToken: _token, ...bare } = { ...stored.grant, accessToken: server.access };
    const { refreshHash: _hash, ...hashless } = stored;
    const late = { ...hashless, grant: bare, lastAttemptAt: moment.now - 1 };
    const rejected = { ...late, isRejected: true };
    expect(effectsOf({ ...started, isStopped: true }, rejected)).toContainEqual(skipped("in-flight"));
    expect(effectsOf({ ...started, flight: { is: "waiting", ask: ask.ask } }, rejected)).toEqual([]);
    expect(effectsOf(started, rejected)).toContainEqual(skipped("rejected-latch"));
    expect(effectsOf(started, late)).toContainEqual(skipped("min-interval"));
    expect(effectsOf(started, { ...late, lastAttemptAt: moment.now - 30_000 })).toContainEqual(skipped("no-refresh-token"));
    expect(effectsOf(started, { ...stored, lastAttemptAt: moment.now - 29_999 })).toContainEqual(skipped("min-interval"));
    expect(effectsOf(started, { ...stored, lastAttemptAt: moment.now - 30_000 })).toEqual([expect.objectContaining({ do: "claim" })]);
  });
});
