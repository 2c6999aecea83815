import type { Readable, Writable } from "node:stream";
import type { Environment } from "./gateway/environment.ts";

/** What a command has of the world, so that a test can hand it another one. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean };
  env: Environment;
  cwd: string;
}
