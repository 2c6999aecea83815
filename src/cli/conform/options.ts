import path from "node:path";
import { parseArgs } from "node:util";
import type { Side } from "../../testing/conformance/check.ts";
import { type RuledProtocol, ruledProtocols } from "../../testing/conformance/rulebook.ts";
import { Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";
import { quotable } from "../quotable.ts";

const names = ruledProtocols.join("|");

export const usage = `Usage: clawwire conform ${names} ws://HOST/PATH [options]
       clawwire conform ${names} --listen PORT [options]

Tests the other end of a protocol from outside, and reports by the rules of its rule book. With an address it dials a
server; with --listen it plays the server and tests whoever dials. The exit code is 0 where no rule is broken, 1 where one
is, and 2 where nothing could be tested.

  --listen PORT     play the server on this port of 127.0.0.1 (0 takes a free one), and wait for the client
  --account ID      the account that is spoken for, or let in
  --token TOKEN     its token or secret; better in the environment as CLAWWIRE_CONFORM_TOKEN. It is never printed
  --origin URL      an origin that the server allows (websocket)
  --max-payload N   bytes of the largest frame that the server takes (1048576)
  --rule ID         look at this rule only, such as LI-10, or schema
  --seed N          where generated values begin; the report names it
  --runs N          how many generated values (100)
  --timeout SECONDS the longest wait for one thing (30)
  --json            one JSON document instead of text
  --junit FILE      write a JUnit report too
  --help            this text

Examples:
  clawwire conform websocket ws://127.0.0.1:18800/ws --origin https://app.example
  clawwire conform local-im --listen 18802 --account office
  clawwire conform clawchat --listen 18803 --rule CC-67 --junit report.xml`;

export interface ConformCommand {
  protocol: RuledProtocol;
  side: Side;
  url: string;
  port: number;
  account?: string;
  token?: string;
  origin?: string;
  maxPayload: number;
  rule?: string;
  seed: number;
  runs: number;
  timeoutMs: number;
  json: boolean;
  junit?: string;
}

/** Undefined where help was asked for. */
export function readConformOptions(args: readonly string[], { cwd, env }: Pick<Io, "cwd" | "env">, newSeed: () => number): ConformCommand | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [name, url, ...more] = positionals;
  const protocol = ruledProtocols.find((known) => known === name);
  if (!protocol) throw new Failure(name === undefined ? `Which protocol? clawwire conform ${names}` : `There is no protocol "${quotable(name)}"; there are ${ruledProtocols.join(", ")}.`);
  if (more.length > 0) throw new Failure(`One address at a time: "${more.map(quotable).join(" ")}" is too much.`);
  if ((url === undefined) === (values.listen === undefined)) throw new Failure("Give the address of a server to test, such as ws://127.0.0.1:18800/ws, or --listen PORT to test a client.");
  const token = values.token ?? env["CLAWWIRE_CONFORM_TOKEN"];
  return {
    protocol,
    side: url === undefined ? "client" : "server",
    url: url === undefined ? "" : readUrl(url),
    port: readNumber("--listen", values.listen, { least: 0, most: 65_535 }) ?? 0,
    maxPayload: readNumber("--max-payload", values["max-payload"], { least: 1, most: 2 ** 30 }) ?? 1_048_576,
    seed: readNumber("--seed", values.seed, { least: 0, most: 2 ** 31 - 1 }) ?? newSeed(),
    runs: readNumber("--runs", values.runs, { least: 1, most: 1_000_000 }) ?? 100,
    timeoutMs: 1000 * (readNumber("--timeout", values.timeout, { least: 1, most: 3600 }) ?? 30),
    json: values.json ?? false,
    ...(values.account !== undefined && { account: values.account }),
    ...(token !== undefined && token !== "" && { token }),
    ...(values.origin !== undefined && { origin: values.origin }),
    ...(values.rule !== undefined && { rule: values.rule }),
    ...(values.junit !== undefined && { junit: path.resolve(cwd, values.junit) }),
  };
}

function parse(args: readonly string[]) {
  try {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const options = { listen: string, account: string, token: string, origin: string, "max-payload": string, rule: string, seed: string, runs: string, timeout: string, json: boolean, junit: string, help: { ...boolean, short: "h" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: clawwire conform --help`, { cause });
  }
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "ws:" || url?.protocol === "wss:") return text;
  throw new Failure(`"${quotable(text)}" is not the address of a WebSocket server: expected one such as ws://127.0.0.1:18800/ws.`);
}

function readNumber(flag: string, text: string | undefined, { least, most }: { least: number; most: number }): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Failure(`${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
}
