import type { Command } from "./command.ts";

/** What the published kit has; nothing here needs the workshop. */
export const kitCommands: readonly Command[] = [
  { name: "chat", summary: "talk to an agent in the terminal", load: async () => (await import("./chat/chat.ts")).chat },
  { name: "simulate", summary: "play the remote server that a channel dials", load: async () => (await import("./simulate/simulate.ts")).simulate },
  { name: "conform", summary: "test a server or a client of a protocol by its rules", load: async () => (await import("./conform/conform.ts")).conform },
  { name: "doctor", summary: "look what stands between an account and its messages", load: async () => (await import("./doctor/doctor.ts")).doctor },
  { name: "tap", summary: "watch what passes between a client and a server", load: async () => (await import("./tap/tap.ts")).tap },
  { name: "spec", summary: "print the document of a protocol, or its rules", load: async () => (await import("./spec/spec.ts")).spec },
];
