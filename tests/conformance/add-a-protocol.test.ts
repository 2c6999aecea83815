import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const fixture = join(root, "tests/fixtures/helpdesk");
const page = readFileSync(join(root, "docs/add-a-protocol.md"), "utf8");

/** The files of the page by their names, and its commands in order. */
const shown = Object.fromEntries([...page.matchAll(/^`helpdesk\/([\w.]+)`:\n\n```\w+\n(.*?)```$/gms)].map(([, name = "", code = ""]) => [name, code]));
const commands = [...page.matchAll(/^```sh\n(.*?)```$/gms)].flatMap(([, lines = ""]) => lines.trim().split("\n"));
const [, printed] = /^```text\n(.*?)```$/ms.exec(page) ?? [];

const setUp = commands.slice(0, 3);
const [compile = "", conform = ""] = commands.slice(3);

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function run(command: string, cwd: string): Promise<Ended> {
  const child = spawn("bash", ["-c", command], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = (await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])) as [string, string, [number | null]];
  return { code, stdout, stderr };
}

async function succeed(command: string, cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, cwd);
  if (code !== 0) throw new Error(`"${command}" ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** The clone as a stranger has it, but for what this one has brought forth. */
function clone(): string {
  const folder = mkdtempSync(join(tmpdir(), "clawwire-"));
  for (const name of ["bin", "build", "codegen", "generated", "node_modules", "spec", "src", "tests", "package.json", "package-lock.json", "tsconfig.json"]) symlinkSync(join(root, name), join(folder, name));
  return folder;
}

/** What is broken in the session, and the rules of which the run says so. */
const wrongs: readonly (readonly [what: string, rules: readonly string[], before: string, after: string])[] = [
  ["ends an answer before its end", ["HD-1"], "command.content, false)", "command.content)"],
  ["does what the page says to take a repeat for a new message", ["HD-2"], 'identify: ({ messageId }) => ({ sender: "", messageId })', /`(identify: [^`]+)`/.exec(page.replaceAll("\n", " "))?.[1] ?? ""],
  ["closes the connection for a frame that it cannot read", ["HD-5"], 'do: "note", level: "warn", code: "ignored-frame", data: { field: decoded.path }', 'do: "close", code: 1002, reason: "unreadable"'],
];

describe("the guide to a fifth protocol", () => {
  it("shows every file of the fixture as it is, and no other", () => {
    expect(Object.keys(shown).toSorted()).toEqual(readdirSync(fixture).toSorted());
    for (const [name, code] of Object.entries(shown)) expect(code, name).toBe(readFileSync(join(fixture, name), "utf8"));
  });

  it("needs at most 150 lines written by hand, blank ones and comments too, none longer than the house writes them", () => {
    const lines = Object.values(shown).map((code) => code.trimEnd().split("\n").length);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(150);
    expect(Math.max(...Object.values(shown).flatMap((code) => code.split("\n").map((line) => line.length)))).toBeLessThan(175);
  });

  describe("from an empty folder", () => {
    let folder: string;
    let before: string[];
    let generated: string;
    beforeAll(async () => {
      folder = clone();
      const [install = "", make = "", generate = ""] = setUp;
      await succeed(install, folder);
      await succeed(make, folder);
      before = readdirSync(join(folder, "helpdesk"));
      for (const [name, code] of Object.entries(shown)) writeFileSync(join(folder, "helpdesk", name), code);
      generated = await succeed(generate, folder);
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("takes nothing but the files of the page, and generates the rest", () => {
      expect(before).toEqual([]);
      expect(generated).toMatch(/codegen: 1 document, 2 messages; \d+ files written, 0 removed, 0 unchanged/);
      expect(readdirSync(join(folder, "helpdesk")).toSorted()).toEqual([...Object.keys(shown), "generated"].toSorted());
    });

    it("compiles as strictly as the house, and lints", { timeout: 60_000 }, async () => {
      expect(await succeed(compile, folder)).toBe("");
      const { ignorePatterns: _fixture, ...rules } = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as Record<string, unknown>;
      writeFileSync(join(folder, ".oxlintrc.json"), JSON.stringify(rules));
      expect(await succeed("npx oxlint --type-aware --deny-warnings helpdesk/*.ts", folder)).toContain("Found 0 warnings and 0 errors.");
    });

    it.concurrent("leads to a conformance run that passes, and prints what the page says", { timeout: 60_000 }, async ({ expect }) => {
      expect((await succeed(conform, folder)).trim()).toBe(printed?.trim());
    });

    it.concurrent.for(wrongs)("leads to a run that fails where the session %s: %s", { timeout: 60_000 }, async ([, rules, before, after], { expect, onTestFinished }) => {
      const other = clone();
      onTestFinished(() => rmSync(other, { recursive: true, force: true }));
      mkdirSync(join(other, "helpdesk"));
      cpSync(join(folder, "helpdesk"), join(other, "helpdesk"), { recursive: true });
      const session = join(other, "helpdesk/session.ts");
      expect(readFileSync(session, "utf8").split(before)).toHaveLength(2);
      writeFileSync(session, readFileSync(session, "utf8").replace(before, after));
      const { code, stdout } = await run(conform, other);
      expect([...stdout.matchAll(/^✗ (\S+)/gm)].map(([, rule]) => rule)).toEqual(rules);
      expect(code).toBe(1);
    });
  });
});
