import type { Io } from "./io.ts";

export interface Command {
  name: string;
  summary: string;
  /** Its code, loaded only when it is run. Resolves to the exit code; a `Failure` is printed and makes 1. */
  load(): Promise<(args: readonly string[], io: Io) => Promise<number>>;
}

export const commands: readonly Command[] = [
  { name: "start", summary: "run an OpenClaw gateway with a channel here", load: async () => (await import("./start/start.ts")).start },
  { name: "chat", summary: "talk to an agent in the terminal", load: async () => (await import("./chat/chat.ts")).chat },
  { name: "simulate", summary: "play the remote server that a channel dials", load: async () => (await import("./simulate/simulate.ts")).simulate },
  { name: "conform", summary: "test a server or a client of a protocol by its rules", load: async () => (await import("./conform/conform.ts")).conform },
];
