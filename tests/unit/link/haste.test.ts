import { describe, expect, it } from "vitest";
import { look, type Pace, type Pulse, type Reading, setPace, startPulse } from "../../../src/link/heartbeat.ts";
import type { LinkProfile } from "../../../src/link/link.ts";
import { hideSecrets } from "../../../src/link/secrets.ts";
import { createSupervision, type LinkEffect, type LinkEvent, type LinkStep, type Supervision } from "../../../src/link/supervision.ts";
import { superviseLink } from "../../../src/link/supervisor.ts";
import { linkProfile } from "../../support/fake-dial.ts";

const NOW = 1_000_000;
const bounds = { closeMs: 1_500, warnings: 32 };
const profile: LinkProfile = { ...linkProfile, backoff: { baseMs: 1_000, maxMs: 30_000, jitterMs: 0, jitter: "outside" }, refusals: [{ code: 4002, then: "at-most", text: "slow down" }] };

function play(events: readonly LinkEvent[], from: Supervision = createSupervision(profile), now = NOW): LinkStep {
  return events.reduce<LinkStep>((step, event) => superviseLink(step.next, event, { now, random: 0 }, bounds), { next: from, effects: [] });
}
const lost = (generation: number, code = 1006): LinkEvent => ({ on: "lost", generation, cause: { kind: "closed", code, reason: "" } });
const failed = (generation: number): LinkEvent[] => [{ on: "lost", generation, cause: { kind: "failed", error: "ECONNREFUSED" } }, { on: "gone", generation }];
const told = (effects: readonly LinkEffect[]) => effects.flatMap((effect) => (effect.do === "tell" ? [[effect.level, effect.text]] : []));

describe("a dial that somebody hastens", () => {
  /** Four dials have failed: the next one is due in 8 s, and could be in one. */
  const waiting = play([{ on: "start" }, ...failed(1), { on: "timer", timer: "dial" }, ...failed(2), { on: "timer", timer: "dial" }, ...failed(3), { on: "timer", timer: "dial" }, ...failed(4)]).next;

  it("comes as soon as the first one would have come, and no later than it was due", () => {
    expect([waiting.nextDialAt, waiting.notBefore]).toEqual([NOW + 8_000, NOW + 1_000]);
    const sooner = play([{ on: "hasten" }], waiting, NOW + 400);
    expect(sooner).toEqual({ next: { ...waiting, nextDialAt: NOW + 1_000 }, effects: [{ do: "disarm", timer: "dial" }, { do: "arm", timer: "dial", ms: 600 }] });
    expect(play([{ on: "hasten" }], sooner.next, NOW + 500)).toEqual({ next: sooner.next, effects: [] });
    expect(play([{ on: "hasten" }], waiting, NOW + 8_000)).toEqual({ next: waiting, effects: [] });
  });

  it("comes at once where that time is over", () => {
    for (const now of [NOW + 1_000, NOW + 5_000]) {
      const { next, effects } = play([{ on: "hasten" }], waiting, now);
      expect(effects).toEqual([{ do: "disarm", timer: "dial" }, { do: "disarm", timer: "dial" }, { do: "dial", generation: 5 }, { do: "arm", timer: "handshake", ms: profile.handshakeMs }]);
      expect(next).toMatchObject({ state: "connecting", reason: "dialing", attempts: 5 });
    }
  });

  it("comes once, and only where one waits", () => {
    const cut = play([{ on: "start" }, { on: "opened", generation: 1 }, lost(1)], { ...createSupervision(profile), losses: 3 }).next;
    const due = play([{ on: "hasten" }], cut, NOW + 1_000);
    expect([due.next.isDue, due.next.socket]).toEqual([true, "closing"]);
    expect(play([{ on: "hasten" }], due.next, NOW + 1_000)).toEqual({ next: due.next, effects: [] });
    const dialing = play([{ on: "start" }]).next;
    expect(play([{ on: "hasten" }], dialing)).toEqual({ next: dialing, effects: [] });
    const refused = play([{ on: "start" }, { on: "opened", generation: 1 }, lost(1, 4002), { on: "gone", generation: 1 }]).next;
    expect(play([{ on: "hasten" }], refused, NOW + 1_000)).toEqual({ next: refused, effects: [] });
  });
});

describe("a link that has an end to its attempts", () => {
  const impatient = createSupervision({ ...profile, prepareMs: 1_000, maxAttempts: 2 });
  const dialed = (generation: number): LinkEvent => ({ on: "prepared", preparation: generation - 1 });
  const once = play([{ on: "start" }, dialed(2), ...failed(2)], impatient);
  const second = play([{ on: "timer", timer: "dial" }, dialed(4)], once.next).next;

  it("says at the last of them which it was, and waits for another configuration", () => {
    expect(once.next.state).toBe("recovering");
    const last = superviseLink(second, failed(4)[0] as LinkEvent, { now: NOW, random: 0 }, bounds);
    const text = "cannot connect: ECONNREFUSED, which was attempt 2 of 2";
    expect(last.next).toMatchObject({ state: "blocked", reason: text, lastLoss: { fault: "unreachable", text } });
    expect(told(last.effects)).toEqual([["error", `${text}, not dialing again before the configuration changes`]]);
    expect(last.effects).toContainEqual({ do: "arm", timer: "closing", ms: 1_500 });
  });

  it("does not count what is no attempt: another configuration, a new link for an old one, nothing to dial with", () => {
    const open = play([{ on: "opened", generation: 4 }], second).next;
    expect(play([{ on: "recycle", reason: "so" }], open).next.state).toBe("recovering");
    expect(play([{ on: "reconfigure", profile: impatient.profile, redial: true }], open).next.state).toBe("recovering");
    const unprepared = play([{ on: "opened", generation: 4 }, lost(4), { on: "gone", generation: 4 }], { ...second, attempts: 1 }).next;
    const blocked = play([{ on: "timer", timer: "dial" }, { on: "prepared", preparation: unprepared.generation + 1, missing: "no login" }], { ...unprepared, attempts: 2 });
    expect([blocked.next.state, blocked.next.reason]).toEqual(["blocked", "no login"]);
  });
});

describe("what an operator reads of a link", () => {
  it("is what it waits for", () => {
    expect(play([{ on: "start" }]).next.reason).toBe("dialing");
    expect(play([{ on: "start" }], createSupervision({ ...profile, prepareMs: 1 })).next.reason).toBe("getting ready to dial");
    const slow = createSupervision({ ...profile, readyMs: 5_000 });
    expect(play([{ on: "start" }, { on: "opened", generation: 1 }], slow).next.reason).toBe("open, and not ready yet");
    const ready = play([{ on: "start" }, { on: "opened", generation: 1 }, { on: "ready" }], slow);
    expect([ready.next.reason, told(ready.effects)]).toEqual(["connected", [["info", "connected"]]]);
    expect(play([{ on: "start" }, { on: "start" }]).effects).toEqual([]);
  });

  it("has no secret in it, neither the whole of one nor its parts", () => {
    const target = { url: "wss://server.test/ws?abcdef=1", headers: { authorization: "Bearer abcdef-uvwxyz", cookie: "a=first1;  b=second" }, said: () => ["abcdef"] };
    expect(hideSecrets("abcdef-uvwxyz, abcdef, first1, second, abcde", target)).toBe("***, ***, ***, ***, abcde");
    expect(hideSecrets("?abcdef=1 and abcdef=1", target)).toBe("?*** and ***");
    expect(hideSecrets("said by nobody", { url: "wss://u:%zz-bad-escape@server.test/", headers: {} })).toBe("said by nobody");
    expect(hideSecrets("got %zz-bad-escape", { url: "wss://u:%zz-bad-escape@server.test/", headers: {} })).toBe("got ***");
  });
});

describe("a look at a link", () => {
  const pace: Pace = { lookMs: 1_000, pingMs: 20_000, deadAfterMs: 30_000, graceMs: 5_000, stuckBytes: 100, stuckMs: 10_000 };
  const reading: Reading = { bytesRead: 5, bytesTaken: 5, unsentBytes: 0, offeredBytes: 0, isDeaf: false };
  const pulse: Pulse = { ...startPulse(NOW, 5), bytesTaken: 5 };
  const see = (before: Partial<Pulse>, seen: Partial<Reading> = {}, now = NOW + 1_000) => look({ ...pulse, ...before }, { ...reading, ...seen }, now, pace);

  it("comes eight times within each bound, and once a millisecond at most", () => {
    const limits = { lookMs: 1_000, graceMs: 5_000, stuckBytes: 1, stuckMs: 2 };
    expect(setPace({ pingMs: 20_000, deadAfterMs: 30_000 }, limits)).toMatchObject({ lookMs: 1_000, graceMs: 5_000 });
    expect(setPace({ pingMs: 4_000, deadAfterMs: 6_000 }, limits)).toMatchObject({ lookMs: 500, graceMs: 2_000 });
    expect(setPace({ pingMs: 6_000, deadAfterMs: 3_000 }, limits)).toMatchObject({ lookMs: 375, graceMs: 1_500 });
    expect(setPace({ pingMs: 2, deadAfterMs: 2 }, limits).lookMs).toBe(1);
  });

  it("asks where it is time to, and is well where it is not", () => {
    expect(see({ sincePingMs: 18_999 }).verdict).toBe("well");
    expect(see({ sincePingMs: 19_000 })).toMatchObject({ verdict: "ask", pulse: { sincePingMs: 0, askedMs: 0 } });
    expect(see({ sincePingMs: 19_000, askedMs: 4_000 }).pulse.askedMs).toBe(5_000);
  });

  it("asks before it calls a peer dead, and gives it the time to answer", () => {
    expect(see({ silentMs: 28_999, watchedMs: 28_999 }).verdict).toBe("well");
    expect(see({ silentMs: 29_000, watchedMs: 29_000 }).verdict).toBe("ask");
    expect(see({ silentMs: 29_000, watchedMs: 29_000, askedMs: 3_999 }).verdict).toBe("well");
    expect(see({ silentMs: 29_000, watchedMs: 29_000, askedMs: 4_000 }).verdict).toBe("silent");
    expect(see({ silentMs: 29_000, askedMs: 1_000, gapMs: 5_000 }).verdict).toBe("ask");
  });

  it("forgets silence and questions with the first byte, and keeps how old that may be behind a gap", () => {
    expect(see({ silentMs: 20_000, watchedMs: 20_000, askedMs: 3_000 }, { bytesRead: 6 }).pulse).toMatchObject({ silentMs: 0, watchedMs: 0, askedMs: undefined });
    expect(see({ gapMs: 7_000, askedMs: 0 }, { bytesRead: 6 }).pulse.silentMs).toBe(8_000);
    expect(see({ gapMs: 7_000 }, { isDeaf: true }).pulse.silentMs).toBe(0);
    expect(see({ gapMs: 40_000, askedMs: 0 }, { bytesRead: 6 })).toMatchObject({ verdict: "ask", pulse: { askedMs: 1_000 } });
  });

  it("takes a look that comes late for a fault of ours, and asks", () => {
    expect(see({}, {}, NOW + 2_000)).toMatchObject({ verdict: "well", pulse: { gapMs: 0 } });
    expect(see({}, {}, NOW + 2_001)).toMatchObject({ verdict: "ask", pulse: { gapMs: 2_001, silentMs: 2_001, watchedMs: 2_000 } });
    expect(see({}, {}, NOW - 1)).toMatchObject({ verdict: "ask", pulse: { gapMs: 1_000, silentMs: 1_000 } });
    expect(see({}, {}, NOW)).toMatchObject({ verdict: "well", pulse: { gapMs: 0, silentMs: 0 } });
    expect(see({ watchedMs: 27_999, silentMs: 40_000, askedMs: 9_000 }, {}, NOW + 9_000).verdict).toBe("ask");
    expect(see({ watchedMs: 28_000, silentMs: 40_000, askedMs: 9_000 }, {}, NOW + 9_000).verdict).toBe("silent");
  });

  it("calls a peer stuck that leaves more than is allowed for as long as is allowed, our own standstills apart", () => {
    expect(see({ stuckMs: 9_000 }, { unsentBytes: 101 }).verdict).toBe("stuck");
    expect(see({ stuckMs: 8_999 }, { unsentBytes: 101 }).verdict).toBe("well");
    expect(see({ stuckMs: 9_000 }, { unsentBytes: 100 }).pulse.stuckMs).toBe(0);
    expect(see({ stuckMs: 9_000 }, { unsentBytes: 101 }, NOW + 3_000).pulse.stuckMs).toBe(0);
    expect(see({ stalledMs: 29_000 }, { offeredBytes: 1 }).verdict).toBe("stuck");
    expect(see({ stalledMs: 28_999 }, { offeredBytes: 1 }).verdict).toBe("well");
    expect(see({ stalledMs: 29_000 }, { offeredBytes: 1, bytesTaken: 6 }).pulse.stalledMs).toBe(0);
    expect(see({ stalledMs: 29_000 }).pulse.stalledMs).toBe(0);
  });
});
