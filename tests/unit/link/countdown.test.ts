import { describe, expect, it } from "vitest";
import { countDown } from "../../../src/link/countdown.ts";

describe("countdown", () => {
  it("counts a leg as what it was", () => {
    expect(countDown(10_000, 500, 500, "wait")).toBe(9_500);
    expect(countDown(10_000, 500, 500, "bound")).toBe(9_500);
  });

  it("lets a wait be over when the wall says so, after a sleep", () => {
    expect(countDown(10_000, 500, 28_800_000, "wait")).toBeLessThanOrEqual(0);
  });

  it("goes on when the clock is set back", () => {
    expect(countDown(10_000, 500, -3_600_000, "wait")).toBe(9_500);
    expect(countDown(10_000, 500, -3_600_000, "bound")).toBe(9_500);
  });

  it("does not hold a standstill of ours against a peer that is to answer", () => {
    expect(countDown(10_000, 500, 60_000, "bound")).toBe(9_500);
  });
});
