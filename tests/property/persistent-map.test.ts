import fc from "fast-check";
import { expect, it } from "vitest";
import { PersistentMap } from "../../src/core/persistent-map.ts";

const keys = ["a", "b", "c", "d"];
const step = fc.record({ of: fc.nat(), key: fc.constantFrom(...keys), value: fc.option(fc.nat(9), { nil: undefined }) });

it("a persistent map answers in every version as a copy would, in whatever order they are asked and written on", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 60 }), (steps, looks) => {
      const versions: { map: PersistentMap<number>; copy: Map<string, number> }[] = [{ map: new PersistentMap<number>().with("a", 1), copy: new Map([["a", 1]]) }];
      for (const { of, key, value } of steps) {
        const before = versions[of % versions.length];
        if (!before) continue;
        const copy = new Map(before.copy);
        if (value === undefined) copy.delete(key);
        else copy.set(key, value);
        versions.push({ map: value === undefined ? before.map.without(key) : before.map.with(key, value), copy });
      }
      for (const look of [...looks, ...versions.keys()]) {
        const { map, copy } = versions[look % versions.length] ?? {};
        expect(keys.map((key) => [map?.get(key), map?.has(key)])).toEqual(keys.map((key) => [copy?.get(key), copy?.has(key)]));
        expect(map?.size).toBe(copy?.size);
      }
    }),
    { numRuns: 500 },
  );
});

it("an old version is reached over a hundred thousand newer ones", () => {
  const first = new PersistentMap<number>().with("a", 1);
  let newest = first;
  for (let count = 0; count < 100_000; count += 1) newest = newest.with(String(count % 10), count);
  expect([first.get("a"), first.size, newest.size]).toEqual([1, 1, 11]);
});
