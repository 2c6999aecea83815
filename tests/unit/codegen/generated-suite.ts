import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NearMiss } from "../../../generated/near-misses.ts";
import type { Decoded, Validator } from "../../../generated/runtime.ts";

/** A generated protocol as its modules export it. */
export interface Generated {
  readonly arbitraries: object;
  readonly nearMisses: object;
  readonly validators: object;
  readonly messages: Readonly<Record<string, Row>>;
  readonly codec: object;
}

interface Row {
  readonly name: string;
  readonly direction: string;
  readonly channels: readonly string[];
  /** Fields that hold JSON as text. */
  readonly content?: Readonly<Record<string, string>>;
}

/** A message as it is read: with its JSON texts parsed. */
function opened(value: unknown, { content = {} }: Row): unknown {
  const texts = Object.keys(content).map((field) => [field, JSON.parse((value as Record<string, string>)[field] ?? "") as unknown]);
  return texts.length === 0 ? value : { ...(value as object), ...(Object.fromEntries(texts) as object) };
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
        fc.assert(
          fc.property(misses, ({ value, keyword, path, change, within }) => {
            const validate = strict[within?.type ?? name];
            const broken = within ? (JSON.parse((value as Record<string, string>)[within.field] ?? "") as unknown) : value;
            expect(validate?.(broken), change).toBe(false);
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
    for (const [wireName, row] of Object.entries(messages)) {
      const { name, direction } = row;
      it(`reads every ${wireName} that is ${direction}`, () => {
        const decoders = functions.filter(([decoder]) => decoder.endsWith(direction === "sent" ? "Sent" : "Received"));
        fc.assert(
          fc.property(values[name] ?? fc.constant(undefined), (value) => {
            const text = JSON.stringify(value);
            expect(decoders.map(([, decode]) => decode(text))).toContainEqual({ ok: true, value: opened(value, row) });
          }),
          { numRuns },
        );
      });
    }

    const encoders = codec as Readonly<Record<string, (frame: unknown) => string>>;
    for (const [wireName, row] of Object.entries(messages).filter(([, { content }]) => content)) {
      it(`writes every ${wireName} so that it reads the same, text within text`, () => {
        fc.assert(
          fc.property(values[row.name] ?? fc.constant(undefined), (value) => {
            for (const [name, decode] of functions) {
              const encode = encoders[name.replace("decode", "encode")];
              const decoded = decode(JSON.stringify(value));
              if (!decoded.ok || !encode) continue;
              const text = encode(decoded.value);
              expect(JSON.parse(text)).toEqual(value);
              expect(decode(text)).toEqual(decoded);
            }
          }),
          { numRuns },
        );
      });

      it(`refuses a ${wireName} with a broken text, and says which text`, () => {
        const misses = (nearMisses as Readonly<Record<string, fc.Arbitrary<NearMiss>>>)[row.name] ?? fc.constant(undefined);
        fc.assert(
          fc.property(misses, (miss) => {
            if (!miss?.within) return;
            const { within, change, value } = miss;
            // Of what is sent, a newer peer may say more, in a branch of a union too.
            if (row.direction === "sent" && change === "with an unknown field") return;
            const decoders = functions.filter(([decoder]) => decoder.endsWith(row.direction === "sent" ? "Sent" : "Received"));
            const read = decoders.map(([, decode]) => decode(JSON.stringify(value))).filter((decoded) => !decoded.ok && decoded.message === row.name);
            // One character too many inside may be two too many outside, where it is escaped: then the text itself is refused.
            if (read.some((decoded) => !decoded.ok && !decoded.inner && decoded.keyword === "maxLength" && decoded.path === within.field)) return;
            const said = read.flatMap((decoded) => (!decoded.ok && decoded.inner ? [decoded] : []));
            expect(said.length, change).toBeGreaterThan(0);
            for (const { inner, path, detail } of said) {
              expect(path.split(" » ")[0]).toBe(within.field);
              expect(detail).toContain(`Invalid field ${within.field}: in its JSON text, `);
              expect(inner?.ok, change).toBe(false);
            }
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
          const text = JSON.stringify(value);
          for (const [, decode] of functions) {
            const decoded = decode(text);
            if (!decoded.ok) expect(decoded.detail).toMatch(/^(?:Invalid (?:message|value|field .+): .|Not JSON: .)/su);
          }
        }),
        { numRuns: numRuns * 3 },
      );
    });
  });
}
