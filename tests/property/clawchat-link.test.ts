import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountDefaults } from "../../generated/clawchat/config.ts";
import { backOffCutMs, backOffMs } from "../../src/link/backoff.ts";
import { createSupervision, type LinkEvent, type Supervision } from "../../src/link/supervision.ts";
import { superviseLink } from "../../src/link/supervisor.ts";
import { linkProfileOf } from "../../src/protocols/clawchat/profile.ts";

const profile = { ...linkProfileOf(accountDefaults), prepareMs: 60_000 };
const { backoff } = profile;
const random = fc.double({ min: 0, max: 1 - Number.EPSILON, noNaN: true });
const losses = fc.nat(60);
const bounds = { closeMs: 1_500, warnings: 32 };
const NOW = 1_000_000;

function play(events: readonly LinkEvent[], chance = 0.5, from: Supervision = createSupervision(profile)): Supervision {
  return events.reduce((state, event) => superviseLink(state, event, { now: NOW, random: chance }, bounds).next, from);
}

/** Up to an open socket; its generation is the number of preparations and dials. */
const opened: LinkEvent[] = [{ on: "start" }, { on: "prepared", preparation: 1 }, { on: "opened", generation: 2 }];
const ready: LinkEvent[] = [...opened, { on: "ready" }];
const closed = (code: number): LinkEvent => ({ on: "lost", generation: 2, cause: { kind: "closed", code, reason: "" } });
const wait = ({ nextDialAt = NOW }: Supervision): number => nextDialAt - NOW;

describe("the link of clawchat", () => {
  it("CC-12 backs off within 500 ms and 30 s and three tenths, longer each time but for chance", () => {
    fc.assert(
      fc.property(losses, random, (n, chance) => {
        for (const delay of [backOffMs(n, backoff, chance), backOffCutMs(n, backoff, chance)]) {
          expect(delay).toBeGreaterThanOrEqual(500);
          expect(delay).toBeLessThanOrEqual(30_000 * 1.3);
        }
        expect(backOffMs(n + 1, backoff, 0)).toBeGreaterThanOrEqual(backOffMs(n, backoff, 0));
      }),
    );
  });

  it("CC-12 CC-13 waits 5 s and more after a session that was ready, whatever ended it", () => {
    fc.assert(
      fc.property(fc.constantFrom(1000, 1005, 1006, 1009, 1011, 4001), random, (code, chance) => {
        expect(wait(play([...ready, closed(code)], chance))).toBeGreaterThanOrEqual(5_000);
        expect(wait(play([...ready, { on: "close", code: 1000, reason: "a gap" }], chance))).toBeGreaterThanOrEqual(5_000);
      }),
    );
  });

  it("CC-14 dials at once after its login was renewed, and prepares that dial anew", () => {
    fc.assert(
      fc.property(random, fc.constantFrom(opened, ready), (chance, before) => {
        const left = play([...before, { on: "reconfigure", profile, redial: true }, { on: "gone", generation: 2 }], chance);
        expect(left.state).toBe("preparing");
      }),
    );
  });

  it("CC-12 forgets its losses after 5 s of ready, and not before", () => {
    const lossy = play([...opened, closed(1006), { on: "gone", generation: 2 }]);
    const again = play([{ on: "timer", timer: "dial" }, { on: "prepared", preparation: 3 }, { on: "opened", generation: 4 }, { on: "ready" }], 0.5, lossy);
    expect([lossy.losses, again.losses, play([{ on: "timer", timer: "proven" }], 0.5, again).losses]).toEqual([1, 1, 0]);
    expect(profile.provenMs).toBe(5_000);
  });

  it("CC-6 ends a handshake in ready or in a loss, never in both", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray<LinkEvent>([{ on: "ready" }, { on: "timer", timer: "ready" }, closed(1006)], { minLength: 1 }), (events) => {
        const first = play([...opened, ...events.slice(0, 1)]);
        expect(first.state).toBe(events[0]?.on === "ready" ? "ready" : "recovering");
        const last = play(events.slice(1), 0.5, first);
        // Ready may be lost later; a loss is never ready again by itself.
        if (first.state === "recovering") expect(last.state).toBe("recovering");
      }),
    );
  });
});
