import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { leftOut, parts, shells } from "../../mutation/parts.ts";
import { count, type Mutant, scoreOf, writeReport } from "../../mutation/report.ts";

const root = `${import.meta.dirname}/../../..`;
const found = (patterns: readonly string[]) => globSync([...patterns], { cwd: root });
const everything = found(["src/{link,auth,protocols,client}/**/*.ts"]);
/** It waits for something: no function of values. An inbox waits for its handler alone, a reply for its parts and a chat for a token, whatever these are. */
const waits = (file: string) => /\bawait\b|\.after\(/.test(readFileSync(`${root}/${file}`, "utf8"));

describe("the parts that are broken on purpose", () => {
  it("hold every file of link, auth, protocols and the client once, a new one too", () => {
    const held = parts.flatMap(({ mutate }) => found(mutate));
    expect(held.toSorted()).toEqual(everything.toSorted());
  });

  it("leave out what waits for a socket, a timer or a server, and nothing else", () => {
    expect(everything.filter(waits).toSorted()).toEqual([...shells, "src/link/inbox.ts", "src/client/reply.ts", "src/client/chat.ts"].toSorted());
  });

  it("have tests, and leave out none that is not there", () => {
    for (const { tests } of parts) expect(tests.filter((pattern) => found([pattern]).length === 0)).toEqual([]);
    expect(leftOut.filter((pattern) => found([pattern]).length === 0)).toEqual([]);
  });
});

describe("the report of the mutants", () => {
  const mutant = (status: string, statusReason?: string): Mutant => ({ status, mutatorName: "StringLiteral", location: { start: { line: 7 } }, ...(statusReason !== undefined && { statusReason }) });
  const mutants = [mutant("Killed"), mutant("Timeout"), mutant("Survived"), mutant("NoCoverage"), mutant("Ignored", "nobody sees it"), mutant("RuntimeError")];

  it("counts what was noticed of all that could be", () => {
    expect(scoreOf(count(mutants))).toBe(50);
    expect(scoreOf(count([mutant("Ignored")]))).toBeUndefined();
  });

  it("says the score of each part and file, and why a mutant is left out", () => {
    const run = { part: "link", commit: "abc1234", date: "2026-11-22", seconds: 61, outcome: { files: { "src/link/outbox.ts": { mutants }, "src/link/socket.ts": { mutants: [] } } } };
    const text = writeReport([run, { ...run, part: "auth", outcome: { files: { "src/auth/jwt.ts": { mutants: [mutant("Killed")] } } } }]);
    expect(text).toContain("| link | 50.0 % | 1 | 1 | 1 | 1 | 1 | 61 | abc1234 | 2026-11-22 |");
    expect(text).toContain("| **all** | 60.0 % | 2 | 1 | 1 | 1 | 1 | 122 | | |");
    expect(text).toContain("| `src/auth/jwt.ts` | 100.0 % | 1 | 0 | 0 | 0 | 0 |");
    expect(text).toContain("- `src/link/outbox.ts:7` StringLiteral: nobody sees it");
    expect(text).not.toContain("socket.ts");
    expect(text).not.toContain("not measured");
    expect(writeReport([run], ["auth"])).toContain("| auth | not measured |");
  });
});
