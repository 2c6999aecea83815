import { commands } from "./commands.ts";
import { dispatch, realIo } from "./dispatch.ts";
import type { Io } from "./io.ts";

/** Runs one command and resolves to the exit code. */
export function main(args: readonly string[], io: Io): Promise<number> {
  return dispatch(commands, args, io);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), realIo());
