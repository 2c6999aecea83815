import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { bundleClient } from "../../build/client.ts";
import type { RunningAccount } from "../../src/account/account.ts";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import type { DoctorReport } from "../../src/cli/doctor/report.ts";
import { main } from "../../src/cli/main.ts";
import { hasPython, pythonWithWebsockets } from "../support/python.ts";
import { printed } from "../support/pages.ts";
import { createStoryteller, startAccount } from "./account.ts";

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

  /** Runs a line of the operator's pages, `npx clawwire …`, in a folder with a configuration. */
  async function kit(file: string, command: string, during: () => Promise<void> = async () => {}) {
    const [, line = ""] = new RegExp(`^npx clawwire (${command}.*)$`, "m").exec(readFileSync(`${root}/docs/${file}`, "utf8")) ?? [];
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const printed = { stdout: "", stderr: "" };
    stdout.on("data", (part: Buffer) => (printed.stdout += part.toString()));
    stderr.on("data", (part: Buffer) => (printed.stderr += part.toString()));
    const config = write("openclaw.json", JSON.stringify({ channels: { websocket: { auth: { enabled: false } } } }));
    const ended = main(line.split(" "), { stdin, stdout, stderr, env: { HOME: folder, OPENCLAW_CONFIG_PATH: config }, cwd: folder });
    await Promise.race([ended, once(stderr, "data")]);
    await during();
    process.emit("SIGINT");
    return { code: await ended, line, ...printed };
  }

  it("find nothing wrong where the operator's page looks, in the configuration and at an address", async () => {
    const whole = await kit("operate.md", "doctor$");
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ handshake {6}ws:\/\/127\.0\.0\.1:18800\/ws lets the account in/) as string });
    const address = await kit("operate.md", "doctor ws:");
    expect(address.code).toBe(0);
    expect((JSON.parse(address.stdout) as DoctorReport).summary).toMatchObject({ pass: 1, fail: 0 });
  });

  it("show what passes to whoever dials what the page says", async () => {
    const { code, stdout } = await kit("develop.md", "tap", async () => {
      const client = new WebSocket("ws://127.0.0.1:18900/ws");
      await once(client, "open");
      client.send('{"type":"chat.hello","extensions":[]}');
      await once(client, "message");
      client.terminate();
    });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/→ ok chat\.hello [^]*← ok chat\.welcome /)]);
  });

  it("talk to the agent in a terminal", async () => {
    const child = spawn("bash", ["-c", printed("npm run chat")], { cwd: root });
    child.stdin.end("Good morning\n");
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
    expect([code, said]).toEqual([0, expect.stringContaining("You said: Good morning")]);
  }, 30_000);

  it("ask one question from a script", async () => {
    const { stdout, stderr } = await run("bash", ["-c", printed('npm run --silent chat -- --once "When does the library close?"')], { cwd: root });
    expect({ stdout, stderr }).toEqual({ stdout: "You said: When does the library close?\n", stderr: "" });
  }, 30_000);

  it.runIf(isPythonHere)("get an answer from Python", async () => {
    const { command, env } = await pythonWithWebsockets(folder);
    const { stdout } = await run(command, [write("example.py", example("python"))], { env: { ...process.env, ...env } });
    expect(stdout).toBe("answer: You said: When does the library close?\n");
  }, 120_000);
});

describe("the conformance kit, as the page prints it", () => {
  it("test the listener by its rules", async () => {
    // Where the page looks for it. This one reads no files, as the channel does not without the host.
    const account = await startAccount({ port: 18800 }, createStoryteller());
    onTestFinished(() => account.stop());
    const { stdout } = await run("bash", ["-c", printed("npx clawwire conform websocket ws://127.0.0.1:18800/ws")], { cwd: root });
    expect(stdout).toMatch(/✓ WS-13 [^]*websocket, server: \d+ passed, \d+ not observed, \d+ not testable/);
  }, 120_000);
});
