import { spawn } from "node:child_process";

/**
 * Stands between a parent and a command: `node guard.ts GRACE_MS COMMAND ARGS...`, forked into a process group of
 * its own. It dies, and its whole group with it, when the command ends, when the parent says so, and when the parent
 * is gone, however the parent went; nothing else could outlive a SIGKILL and still clean up.
 */
export type FromGuard = { event: "spawned"; pid: number } | { event: "failed"; message: string } | { event: "exited"; code: number | null; signal: NodeJS.Signals | null };
export interface ToGuard {
  do: "stop";
  graceMs: number;
}

const [grace = "5000", command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
let stopping = false;

child.once("spawn", () => tell({ event: "spawned", pid: child.pid ?? 0 }));
child.once("error", (cause) => finish({ event: "failed", message: cause.message }));
child.once("exit", (code, signal) => finish({ event: "exited", code, signal }));
process.on("message", (message: ToGuard) => stop(message.graceMs));
process.once("disconnect", () => stop());
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stop());

function stop(graceMs = Number(grace)): void {
  if (stopping) return;
  stopping = true;
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), graceMs);
}

function finish(message: FromGuard): void {
  tell(message, endGroup);
}

function tell(message: FromGuard, then: () => void = () => {}): void {
  if (process.connected && process.send) process.send(message, undefined, undefined, then);
  else then();
}

/** What the command started and left behind is in our group, and so are we. */
function endGroup(): void {
  if (process.platform === "win32") process.exit();
  process.kill(-process.pid, "SIGKILL");
}
