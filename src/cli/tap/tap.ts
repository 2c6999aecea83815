import { parseArgs, styleText } from "node:util";
import { withoutSecrets } from "../../core/redact.ts";
import { system } from "../../core/system.ts";
import { type RuledProtocol, ruledProtocols } from "../../testing/conformance/rulebook.ts";
import { codeOf, Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";
import { quotable } from "../quotable.ts";
import { createWatcher, type News } from "./news.ts";
import { startTap, type Tap } from "./proxy.ts";
import { jsonLine, textLine } from "./report.ts";
import { wires } from "./wires.ts";

const usage = `Usage: clawwire tap ${ruledProtocols.join("|")} ws://HOST/PATH [options]

Stands between a client and the server at this address, passes every byte, ping and close code on as it came, and shows each
frame with its name and what the protocol's document says about it. Secrets are not shown. Dial the address that it prints
instead of the server's. It listens on 127.0.0.1 and ends with Ctrl-C.

  --listen PORT  where to listen (18900; 0 takes a free one)
  --pretty       a frame takes as many lines as it needs
  --json         one JSON object per line
  --help         this text

Examples:
  clawwire tap websocket --listen 18900 ws://127.0.0.1:18800/ws
  clawwire tap local-im ws://192.168.100.168:8080 --json`;

interface TapCommand {
  protocol: RuledProtocol;
  target: URL;
  port: number;
  isPretty: boolean;
  json: boolean;
}

/** `clawwire tap`: watches what passes between a client and a server. */
export async function tap(args: readonly string[], io: Io): Promise<number> {
  const command = readTapOptions(args);
  if (!command) {
    io.stdout.write(`${usage}\n`);
    return 0;
  }
  const { protocol, target, json, isPretty } = command;
  const paint = (style: Parameters<typeof styleText>[0], text: string): string => (io.stdout.isTTY === true ? styleText(style, text, { stream: io.stdout }) : text);
  const print = (news: News): void => void io.stdout.write(`${json ? jsonLine(news) : textLine(news, paint, isPretty)}\n`);
  const left = Promise.withResolvers<void>();
  const leave = (): void => left.resolve();
  const started = await start(command, print);
  for (const signal of signals) process.once(signal, leave);
  try {
    const { field } = wires[protocol];
    const way = field === undefined ? "dial it instead" : `set ${field} to it, and back afterwards`;
    io.stderr.write(`${withoutSecrets(started.url)} leads to ${withoutSecrets(target.href)}: ${way}. Ctrl-C ends.\n`);
    await left.promise;
    return 0;
  } finally {
    for (const signal of signals) process.off(signal, leave);
    await started.stop();
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function start({ protocol, target, port }: TapCommand, print: (news: News) => void): Promise<Tap> {
  try {
    return await startTap({ target, port }, createWatcher(wires[protocol], system.now, print));
  } catch (cause) {
    if (codeOf(cause) === "EADDRINUSE") throw new Failure(`Port ${port} is taken by another program. Choose another one for --listen.`, { cause });
    if (codeOf(cause) === "EACCES") throw new Failure(`This system does not let you listen on port ${port}. Choose one above 1023.`, { cause });
    throw cause;
  }
}

/** Undefined where help was asked for. */
export function readTapOptions(args: readonly string[]): TapCommand | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [name, url, ...more] = positionals;
  const protocol = ruledProtocols.find((known) => known === name);
  if (!protocol) throw new Failure(name === undefined ? `Which protocol? clawwire tap ${ruledProtocols.join("|")}` : `There is no protocol "${quotable(name)}"; there are ${ruledProtocols.join(", ")}.`);
  if (url === undefined) throw new Failure(`Which server? clawwire tap ${protocol} ws://127.0.0.1:18800/ws`);
  if (more.length > 0) throw new Failure(`One server at a time: "${more.map(quotable).join(" ")}" is too much.`);
  const target = URL.parse(url);
  if (!target || (target.protocol !== "ws:" && target.protocol !== "wss:")) throw new Failure(`"${quotable(url)}" is not the address of a WebSocket server: expected one such as ws://127.0.0.1:18800/ws.`);
  return { protocol, target, port: readPort(values.listen ?? "18900"), isPretty: values.pretty ?? false, json: values.json ?? false };
}

function parse(args: readonly string[]) {
  try {
    const boolean = { type: "boolean" } as const;
    const options = { listen: { type: "string" }, pretty: boolean, json: boolean, help: { ...boolean, short: "h" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: clawwire tap --help`, { cause });
  }
}

function readPort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Failure(`--listen takes a number from 0 to 65535, not "${text}".`);
}
