import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited, lamp } from "./lamp.ts";

const command = path.resolve(import.meta.dirname, "../../../../codegen/diff/main.ts");
const home = mkdtempSync(path.join(tmpdir(), "spec-diff-test-"));
const repository = path.join(home, "repository");
const document = path.join(repository, "spec/lamp.asyncapi.yaml");
const higher = edited(lamp, ["minimum: 1, maximum: 9", "minimum: 2, maximum: 9"]);

function git(...args: readonly string[]): string {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"];
  return execFileSync("git", ["-C", repository, ...who, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function specDiff(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { cwd: home, encoding: "utf8" });
  return { status, stdout, stderr };
}

const here = (...args: readonly string[]) => specDiff("--repository", repository, "--runs", "40", ...args);

beforeAll(() => {
  mkdirSync(path.dirname(document), { recursive: true });
  git("init", "--quiet", "--initial-branch", "main");
  writeFileSync(document, lamp);
  git("add", ".");
  git("commit", "--quiet", "-m", "Say how the lamp is");
}, 30_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("npm run spec:diff", () => {
  it("of this repository finds no break of the last release that its version does not announce", () => {
    const { status, stdout, stderr } = specDiff();
    expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: expect.stringMatching(/^spec:diff: (?:spec\/ against |nothing to compare with: )/u) as string });
  }, 240_000);

  it("without a release says so, shows what changed since the last commit, and holds it against nobody", () => {
    writeFileSync(document, higher);
    const { status, stdout } = here();
    expect(status).toBe(0);
    expect(stdout).toContain("there is no release yet");
    expect(stdout).toContain("breaking   received state /level: lowest value, at least 1 → at least 2");
    expect(stdout).toContain("Nothing of this is a fault while there is no release.");
  }, 60_000);

  it("fails on a break of the newest release, with its place, its reason and a value, and touches nothing", () => {
    git("tag", "v1.2.0");
    writeFileSync(document, higher);
    const { status, stdout, stderr } = here();
    expect(status).toBe(1);
    expect(stdout).toMatch(/spec\/ against v1\.2\.0; seed 1, 40 values/u);
    expect(stdout).toMatch(/ {2}breaking {3}received state \/level: .*\n {4}spec\/lamp\.asyncapi\.yaml:\d+:\d+\n {4}an old peer may send what is refused now: .*\n {4}seen: \{.*is refused: .*level: expected a number of at least 2/u);
    expect(stdout).toMatch(/ {2}compatible sent state \/level: /u);
    expect(stdout).toContain("info.version 2.0.0 (it is 1.2.0)");
    expect(stderr).toContain("spec:diff: lamp: 2 of 2 messages tried\n");
    expect(git("status", "--porcelain")).toBe(" M spec/lamp.asyncapi.yaml\n");
  }, 60_000);

  it("passes what the version announces, and says it to programs", () => {
    writeFileSync(document, edited(higher, ["version: 1.2.0", "version: 2.0.0"]));
    const { status, stdout } = here("--json", "v1.2.0");
    const result = JSON.parse(stdout) as { documents: { breaking: number; announced: boolean; changes: { location: string; confirmation?: { seen: string } }[] }[] };
    expect({ status, ...result }).toMatchObject({ status: 0, seed: 1, runs: 40, documents: [{ breaking: 1, announced: true, old: "1.2.0", new: "2.0.0" }] });
    expect(result.documents[0]?.changes[0]).toMatchObject({ verdict: "breaking", path: "/level", confirmation: { seen: "yes", message: "state" } });
    expect(result.documents[0]?.changes[0]?.location).toMatch(/^spec\/lamp\.asyncapi\.yaml:\d+:\d+$/u);
  }, 60_000);

  it("fails on a document that is gone", () => {
    git("mv", "--force", document, `${document}.old`);
    expect(here()).toMatchObject({ status: 1, stdout: expect.stringContaining("lamp: breaking, the document is gone") as string });
    git("mv", `${document}.old`, document);
  }, 60_000);

  it("compares two files without git", () => {
    const [old, now] = [path.join(home, "old.yaml"), path.join(home, "new.yaml")];
    writeFileSync(old, lamp);
    writeFileSync(now, edited(lamp, ["enum: [red, green]", "enum: [red, green, blue]"]));
    const { status, stdout } = specDiff("--old", "old.yaml", "--new", now, "--runs", "40", "--seed", "9");
    expect(status).toBe(1);
    expect(stdout).toContain("spec:diff: new.yaml against old.yaml; seed 9");
    expect(stdout).toContain('breaking   sent state /colour: values, "red", "green" → "red", "green", "blue"');
  }, 60_000);

  it("says in a clone without history what is missing, and how to get it", () => {
    const clone = path.join(home, "clone");
    writeFileSync(document, lamp);
    git("commit", "--quiet", "--allow-empty", "-m", "Say nothing");
    execFileSync("git", ["clone", "--quiet", "--depth", "1", "--no-tags", pathToFileURL(repository).href, clone], { stdio: "ignore" });
    const remedy = 'this clone is shallow, "git fetch --unshallow --tags" brings the rest';
    expect(specDiff("--repository", clone)).toEqual({ status: 0, stdout: `spec:diff: nothing to compare with: no release is known here; ${remedy}\n`, stderr: "" });
    expect(specDiff("--repository", clone, "v1.2.0")).toEqual({ status: 2, stdout: "", stderr: `spec:diff: git knows no revision "v1.2.0"; ${remedy}\n` });
  }, 60_000);

  it("refuses what it cannot answer in one line", () => {
    expect(here("nowhere")).toEqual({ status: 2, stdout: "", stderr: 'spec:diff: git knows no revision "nowhere"\n' });
    expect(here("--old", "a.yaml")).toMatchObject({ status: 2, stderr: "spec:diff: --old and --new go together\n" });
    expect(here("--runs", "many")).toMatchObject({ status: 2, stderr: 'spec:diff: --runs must be a whole number up to 100000, not "many"\n' });
    expect(specDiff("--repository", home, "v1")).toMatchObject({ status: 2, stderr: expect.stringMatching(/^spec:diff: there is no git repository at .*--old FILE --new FILE/u) as string });
    expect(specDiff("--old", "none.yaml", "--new", "none.yaml")).toMatchObject({ status: 2, stderr: expect.stringContaining("cannot be read") as string });
  }, 60_000);

  it("explains itself", () => {
    const { status, stdout } = specDiff("--help");
    expect(status).toBe(0);
    for (const flag of ["--runs N", "--seed N", "--json", "--old FILE", "--new FILE", "--repository DIR", "--help", "Exit code"]) expect(stdout).toContain(flag);
  }, 20_000);
});
