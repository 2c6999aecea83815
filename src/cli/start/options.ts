import path from "node:path";
import { parseArgs } from "node:util";
import { Failure, messageOf } from "../failure.ts";
import type { ModelChoice } from "../gateway/config.ts";
import type { Io } from "../io.ts";
import { channelNames, usualPorts, type ChannelName } from "./channels.ts";

export const usage = `Usage: npm start -- [options]

Runs a real OpenClaw gateway with a channel on this machine, with a practice model that needs no key. A channel that
dials gets a server to dial; you speak as its user in this terminal, where /help lists what else you can do.

  --channel NAME       websocket (default), insta-claw, local-im or clawchat
  --port N             port of the channel, or of the server that it dials (18800, 18801, 18802 or 18803)
  --gateway-port N     port of the gateway itself (any free one)
  --state DIR          where everything is kept (.state)
  --model-url URL      use a real model behind an OpenAI-compatible API, such as https://api.example.com/v1
  --model NAME         its name there
  --model-api API      openai-completions (default) or openai-responses
  --model-key-env NAME environment variable that holds its key (CLAWWIRE_MODEL_API_KEY)
  --help               this text

The key is passed to the gateway in its environment; it is neither stored nor printed.`;

export interface StartOptions {
  channel: ChannelName;
  port: number;
  /** 0 takes a free one. */
  gatewayPort: number;
  state: string;
  /** Absent for the practice model. */
  model?: ModelChoice;
  help: boolean;
}

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function readStartOptions(args: readonly string[], io: Pick<Io, "env" | "cwd">): StartOptions {
  const values = parse(args);
  const model = readModel(values, io.env);
  const channel = readChannel(values.channel);
  return {
    channel,
    port: readPort("--port", values.port, usualPorts[channel]),
    gatewayPort: readPort("--gateway-port", values["gateway-port"], 0),
    state: path.resolve(io.cwd, values.state ?? ".state"),
    ...(model ? { model } : {}),
    help: values.help ?? false,
  };
}

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    const string = { type: "string" } as const;
    return parseArgs({
      args: [...args],
      options: {
        channel: string,
        port: string,
        "gateway-port": string,
        state: string,
        "model-url": string,
        model: string,
        "model-api": string,
        "model-key-env": string,
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (cause) {
    throw new Failure(`${messageOf(cause)} See: npm start -- --help`, { cause });
  }
}

function readChannel(text = "websocket"): ChannelName {
  const found = channelNames.find((name) => name === text);
  if (found) return found;
  throw new Failure(`--channel takes ${channelNames.join(", ")}, not "${text}".`);
}

function readPort(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Failure(`${flag} takes a number from 1 to 65535, not "${text}".`);
}

function readModel(values: Values, env: Io["env"]): ModelChoice | undefined {
  const { model: name, "model-url": address, "model-api": api = "openai-completions", "model-key-env": named } = values;
  if (address === undefined) {
    const stray = (["model", "model-api", "model-key-env"] as const).find((flag) => values[flag] !== undefined);
    if (stray) throw new Failure(`--${stray} needs --model-url as well; without it the practice model answers.`);
    return undefined;
  }
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Failure(`--model-url takes an http or https address such as https://api.example.com/v1, not "${address}".`);
  if (url.username || url.password) throw new Failure("--model-url may hold no user or password; put the key into CLAWWIRE_MODEL_API_KEY.");
  if (!name) throw new Failure("--model-url needs --model NAME as well: the name of the model there.");
  if (api !== "openai-completions" && api !== "openai-responses") throw new Failure(`--model-api is openai-completions or openai-responses, not "${api}".`);
  const keyEnv = named ?? "CLAWWIRE_MODEL_API_KEY";
  const hasKey = Boolean(env[keyEnv]?.trim());
  if (!hasKey && (named !== undefined || !loopback.has(url.hostname))) {
    throw new Failure(`The environment variable ${keyEnv} is empty, and ${url.host} will want a key. Set it, or name another with --model-key-env.`);
  }
  return { baseUrl: address.replace(/\/+$/, ""), name, api, ...(hasKey ? { keyEnv } : {}) };
}
