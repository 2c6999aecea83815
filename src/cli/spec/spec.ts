import { readFile } from "node:fs/promises";
import { parseArgs, promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type RuledProtocol, ruledProtocols } from "../../testing/conformance/rulebook.ts";
import { codeOf, Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";

const names = ruledProtocols.join("|");

const usage = `Usage: clawwire spec ${names} [--rules]

Prints the AsyncAPI document of a protocol, every message, field and limit of it, as YAML:

  clawwire spec websocket > websocket.asyncapi.yaml

  --rules  what a document cannot say, as Markdown: the numbered rules that \`clawwire conform\` tests
  --help   this text
`;

/** `clawwire spec`: prints what a protocol is written down in. */
export async function spec(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args);
  const [name, ...more] = positionals;
  if (values.help) {
    io.stdout.write(usage);
    return 0;
  }
  const protocol = ruledProtocols.find((known) => known === name);
  if (protocol === undefined) throw new Failure(`${name === undefined ? "Which protocol?" : `There is no protocol "${name}".`} There are ${ruledProtocols.join(", ")}.`);
  if (more.length > 0) throw new Failure(`One protocol at a time: "${more.join(" ")}" is too much.`);
  io.stdout.write(values.rules ? await readFile(inSpec(`rules/${protocol}.md`), "utf8") : await readDocument(protocol));
  return 0;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { rules: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } }, allowPositionals: true });
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: clawwire spec --help`, { cause });
  }
}

/** In the published kit the documents are compressed: as they are they would be a seventh of it. */
async function readDocument(protocol: RuledProtocol): Promise<string> {
  try {
    return await readFile(inSpec(`${protocol}.asyncapi.yaml`), "utf8");
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT") throw thrown;
    return (await promisify(gunzip)(await readFile(inSpec(`${protocol}.asyncapi.yaml.gz`)))).toString();
  }
}

function inSpec(file: string): URL {
  return new URL(`../../../spec/${file}`, import.meta.url);
}
