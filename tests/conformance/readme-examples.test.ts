import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningAccount } from "../../src/account/account.ts";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import { hasPython, pythonWithWebsockets } from "../support/python.ts";
import { startAccount } from "./account.ts";

const run = promisify(execFile);
const readme = readFileSync(`${import.meta.dirname}/../../README.md`, "utf8");

const isPythonHere = await hasPython();

function example(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no ${language} example`);
  return code;
}

describe("the README's examples, as written", () => {
  let account: RunningAccount<ResolvedAccount>;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "readme-"));
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

  it.runIf(isPythonHere)("get an answer from Python", async () => {
    const { command, env } = await pythonWithWebsockets(folder);
    const { stdout } = await run(command, [write("example.py", example("python"))], { env: { ...process.env, ...env } });
    expect(stdout).toBe("answer: You said: When does the library close?\n");
  }, 120_000);
});
