import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildKit } from "../../../build/kit.ts";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../../..");
const page = await readFile(path.join(root, "docs/testing.md"), "utf8");
const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""], index) => ({ name: `example-${index + 1}`, code }));

/** What a project that installs the kit gets beside it, from what is installed here: nothing is fetched. */
const beside = ["ws", "fast-check", "pure-rand", "@types/ws", "@types/node", "undici-types"];

describe("the packed kit in a project of its own", () => {
  let project = "";

  beforeAll(async () => {
    project = await mkdtemp(path.join(tmpdir(), "kit-"));
    const modules = path.join(project, "node_modules");
    const installed = path.join(modules, "clawwire");
    await mkdir(path.join(modules, "@types"), { recursive: true });
    await mkdir(installed);
    const tarball = await buildKit(root, path.join(project, "dist"));
    await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
    for (const name of beside) await symlink(path.join(root, "node_modules", name), path.join(modules, name));
    await writeFile(path.join(project, "package.json"), JSON.stringify({ type: "module" }));
    const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, target: "ES2024", lib: ["ES2025"], module: "NodeNext", types: ["node"] };
    await writeFile(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    for (const { name, code } of examples) await writeFile(path.join(project, `${name}.ts`), code);
  }, 180_000);

  afterAll(async () => rm(project, { recursive: true, force: true }));

  it("has types that a strict compiler takes, those of its dependencies included", { timeout: 120_000 }, async () => {
    const check = async () => run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", project], { cwd: project }).then(() => "", (cause: { stdout: string }) => cause.stdout);
    expect(await check()).toBe("");
    await writeFile(path.join(project, "wrong.ts"), 'import { startSimulator } from "clawwire/testing";\nawait startSimulator("smoke-signals");\n');
    expect(await check()).toMatch(/wrong\.ts\(2,22\).*"smoke-signals"/);
    await rm(path.join(project, "wrong.ts"));
  });

  it.each(examples)("runs $name of the page about it", { timeout: 60_000 }, async ({ name }) => {
    expect(await run(process.execPath, [`${name}.ts`], { cwd: project })).toMatchObject({ stdout: "", stderr: "" });
  });

  it("says nothing of where it was made, and needs what it names", async () => {
    const manifest = JSON.parse(await readFile(path.join(project, "node_modules/clawwire/package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: "clawwire", exports: { "./testing": { types: "./src/testing/index.d.ts" } }, peerDependencies: { "fast-check": expect.stringMatching(/^\^/) as string } });
    expect(examples.length).toBe(4);
  });
});
