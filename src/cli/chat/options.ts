import { parseArgs } from "node:util";
import { Failure, messageOf } from "../failure.ts";
import { quotable } from "../quotable.ts";

export const usageOf = (call: string): string => `Usage: ${call} [options]

Talks to an agent over the WebSocket channel. Without --once it asks for one line after another.

  --url URL       where the channel listens (ws://127.0.0.1:18800/ws)
  --token TOKEN   sent as Authorization: Bearer, where the channel verifies its users
  --sender ID     who you are (you)
  --name NAME     your display name
  --group ID      talk in a group instead of directly
  --once TEXT     send one message and print nothing but the answer
  --timeout S     with --once, how long to wait for the answer (120)
  --help          this text

The token is also taken from the environment variable CLAWWIRE_CHAT_TOKEN, which keeps it out of the shell's history.`;

export interface ChatOptions {
  url: URL;
  token?: string;
  sender: string;
  name?: string;
  group?: string;
  once?: string;
  timeoutMs: number;
  help: boolean;
}

export function readChatOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>, call: string): ChatOptions {
  const values = parse(args, call);
  const token = values.token ?? env["CLAWWIRE_CHAT_TOKEN"];
  const { sender = "you", name, group, once } = values;
  if (once !== undefined && !once.trim()) throw new Failure("--once takes the message to send, and it may not be blank.");
  return {
    url: readUrl(values.url ?? "ws://127.0.0.1:18800/ws", sender, name),
    sender,
    timeoutMs: readSeconds(values.timeout ?? "120") * 1000,
    help: values.help ?? false,
    ...(token ? { token } : {}),
    ...(name === undefined ? {} : { name }),
    ...(group === undefined ? {} : { group }),
    ...(once === undefined ? {} : { once }),
  };
}

function parse(args: readonly string[], call: string) {
  try {
    const string = { type: "string" } as const;
    const options = { url: string, token: string, sender: string, name: string, group: string, once: string, timeout: string, help: { type: "boolean", short: "h" } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: ${call} --help`, { cause });
  }
}

function readUrl(text: string, sender: string, name: string | undefined): URL {
  const url = URL.parse(text);
  if (!url || !/^wss?:$/.test(url.protocol)) throw new Failure(`--url takes an address such as ws://127.0.0.1:18800/ws, not "${quotable(text)}".`);
  url.searchParams.set("senderId", sender);
  if (name !== undefined) url.searchParams.set("senderName", name);
  return url;
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new Failure(`--timeout takes a number of seconds above 0, not "${text}".`);
}
