import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundleClient } from "../../build/client.ts";
import type { RunningAccount } from "../../src/account/account.ts";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import { hasPython, pythonWithWebsockets } from "../support/python.ts";
import { startAccount } from "./account.ts";

const run = promisify(execFile);
const root = `${import.meta.dirname}/../..`;
const page = readFileSync(`${root}/docs/connect.md`, "utf8");
const clientExamples = [...readFileSync(`${root}/docs/client.md`, "utf8").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

const isPythonHere = await hasPython();

function example(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/connect.md has no ${language} example`);
  return code;
}

/** The line of the page that runs this program. */
function shell(program: string): string {
  const line = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, code = ""]) => code).find((code) => code.includes(`${program} `));
  if (line === undefined) throw new Error(`docs/connect.md has no line for ${program}`);
  return line;
}

/** Without it there is nobody to run its line for. */
function has(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}

describe("the examples of the pages for applications, as written", () => {
  let account: RunningAccount<ResolvedAccount>;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "readme-"));
    const installed = join(folder, "node_modules/clawwire");
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, "client.js"), await bundleClient(root, "node"));
    writeFileSync(join(installed, "package.json"), JSON.stringify({ type: "module", exports: { "./client": "./client.js" } }));
    // The examples dial the default port.
    account = await startAccount({ port: 18800 });
  });
  afterAll(async () => {
    await account.stop();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, code: string): string => {
    const file = join(folder, name);
    writeFileSync(file, code);
    return file;
  };

  it("get an answer from JavaScript", async () => {
    const { stdout, stderr } = await run(process.execPath, [write("example.mjs", example("js"))]);
    expect(stdout).toMatch(/^so far: You s.*\nanswer: You said: When does the library close\?\n$/s);
    expect(stderr).toBe("");
  });

  it.each([
    "You said: When does the library close?",
    "You said: When does the library close? []\n",
    "You said: Good morning\n",
    "",
    "",
    "You said: Are you there?\n",
    "invalid_format never Invalid message format. Expected: { type: 'chat.send', content: '...' }\n",
  ].map((expected, index) => ({ number: index + 1, expected })))("print what is expected of example $number of the client", async ({ number, expected }) => {
    expect(await run(process.execPath, [write(`client-${number}.ts`, clientExamples[number - 1] ?? "")])).toEqual({ stdout: expected, stderr: "" });
  });

  it.runIf(has("curl"))("are let in as curl shows it", async () => {
    const { stdout } = await run("bash", ["-c", shell("curl")]).catch((timedOut: { stdout: string }) => timedOut);
    expect(stdout).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  });

  it.runIf(has("websocat"))("get an answer from websocat", async () => {
    const child = spawn("bash", ["-c", shell("websocat")], { detached: true });
    try {
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
      await vi.waitUntil(() => printed.includes("\"chat.response\""), { timeout: 10_000 });
      expect(printed).toContain("You said: When does the library close?");
    } finally {
      if (child.pid !== undefined) process.kill(-child.pid);
    }
  }, 20_000);

  it.runIf(isPythonHere)("get an answer from Python", async () => {
    const { command, env } = await pythonWithWebsockets(folder);
    const { stdout } = await run(command, [write("example.py", example("python"))], { env: { ...process.env, ...env } });
    expect(stdout).toBe("answer: You said: When does the library close?\n");
  }, 120_000);
});
