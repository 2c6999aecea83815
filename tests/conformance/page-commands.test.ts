import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { buildKit } from "../../build/kit.ts";
import { startSimulator } from "../../src/testing/simulator/simulator.ts";
import { complete, run } from "../host/processes.ts";
import { printed } from "../support/pages.ts";
import { hasPython } from "../support/python.ts";
import { asOffice, dialRaw } from "../support/raw-plugin.ts";
import { type Registry, startRegistry } from "../support/registry.ts";

const isPythonHere = await hasPython();
const root = path.resolve(import.meta.dirname, "../..");
/** As in a shell: none of the variables by which a test runner would take a command for a part of itself. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_ENV|TEST$|npm_)/.test(name)));

const line = (command: string, options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) => complete("bash", ["-c", printed(command)], { env, ...options });

function start(command: string, input?: string) {
  const started = run("bash", ["-c", printed(command)], { env, ...(input !== undefined && { input }) });
  onTestFinished(() => void (started.isRunning() && started.signalGroup("SIGKILL")));
  return started;
}

describe("the commands of the kit, as the pages print them", { timeout: 120_000 }, () => {
  it("explain themselves and print a document", async () => {
    expect(await line("npx clawwire chat --help")).toMatchObject({ code: 0, stdout: expect.stringContaining("--once TEXT") as string });
    expect(await line("npx clawwire spec local-im")).toMatchObject({ code: 0, stdout: readFileSync(path.join(root, "spec/local-im.asyncapi.yaml"), "utf8") });
  });

  it("play a server", async () => {
    const server = start("npx clawwire simulate local-im", "good morning\n/quit\n");
    await server.until(/waits for the plugin/, 30_000);
    const plugin = await dialRaw("ws://127.0.0.1:18802/", asOffice["local-im"]);
    await plugin.closed;
    expect(plugin.got.join()).toContain("good morning");
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it("test a server", async () => {
    const server = await startSimulator("local-im", { port: 18802 });
    onTestFinished(() => server.stop());
    const { code, stdout } = await line("npx clawwire conform local-im ws://127.0.0.1:18802/ --account office --timeout 5");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/✓ LI-5 [^]*local-im, server: \d+ passed, \d+ not observed/) as string });
  });

  it("play the server for a client, and test it", async () => {
    const kit = start("npx clawwire conform local-im --listen 18802");
    await kit.until(/ws:\/\/127\.0\.0\.1:18802/, 30_000);
    const plugin = await dialRaw("ws://127.0.0.1:18802/", asOffice["local-im"]);
    await kit.until(/^1\/\d+ /m, 60_000);
    plugin.socket.terminate();
    kit.signalGroup("SIGTERM");
    await kit.exited;
    expect(kit.stderr()).not.toMatch(/Failure|Error/);
  });
});

describe("the scripts of the workshop, as the pages print them", { timeout: 300_000 }, () => {
  it("run a part of the tests", async () => {
    expect(await line("npx vitest run --project fast tests/unit/protocols")).toMatchObject({ code: 0, stdout: expect.stringMatching(/passed/) as string });
  });

  it("generate, and say whether it is needed", async () => {
    expect(await line("npm run codegen -- --check")).toMatchObject({ code: 0 });
    expect(await line("npm run codegen")).toMatchObject({ code: 0, stdout: expect.stringContaining("up to date") as string });
    expect(await line("npm run prove -- codegen/fixtures/letters.asyncapi.yaml")).toMatchObject({ code: 0, stdout: expect.stringContaining("1 proven, 0 refused, 0 with faults") as string });
  });

  it("write the reference", async () => {
    expect(await line("npm run docs")).toMatchObject({ code: 0, stdout: expect.stringContaining("dist/docs/index.html") as string });
    expect(existsSync(path.join(root, "dist/docs/index.html"))).toBe(true);
  });

  it("fuzz, a little of everything", async () => {
    expect(await line("npm run fuzz -- --minutes 0.5")).toMatchObject({ code: 0 });
    expect(await line("npm run fuzz -- --minutes 0.1 --target session-clawchat --target edge")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^session-clawchat +[1-9]/m) as string });
  });

  it("fuzz again what was found", async () => {
    const found = path.join(root, ".fuzz/session-clawchat-4d2aed3ac858.json");
    mkdirSync(path.dirname(found), { recursive: true });
    writeFileSync(found, JSON.stringify({ target: "session-clawchat", seed: 1, inputs: ["[]"], error: "x" }));
    onTestFinished(() => rmSync(found));
    expect(await line("npm run fuzz -- --play .fuzz/session-clawchat-4d2aed3ac858.json")).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing is broken any more") as string });
  });

  it.runIf(isPythonHere)("check vectors in Python", async () => {
    expect(await line("python3 docs/check_vectors.py generated/local-im/schemas.json generated/local-im/vectors.json")).toMatchObject({ code: 0 });
  });
});

describe("the package clawwire, installed as its pages print it", { timeout: 120_000 }, () => {
  let folder = "";
  let registry: Registry;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "page-install-"));
    const folders = ["ws", "json5", "fast-check", "pure-rand", "@types/ws", "@types/node", "undici-types"].map((name) => path.join(root, "node_modules", name));
    registry = await startRegistry({ tarballs: [await buildKit(root, path.join(folder, "dist"))], folders });
  }, 60_000);
  afterAll(async () => {
    await registry.stop();
    await rm(folder, { recursive: true });
  });

  it.each(["npm install clawwire", "npm install --save-dev clawwire fast-check"])("%s", async (command) => {
    const project = await mkdtemp(path.join(folder, "project-"));
    writeFileSync(path.join(project, "package.json"), '{ "type": "module" }');
    const { code, stderr } = await line(command, { cwd: project, env: { ...env, npm_config_registry: registry.url, npm_config_cache: path.join(project, "cache"), npm_config_audit: "false", npm_config_fund: "false" } });
    expect(code, stderr).toBe(0);
    const script = `import { connect } from "clawwire/client";${command.includes("fast-check") ? ' import { suiteOf } from "clawwire/testing"; suiteOf("local-im", "server");' : ""} console.log(typeof connect)`;
    expect(await complete(process.execPath, ["--input-type=module", "--eval", script], { cwd: project })).toMatchObject({ stdout: "function\n", stderr: "" });
  });
});
