import { spawn } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./gateway.ts";

/** A program of this project as a person starts it, in a process group of its own like a terminal's foreground job. */
export interface Running {
  pid: number;
  stdout(): string;
  stderr(): string;
  isRunning(): boolean;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Waits until the pattern is in what it printed, on either stream. */
  until(pattern: RegExp, timeoutMs: number): Promise<void>;
  /** Signals the whole group, as a terminal's Ctrl-C does. */
  signalGroup(signal: NodeJS.Signals): void;
  signal(signal: NodeJS.Signals): void;
}

export function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {}): Running {
  const child = spawn(command, args, { cwd: options.cwd ?? root, env: options.env ?? process.env, detached: true });
  // One that ends early reads no more.
  child.stdin.on("error", () => {}).end(options.input);
  const { pid = 0 } = child;
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  let over = false;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  return {
    pid,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    isRunning: () => !over,
    exited,
    async until(pattern, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (!pattern.test(output.stdout) && !pattern.test(output.stderr)) {
        if (over || Date.now() > deadline) throw new Error(`${pattern} did not come; it said:\n${output.stdout}${output.stderr}`);
        await sleep(50);
      }
    },
    signalGroup: (signal) => void process.kill(-pid, signal),
    signal: (signal) => void child.kill(signal),
  };
}

/** Runs to the end. */
export async function complete(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = run(command, args, options);
  const { code } = await child.exited;
  return { code, stdout: child.stdout(), stderr: child.stderr() };
}

/** The processes whose command line or environment names the text; Linux only. */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const named = await Promise.all(pids.map(async (pid) => (await isNaming(pid, text)) && pid !== process.pid));
  return pids.filter((_, index) => named[index]);
}

async function isNaming(pid: number, text: string): Promise<boolean> {
  const parts = await Promise.all(["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")));
  return parts.some((part) => part.includes(text));
}

export async function commandOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
}

/** The files below a directory in which the text stands. */
export async function filesHolding(directory: string, text: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const holding = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, index) => holding[index]);
}

/** Waits for the last of them to go. */
export async function untilNoneNames(text: string, timeoutMs: number): Promise<number[]> {
  const deadline = Date.now() + timeoutMs;
  let left = await processesNaming(text);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(100);
    left = await processesNaming(text);
  }
  return left;
}
