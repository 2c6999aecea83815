import { expect, it } from "vitest";
import { forgetLog, liveThroughKills } from "../fault/gateway/kills.ts";

/** `npm run test:fault -- --gateway --kills 200` kills it more often. */
const KILLS = 4;

it(`runs every message once and answers it once, in order and where it was asked, on all four channels of a gateway that is killed ${KILLS} times under load`, { timeout: 600_000 }, async () => {
  const outcome = await liveThroughKills({ kills: KILLS, seed: 1, progress() {} });
  const { findings, counts, log } = outcome;
  expect(findings, `what happened: ${log}`).toEqual([]);
  // It is worth something only when much happens.
  expect(counts["lives"]).toBe(KILLS + 1);
  expect(counts["killed"]).toBe(KILLS);
  expect(counts["seen"]).toBeGreaterThan(10 * KILLS);
  expect(counts["cut"]).toBeGreaterThan(0);
  forgetLog(outcome);
});
