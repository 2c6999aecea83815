import { styleText } from "node:util";
import type { Command } from "./command.ts";
import { codeOf, Failure } from "./failure.ts";
import type { Io } from "./io.ts";

function usage(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `Usage: clawwire COMMAND [options]\n\n${rows.join("\n")}\n\nclawwire COMMAND --help tells more.\n`;
}

/** Runs one of these commands and resolves to the exit code. */
export async function dispatch(commands: readonly Command[], [name, ...args]: readonly string[], io: Io): Promise<number> {
  const command = commands.find((row) => row.name === name);
  if (!command) {
    const asked = name === undefined || name === "help" || name === "--help" || name === "-h";
    (asked ? io.stdout : io.stderr).write(asked ? usage(commands) : `clawwire: there is no command "${name}".\n\n${usage(commands)}`);
    return asked ? 0 : 2;
  }
  try {
    const run = await command.load();
    return await run(args, io, command.call ?? `clawwire ${command.name}`);
  } catch (cause) {
    const said = cause instanceof Failure ? cause.message : cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    io.stderr.write(`${styleText("red", `clawwire ${command.name}:`, { stream: io.stderr })} ${said}\n`);
    return cause instanceof Failure ? cause.exitCode : 1;
  }
}

/** The world as it is. */
export function realIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  endWithReader(stdout);
  return { stdin, stdout, stderr, env, cwd: process.cwd() };
}

/** Whoever has read enough, such as `head`, ends a command. */
function endWithReader(stdout: Io["stdout"]): void {
  let isEnding = false;
  stdout.on("error", (error) => {
    if (codeOf(error) !== "EPIPE") throw error;
    if (isEnding) return;
    isEnding = true;
    // What listens for a signal has something to put away first.
    if (!process.emit("SIGTERM", "SIGTERM")) process.exit(0);
  });
}
