import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { expectedIn, findGoldens, type Golden, makeGolden, planGoldens } from "../../../codegen/goldens/goldens.ts";
import { readText } from "../../../codegen/output.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
const fixtures = path.join(repository, "codegen/fixtures");
const goldens = findGoldens(fixtures);
const isRefused = ({ document }: Golden): boolean => path.basename(path.dirname(document)) === "refused";

describe("the goldens", () => {
  const made = new Map<string, string>();

  it.each(goldens.map((golden) => [golden.name, golden] as const))("%s makes what is committed, and is told what is committed", async (name, golden) => {
    const files = await makeGolden(fixtures, golden);
    for (const [file, text] of files) {
      made.set(file, text);
      expect(readText(path.join(expectedIn(fixtures), file)), `${file}; npm run goldens writes it`).toBe(text);
    }
    const kinds = [...files.keys()].filter((file) => file.startsWith(`${name}/`)).map((file) => path.basename(file));
    if (isRefused(golden)) expect(kinds).toEqual(["findings.txt"]);
    else expect(kinds).toContain("validators.ts");
  }, 60_000);

  it("have names of their own, and no file that nothing makes", () => {
    expect(new Set(goldens.map(({ name }) => name)).size).toBe(goldens.length);
    expect(planGoldens(fixtures, made)).toEqual({ write: [], remove: [] });
    expect(goldens.filter(isRefused).length).toBeGreaterThan(10);
    expect(goldens.length).toBeGreaterThan(30);
  });
});

describe("what is generated", () => {
  const tsc = (...args: string[]) => promisify(execFile)(path.join(repository, "node_modules/.bin/tsc"), args, { cwd: tmpdir() });

  it("type-checks under the strictest options, with every declaration that it uses", async () => {
    await expect(tsc("-p", fixtures)).resolves.toMatchObject({ stdout: "" });
    const { stdout } = await tsc("-p", fixtures, "--showConfig");
    expect(JSON.parse(stdout)).toMatchObject({ compilerOptions: { strict: true, skipLibCheck: false } });
    const { stdout: files } = await tsc("-p", fixtures, "--listFilesOnly");
    for (const protocol of ["clawchat", "insta-claw", "local-im", "websocket"]) expect(files).toContain(`/generated/${protocol}/arbitraries.ts\n`);
    for (const golden of goldens.filter((each) => !isRefused(each))) expect(files).toContain(`/expected/${golden.name}/arbitraries.ts\n`);
    expect(files).toContain("/fast-check/");
  }, 60_000);
});
