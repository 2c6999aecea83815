import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options of a command of the workshop. With `--help`, or where they are not as they should be, it says how it is used and ends. */
export function readOptions<const Known extends Options>(usage: string, options: Known): ReturnType<typeof parseArgs<{ options: Known; allowPositionals: true }>> {
  if (process.argv.includes("--help")) {
    console.log(usage.trimEnd());
    process.exit(0);
  }
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : String(thrown), usage);
  }
}

/** Ends with 2. */
export function refuse(why: string, usage: string): never {
  console.error(`${why}\n\n${usage.trimEnd()}`);
  process.exit(2);
}
