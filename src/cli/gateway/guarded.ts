import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import type { FromGuard, ToGuard } from "./guard.ts";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that cannot outlive us; see `guard.ts`. */
export interface Guarded {
  pid: number;
  exited: Promise<Exit>;
  /** Whether it has not ended yet. */
  running(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL for all that is left after the grace. */
  stop(graceMs?: number): Promise<Exit>;
}

export interface GuardedOptions {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Where its output goes, after what is there. */
  output: string;
  graceMs?: number;
}

export async function startGuarded(options: GuardedOptions): Promise<Guarded> {
  const graceMs = options.graceMs ?? 5000;
  const output = openSync(options.output, "a");
  const guard = fork(path.join(import.meta.dirname, "guard.ts"), [String(graceMs), options.command, ...options.args], {
    cwd: options.cwd,
    env: { ...options.env },
    execArgv: [],
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
  });
  closeSync(output);
  const exited = followExit(guard);
  const pid = await spawned(guard);
  let gone = false;
  void exited.then(() => (gone = true));
  return {
    pid,
    exited,
    running: () => !gone,
    signal(signal) {
      if (!gone) process.kill(pid, signal);
    },
    async stop(grace = graceMs) {
      if (!gone) guard.send({ do: "stop", graceMs: grace } satisfies ToGuard, () => {});
      const timer = setTimeout(() => killGroup(guard), grace + 2000);
      return exited.finally(() => clearTimeout(timer));
    },
  };
}

async function spawned(guard: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    guard.once("message", (message: FromGuard) => {
      if (message.event === "spawned") resolve(message.pid);
      else reject(new Error(message.event === "failed" ? message.message : "the process ended at once"));
    });
    guard.once("exit", () => reject(new Error("the process could not be started")));
  });
}

async function followExit(guard: ChildProcess): Promise<Exit> {
  let exit: Exit = { code: null, signal: "SIGKILL" };
  guard.on("message", (message: FromGuard) => {
    if (message.event === "exited") exit = { code: message.code, signal: message.signal };
  });
  await once(guard, "exit");
  // A guard that was killed itself has left the others of its group to us.
  killGroup(guard);
  return exit;
}

function killGroup(guard: ChildProcess): void {
  if (guard.pid === undefined) return;
  if (process.platform === "win32") return void guard.kill("SIGKILL");
  try {
    process.kill(-guard.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
