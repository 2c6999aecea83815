import { parseArgs } from "node:util";
import { type RuledProtocol, ruledProtocols } from "../../testing/conformance/rulebook.ts";
import { Failure, messageOf } from "../failure.ts";
import type { Io } from "../io.ts";
import { quotable } from "../quotable.ts";

export const usage = `Usage: clawwire doctor [options]
       clawwire doctor ws://HOST/PATH [options]

Looks what stands between an account and its messages: the configuration, the port, the verifier, TLS, the handshake and
the clock. Without an address it reads OpenClaw's configuration and looks at every account of Clawwire's channels. Whatever
is not good comes with what to do about it. The exit code is 0 where nothing failed, 1 where something did, and 2 where
nothing could be checked.

  --config FILE     the configuration (OPENCLAW_CONFIG_PATH, or openclaw.json in OPENCLAW_STATE_DIR or ~/.openclaw)
  --channel ID      this channel only, such as websocket or nc-local-im-connector
  --account ID      this account only; at an address the one to dial as: local-im's accountId, insta-claw's clientId
  --protocol NAME   what is spoken at the address: ${ruledProtocols.join(", ")} (websocket)
  --token TOKEN     a token to connect with, or insta-claw's clientSecret; better in the environment as
                    CLAWWIRE_DOCTOR_TOKEN. It is never printed
  --round-trip      send a message, too, and wait for the answer (websocket); it runs the agent
  --take-over       dial as the account although the gateway runs, and would lose its own link for a moment
  --timeout SECONDS the longest wait for one thing (10)
  --json            one JSON document instead of text
  --help            this text

Examples:
  clawwire doctor
  clawwire doctor --channel websocket --round-trip
  clawwire doctor ws://127.0.0.1:18800/ws --json`;

export interface DoctorCommand {
  url?: string;
  protocol: RuledProtocol;
  config?: string;
  channel?: string;
  account?: string;
  token?: string;
  roundTrip: boolean;
  takeOver: boolean;
  timeoutMs: number;
  json: boolean;
}

/** Undefined where help was asked for. */
export function readDoctorOptions(args: readonly string[], { env }: Pick<Io, "env">): DoctorCommand | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [url, ...more] = positionals;
  if (more.length > 0) throw new Failure(`One address at a time: "${more.map(quotable).join(" ")}" is too much.`);
  if (url !== undefined && !isSocketUrl(url)) throw new Failure(`"${quotable(url)}" is not the address of a WebSocket server: expected one such as ws://127.0.0.1:18800/ws.`);
  const given = (["config", "channel"] as const).find((name) => values[name] !== undefined);
  if (url !== undefined && given) throw new Failure(`--${given} is for the accounts of a configuration: leave it, or the address, out.`);
  if (url === undefined && values.protocol !== undefined) throw new Failure("--protocol is for an address: the accounts of a configuration know theirs.");
  const protocol = ruledProtocols.find((name) => name === (values.protocol ?? "websocket"));
  if (!protocol) throw new Failure(`There is no protocol "${values.protocol}"; there are ${ruledProtocols.join(", ")}.`);
  const token = values.token ?? env["CLAWWIRE_DOCTOR_TOKEN"];
  return {
    protocol,
    roundTrip: values["round-trip"] ?? false,
    takeOver: values["take-over"] ?? false,
    timeoutMs: 1000 * readSeconds(values.timeout ?? "10"),
    json: values.json ?? false,
    ...(url !== undefined && { url }),
    ...(values.config !== undefined && { config: values.config }),
    ...(values.channel !== undefined && { channel: values.channel }),
    ...(values.account !== undefined && { account: values.account }),
    ...(token !== undefined && token !== "" && { token }),
  };
}

function parse(args: readonly string[]) {
  try {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const options = { config: string, channel: string, account: string, protocol: string, token: string, "round-trip": boolean, "take-over": boolean, timeout: string, json: boolean, help: { ...boolean, short: "h" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: clawwire doctor --help`, { cause });
  }
}

function isSocketUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === "ws:" || protocol === "wss:";
}

function readSeconds(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 3600) return Number(text);
  throw new Failure(`--timeout takes a whole number from 1 to 3600, not "${text}".`);
}
