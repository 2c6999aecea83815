import type { Random } from "../../src/testing/chaos/random.ts";
import { type Material, mutateText } from "./mutate.ts";

/** A place in a JSON value. */
interface Slot {
  parent: unknown[] | Map<string, unknown>;
  key: number | string;
}

/** Damages the value that a text stands for; undefined where it stands for none. */
export function mutateJson(text: string, material: Material): string | undefined {
  const { random } = material;
  const root = [parse(text)];
  if (root[0] === undefined) return undefined;
  const slots = slotsOf(root);
  const slot = random.pick(slots);
  const value = read(slot);
  switch (random.whole(0, 10)) {
    case 0:
      remove(slot);
      break;
    case 1:
      write(slot, valueAtTheEdge(random));
      break;
    case 2: {
      const other = random.pick(slots);
      const kept = read(other);
      write(other, value);
      write(slot, kept);
      break;
    }
    case 3:
      repeat(slot, value, random);
      break;
    case 4:
    case 5: {
      const others = slotsOf([parse(material.other())]);
      const from = random.pick(others);
      write(slot, read(from));
      if (slot.parent instanceof Map && typeof from.key === "string") slot.parent.set(from.key, read(from));
      break;
    }
    case 6:
      write(slot, material.words.length === 0 ? "" : random.pick(material.words));
      break;
    case 7:
      if (slot.parent instanceof Map) slot.parent.set(random.pick(["__proto__", "constructor", "toString", "type", "", ...material.words.slice(0, 50)]), value);
      else write(slot, { __nest: random.pick([1, 2, 40, 200, 3_000]) });
      break;
    case 8:
      write(slot, nest(value, random.pick([1, 2, 3, 5])));
      break;
    default:
      write(slot, typeof value === "string" ? mutateText(value, "json", material) : typeof value === "number" ? nearNumber(value, random) : valueAtTheEdge(random));
  }
  // Of what is too deep to be written the characters are damaged instead.
  try {
    return root.length === 0 ? "" : print(root[0]);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** Objects as maps: a field called `__proto__` is one like any other. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (isRecord(value) ? new Map(Object.entries(value)) : value));
  } catch {
    return undefined;
  }
}

function print(value: unknown): string {
  if (value instanceof Map) return `{${[...(value as Map<string, unknown>)].map(([key, member]) => `${JSON.stringify(key)}:${print(member)}`).join(",")}}`;
  if (Array.isArray(value)) return `[${value.map(print).join(",")}]`;
  if (isRecord(value) && typeof value["__nest"] === "number") return `${"[".repeat(value["__nest"])}${"]".repeat(value["__nest"])}`;
  return JSON.stringify(value) ?? "null";
}

function slotsOf(root: unknown[]): Slot[] {
  const slots: Slot[] = [];
  const pending: (unknown[] | Map<string, unknown>)[] = [root];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const key of parent.keys()) {
      const slot = { parent, key };
      slots.push(slot);
      const value = read(slot);
      if (Array.isArray(value) || value instanceof Map) pending.push(value as unknown[] | Map<string, unknown>);
    }
    if (slots.length > 4_000) break;
  }
  return slots;
}

function read({ parent, key }: Slot): unknown {
  return parent instanceof Map ? parent.get(String(key)) : parent[Number(key)];
}

function write({ parent, key }: Slot, value: unknown): void {
  // A value put into itself would have no end.
  const copy = Array.isArray(value) || value instanceof Map ? parse(print(value)) : value;
  if (parent instanceof Map) parent.set(String(key), copy);
  else parent[Number(key)] = copy;
}

function remove({ parent, key }: Slot): void {
  if (parent instanceof Map) parent.delete(String(key));
  else parent.splice(Number(key), 1);
}

function repeat({ parent, key }: Slot, value: unknown, random: Random): void {
  const times = random.pick([1, 1, 2, 20, 70]);
  if (Array.isArray(parent)) parent.splice(Number(key), 0, ...Array.from({ length: times }, () => value));
  else for (let index = 0; index < times; index++) parent.set(`${key}${index}`, value);
}

function nest(value: unknown, levels: number): unknown {
  return levels === 0 ? value : [nest(value, levels - 1)];
}

function nearNumber(value: number, random: Random): number {
  return random.pick([value + 1, value - 1, -value, value * 2, value / 2, value * 1000, value + 0.5, 2 ** random.whole(0, 62)]);
}

function valueAtTheEdge(random: Random): unknown {
  return random.pick<unknown>([
    null, true, false, 0, -1, 1, 0.5, 2 ** 31, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1e308, 5e-324, "", " ", "0", "null", "\u0000", "\ud800", "a\udc00b", "\u202e\u2066", "é".repeat(65),
    "😀".repeat(130), "x".repeat(300), "x".repeat(5_000), "../../etc/passwd", "file:///etc/passwd", "ws://a:b@[::1]:0/?x#y", "__proto__", "constructor", "{\"type\":\"message\"}", [], [[]], new Map(), new Map([["__proto__", new Map([["x", 1]])]]),
  ]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}
