import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../../generated/websocket/index.ts";

const root = `${import.meta.dirname}/../../..`;
const page = readFileSync(`${root}/docs/client.md`, "utf8");

/** What stands between backticks in the first column of a table. */
function named(head: string): string[] {
  const [, table = ""] = page.split(`| ${head} |`);
  const rows = table.split("\n\n")[0]?.split("\n").filter((line) => line.startsWith("| `")) ?? [];
  return rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name)).toSorted();
}

/** The members of a union of strings in a source. */
function members(file: string, type: string): string[] {
  const [, after = ""] = readFileSync(`${root}/src/client/${file}`, "utf8").split(`export type ${type} =`);
  return [...(after.split(";")[0] ?? "").matchAll(/\| "(\w+)"/g)].map(([, name = ""]) => name);
}

describe("the page about the client", () => {
  it("lists each code of the wire and of the client", () => {
    expect(named("Code | Meaning | What to do")).toEqual([...errorCodes.map(({ code }) => code), ...members("error.ts", "ClientCode")].toSorted());
  });

  it("lists each reason of a state", () => {
    expect(named("`why` | State | Meaning")).toEqual(members("model.ts", "Why").toSorted());
  });
});
