import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { listFiles } from "../../../codegen/output.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
const out = mkdtempSync(path.join(tmpdir(), "codegen-cli-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

function codegen(args: readonly string[], cwd = tmpdir()): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(repository, "codegen/main.ts"), ...args], {
    cwd,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("npm run codegen", () => {
  it("finds its documents from any working directory, and says that all is up to date", () => {
    const { status, stdout, stderr } = codegen(["--check"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^codegen: (?:nothing has changed; )?\d+ files up to date in \d+\.\d s\n$/u);
  }, 20_000);

  it("reads any AsyncAPI 3 document into any folder, and names what is out of date", () => {
    const spec = path.join(repository, "codegen/fixtures/hostile.asyncapi.yaml");
    const relative = path.relative(out, spec);
    const check = codegen(["--spec", relative, "--out", ".", "--check"], out);
    expect(check.status).toBe(1);
    expect(check.stderr).toContain("out of date: hostile/types.ts\n");
    expect(listFiles(out)).toEqual([]);
    const write = codegen(["--spec", relative, "--out", "."], out);
    expect(write).toMatchObject({ status: 0, stderr: "" });
    expect(write.stdout).toMatch(/^codegen: 1 document, 3 messages; 15 files written, 0 removed, 0 unchanged in \d+\.\d s\n$/u);
    expect(listFiles(out)).toContain("hostile/types.ts");
  }, 20_000);

  it("refuses what it does not know in one line", () => {
    expect(codegen(["--chek"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "codegen: Unknown option '--chek'; --help lists what there is\n",
    });
    expect(codegen(["extra"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^codegen: Unexpected argument 'extra'.*\n$/u) as string,
    });
    expect(codegen(["--spec", "x.yaml"])).toEqual({ status: 2, stdout: "", stderr: "codegen: --spec and --out go together\n" });
    expect(codegen(["--spec"])).toMatchObject({ status: 2, stderr: expect.stringMatching(/^codegen: .*--spec.*\n$/u) as string });
  }, 20_000);

  it("names a file that cannot be read", () => {
    const { status, stderr } = codegen(["--spec", "nowhere.yaml", "--out", "."], out);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nowhere\.yaml:1:1: cannot be read: .*\ncodegen: 1 error, nothing was written\n$/u);
  });

  it("explains itself", () => {
    const { status, stdout } = codegen(["--help"]);
    expect(status).toBe(0);
    for (const flag of ["--check", "--spec FILE", "--out DIR", "--help"]) expect(stdout).toContain(flag);
  });
});
