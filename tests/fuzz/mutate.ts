import type { Random } from "../../src/testing/chaos/random.ts";
import type { Target } from "./target.ts";
import { mutateJson } from "./mutate-json.ts";

/** Longer inputs are cut: they would only be slow. */
export const MOST_CHARACTERS = 48_000;

export interface Material {
  random: Random;
  /** Another input of the corpus. */
  other(): string;
  /** Words that mean something to the target. */
  words: readonly string[];
}

/** One input out of another, by a few small damages. */
export function mutate(input: string, form: Target["form"], material: Material): string {
  const { random } = material;
  let mutated = input;
  for (let left = random.pick([1, 1, 1, 2, 2, 3, 5, 8]); left > 0; left--) {
    const byShape = form === "json" && random.whole(0, 9) < 7 ? mutateJson(mutated, material) : undefined;
    mutated = byShape ?? mutateText(mutated, form, material);
    if (mutated.length > MOST_CHARACTERS) mutated = mutated.slice(0, MOST_CHARACTERS);
  }
  return mutated;
}

const NUMBERS = ["0", "-0", "-1", "1", "127", "128", "255", "256", "65535", "65536", "2147483648", "9007199254740991", "9007199254740992", "1e308", "1e999", "0.5", "00"];
const UNITS = ["\u0000", "\n", "\u001b", "\"", "\\", "\u007f", "\u0085", "\u2028", "\ud800", "\udc00", "\ufeff", "\u202e", "é", "😀", "\uffff"];

/** Damages the characters, whatever they mean. */
export function mutateText(text: string, form: Target["form"], { random, other, words }: Material): string {
  const at = random.whole(0, text.length);
  const length = Math.min(text.length - at, random.pick([1, 1, 2, 4, 8, 32, 256]));
  const before = text.slice(0, at);
  const after = text.slice(at + length);
  switch (random.whole(0, 9)) {
    case 0: {
      const unit = text.charCodeAt(at);
      return Number.isNaN(unit) ? text : before + String.fromCharCode(unit ^ (1 << random.whole(0, 7))) + text.slice(at + 1);
    }
    case 1:
      return before + after;
    case 2:
      return before + text.slice(at, at + length).repeat(random.pick([2, 2, 3, 8, 64])) + after;
    case 3:
      return before + String.fromCharCode(random.whole(form === "bytes" ? 0 : 32, form === "bytes" ? 255 : 126)) + text.slice(at + 1);
    case 4:
      return before + (form === "bytes" ? String.fromCharCode(random.whole(0, 255)) : random.pick(UNITS)) + text.slice(at);
    case 5:
      return before + random.pick(NUMBERS) + after;
    case 6:
      return words.length === 0 ? before : before + random.pick(words) + after;
    case 7: {
      const joined = other();
      return before + joined.slice(random.whole(0, joined.length));
    }
    case 8: {
      const from = other();
      const start = random.whole(0, from.length);
      return before + from.slice(start, start + length) + text.slice(at);
    }
    default:
      return text.slice(0, at);
  }
}
