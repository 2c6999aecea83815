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

/** Runs one `openclaw` command to its end; a failing one is an outcome, not an error. */
export async function runHost(args: readonly string[], options: { cwd: string; env: Environment; timeoutMs?: number; abort?: AbortSignal }): Promise<HostRun> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: options.timeoutMs ?? 120_000, maxBuffer: 64 * 1024 * 1024, signal: options.abort };
    execFile(process.execPath, [hostProgram(), ...args], { cwd: options.cwd, env: { ...options.env }, ...limits }, (error, stdout, stderr) => {
      if (!error) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code === "number") return resolve({ code: error.code, stdout, stderr });
      reject(new Error(error.killed ? `openclaw ${args.join(" ")} took longer than ${limits.timeout / 1000} s` : error.message, { cause: error }));
    });
  });
}
