import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NearMiss } from "../../../generated/near-misses.ts";
import type { Decoded, Validator } from "../../../generated/runtime.ts";

/** A generated protocol as its modules export it. */
export interface Generated {
  readonly arbitraries: object;
  readonly nearMisses: object;
  readonly validators: object;
  readonly messages: Readonly<Record<string, { readonly name: string; readonly direction: string; readonly channels: readonly string[] }>>;
  readonly codec: object;
}

/** What must hold for every document: the validators judge the types, the arbitraries and the codec, and all agree. */
export function describeGenerated(
  protocol: string,
  { arbitraries, nearMisses, validators, messages, codec }: Generated,
  numRuns: number,
): void {
  const strict = validators as Readonly<Record<string, Validator<unknown>>>;
  const values = arbitraries as Readonly<Record<string, fc.Arbitrary<unknown>>>;

  describe(`${protocol}: valid values of every type`, () => {
    for (const [name, arbitrary] of Object.entries(values)) {
      it(`${name}: the validator accepts them, and JSON keeps them`, () => {
        const validate = strict[name];
        fc.assert(
          fc.property(arbitrary, (value) => {
            expect(validate?.(value), JSON.stringify(validate?.errors)).toBe(true);
            expect(JSON.parse(JSON.stringify(value))).toEqual(value);
          }),
          { numRuns },
        );
      });
    }
  });

  describe(`${protocol}: near misses of every message`, () => {
    for (const [name, misses] of Object.entries(nearMisses) as [string, fc.Arbitrary<NearMiss>][]) {
      it(`${name}: the validator names the one constraint that is broken`, () => {
        const validate = strict[name];
        fc.assert(
          fc.property(misses, ({ value, keyword, path, change }) => {
            expect(validate?.(value), change).toBe(false);
            const said = (validate?.errors ?? []).map((error) => `${error.keyword} at "${error.instancePath}"`);
            expect(said, change).toContain(`${keyword} at "${path}"`);
          }),
          { numRuns },
        );
      });
    }
  });

  describe(`${protocol}: decoding`, () => {
    const functions = Object.entries(codec).filter(([name]) => name.startsWith("decode")) as [string, (text: string) => Decoded<unknown>][];
    for (const [wireName, { name, direction }] of Object.entries(messages)) {
      it(`reads every ${wireName} that is ${direction}`, () => {
        const decoders = functions.filter(([decoder]) => decoder.endsWith(direction === "sent" ? "Sent" : "Received"));
        fc.assert(
          fc.property(values[name] ?? fc.constant(undefined), (value) => {
            const text = JSON.stringify(value);
            expect(decoders.map(([, decode]) => decode(text))).toContainEqual({ ok: true, value });
          }),
          { numRuns },
        );
      });
    }

    it("never throws, whatever the text", () => {
      const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json({ stringUnit: "binary" }));
      fc.assert(
        fc.property(texts, (text) => {
          for (const [, decode] of functions) expect(typeof decode(text).ok).toBe("boolean");
        }),
        { numRuns: numRuns * 10 },
      );
    });

    it("says something about whatever it refuses", () => {
      const broken = fc.oneof(...(Object.values(nearMisses) as fc.Arbitrary<NearMiss>[]));
      fc.assert(
        fc.property(broken, ({ value }) => {
          for (const [, decode] of functions) {
            const decoded = decode(JSON.stringify(value));
            if (!decoded.ok) expect(decoded.detail).toMatch(/^(?:Invalid (?:message|value|field .+): .|Not JSON: .)/su);
          }
        }),
        { numRuns: numRuns * 3 },
      );
    });
  });
}
