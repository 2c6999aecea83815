import { execFile } from "node:child_process";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { Failure } from "../failure.ts";
import type { Environment } from "./environment.ts";

/** The OpenClaw program of this project's `node_modules`. */
export function hostProgram(): string {
  const manifest = findPackageJSON("openclaw", import.meta.url);
  if (!manifest) throw new Failure("openclaw is not installed here; run: npm ci");
  return path.join(path.dirname(manifest), "openclaw.mjs");
}

export interface HostRun {
  code: number;
  stdout: string;
  stderr: string;
}

export interface HostOptions {
  cwd: string;
  env: Environment;
  /** 120 s where nothing is said. */
  timeoutMs?: number;
  abort?: AbortSignal;
}

/** What a command did not do in its time; `said` is what it had written by then. */
export class HostTimeout extends Failure {
  override name = "HostTimeout";
  readonly seconds: number;
  readonly said: string;

  constructor(args: readonly string[], timeoutMs: number, said: string) {
    super(`openclaw ${args.join(" ")} took longer than ${timeoutMs / 1000} s`);
    this.seconds = timeoutMs / 1000;
    this.said = said;
  }
}

/**
 * Runs one `openclaw` command to its end; a failing one is an outcome, not an error.
 * @throws HostTimeout
 */
export async function runHost(args: readonly string[], { cwd, env, timeoutMs = 120_000, abort }: HostOptions): Promise<HostRun> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, signal: abort };
    execFile(process.execPath, [hostProgram(), ...args], { cwd, env: { ...env }, ...limits }, (error, stdout, stderr) => {
      if (!error) return resolve({ code: 0, stdout, stderr });
      // Asked to end, OpenClaw ends with a code of its own; that it was asked is what counts.
      if (error.killed && !abort?.aborted) return reject(new HostTimeout(args, timeoutMs, `${stdout}${stderr}`.trim()));
      if (typeof error.code === "number") return resolve({ code: error.code, stdout, stderr });
      reject(new Error(error.message, { cause: error }));
    });
  });
}
