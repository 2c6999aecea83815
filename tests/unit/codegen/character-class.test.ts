import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptedRanges, describeClass, printClassTest, printSequenceTest, readClassPattern, readSequencePattern } from "../../../codegen/emit/character-class.ts";
import { codePoints } from "../../../codegen/runtime/runtime.ts";

/** The printed loops as a function. */
function compile(pattern: string): (text: string) => boolean {
  const [simple, sequence] = [readClassPattern(pattern), readSequencePattern(pattern)];
  const printed = simple ? printClassTest(simple) : sequence && printSequenceTest(sequence);
  if (printed === undefined) throw new Error(`${pattern} is neither a character class nor a sequence of them`);
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function("codePoints", `return ${printed}`)(codePoints) as (text: string) => boolean;
}

/** Text with many characters from the edges of the ranges, astral ones and lone surrogates among them. */
function textsAround(points: readonly number[]): fc.Arbitrary<string> {
  const edges = points.flatMap((point) => [point - 1, point, point + 1]).filter((point) => point >= 0 && point <= 0x10ffff);
  const special = fc.constantFrom(
    "\u{1f600}",
    "\u{10ffff}",
    "\ud800",
    "\udc00",
    "\udfff",
    "\u0000",
    "\uffff",
    "\n",
    "\u2028",
    "-",
    "^",
    "]",
    "\\",
  );
  const unit = fc.oneof(
    fc.constantFrom(...edges).map((point) => String.fromCodePoint(point)),
    special,
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  return fc.string({ unit, maxLength: 12 });
}

const patterns = [
  "^[^\\u0000-\\u001f\\u007f]*$",
  "^[^\\u0000-\\u001f\\u007f]+$",
  "^[a-z0-9_-]{1,48}$",
  "^[A-Za-z0-9._~/-]*$",
  "^[^a]{2,3}$",
  "^[^\\x00-\\x1F]{3}$",
  "^[\\w.:-]+$",
  "^\\d{2,}$",
  "^[\\]\\\\^-]{0,2}$",
  "^[-a]$",
  "^[a-]+$",
  "^[\\t\\n\\v\\f\\r ]*$",
  "^[а-яё]{0,5}$",
  "^[\\u{1}-\\u{d7ff}]*$",
  "^[^^]+$",
];

describe("a pattern that is one character class", () => {
  for (const pattern of patterns) {
    it(`${pattern} as a loop says what the regular expression says`, () => {
      const regExp = new RegExp(pattern, "u");
      const test = compile(pattern);
      const ranges = readClassPattern(pattern)?.ranges.flat() ?? [];
      fc.assert(
        fc.property(textsAround(ranges), (text) => test(text) === regExp.test(text)),
        { numRuns: 3000 },
      );
    });
  }

  it("generates characters that it accepts", () => {
    for (const pattern of patterns) {
      const simple = readClassPattern(pattern);
      if (!simple) throw new Error(pattern);
      const single = new RegExp(
        `^${simple.negated ? "[^" : "["}${simple.ranges.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`).join("")}]$`,
        "u",
      );
      for (const [first, last] of acceptedRanges(simple))
        for (const point of [first, last]) expect(single.test(String.fromCodePoint(point)), `${pattern} ${point}`).toBe(true);
    }
  });

  it("is explained in words", () => {
    const words = (pattern: string): string => {
      const simple = readClassPattern(pattern);
      return simple ? describeClass(simple) : "";
    };
    expect(words("^[^\\u0000-\\u001f\\u007f]*$")).toBe("text without control characters");
    expect(words("^[a-z0-9_-]{1,48}$")).toBe("1 to 48 of the characters -, 0-9, _ and a-z");
    expect(words("^\\d+$")).toBe("only the characters 0-9");
    expect(words("^[^ /]*$")).toBe("text without the characters U+0020 and /");
    expect(words("^[a-f]{8}$")).toBe("exactly 8 of the characters a-f");
  });

  it("built at random is read right or not at all", () => {
    const member = fc.oneof(
      fc.constantFrom(
        "a",
        "z",
        "0",
        "9",
        "_",
        "-",
        "\\-",
        "\\]",
        "\\\\",
        "\\d",
        "\\w",
        "\\t",
        "\\u0041",
        "\\x20",
        "\\u{7f}",
        "^",
        "é",
        ".",
        "\\s",
        "\\b",
        "\\p{L}",
        "😀",
      ),
      fc.string({ minLength: 1, maxLength: 1 }),
    );
    const classes = fc.tuple(
      fc.constantFrom("", "^"),
      fc.array(member, { minLength: 1, maxLength: 5 }),
      fc.constantFrom("", "*", "+", "{2}", "{1,}", "{0,3}", "{3,1}"),
    );
    const texts = fc.string({
      unit: fc.oneof(
        fc.constantFrom("a", "z", "0", "_", "-", "]", "\\", "^", "\t", " ", "A", "\u007f", "é", "😀", "\ud83d"),
        fc.string({ minLength: 1, maxLength: 1 }),
      ),
      maxLength: 5,
    });
    let read = 0;
    fc.assert(
      fc.property(classes, fc.array(texts, { minLength: 1, maxLength: 20 }), ([negation, members, count], examples) => {
        const pattern = `^[${negation}${members.join("")}]${count}$`;
        let regExp: RegExp;
        try {
          regExp = new RegExp(pattern, "u");
        } catch {
          return;
        }
        if (!readClassPattern(pattern)) return;
        read++;
        const test = compile(pattern);
        for (const text of examples) expect(test(text), `${pattern} on ${JSON.stringify(text)}`).toBe(regExp.test(text));
      }),
      { numRuns: 5000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});

describe("a pattern of one length", () => {
  it.each(["^msg-[0-7][0-9A-HJKMNP-TV-Z]{5}$", "^a[b]$", "^x:_[\\]\\\\^-]{2}[\\d]$", "^a[\\w]{0}[é-я]{3}$", "^10[0-9]{2}[a-f][0-9]{2}$"])("%s as loops says what the regular expression says", (pattern) => {
    const regExp = new RegExp(pattern, "u");
    const test = compile(pattern);
    const { start = "", classes = [] } = readSequencePattern(pattern) ?? {};
    const points = classes.flatMap(({ ranges, most }) => Array.from({ length: most }, () => fc.oneof(...ranges.map(([first, last]) => fc.integer({ min: first, max: last })))));
    const fitting = fc.tuple(...points).map((drawn) => start + String.fromCodePoint(...drawn));
    const around = textsAround(classes.flatMap(({ ranges }) => ranges.flat()));
    const changed = fc.tuple(fitting, fc.nat(20), fc.nat(2), around).map(([text, at, gone, more]) => text.slice(0, at) + more.slice(0, 2) + text.slice(at + gone));
    let fits = 0;
    fc.assert(
      fc.property(fc.oneof(fitting, changed, around), (text) => {
        if (regExp.test(text)) fits += 1;
        return test(text) === regExp.test(text);
      }),
      { numRuns: 3000 },
    );
    expect(fits).toBeGreaterThan(500);
  });

  it.each(["^[a-z]+$", "^msg-[0-9]+$", "^msg-[0-9]*$", "^ab?[c]$", "^a{2}[c]$", "^a[^b]$", "^a[b]|c[d]$", "^a.[b]$", "^a[b]{1,2}$", "^(a)[b]$", "a[b]$", "^a[b]", "^a\\d[b]$", "^a[\\p{L}]$", "^ab$"])("is not what %s is", (pattern) => {
    expect(readSequencePattern(pattern)).toBeUndefined();
  });
});

describe("a pattern that is more than one character class", () => {
  for (const pattern of [
    "^a$",
    "[a-z]+",
    "^[a-z]+",
    "[a-z]+$",
    "^[a-z]+[0-9]$",
    "^[a-z]+?$",
    "^(?:[a-z])$",
    "^[😀]$",
    "^[\\ud800-\\udfff]$",
    "^[\\p{L}]+$",
    "^[\\s]*$",
    "^.*$",
    "^[a]|b$",
    "^[]$",
    "^[a\\]$",
  ]) {
    it(`${pattern} stays a regular expression`, () => {
      expect(readClassPattern(pattern)).toBeUndefined();
    });
  }
});
