import { describe, expect, it } from "vitest";
import { enlist, readList, review, strike } from "../../../src/channel/pairing-list.ts";
import { limits } from "../../../src/core/limits.ts";

const now = 1_795_000_000_000;
const nobody = () => false;
const everybody = () => true;
const { list } = enlist([], "ann", true, now);

describe("who waits for the operator", () => {
  it("keeps the time of a code that is given again, and begins anew with a new one", () => {
    expect(enlist(list, "ann", false, now + 1000)).toEqual({ list, since: now });
    expect(enlist(list, "ann", true, now + 1000)).toEqual({ list: [{ id: "ann", since: now + 1000 }], since: now + 1000 });
    expect(enlist(list, "Ann", true, now + 1)).toMatchObject({ list: [{ id: "ann" }, { id: "Ann" }] });
  });

  it("is the same list while nothing happens", () => {
    expect(review(list, nobody, now + limits.pairingCodeMs)).toBe(list);
  });

  it("forgets who was not approved before the code ended, though not before its last moment was looked at", () => {
    expect(review(list, nobody, now + limits.pairingCodeMs + limits.pairingLookMs)).toBe(list);
    expect(review(list, nobody, now + limits.pairingCodeMs + 3 * limits.pairingLookMs)).toEqual([]);
  });

  it("sees an approval however late it looks, and keeps who is to be told of it for a week", () => {
    const late = now + 10 * limits.pairingCodeMs;
    const approved = review(list, everybody, late);
    expect(approved).toEqual([{ id: "ann", since: now, approvedAt: late }]);
    expect(review(approved, everybody, late + limits.pairingTellMs)).toBe(approved);
    expect(review(approved, everybody, late + limits.pairingTellMs + 1)).toEqual([]);
    expect(strike(approved, "ann")).toEqual([]);
  });

  it("reads what it can of a file that was spoilt", () => {
    expect(readList([{ id: "ann", since: 1 }, { id: 7, since: 1 }, null, "bob", { id: "carl", since: 2, approvedAt: 3, more: 4 }])).toEqual([
      { id: "ann", since: 1 },
      { id: "carl", since: 2, approvedAt: 3 },
    ]);
    expect(readList({ ann: 1 })).toEqual([]);
  });
});
