import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";

const root = `${import.meta.dirname}/../../..`;
const page = readFileSync(`${root}/docs/hostile-clients.md`, "utf8");
const shown = [...page.matchAll(/^\| .+ \| .+ \| (\S+\.test\.ts)#(.+) \|$/gm)].map(([, file = "", title = ""]) => `${file}#${title}`);
/** Of `it("…"` and of `it.each(…)("…"`, whose table may end on a line of its own. */
const TITLE = /^ *(?:it|it\.each\(.*\)|\]\))\("([^"]+)",/gm;
const written = globSync("tests/edge/*.test.ts", { cwd: root }).flatMap((path) => [...readFileSync(`${root}/${path}`, "utf8").matchAll(TITLE)].map(([, title = ""]) => `${basename(path)}#${title}`));

describe("the page about hostile clients", () => {
  it("names each test once, and each there is", () => {
    expect(shown.toSorted()).toEqual(written.toSorted());
    expect(shown.length).toBeGreaterThan(30);
  });
});
