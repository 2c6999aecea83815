import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { executed, type Executed } from "../../support/page-commands.ts";
import { blocksIn, blocksInPages, commandsIn, commandsInPages, type PageCommand } from "../../support/pages.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const commands = commandsInPages();

/** What is wrong with a command and the test that is said to execute it; each line says what to do. */
function judge({ page, line, command }: PageCommand, entry: Executed | undefined): string[] {
  const place = `${page}:${line} prints ${JSON.stringify(command)}`;
  if (!entry) return [`${place}, and no test executes it: run it as it is printed in tests/conformance/page-commands.test.ts, or in tests/host/pages.test.ts where it needs OpenClaw, and name that test in tests/support/page-commands.ts`];
  const [, file = "", title] = /^([^#]+)(?:#(.+))?$/s.exec(entry.by) ?? [];
  const source = read(file);
  if (source === undefined) return [`${place}: there is no file ${file}, which should execute it; correct tests/support/page-commands.ts`];
  // What every change passes before the tests needs no test of its own.
  if (file !== ".ci/run" && !['"', "'", "`"].some((quote) => source.includes(`(${quote}${title}${quote},`))) return [`${place}: ${file} has no test "${title}", which should execute it; correct tests/support/page-commands.ts`];
  const proof = entry.as ?? command;
  return source.includes(proof) ? [] : [`${place}: ${JSON.stringify(proof)} stands nowhere in ${file}, which should execute it; execute it there, or correct tests/support/page-commands.ts`];
}

function read(file: string): string | undefined {
  try {
    return readFileSync(path.join(root, file), "utf8");
  } catch {
    return undefined;
  }
}

describe("the commands of the pages", () => {
  it("are executed by a test, each of them", () => {
    expect(commands.flatMap((each) => judge(each, executed[each.command]))).toEqual([]);
    expect(commands.length).toBeGreaterThan(50);
  });

  it("are all that tests/support/page-commands.ts has", () => {
    const known = new Set(commands.map(({ command }) => command));
    expect(Object.keys(executed).filter((command) => !known.has(command))).toEqual([]);
  });

  it("stand in blocks whose language says what they are", () => {
    const odd = blocksInPages().filter(({ language }) => !["sh", "bash", "console", "shell", "html", "ts", "js", "python", "json", "yaml", "markdown", "text"].includes(language));
    expect(odd.map(({ page, line, language }) => `${page}:${line} is a block in "${language}": commands belong into one in "sh"`)).toEqual([]);
  });

  it("are all run by npm test, this one too", () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
    expect(scripts).toMatchObject({ pretest: "node bin/ensure-installed.mjs", test: "vitest run" });
  });

  it("are found wherever a block may stand, line by line", () => {
    const text = "- item\n\n  ```sh\n  # why\n  one --a\n\n  two \\\n    --b\n  ```\n\n~~~console\n$ three\nits answer\n~~~\n\n```ts\nfour();\n```\n";
    expect(blocksIn("p.md", text).filter(({ language }) => language !== "ts").flatMap(commandsIn)).toEqual([
      { page: "p.md", line: 5, command: "one --a" },
      { page: "p.md", line: 7, command: "two \\\n    --b" },
      { page: "p.md", line: 12, command: "three" },
    ]);
  });
});

describe("a command that nothing executes", () => {
  const printed = { page: "README.md", line: 7, command: "npm run dance" };

  it.each<[Executed | undefined, RegExp]>([
    [undefined, /^README\.md:7 prints "npm run dance", and no test executes it: run it as it is printed in tests\/conformance\/page-commands\.test\.ts, or/],
    [{ by: "tests/nowhere.test.ts#dances" }, /there is no file tests\/nowhere\.test\.ts/],
    [{ by: "tests/unit/house/pages.test.ts#dances" }, /has no test "dances"/],
    [{ by: "tests/unit/house/pages.test.ts#name scripts that exist" }, /"npm run dance" stands nowhere in tests\/unit\/house\/pages\.test\.ts/],
  ])("is told with what to do: %j", (entry, said) => {
    expect(judge(printed, entry)).toEqual([expect.stringMatching(said)]);
  });

  it("is not one that a test executes", () => {
    expect(judge(printed, { by: "tests/unit/house/pages.test.ts#name scripts that exist", as: "npm (?:run" })).toEqual([]);
  });
});
