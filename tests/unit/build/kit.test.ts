import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildKit } from "../../../build/kit.ts";
import { startSimulator } from "../../../src/testing/simulator/simulator.ts";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../../..");
const page = await readFile(path.join(root, "docs/testing.md"), "utf8");
const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""], index) => ({ name: `example-${index + 1}`, code }));

const clientPage = await readFile(path.join(root, "docs/client.md"), "utf8");
const clientExamples = [...clientPage.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""], index) => ({ name: `client-${index + 1}`, code }));

/** What a page is made with: no types of Node, none of a test library. */
const pageSource = `import { type Chat, connect } from "clawwire/client";
const chat: Chat = connect({ url: new URL("wss://chat.example/ws"), WebSocket, token: async () => (await fetch("/ticket")).text() });
const reply = chat.send("hello", { signal: AbortSignal.timeout(1_000), media: [{ bytes: new Uint8Array(1) }] });
for await (const part of reply) document.body.textContent = part.text;
chat.on("reaction", ({ emoji, op }) => console.log(emoji, op === "add"));
`;

/** What a project that installs the kit gets beside it, from what is installed here: nothing is fetched. */
const beside = ["ws", "json5", "fast-check", "pure-rand", "@types/ws", "@types/node", "undici-types"];

describe("the packed kit in a project of its own", () => {
  let project = "";
  let installed = "";
  let tarball = "";

  beforeAll(async () => {
    project = await mkdtemp(path.join(tmpdir(), "kit-"));
    const modules = path.join(project, "node_modules");
    installed = path.join(modules, "clawwire");
    await mkdir(path.join(modules, "@types"), { recursive: true });
    await mkdir(installed);
    tarball = await buildKit(root, path.join(project, "dist"));
    await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
    for (const name of beside) await symlink(path.join(root, "node_modules", name), path.join(modules, name));
    await writeFile(path.join(project, "package.json"), JSON.stringify({ type: "module" }));
    const compilerOptions = { strict: true, skipLibCheck: false, noEmit: true, target: "ES2024", lib: ["ES2025"], module: "NodeNext", types: ["node"] };
    await writeFile(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    for (const { name, code } of [...examples, ...clientExamples]) await writeFile(path.join(project, `${name}.ts`), code);
  }, 180_000);

  afterAll(async () => rm(project, { recursive: true, force: true }));

  it("has types that a strict compiler takes, those of its dependencies included", { timeout: 120_000 }, async () => {
    const check = async () => run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", project], { cwd: project }).then(() => "", (cause: { stdout: string }) => cause.stdout);
    expect(await check()).toBe("");
    await writeFile(path.join(project, "wrong.ts"), 'import { startSimulator } from "clawwire/testing";\nawait startSimulator("smoke-signals");\n');
    expect(await check()).toMatch(/wrong\.ts\(2,22\).*"smoke-signals"/);
    await rm(path.join(project, "wrong.ts"));
  });

  it("has types of the client that a page can use, which has no types but those of a browser", { timeout: 120_000 }, async () => {
    const folder = path.join(project, "page");
    await mkdir(folder);
    const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, target: "ES2022", lib: ["ES2022", "DOM"], module: "ESNext", moduleResolution: "bundler", types: [] };
    await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    await writeFile(path.join(folder, "page.ts"), pageSource);
    const check = async () => run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { cwd: folder }).then(() => "", (cause: { stdout: string }) => cause.stdout);
    expect(await check()).toBe("");
    await writeFile(path.join(folder, "page.ts"), pageSource.replace('"reaction"', '"reacted"'));
    expect(await check()).toMatch(/page\.ts\(5,9\).*"reacted"/);
  });

  it("has exports and types that npm, bundlers and compilers of every kind find", { timeout: 60_000 }, async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, level: "suggestion", strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    const checked = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
    // Nothing resolves as Node 10 did in a package that needs Node 24, and whoever requires it there gets the module.
    const foreign = checked.types ? checked.problems.filter((problem) => problem.kind !== "CJSResolvesToESM" && !("resolutionKind" in problem && problem.resolutionKind === "node10")) : "no types";
    expect(foreign).toEqual([]);
  });

  it("is small", async () => {
    const files = await readdir(installed, { recursive: true, withFileTypes: true });
    const sizes = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => (await stat(path.join(file.parentPath, file.name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000);
  });

  it("gives a page one file for the client and Node another, by its exports", async () => {
    const resolve = async (...conditions: string[]) =>
      (await run(process.execPath, [...conditions, "--input-type=module", "--eval", 'console.log(import.meta.resolve("clawwire/client"), Object.keys(await import("clawwire/client")).join())'], { cwd: project })).stdout;
    expect(await resolve()).toMatch(/\/clawwire\/client\/node\.js ChatError,connect\n$/);
    expect(await resolve("--conditions=browser")).toMatch(/\/clawwire\/client\/browser\.js ChatError,connect\n$/);
  });

  it.each(examples)("runs $name of the page about it", { timeout: 60_000 }, async ({ name }) => {
    expect(await run(process.execPath, [`${name}.ts`], { cwd: project })).toMatchObject({ stdout: "", stderr: "" });
  });

  it("has a command that tests the other end, and plays it", { timeout: 120_000 }, async () => {
    const folder = path.join(project, "empty");
    await mkdir(folder);
    // What npm would fetch is packed from what is installed here.
    const tarballs = [path.join(project, "dist/clawwire-0.1.0.tgz")];
    for (const [index, name] of beside.entries()) {
      const tarball = path.join(folder, `${index}.tgz`);
      await run("tar", ["-czf", tarball, "--transform", "s,^,package/,", "-C", path.join(root, "node_modules", name), "."]);
      tarballs.push(tarball);
    }
    await writeFile(path.join(folder, "package.json"), "{}");
    await run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", path.join(folder, "cache"), ...tarballs], { cwd: folder });
    const command = path.join(folder, "node_modules/.bin/clawwire");
    const kit = async (...args: string[]) => run(process.execPath, [command, ...args], { cwd: folder }).then(({ stdout }) => ({ code: 0, stdout, stderr: "" }), (cause: { code: number; stdout: string; stderr: string }) => cause);
    expect((await kit("--help")).stdout).toMatch(/^Usage: clawwire COMMAND[^]*\n {2}conform {3}[^]*$/);
    expect((await kit("--help")).stdout).not.toContain("gateway");
    expect((await kit("simulate", "--help")).stdout).toMatch(/^Usage: clawwire simulate insta-claw\|local-im\|clawchat \[options\]/);
    expect(await kit("spec", "clawchat")).toMatchObject({ code: 0, stdout: await readFile(path.join(root, "spec/clawchat.asyncapi.yaml"), "utf8") });
    expect(await kit("conform", "local-im", "ws://127.0.0.1:9/")).toMatchObject({ code: 2, stderr: expect.stringMatching(/There is no server at ws:\/\/127\.0\.0\.1:9\//) as string });
    const server = await startSimulator("local-im");
    const { code, stdout } = await kit("conform", "local-im", server.url, "--timeout", "1", "--rule", "LI-5");
    // No OpenClaw is here: what the channels need of it, the kit has itself.
    await writeFile(path.join(folder, "openclaw.json"), `{ channels: { "nc-local-im-connector": { serverUrl: "${server.url}", accounts: { Office: {} } }, websocket: { port: "many" } } }`);
    const doctor = await kit("doctor", "--config", "openclaw.json", "--take-over");
    await server.stop();
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/✗ configuration {2}channels\.websocket\.port: expected a whole number[^]*nc-local-im-connector Office {2}ws:[^]*✓ handshake/);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^✓ LI-5 {2}answers a WebSocket ping/)]);
  });

  it("says nothing of where it was made, and needs what it names", async () => {
    const manifest = JSON.parse(await readFile(path.join(project, "node_modules/clawwire/package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: "clawwire", exports: { "./testing": { types: "./src/testing/index.d.ts" } }, peerDependencies: { "fast-check": expect.stringMatching(/^\^/) as string } });
    expect([examples.length, clientExamples.length]).toEqual([4, 7]);
  });
});
