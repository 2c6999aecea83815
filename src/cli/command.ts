import type { Io } from "./io.ts";

export interface Command {
  name: string;
  summary: string;
  /** How a person calls it, as its usage says; `clawwire NAME` where it is absent. Options come behind it. */
  call?: string;
  /** Its code, loaded only when it is run. Resolves to the exit code; a `Failure` is printed and makes 1. */
  load(): Promise<(args: readonly string[], io: Io, call: string) => Promise<number>>;
}
