import { describe, expect, it } from "vitest";
import { type LinkReason, states } from "../../../src/link/state.ts";
import { createSupervision, type LinkEffect, type LinkEvent, type LinkStep, statusOf, type Supervision } from "../../../src/link/supervision.ts";
import { superviseLink } from "../../../src/link/supervisor.ts";
import type { LinkProfile } from "../../../src/link/link.ts";
import { linkProfile } from "../../support/fake-dial.ts";

const moment = { now: 1_000_000, random: 0.5 };
const bounds = { closeMs: 1_500, warnings: 32 };
const lost = (generation = 1, code = 1006): LinkEvent => ({ on: "lost", generation, cause: { kind: "closed", code, reason: "" } });
const withHandshake = { ...linkProfile, readyMs: 10_000 };

/** The step of the last event. */
function play(events: readonly LinkEvent[], from: Supervision = createSupervision(linkProfile)): LinkStep {
  return events.reduce<LinkStep>((step, event) => superviseLink(step.next, event, moment, bounds), { next: from, effects: [] });
}

const ready: LinkEvent[] = [{ on: "start" }, { on: "opened", generation: 1 }];
const proven: LinkEvent[] = [...ready, { on: "timer", timer: "proven" }];
const gone: LinkEvent = { on: "gone", generation: 1 };
const armed = (effects: readonly LinkEffect[], timer: string) => effects.find((effect) => effect.do === "arm" && effect.timer === timer);

describe("state table", () => {
  it("lets every state but `stopped` be stopped, and nothing leave `stopped`", () => {
    for (const [state, row] of Object.entries(states)) expect(row.on.stopped).toBe(state === "stopped" ? undefined : "stopped");
    expect(states.stopped.on).toEqual({});
  });

  it("reaches every state", () => {
    const reached = new Set(Object.values(states).flatMap(({ on }) => Object.values(on)));
    expect([...reached].toSorted()).toEqual(Object.keys(states).filter((state) => state !== "disconnected").toSorted());
  });

  it("gives no two states the same timer", () => {
    const timers = Object.values(states).flatMap(({ timer }) => timer ?? []);
    expect(new Set(timers).size).toBe(timers.length);
  });

  it("names every reason somewhere", () => {
    const reasons: LinkReason[] = ["start", "prepare", "unprepared", "prepare-timeout", "due", "opened", "ready", "lost", "barred", "dial-timeout", "ready-timeout", "silent", "stuck", "fault", "binary", "recycled", "closed", "reconfigured", "stopped"];
    expect([...new Set(Object.values(states).flatMap(({ on }) => Object.keys(on)))].toSorted()).toEqual(reasons.toSorted());
  });
});

describe("supervisor", () => {
  it("dials at once, within the time for the handshake", () => {
    expect(play([{ on: "start" }]).effects).toEqual([
      { do: "dial", generation: 1 },
      { do: "arm", timer: "handshake", ms: 15_000 },
    ]);
  });

  it("fetches what a dial needs before there is a socket, and takes no answer of an earlier preparation", () => {
    const preparing = play([{ on: "start" }], createSupervision({ ...linkProfile, prepareMs: 30_000 }));
    expect(preparing.effects).toEqual([
      { do: "prepare", generation: 1 },
      { do: "arm", timer: "prepare", ms: 30_000 },
    ]);
    expect(play([{ on: "prepared", preparation: 0 }], preparing.next).next).toBe(preparing.next);
    expect(play([{ on: "prepared", preparation: 1 }], preparing.next).effects).toContainEqual({ do: "dial", generation: 2 });
    const late = play([{ on: "timer", timer: "prepare" }], preparing.next);
    expect(late.next).toMatchObject({ state: "recovering", reason: "what is needed to dial was not there within 30.0 s" });
    expect(play([{ on: "prepared", preparation: 1 }], late.next).next).toBe(late.next);
  });

  it("waits for another configuration where there is nothing to dial with, and prepares again then", () => {
    const needy = { ...linkProfile, prepareMs: 30_000 };
    const blocked = play([{ on: "start" }, { on: "prepared", preparation: 1, missing: "there is no login" }], createSupervision(needy));
    expect(blocked.next).toMatchObject({ state: "blocked", reason: "there is no login", socket: "none" });
    expect(blocked.effects.at(-1)).toEqual({ do: "tell", level: "warn", text: "there is no login" });
    expect(play([{ on: "reconfigure", profile: needy, redial: true }], blocked.next).effects).toContainEqual({ do: "prepare", generation: 2 });
  });

  it("keeps its distance from a server that has cut a link that was ready", () => {
    const patient = { ...linkProfile, readyMs: 10_000, backoff: { ...linkProfile.backoff, floorMs: 5_000 } };
    const open = play([{ on: "start" }, { on: "opened", generation: 1 }], createSupervision(patient)).next;
    expect(play([lost()], open).next.nextDialAt).toBeLessThan(moment.now + 5_000);
    expect(play([{ on: "ready" }, lost()], open).next.nextDialAt).toBeGreaterThanOrEqual(moment.now + 5_000);
  });

  it("is ready with the open socket where the protocol has no handshake", () => {
    const { next, effects } = play(ready);
    expect(next).toMatchObject({ state: "ready", connectedAt: moment.now, attempts: 1 });
    expect(effects).toEqual([
      { do: "disarm", timer: "handshake" },
      { do: "admit", generation: 1 },
      { do: "disarm", timer: "ready" },
      { do: "arm", timer: "proven", ms: 30_000 },
      { do: "tell", level: "info", text: "connected" },
    ]);
  });

  it("waits for the session where it has one, within `readyMs`", () => {
    const handshaking = play(ready, createSupervision(withHandshake));
    expect(handshaking.next.state).toBe("handshaking");
    expect(armed(handshaking.effects, "ready")).toMatchObject({ ms: 10_000 });
    expect(play([{ on: "ready" }], handshaking.next).next).toMatchObject({ state: "ready", connectedAt: moment.now });
    const late = play([{ on: "timer", timer: "ready" }], handshaking.next);
    expect(late.next).toMatchObject({ state: "recovering", reason: "the server did not complete the handshake within 10.0 s" });
    expect(late.effects).toContainEqual({ do: "close", generation: 1, code: 1002, reason: "handshake timeout" });
  });

  it("gives up a dial that takes too long", () => {
    const { next, effects } = play([{ on: "start" }, { on: "timer", timer: "handshake" }]);
    expect(next).toMatchObject({ state: "recovering", reason: "no connection within 15.0 s", nextDialAt: moment.now + 1_500 });
    expect(effects).toContainEqual({ do: "terminate", generation: 1 });
    expect(armed(effects, "closing")).toMatchObject({ ms: bounds.closeMs });
  });

  it("dials again by the backoff, and counts on until a link is proven", () => {
    const first = play([...ready, lost()]);
    expect(armed(first.effects, "dial")).toMatchObject({ ms: 3_500 });
    expect(first.effects).toContainEqual({ do: "tell", level: "warn", text: "connection lost (1006), dialing again in 3.5 s" });
    const second = play([gone, { on: "timer", timer: "dial" }, { on: "opened", generation: 2 }, lost(2)], first.next);
    expect(armed(second.effects, "dial")).toMatchObject({ ms: 4_500 });
    expect(second.next).toMatchObject({ attempts: 2, losses: 2 });
  });

  it("starts over after a link that has lasted, not after one that only opened", () => {
    expect(play([...proven, lost()]).next).toMatchObject({ attempts: 0, losses: 1 });
    const many = { ...createSupervision(linkProfile), losses: 4 };
    expect(armed(play([...ready, lost()], many).effects, "dial")).toMatchObject({ ms: 18_500 });
    expect(armed(play([...proven, lost()], many).effects, "dial")).toMatchObject({ ms: 3_500 });
  });

  it("dials only when the time has come and the old socket is gone, in either order", () => {
    const waiting = play([...ready, lost(), { on: "timer", timer: "dial" }]);
    expect(waiting.effects).toEqual([]);
    expect(play([gone], waiting.next).effects).toContainEqual({ do: "dial", generation: 2 });
    const free = play([...ready, lost(), gone]);
    expect(free.effects).toEqual([{ do: "disarm", timer: "closing" }]);
    expect(play([{ on: "timer", timer: "dial" }], free.next).effects).toContainEqual({ do: "dial", generation: 2 });
  });

  it("drops a socket that does not go, and dials", () => {
    const { effects } = play([...ready, lost(), { on: "timer", timer: "dial" }, { on: "timer", timer: "closing" }]);
    expect(effects.slice(0, 2)).toEqual([
      { do: "drop", generation: 1 },
      { do: "disarm", timer: "closing" },
    ]);
    expect(effects).toContainEqual({ do: "dial", generation: 2 });
  });

  it("hears nothing of a socket that it has given up", () => {
    const { next } = play([...ready, lost(), gone, { on: "timer", timer: "dial" }]);
    for (const event of [lost(), gone, { on: "opened", generation: 1 }, { on: "broken", how: "silent", generation: 1 }] as const) {
      expect(superviseLink(next, event, moment, bounds)).toEqual({ next, effects: [] });
    }
  });

  it("dials at once when a proven link is recycled, and only then", () => {
    const first = play([...proven, { on: "recycle", reason: "server restart" }]);
    expect(first.effects).toContainEqual({ do: "close", generation: 1, code: 1000, reason: "reconnecting" });
    expect(first.effects).toContainEqual({ do: "tell", level: "info", text: "reconnecting: server restart, dialing again at once" });
    const again = play([gone, { on: "opened", generation: 2 }, { on: "recycle", reason: "once more" }], first.next);
    expect(armed(again.effects, "dial")).toMatchObject({ ms: 4_500 });
  });

  it("closes what the session wants closed, and dials by the backoff", () => {
    const { next, effects } = play([...ready, { on: "close", code: 4000, reason: "bad frame" }]);
    expect(effects).toContainEqual({ do: "close", generation: 1, code: 4000, reason: "bad frame" });
    expect(next).toMatchObject({ state: "recovering", reason: "closed by us (4000, bad frame)" });
  });

  it.each([
    ["silent", { do: "terminate", generation: 1 }],
    ["stuck", { do: "terminate", generation: 1 }],
    ["fault", { do: "close", generation: 1, code: 1011, reason: "internal error" }],
    ["binary", { do: "close", generation: 1, code: 1003, reason: "text frames only" }],
  ] as const)("ends a link that is broken: %s", (how, ending) => {
    const { next, effects } = play([...ready, { on: "broken", how, generation: 1 }]);
    expect(next.state).toBe("recovering");
    expect(effects).toContainEqual(ending);
  });

  it("waits for the longest delay where the protocol says so, for a close code and for a refused upgrade", () => {
    expect(armed(play([...ready, lost(1, 4401)]).effects, "dial")).toMatchObject({ ms: 32_500 });
    expect(armed(play([{ on: "start" }, { on: "lost", generation: 1, cause: { kind: "refused", status: 401 } }]).effects, "dial")).toMatchObject({ ms: 32_500 });
  });

  it("is blocked by a refusal for good, until the configuration changes", () => {
    const blocked = play([...ready, lost(1, 4410), gone]);
    expect(blocked.next).toMatchObject({ state: "blocked", reason: "the account is closed (connection lost (4410))" });
    expect(blocked.next.nextDialAt).toBeUndefined();
    expect(play([{ on: "timer", timer: "dial" }, { on: "ready" }, { on: "recycle", reason: "" }], blocked.next).next).toBe(blocked.next);
    expect(play([{ on: "start" }, { on: "lost", generation: 1, cause: { kind: "refused", status: 403 } }]).next.state).toBe("blocked");
    const again = play([{ on: "reconfigure", profile: linkProfile, redial: false }], blocked.next);
    expect(again.next).toMatchObject({ state: "connecting", generation: 2, attempts: 1, losses: 0 });
  });

  it("takes over new numbers without touching the link, and dials anew for a new target", () => {
    const profile = { ...linkProfile, provenMs: 1 };
    expect(play([...ready, { on: "reconfigure", profile, redial: false }])).toMatchObject({ next: { state: "ready", profile }, effects: [] });
    const { next, effects } = play([...ready, { on: "reconfigure", profile, redial: true }]);
    expect(next).toMatchObject({ state: "recovering", profile, losses: 0 });
    expect(effects).toContainEqual({ do: "close", generation: 1, code: 1000, reason: "reconnecting" });
    expect(play([gone], next).next.state).toBe("connecting");
  });

  it("stops from every state, and settles when no socket is left", () => {
    expect(play([{ on: "stop" }]).effects).toContainEqual({ do: "settle" });
    expect(play([{ on: "start" }, { on: "stop" }]).effects).toContainEqual({ do: "terminate", generation: 1 });
    expect(play([...ready, lost(), gone, { on: "stop" }]).effects).toEqual([{ do: "disarm", timer: "dial" }, { do: "settle" }]);
    const open = play([...ready, { on: "stop" }]);
    expect(open.effects).toContainEqual({ do: "close", generation: 1, code: 1000, reason: "" });
    expect(open.effects).not.toContainEqual({ do: "settle" });
    expect(play([gone], open.next).effects).toContainEqual({ do: "settle" });
    expect(play([{ on: "timer", timer: "closing" }], open.next).effects).toEqual([
      { do: "drop", generation: 1 },
      { do: "disarm", timer: "closing" },
      { do: "settle" },
    ]);
  });

  it("says a loss loudly once, quietly from then on, and loudly again when it is another or a link has lasted", () => {
    const levels: string[] = [];
    let state = createSupervision(linkProfile);
    const codes = [1006, 1006, 1006, 1011, 1006];
    const run = (event: LinkEvent) => {
      const step = superviseLink(state, event, moment, bounds);
      state = step.next;
      for (const effect of step.effects) if (effect.do === "tell") levels.push(`${effect.level} ${effect.text.slice(0, 22)}`);
    };
    run({ on: "start" });
    for (const [index, code] of codes.entries()) {
      run({ on: "opened", generation: index + 1 });
      if (index === 4) run({ on: "timer", timer: "proven" });
      run(lost(index + 1, code));
      run({ on: "gone", generation: index + 1 });
      run({ on: "timer", timer: "dial" });
    }
    expect(levels).toEqual([
      "info connected",
      "warn connection lost (1006)",
      "debug connected",
      "debug connection lost (1006)",
      "debug connected",
      "debug connection lost (1006)",
      "debug connected",
      "warn connection lost (1011)",
      "debug connected",
      "warn connection lost (1006)",
    ]);
  });

  it("gives up after as many dials in a row as it may make, and dials again when it is reconfigured", () => {
    const profile = { ...linkProfile, maxAttempts: 2 };
    const again: LinkEvent[] = [{ on: "gone", generation: 1 }, { on: "timer", timer: "dial" }];
    const once = play([...ready, lost(), ...again], createSupervision(profile));
    expect(once.next).toMatchObject({ state: "connecting", attempts: 2 });
    const { next, effects } = play([lost(2)], once.next);
    expect(next.state).toBe("blocked");
    expect(next.reason).toContain("attempt 2 of 2");
    expect(effects.filter(({ do: what }) => what === "tell")).toEqual([{ do: "tell", level: "error", text: `${next.reason}, not dialing again before the configuration changes` }]);
    const after = play([{ on: "gone", generation: 2 }, { on: "reconfigure", profile, redial: false }], next);
    expect(after.next).toMatchObject({ state: "connecting", attempts: 1 });
  });

  it("starts counting anew after a link that lasted", () => {
    const profile = { ...linkProfile, maxAttempts: 1 };
    expect(play([...proven, lost()], createSupervision(profile)).next.state).toBe("recovering");
  });

  it("remembers when other connections pushed it out, the last 32 times, until it has another target", () => {
    const profile = { ...linkProfile, refusals: [{ code: 4409, then: "back-off", fault: "takeover", text: "another connection has taken over" }] } satisfies LinkProfile;
    let state = createSupervision(profile);
    for (let at = 1; at <= 40; at += 1) {
      const run = (event: LinkEvent) => (state = superviseLink(state, event, { now: at, random: 0 }, bounds).next);
      run(at === 1 ? { on: "start" } : { on: "timer", timer: "dial" });
      run({ on: "opened", generation: at });
      run(lost(at, at === 40 ? 1006 : 4409));
      run({ on: "gone", generation: at });
    }
    expect(state.takeovers).toEqual(Array.from({ length: 32 }, (_, i) => i + 8));
    expect(play([{ on: "reconfigure", profile, redial: true }], state).next.takeovers).toEqual([]);
  });

  it("says quietly what is said for the first time after as many warnings as may be", () => {
    const quiet = (said: readonly string[], warnings: number) => superviseLink({ ...play(ready).next, said }, lost(), moment, { ...bounds, warnings });
    const tell = (step: LinkStep) => step.effects.flatMap((effect) => (effect.do === "tell" ? effect.level : []));
    const full = quiet(["connected", "closed 1001"], 2);
    expect([tell(full), full.next.said]).toEqual([["debug"], ["connected", "closed 1001"]]);
    const room = quiet(["connected"], 2);
    expect([tell(room), room.next.said]).toEqual([["warn"], ["connected", "closed 1006"]]);
  });

  it("shows what is known of it, and leaves out what is not", () => {
    const fresh = createSupervision(linkProfile);
    expect(Object.keys(statusOf(fresh))).toEqual(["state", "reason", "attempts"]);
    expect(statusOf(fresh)).toEqual({ state: "disconnected", reason: "not started", attempts: 0 });
    expect(statusOf(play(ready).next)).toEqual({ state: "ready", reason: "connected", attempts: 1, connectedAt: moment.now });
    const waiting = play([...ready, lost()]).next;
    const lastLoss = { fault: "closed", text: "connection lost (1006)", code: 1006 };
    expect(statusOf(waiting)).toEqual({ state: "recovering", reason: "connection lost (1006)", attempts: 1, nextDialAt: moment.now + 3_500, lastLoss });
    expect(statusOf({ ...waiting, takeovers: [7] }).takeovers).toEqual([7]);
  });
});
