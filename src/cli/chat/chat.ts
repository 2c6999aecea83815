import type { Io } from "../io.ts";
import { interactive } from "./interactive.ts";
import { once } from "./once.ts";
import { readChatOptions, usageOf } from "./options.ts";

/** `clawwire chat`: a person at one end, an agent at the other. */
export async function chat(args: readonly string[], io: Io, call: string): Promise<number> {
  const options = readChatOptions(args, io.env, call);
  if (options.help) {
    io.stdout.write(`${usageOf(call)}\n`);
    return 0;
  }
  return options.once === undefined ? interactive(options, io) : once(options.once, options, io);
}
