import type { Json, JsonObject, Table } from "../ir.ts";
import { isArray, isObject } from "../source.ts";
import { tableAnchor } from "./anchors.ts";

/** One row of a table of facts, with what names it. */
export interface FactRow {
  readonly anchor: string;
  readonly name: string;
  readonly cells: JsonObject;
}

/** `x-close-codes` as people say it. */
export function tableTitle({ key }: Pick<Table, "key">): string {
  const words = key.replace(/^x-/u, "").replaceAll("-", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The rows of a list of objects, named by their first member, or of an object of objects, named by their keys. */
export function rowsOfTable({ key, value }: Table): readonly FactRow[] | undefined {
  const entries = entriesOf(value);
  if (entries === undefined) return undefined;
  const taken = new Map<string, number>();
  return entries.map(([name, cells]) => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return { anchor: tableAnchor(key, count === 1 ? name : `${name}-${count}`), name, cells };
  });
}

function entriesOf(value: Json): (readonly [string, JsonObject])[] | undefined {
  if (isArray(value)) return value.every(isObject) ? value.map((row) => [cellText(Object.values(row)[0]), row] as const) : undefined;
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, JsonObject] => isObject(entry[1])) ? entries.map(([name, row]) => [name, { name, ...row }] as const) : undefined;
}

export function cellText(cell: Json | undefined): string {
  if (cell === undefined) return "";
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}
