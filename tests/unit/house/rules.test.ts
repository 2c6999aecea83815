import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";

const root = `${import.meta.dirname}/../../..`;
const read = (pattern: string) => globSync(pattern, { cwd: root }).map((path) => readFileSync(`${root}/${path}`, "utf8"));
const cited = new Set(read("tests/**/*.test.ts").flatMap((text) => text.match(/\b[A-Z]{2}-\d+\b/g) ?? []));

describe.each(globSync("spec/rules/*.md", { cwd: root }))("%s", (path) => {
  const stated = [...readFileSync(`${root}/${path}`, "utf8").matchAll(/^- \*\*([A-Z]{2}-\d+)\*\*/gm)].map(([, id]) => id ?? "");

  it("numbers its rules without gaps", () => {
    const prefix = stated[0]?.split("-")[0];
    expect(stated).toEqual(stated.map((_, index) => `${prefix}-${index + 1}`));
  });

  it("has a test for each rule", () => {
    expect(stated.filter((id) => !cited.has(id))).toEqual([]);
  });

  it("states each rule its code cites", () => {
    const name = basename(path, ".md");
    const inCode = new Set(read(`src/**/*.ts`).flatMap((text) => text.match(new RegExp(`\\b${stated[0]?.split("-")[0]}-\\d+\\b`, "g")) ?? []));
    expect([...inCode].filter((id) => !stated.includes(id)), name).toEqual([]);
  });
});
