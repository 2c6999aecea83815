import { describe, expect, it } from "vitest";
import { remember, remembers, type Ring } from "../../../../src/protocols/insta-claw/ring.ts";

const bounds = { most: 3, forMs: 100 };
const ring = (...entries: [string, number][]) => entries.reduce<Ring>((known, [id, at]) => remember(known, id, at, bounds), new Map());

describe("ids that are remembered for a while", () => {
  it("IC-8 are the newest, an id that comes again counts as new", () => {
    expect([...ring(["a", 0], ["b", 0], ["c", 0], ["d", 0]).keys()]).toEqual(["b", "c", "d"]);
    expect([...ring(["a", 0], ["b", 0], ["c", 0], ["a", 1], ["d", 1]).keys()]).toEqual(["c", "a", "d"]);
  });

  it("IC-8 are forgotten when their time is over", () => {
    const known = ring(["a", 0], ["a", 50]);
    expect([remembers(known, "a", 149), remembers(known, "a", 150), remembers(known, "b", 0), remembers(known, undefined, 0)]).toEqual([true, false, false, false]);
  });
});
