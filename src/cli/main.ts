import { styleText } from "node:util";
import { commands } from "./commands.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";

function usage(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `Usage: clawwire COMMAND [options]\n\n${rows.join("\n")}\n\nclawwire COMMAND --help tells more.\n`;
}

/** Runs one command and resolves to the exit code. */
export async function main([name, ...args]: readonly string[], io: Io): Promise<number> {
  const command = commands.find((row) => row.name === name);
  if (!command) {
    const asked = name === undefined || name === "help" || name === "--help" || name === "-h";
    (asked ? io.stdout : io.stderr).write(asked ? usage() : `clawwire: there is no command "${name}".\n\n${usage()}`);
    return asked ? 0 : 2;
  }
  try {
    const run = await command.load();
    return await run(args, io);
  } catch (cause) {
    const said = cause instanceof Failure ? cause.message : cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    io.stderr.write(`${styleText("red", `clawwire ${command.name}:`, { stream: io.stderr })} ${said}\n`);
    return 1;
  }
}

if (import.meta.main) {
  const { stdin, stdout, stderr, env } = process;
  process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() });
}
