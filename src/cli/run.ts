import { dispatch, realIo } from "./dispatch.ts";
import { kitCommands } from "./kit-commands.ts";

/** Runs a command of the kit in this process, and resolves to its exit code: for the plugins, which lead to the kit and do not carry it. */
export function run(args: readonly string[]): Promise<number> {
  return dispatch(kitCommands, args, realIo());
}
