import path from "node:path";
import { parseArgs } from "node:util";
import { type ProtocolName, protocols } from "../../testing/simulator/protocols.ts";
import type { RemoteProtocol } from "../../testing/simulator/protocol.ts";
import { Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";

const names = Object.keys(protocols).join("|");

export const usageOf = (call: string): string => `Usage: ${call} ${names} [options]

Plays the remote server that a channel dials, on loopback: you speak as its user and see every frame, checked against
the protocol. Lines of the keyboard, of a pipe and of a script are the same: words to say, or commands; /help lists them.

  --port N              where to listen (18801 for insta-claw, 18802 for local-im, 18803 for clawchat; 0 takes a free one)
  --account ID[=SECRET] admit this account only, with this secret; may be given several times. The secret of a clawchat
                        account is its invite code
  --extensions A,B      announce these extensions on every connection; not with clawchat, which has none
  --user ID             who speaks at first (user-1; with clawchat the owner of the agent)
  --set NAME=VALUE      a setting of clawchat; may be given several times
  --script FILE         do these lines first; the exit code is 1 where something broke the rules
  --json                one JSON object per line instead of text
  --help                this text; behind the name of a protocol, with its commands`;

export interface SimulateOptions {
  protocol: ProtocolName;
  port: number;
  accounts?: Readonly<Record<string, string>>;
  extensions?: readonly string[];
  /** What belongs to the protocol alone. */
  settings?: object;
  user?: string;
  script?: string;
  json: boolean;
}

const ports: Readonly<Record<ProtocolName, number>> = { "insta-claw": 18801, "local-im": 18802, clawchat: 18803 };

/** Where help was asked for, with what. */
export function readSimulateOptions(args: readonly string[], { cwd }: Pick<Io, "cwd">, call: string): SimulateOptions | { help: ProtocolName | undefined } {
  const { values, positionals } = parse(args, call);
  const [name, ...more] = positionals;
  if (values.help) return { help: name !== undefined && isProtocol(name) ? name : undefined };
  if (name === undefined) throw new Failure(`Which protocol? ${call} ${names}`);
  if (!isProtocol(name)) throw new Failure(`There is no protocol "${name}"; there are ${names.replaceAll("|", ", ").replace(/, ([^,]*)$/, " and $1")}.`);
  if (more.length > 0) throw new Failure(`One protocol at a time: "${more.join(" ")}" is too much.`);
  const user = values.user ?? (name === "clawchat" ? undefined : "user-1");
  if (values.extensions !== undefined && name === "clawchat") throw new Failure("clawchat has no extensions: --extensions is for the other protocols.");
  const extensions = values.extensions?.split(",").map((extension) => extension.trim());
  return {
    protocol: name,
    port: readPort(values.port) ?? ports[name],
    json: values.json ?? false,
    ...(user !== undefined && { user }),
    ...(values.set && { settings: readSettings(name, values.set) }),
    ...(values.account && { accounts: readAccounts(values.account) }),
    ...(extensions && { extensions: extensions.filter((extension) => extension !== "") }),
    ...(values.script !== undefined && { script: path.resolve(cwd, values.script) }),
  };
}

function parse(args: readonly string[], call: string) {
  try {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const options = { port: string, account: { ...string, multiple: true }, extensions: string, set: { ...string, multiple: true }, user: string, script: string, json: boolean, help: { ...boolean, short: "h" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: ${call} --help`, { cause });
  }
}

function readSettings(name: ProtocolName, given: readonly string[]): object {
  const protocol: RemoteProtocol = protocols[name];
  if (!("readSettings" in protocol)) throw new Failure(`${name} has no settings.`);
  try {
    return protocol.readSettings(given);
  } catch (cause) {
    throw new Failure(`--set: ${messageOf(cause)}`, { cause });
  }
}

function isProtocol(name: string): name is ProtocolName {
  return Object.hasOwn(protocols, name);
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Failure(`--port takes a number from 0 to 65535, not "${text}".`);
}

function readAccounts(given: readonly string[]): Record<string, string> {
  const pairs = given.map((text): [string, string] => {
    const [id = "", ...secret] = text.split("=");
    if (id.trim() === "") throw new Failure(`--account takes an id, or an id and its secret such as office=s3cret, not "${text}".`);
    return [id.trim(), secret.join("=")];
  });
  const twice = pairs.find(([id], index) => pairs.findIndex(([other]) => other === id) < index);
  if (twice) throw new Failure(`--account ${twice[0]} is given twice; an account has one secret.`);
  return Object.fromEntries(pairs);
}
