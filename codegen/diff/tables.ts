import type { Json, Protocol, Table } from "../ir.ts";
import { isArray, isObject } from "../source.ts";
import { type Change, step } from "./change.ts";

/** Keys whose values are there to be read by people. */
const prose: ReadonlySet<string> = new Set(["description", "when", "title", "summary", "reason"]);

/** What changed in the tables of facts beside the wire; no peer reads them, so each is a note. */
export function tableChanges(old: Protocol, now: Protocol): Change[] {
  const keys = new Set([...old.tables, ...now.tables].map(({ key }) => key));
  return [...keys].flatMap((key) => {
    const [was, is] = [old, now].map(({ tables }) => tables.find((table) => table.key === key));
    const table = is ?? was;
    return table ? rowChanges(table, is ? "new" : "old", rowsOf(was), rowsOf(is)) : [];
  });
}

function rowChanges({ key, place }: Table, side: Change["side"], was: Rows, is: Rows): Change[] {
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name): Change[] => {
    const [before, after] = [was.get(name) ?? "none", is.get(name) ?? "none"];
    const why = "a table is no part of a frame; whoever acts on it has to look";
    return before === after ? [] : [{ verdict: "note", path: `${key}${step(name)}`, what: "table", was: before, is: after, side, place, why }];
  });
}

type Rows = ReadonlyMap<string, string>;

/** The rows of a table by their code or name, in an order that does not count. */
function rowsOf(table: Table | undefined): Rows {
  const value = table?.value;
  if (isArray(value)) return new Map(value.map((row, index) => [nameOf(row, index), factsOf(row)]));
  if (isObject(value)) return new Map(Object.entries(value).map(([name, row]) => [name, factsOf(row)]));
  return new Map(value === undefined ? [] : [["", JSON.stringify(value)]]);
}

function nameOf(row: Json, index: number): string {
  if (!isObject(row) || row["code"] === undefined) return String(index);
  const { code, error = row["reason"] } = row;
  return [code, error].map((part) => (typeof part === "string" ? part : JSON.stringify(part))).filter((part) => part !== undefined).join(" ");
}

function factsOf(row: Json): string {
  if (!isObject(row)) return JSON.stringify(row);
  return JSON.stringify(Object.fromEntries(Object.entries(row).filter(([name]) => !prose.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))));
}
