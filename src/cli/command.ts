import type { Io } from "./io.ts";

export interface Command {
  name: string;
  summary: string;
  /** Its code, loaded only when it is run. Resolves to the exit code; a `Failure` is printed and makes 1. */
  load(): Promise<(args: readonly string[], io: Io) => Promise<number>>;
}
