import { describe, expect, it } from "vitest";
import type { LinkProfile, LinkState } from "../../../src/link/link.ts";
import { explainBreakage, explainClose, explainEnd, explainRecycle, explainReconfigure, explainTimeout, explainUnprepared, type Loss, seconds } from "../../../src/link/loss.ts";
import { createSupervision, type Supervision } from "../../../src/link/supervision.ts";

const profile: LinkProfile = {
  backoff: { baseMs: 1_000, maxMs: 30_000, jitterMs: 1_000, jitter: "outside", floorMs: 7_000 },
  provenMs: 60_000,
  prepareMs: 2_500,
  handshakeMs: 10_000,
  readyMs: 8_000,
  pingMs: 20_000,
  deadAfterMs: 30_000,
  maxPayload: 1,
  binary: "close",
  refusals: [
    { code: 4001, then: "stop", fault: "takeover", text: "taken over" },
    { code: 4002, then: "at-most", text: "slow down" },
  ],
};
const at = (state: LinkState, more: Partial<Supervision> = {}): Supervision => ({ ...createSupervision(profile), state, socket: "open", ...more });
const ready = at("ready");
const timing = ({ delayMs, leastMs }: Loss) => [delayMs, leastMs];

describe("a link that has ended by itself", () => {
  const end = (before: Supervision, code: number, random = 0) => explainEnd(before, { kind: "closed", code, reason: "" }, random);

  it("is dialed again by the backoff, and after it was ready not under its floor", () => {
    expect(end(ready, 1006)).toEqual({ why: "lost", text: "connection lost (1006)", kind: "closed 1006", level: "warn", ending: { by: "itself" }, delayMs: 7_000, leastMs: 7_000, loss: { fault: "closed", text: "connection lost (1006)", code: 1006 } });
    expect(timing(end(at("handshaking"), 1006))).toEqual([1_000, 1_000]);
    expect(timing(end(at("handshaking", { losses: 2 }), 1006))).toEqual([4_000, 1_000]);
    expect(timing(end(at("ready", { profile: { ...profile, backoff: { ...profile.backoff, floorMs: 500 } } }), 1006))).toEqual([1_000, 1_000]);
    const { floorMs: _floor, ...unfloored } = profile.backoff;
    expect(timing(end(at("ready", { profile: { ...profile, backoff: unfloored } }), 1006))).toEqual([1_000, 1_000]);
  });

  it("spreads the dials of a herd that was cut, and not those of one that was never let in", () => {
    expect(end(ready, 1006, 0.5).delayMs).toBe(9_500);
    expect(end(at("connecting", { socket: "dialing" }), 1006, 0.5).delayMs).toBe(1_500);
  });

  it("is not dialed again where the protocol says so, and as late as can be where it says that", () => {
    expect(end(ready, 4001)).toMatchObject({ why: "barred", level: "error", ending: { by: "itself" }, delayMs: 0, leastMs: 0, kind: "closed 4001", loss: { fault: "takeover", code: 4001 } });
    expect(end(ready, 4002, 0.5)).toMatchObject({ why: "lost", level: "warn", delayMs: 32_500, leastMs: 32_500 });
  });
});

describe("a link that is broken", () => {
  it.each([
    ["silent", "the server is silent for 30.0 s and answers no ping", { by: "terminate" }, "silent"],
    ["stuck", "the server does not read what it is sent", { by: "terminate" }, "stuck"],
    ["fault", "a frame could not be handled", { by: "close", code: 1011, reason: "internal error" }, "internal"],
    ["binary", "the server sent a binary frame", { by: "close", code: 1003, reason: "text frames only" }, "incompatible"],
  ] as const)("is %s: %s", (how, text, ending, fault) => {
    expect(explainBreakage(ready, how, 0)).toEqual({ why: how, text, kind: how, level: "warn", ending, delayMs: 7_000, leastMs: 7_000, loss: { fault, text } });
  });
});

describe("a link that the session has closed", () => {
  it("says so, in words that are safe for a log", () => {
    const text = "closed by us (1000, so\uFFFDso)";
    expect(explainClose(ready, { code: 1000, reason: "so\nso" }, 0)).toEqual({ why: "closed", text, kind: "closed 1000", level: "warn", ending: { by: "close", code: 1000, reason: "so\nso" }, delayMs: 7_000, leastMs: 7_000, loss: { fault: "closed", text, code: 1000 } });
    expect(explainClose(at("handshaking"), { code: 1000, reason: "" }, 0)).toMatchObject({ delayMs: 1_000, leastMs: 1_000, loss: { fault: "incompatible" } });
  });

  it("is dialed as late as can be where the session wants that, and by nobody sooner", () => {
    expect(timing(explainClose(ready, { code: 1000, reason: "", isLongest: true }, 0.5))).toEqual([32_500, 32_500]);
    expect(timing(explainClose(ready, { code: 1000, reason: "", isLongest: false }, 0.5))).toEqual([9_500, 7_000]);
  });

  it("is dialed at once to be made anew, but once for each that lasted", () => {
    const loss = { why: "recycled", text: "reconnecting: new\uFFFDcode", kind: "recycled", level: "info", ending: { by: "close", code: 1000, reason: "reconnecting" }, delayMs: 0, leastMs: 7_000 };
    expect(explainRecycle(at("ready", { isProven: true }), "new\ncode", 0)).toEqual(loss);
    expect(explainRecycle(ready, "new\ncode", 0)).toEqual({ ...loss, delayMs: 7_000 });
    expect(explainReconfigure()).toEqual({ why: "reconfigured", text: "the configuration or the login has changed", kind: "reconfigured", level: "info", ending: loss.ending, delayMs: 0, leastMs: 0 });
  });
});

describe("a link that did not come about", () => {
  it("has nothing to dial with", () => {
    expect(explainUnprepared("no token")).toEqual({ why: "unprepared", text: "no token", kind: "unprepared no token", level: "warn", ending: { by: "itself" }, delayMs: 0, leastMs: 0, loss: { fault: "login", text: "no token" } });
  });

  it.each([
    ["prepare", "preparing", "what is needed to dial was not there within 2.5 s", "prepare-timeout", "prepare-timeout", { by: "itself" }, 1_500],
    ["handshake", "connecting", "no connection within 10.0 s", "dial-timeout", "dial-timeout", { by: "terminate" }, 1_500],
    ["ready", "handshaking", "the server did not complete the handshake within 8.0 s", "ready-timeout", "handshake-timeout", { by: "close", code: 1002, reason: "handshake timeout" }, 3_500],
  ] as const)("in the time for %s", (timer, state, text, why, fault, ending, delayMs) => {
    expect(explainTimeout(at(state), timer, 0.5)).toEqual({ why, text, kind: timer, level: "warn", ending, delayMs, leastMs: 1_000, loss: { fault, text } });
  });

  it("names no time that nobody has set", () => {
    const { prepareMs: _prepare, readyMs: _ready, ...bare } = profile;
    expect(explainTimeout(at("preparing", { profile: bare }), "prepare", 0).text).toContain("within 0.0 s");
    expect(explainTimeout(at("handshaking", { profile: bare }), "ready", 0).text).toContain("within 0.0 s");
    expect(seconds(1_250)).toBe("1.3 s");
  });
});
