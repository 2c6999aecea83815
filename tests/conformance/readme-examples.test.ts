import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleClient } from "../../build/client.ts";
import type { RunningAccount } from "../../src/account/account.ts";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import { hasPython, pythonWithWebsockets } from "../support/python.ts";
import { startAccount } from "./account.ts";

const run = promisify(execFile);
const root = `${import.meta.dirname}/../..`;
const readme = readFileSync(`${root}/README.md`, "utf8");
const clientExamples = [...readFileSync(`${root}/docs/client.md`, "utf8").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

const isPythonHere = await hasPython();

function example(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no ${language} example`);
  return code;
}

describe("the examples of the README and of the page about the client, as written", () => {
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

  it.runIf(isPythonHere)("get an answer from Python", async () => {
    const { command, env } = await pythonWithWebsockets(folder);
    const { stdout } = await run(command, [write("example.py", example("python"))], { env: { ...process.env, ...env } });
    expect(stdout).toBe("answer: You said: When does the library close?\n");
  }, 120_000);
});
