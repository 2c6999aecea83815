import { limits } from "../core/limits.ts";
import { type TokenPair, wireLimits } from "../protocols/clawchat/rest.ts";
import type { Lease, Login, StoredLogin } from "../store/logins.ts";
import type { RefreshOutcome } from "./outcome.ts";
import { faultOfDeviceId, type RefreshAnswer } from "./refresh-call.ts";
import type { Absence, Ask, RefreshEffect, RefreshEvent, Refreshing, RefreshMoment, RefreshSettings, RefreshStep, RefreshTimer, Unsaved } from "./refreshing.ts";
import { backOff, isNearEnd, refreshAt, spanOf } from "./timing.ts";
import { findLogin, isOtherGrant, isOtherIdentity, logInAgain, whyDead } from "./usable.ts";

/** For longer than a call can last. */
const LEASE_MS = wireLimits.refreshMs + limits.leaseMarginMs;
const LOOK_MS = wireLimits.credentialsPollMs;
/** A token that lives shortly would be due at once, again and again (CC-78). */
const REARM_MS = wireLimits.refreshRearmMs;

/** One event in the life of a login: what is so afterwards, and what is to be done. */
export function stepRefresh(before: Refreshing, event: RefreshEvent, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { next, effects } = decide(before, event, moment, settings);
  if (!next.isStopped) return { next, effects };
  // An attempt in flight still writes what it got, and nobody is told.
  const left = effects.filter((effect) => effect.do !== "renewed" && effect.do !== "logged-out" && !(effect.do === "arm" && effect.timer !== "write"));
  return { next, effects: left };
}

function decide(before: Refreshing, event: RefreshEvent, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { flight } = before;
  switch (event.on) {
    case "start":
      // What is found at the start is no news.
      return untold(look(before, moment, settings, 0));
    case "look":
      if (flight.is === "waiting") return consider(before, flight.ask, moment, settings);
      if (flight.is !== "none") return unchanged(before);
      return event.isAsked ? untold(look(before, moment, settings, REARM_MS)) : look(before, moment, settings, REARM_MS);
    case "ask":
      // All who ask meanwhile get the outcome of the one flight (CC-72).
      return flight.is === "none" ? consider(before, event.ask, moment, settings) : unchanged(before);
    case "claimed":
      if (flight.is !== "claiming") return unchanged(before);
      if (!event.done) return consider(before, flight.ask, moment, settings);
      return flight.isInherited ? inherit(before, flight.ask) : call(before, flight.ask, moment, settings);
    case "unclaimable":
      return flight.is === "claiming" ? fail(before, event.why, moment) : unchanged(before);
    case "answered":
      return flight.is === "calling" ? hear(before, flight.ask, flight.refreshHash, event.answer, moment, settings) : unchanged(before);
    case "written":
      return written(before, event.result, moment, settings);
    case "unwritable":
      return unwritable(before, event.why, moment, settings);
    case "timer":
      return expire(before, event.timer, moment, settings);
    case "stop":
      return stop(before);
  }
}

function unchanged(before: Refreshing): RefreshStep {
  return { next: before, effects: [] };
}

function untold({ next, effects }: RefreshStep): RefreshStep {
  return { next, effects: effects.filter((effect) => effect.do !== "renewed") };
}

/** The guards, in their order (CC-73). */
function consider(before: Refreshing, ask: Ask, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { now, stored } = moment;
  const { unsaved } = before;
  if (before.isStopped) return settle(before, { kind: "skipped", reason: "in-flight" });
  // The old refresh token is used up: using it again would end the login (CC-74).
  if (unsaved?.what === "pair" && !isReplaced(unsaved, stored)) return { next: { ...before, flight: { is: "saving", ask } }, effects: [{ do: "write", unsaved }] };
  if (!stored) return fail(before, "the stored login cannot be read", moment);
  const found = findLogin(before, stored, settings);
  if ("absence" in found) return join(lose(before, found.absence), (state) => settle(state, outcomeOf(found.absence)));
  const adopted = adopt(before, found.login, ask, moment, REARM_MS);
  if (isAnswered(ask, before.login, found.login, now)) return join(adopted, (state) => settle(state, { kind: "success", login: found.login }));
  return join(adopted, (state) => guard(state, ask, found.login, stored, moment, settings));
}

function guard(before: Refreshing, ask: Ask, login: Login, stored: StoredLogin, moment: RefreshMoment, { holder, ...command }: RefreshSettings): RefreshStep {
  const { now } = moment;
  if (stored.lease && stored.lease.holder !== holder && isLive(stored.lease, now)) {
    return { next: { ...before, flight: { is: "waiting", ask } }, effects: [{ do: "arm", timer: "wait", ms: limits.leaseLookMs }] };
  }
  // A clock that was set back by days must not forbid refreshes for days.
  const fromLast = Math.abs(now - (stored.lastAttemptAt ?? -Infinity));
  const leftMs = wireLimits.refreshEveryMs - fromLast;
  if (leftMs > 0) return rearm(settle(before, { kind: "skipped", reason: "min-interval" }), moment, leftMs);
  const refreshToken = login.grant.refreshToken?.trim() ?? "";
  if (refreshToken === "" || stored.refreshHash === undefined) {
    const { accessToken } = login.grant;
    const isDead = ask.cause === "socket" && ask.refused === accessToken;
    const ended: RefreshStep = isDead ? lose({ ...before, dead: accessToken }, { kind: "logged-out", why: whyDead(command) }) : unchanged(before);
    return join(ended, (state) => settle(state, { kind: "skipped", reason: "no-refresh-token" }));
  }
  const fault = faultOfDeviceId(login.identity.deviceId);
  if (fault !== undefined) return rearm(settle({ ...before, lastError: fault }, { kind: "misconfigured", message: fault }), moment, REARM_MS);
  return claim(before, ask, stored, moment, holder);
}

function claim(before: Refreshing, ask: Ask, stored: StoredLogin, { now }: RefreshMoment, holder: string): RefreshStep {
  const lease: Lease = { holder, since: now, until: now + LEASE_MS };
  const isInherited = stored.lease !== undefined && stored.lease.holder !== holder;
  return { next: { ...before, flight: { is: "claiming", ask, isInherited } }, effects: [{ do: "claim", version: stored.version, lease }] };
}

/** The holder before has not given the lease back: if it lives and has new tokens, it must be able to write them first. */
function inherit(before: Refreshing, ask: Ask): RefreshStep {
  return { next: { ...before, flight: { is: "inheriting", ask } }, effects: [{ do: "arm", timer: "wait", ms: limits.leaseGraceMs }] };
}

/** The right is ours: the request leaves with what is stored now. */
function call(before: Refreshing, ask: Ask, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { stored } = moment;
  if (!stored) return join(fail(before, "the stored login cannot be read", moment), release);
  const { identity, grant, refreshHash, lease } = stored;
  const isOurs = lease?.holder === settings.holder;
  // Somebody has replaced the login in between.
  if (!isOurs || !identity || !grant?.refreshToken || refreshHash === undefined) return consider(before, ask, moment, settings);
  const { refreshToken, accessToken } = grant;
  return { next: { ...before, flight: { is: "calling", ask, refreshHash } }, effects: [{ do: "call", identity, refreshToken, accessToken }] };
}

function hear(before: Refreshing, ask: Ask, refreshHash: string, answer: RefreshAnswer, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { now, stored } = moment;
  if (answer.class === "success") return save(before, ask, { what: "pair", refreshHash, pair: answer.pair, grantedAt: now, tries: 0 });
  // Another process or an activation may have been faster (CC-76).
  if (stored && (stored.refreshHash !== refreshHash || !stored.grant)) return join(release(before), (state) => takeOver(state, ask, moment, settings));
  if (answer.class === "transient") return join(fail(before, answer.message, moment), release);
  if (!stored) return fail(before, "the server has refused the login, and the stored one cannot be read", moment);
  const why = `the server has ended the login (${answer.message}): ${logInAgain(settings)}`;
  return save(before, ask, { what: "logout", refreshHash, at: now, code: answer.code, message: answer.message, why, tries: 0 });
}

function save(before: Refreshing, ask: Ask, unsaved: Unsaved): RefreshStep {
  return { next: { ...before, flight: { is: "saving", ask }, unsaved }, effects: [{ do: "write", unsaved }] };
}

function written(before: Refreshing, result: "done" | "superseded", moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { unsaved, flight, ...rest } = before;
  if (!unsaved) return unchanged(before);
  const ask: Ask = flight.is === "saving" ? flight.ask : { cause: "timer" };
  const next: Refreshing = { ...rest, flight };
  const clear: RefreshStep = { next, effects: [{ do: "disarm", timer: "write" }] };
  if (result === "superseded") return join(join(clear, release), (state) => takeOver(state, ask, moment, settings));
  if (unsaved.what === "logout") return join(clear, (state) => endLogin(state, unsaved));
  return join(clear, (state) => swap(state, ask, unsaved.pair, unsaved.grantedAt, moment));
}

/** The pair is on disk: now, and not before, it is used (CC-74). */
function swap(before: Refreshing, ask: Ask, pair: TokenPair, grantedAt: number, moment: RefreshMoment): RefreshStep {
  const identity = before.login?.identity ?? moment.stored?.identity;
  if (!identity) return settle(before, { kind: "skipped", reason: "rejected-latch" });
  const login: Login = { identity, grant: { ...pair, grantedAt } };
  return join(adopt(before, login, ask, moment, REARM_MS), (state) => settle(state, { kind: "success", login }));
}

/** Whatever is stored now is newer than what the attempt began with. */
function takeOver(before: Refreshing, ask: Ask, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  if (!moment.stored) return fail(before, "the stored login cannot be read", moment);
  const found = findLogin(before, moment.stored, settings);
  if ("absence" in found) return join(lose(before, found.absence), (state) => settle(state, outcomeOf(found.absence)));
  return join(adopt(before, found.login, ask, moment, REARM_MS), (state) => settle(state, { kind: "success", login: found.login }));
}

function endLogin(before: Refreshing, { code, message, why }: Extract<Unsaved, { what: "logout" }>): RefreshStep {
  return join(lose({ ...before, lastError: message }, { kind: "logged-out", why }), (state) => settle(state, { kind: "permanent", code, message }));
}

function unwritable(before: Refreshing, why: string, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { unsaved } = before;
  if (!unsaved) return unchanged(before);
  if (isReplaced(unsaved, moment.stored)) return written(before, "superseded", moment, settings);
  const tries = unsaved.tries + 1;
  const next: Refreshing = { ...before, unsaved: { ...unsaved, tries }, lastError: why };
  const effects: RefreshEffect[] = [
    { do: "arm", timer: "write", ms: Math.min(LOOK_MS, backOff(tries, moment.random)) },
    { do: "tell", level: tries === 1 ? "error" : "debug", text: `${unsaved.what === "pair" ? "the new tokens" : "the end of the login"} could not be written, and will be tried again: ${why}` },
  ];
  // Dead is dead, written or not.
  if (unsaved.what === "logout") return join({ next, effects }, (state) => endLogin(state, unsaved));
  return join({ next, effects }, (state) => settle(state, { kind: "transient", message: `the new tokens could not be written: ${why}` }));
}

function look(before: Refreshing, moment: RefreshMoment, settings: RefreshSettings, floorMs: number): RefreshStep {
  const { unsaved, isStopped } = before;
  if (isStopped || !moment.stored || (unsaved?.what === "pair" && !isReplaced(unsaved, moment.stored))) return unchanged(before);
  const found = findLogin(before, moment.stored, settings);
  return "absence" in found ? lose(before, found.absence) : adopt(before, found.login, { cause: "timer" }, moment, floorMs);
}

function expire(before: Refreshing, timer: RefreshTimer, moment: RefreshMoment, settings: RefreshSettings): RefreshStep {
  const { flight, unsaved } = before;
  if (timer === "write") return unsaved && flight.is === "none" ? { next: before, effects: [{ do: "write", unsaved }] } : unchanged(before);
  if (timer === "wait" && flight.is === "inheriting") {
    const { stored } = moment;
    // Claimed anew, for the time of the call counts.
    return stored?.lease?.holder === settings.holder ? claim(before, flight.ask, stored, moment, settings.holder) : consider(before, flight.ask, moment, settings);
  }
  if (timer === "wait") return flight.is === "waiting" ? consider(before, flight.ask, moment, settings) : unchanged(before);
  return flight.is === "none" && !before.isStopped ? consider(before, { cause: "timer" }, moment, settings) : unchanged(before);
}

function stop(before: Refreshing): RefreshStep {
  if (before.isStopped) return unchanged(before);
  const { flight, unsaved } = before;
  const stopped: RefreshStep = { next: { ...before, isStopped: true }, effects: [{ do: "disarm", timer: "refresh" }, { do: "disarm", timer: "wait" }] };
  if (flight.is === "waiting" || flight.is === "inheriting") return join(join(stopped, release), (state) => settle(state, { kind: "skipped", reason: "in-flight" }));
  return unsaved && flight.is === "none" ? join(stopped, (state) => ({ next: state, effects: [{ do: "write", unsaved }] })) : stopped;
}

/** Works with this login from now on. Callers who get it as their answer are not told a second time, unless it is another identity's. */
function adopt(before: Refreshing, login: Login, { cause }: Ask, moment: RefreshMoment, floorMs: number): RefreshStep {
  const isNew = isOtherGrant(login, before.login);
  const isOther = isOtherIdentity(login, before.login);
  if (!isNew && !isOther) return { next: { ...before, login }, effects: [] };
  // What was unsaved belonged to the login before.
  const { lastError: _error, unsaved: _unsaved, ...rest } = before;
  const armed = arm({ ...rest, login, failures: 0 }, moment, floorMs);
  const isTold = cause === "timer" || (isOther && cause !== "dial");
  return isTold ? { next: armed.next, effects: [...armed.effects, { do: "renewed", login }] } : armed;
}

function lose(before: Refreshing, absence: Absence): RefreshStep {
  const { login, refreshAt: _at, ...rest } = before;
  const next: Refreshing = { ...rest, login: undefined, absence };
  if (!login) return { next, effects: [] };
  return {
    next,
    effects: [{ do: "disarm", timer: "refresh" }, { do: "tell", level: "error", text: absence.why }, { do: "logged-out", why: absence.why }],
  };
}

/** The attempt has failed in a way that leaves the login as it was. */
function fail(before: Refreshing, message: string, moment: RefreshMoment): RefreshStep {
  const failed = settle({ ...before, failures: before.failures + 1, lastError: message }, { kind: "transient", message });
  const told: RefreshStep = { next: failed.next, effects: [...failed.effects, { do: "tell", level: failed.next.failures === 1 ? "warn" : "debug", text: `the tokens could not be refreshed: ${message}` }] };
  return rearm(told, moment, backOff(failed.next.failures, moment.random));
}

function settle(before: Refreshing, outcome: RefreshOutcome): RefreshStep {
  const isWaitedFor = before.flight.is !== "none";
  return { next: { ...before, flight: { is: "none" } }, effects: [...(isWaitedFor ? [{ do: "disarm", timer: "wait" } as const] : []), { do: "settle", outcome }] };
}

function release(before: Refreshing): RefreshStep {
  return { next: before, effects: [{ do: "release" }] };
}

/** What did not come about now is tried again: near the end of the token not before `floorMs` are over (CC-78). */
function rearm(step: RefreshStep, moment: RefreshMoment, floorMs: number): RefreshStep {
  return join(step, (state) => arm(state, moment, floorMs));
}

/** The next refresh of our own accord, not before `floorMs` are over. */
function arm(before: Refreshing, { now, random }: RefreshMoment, floorMs: number): RefreshStep {
  const { refreshAt: _at, ...rest } = before;
  const span = before.login?.grant.refreshToken === undefined ? undefined : spanOf(before.login.grant);
  if (!span || before.isStopped) return { next: rest, effects: [{ do: "disarm", timer: "refresh" }] };
  const ms = Math.max(floorMs, refreshAt(span, random) - now, 0);
  return { next: { ...rest, refreshAt: now + ms }, effects: [{ do: "arm", timer: "refresh", ms }] };
}

function isAnswered({ refused }: Ask, before: Login | undefined, found: Login, now: number): boolean {
  if (refused !== undefined) return found.grant.accessToken !== refused;
  const span = spanOf(found.grant);
  return isOtherGrant(found, before) && !(span && isNearEnd(span, now));
}

/** What could not be written belongs to a login that is not the stored one any more. */
function isReplaced({ refreshHash }: Unsaved, stored: StoredLogin | undefined): boolean {
  return stored !== undefined && stored.refreshHash !== refreshHash;
}

/** Neither over, nor from a clock that was set back far. */
function isLive({ until }: Lease, now: number): boolean {
  return now < until && until - now <= 2 * LEASE_MS;
}

function outcomeOf({ kind, why }: Absence): RefreshOutcome {
  if (kind === "incomplete") return { kind: "misconfigured", message: why };
  return { kind: "skipped", reason: kind === "logged-out" ? "rejected-latch" : "no-refresh-token" };
}

function join({ next, effects }: RefreshStep, then: (state: Refreshing) => RefreshStep): RefreshStep {
  const after = then(next);
  return { next: after.next, effects: [...effects, ...after.effects] };
}
