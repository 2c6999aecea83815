import type { Command } from "./command.ts";
import { kitCommands } from "./kit-commands.ts";

export const commands: readonly Command[] = [
  { name: "start", summary: "run an OpenClaw gateway with a channel here", load: async () => (await import("./start/start.ts")).start },
  ...kitCommands,
];
