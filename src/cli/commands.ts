import type { Command } from "./command.ts";
import { kitCommands } from "./kit-commands.ts";

/** What npm has a script for: nothing else needs to be known in the workshop. */
const scripts: Readonly<Record<string, string>> = { chat: "npm run chat --", simulate: "npm run simulate --" };

export const commands: readonly Command[] = [
  { name: "start", summary: "run an OpenClaw gateway with a channel here", call: "npm start --", load: async () => (await import("./start/start.ts")).start },
  ...kitCommands.map((command) => {
    const call = scripts[command.name];
    return call === undefined ? command : { ...command, call };
  }),
];
