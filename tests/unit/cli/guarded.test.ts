import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGuarded, type Guarded } from "../../../src/cli/gateway/guarded.ts";

let place = "";
let output = "";

beforeEach(async () => {
  place = await mkdtemp(path.join(tmpdir(), "clawwire-guard-"));
  output = path.join(place, "output");
});

afterEach(() => rm(place, { recursive: true, force: true }));

const node = (script: string, graceMs = 300): Promise<Guarded> => startGuarded({ command: process.execPath, args: ["-e", script], cwd: place, env: {}, output, graceMs });
const printed = (): Promise<string> => readFile(output, "utf8").catch(() => "");
const grandchild = "const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); console.log(pid);";
const stubborn = "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('up');";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a guarded process", () => {
  it("tells how it ended and leaves what it printed", async () => {
    const process = await node("console.log('hello'); process.exitCode = 7;");
    expect(await process.exited).toEqual({ code: 7, signal: null });
    expect(process.running()).toBe(false);
    expect(await printed()).toBe("hello\n");
  });

  it("tells that it was killed", async () => {
    const process = await node(stubborn);
    process.signal("SIGKILL");
    expect(await process.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("is asked to stop first", async () => {
    const guarded = await node("process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up');");
    await expect.poll(printed).toBe("up\n");
    expect(await guarded.stop()).toEqual({ code: 0, signal: null });
    expect(await printed()).toBe("up\nbye\n");
  });

  it("is killed when it does not stop, and what it started with it", async () => {
    const guarded = await node(`${grandchild} ${stubborn}`);
    await expect.poll(printed).toMatch(/up/);
    const pid = Number.parseInt(await printed(), 10);
    expect(isAlive(pid)).toBe(true);
    expect(await guarded.stop()).toEqual({ code: null, signal: "SIGKILL" });
    // A system's init may take a moment to bury it.
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  it("does not outlive a parent that is killed outright, nor does what it started", async () => {
    const module = path.resolve(import.meta.dirname, "../../../src/cli/gateway/guarded.ts");
    const options = JSON.stringify({ command: process.execPath, args: ["-e", `${grandchild} ${stubborn}`], cwd: place, env: {}, output, graceMs: 200 });
    const parent = spawn(process.execPath, ["--input-type=module", "-e", `const { startGuarded } = await import(${JSON.stringify(module)}); console.log((await startGuarded(${options})).pid);`]);
    const [pid] = (await once(parent.stdout, "data")).map((data) => Number(String(data)));
    await expect.poll(printed).toMatch(/up/);
    expect(isAlive(pid ?? 0)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid ?? 0), { timeout: 10_000 }).toBe(false);
    await expect.poll(async () => isAlive(Number.parseInt(await printed(), 10)), { timeout: 10_000 }).toBe(false);
  });

  it("does not outlive its guard either", async () => {
    const guarded = await node(`console.log(process.ppid); ${stubborn}`);
    await expect.poll(printed).toMatch(/up/);
    process.kill(Number.parseInt(await printed(), 10), "SIGKILL");
    await guarded.exited;
    await expect.poll(() => isAlive(guarded.pid), { timeout: 10_000 }).toBe(false);
  });

  it("fails at once when the command does not exist", async () => {
    await expect(startGuarded({ command: path.join(place, "nothing"), args: [], cwd: place, env: {}, output })).rejects.toThrow(/ENOENT/);
  });
});
