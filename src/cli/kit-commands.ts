import type { Command } from "./command.ts";

/** What the published kit has; nothing here needs the workshop. */
export const kitCommands: readonly Command[] = [
  { name: "chat", summary: "talk to an agent in the terminal", load: async () => (await import("./chat/chat.ts")).chat },
  { name: "simulate", summary: "play the remote server that a channel dials", load: async () => (await import("./simulate/simulate.ts")).simulate },
  { name: "conform", summary: "test a server or a client of a protocol by its rules", load: async () => (await import("./conform/conform.ts")).conform },
];
