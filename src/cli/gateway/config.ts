import { blockAt, overlay, type Block } from "./block.ts";
import type { Layout } from "./layout.ts";

export interface ModelChoice {
  baseUrl: string;
  name: string;
  api: "openai-responses" | "openai-completions";
  /** The environment variable that holds the key; the key itself is never written down. */
  keyEnv?: string;
  /** Whether it thinks aloud and reads pictures, as the practice model does. */
  rich?: boolean;
}

export interface GatewayChoice {
  layout: Layout;
  port: number;
  token: string;
  model: ModelChoice;
}

const provider = "clawwire";

/**
 * What a new gateway of ours starts with: whoever is let in can talk and nothing more, each sender in a
 * conversation of their own, and nothing but the model is asked over the network.
 */
const defaults: Block = {
  gateway: { controlUi: { enabled: false } },
  update: { checkOnStart: false },
  discovery: { mdns: { mode: "off" } },
  agents: { defaults: { skipBootstrap: true, heartbeat: { every: "0m" } } },
  session: { dmScope: "per-account-channel-peer" },
  plugins: { slots: { memory: "none" } },
  tools: {
    profile: "messaging",
    deny: ["group:automation", "group:runtime", "group:fs", "sessions_spawn", "sessions_send"],
    exec: { security: "deny" },
    elevated: { enabled: false },
    sessions: { visibility: "self" },
    toolSearch: false,
  },
};

/** What holds for this run whatever the file said before. */
function facts({ layout, port, token, model }: GatewayChoice): Block {
  return {
    gateway: { mode: "local", port, bind: "loopback", auth: { mode: "token", token } },
    models: { mode: "replace", catalogRefresh: { enabled: false }, providers: { [provider]: providerConfig(model) } },
    agents: { defaults: { model: { primary: `${provider}/${model.name}` }, workspace: layout.workspace } },
    logging: { file: layout.log },
  };
}

/** The gateway's configuration: our defaults, over them what the person has changed, over that the facts of the run. */
export function composeConfig(existing: Block, choice: GatewayChoice): Block {
  return overlay(overlay(defaults, existing), facts(choice));
}

export interface ChannelChoice {
  plugin: string;
  channel: string;
  /** What the channel starts with. */
  defaults: Block;
  /** What holds for this run. */
  facts: Block;
}

/**
 * Adds a channel. Only after its plugin is installed: until then OpenClaw knows no such channel and calls the whole
 * configuration invalid.
 */
export function addChannel(config: Block, { plugin, channel, defaults: initial, facts: fixed }: ChannelChoice): Block {
  const { allow } = blockAt(config, "plugins");
  const allowed = Array.isArray(allow) ? allow.filter((name) => name !== plugin) : [];
  const block = overlay(overlay(initial, blockAt(blockAt(config, "channels"), channel)), fixed);
  return overlay(config, { plugins: { allow: [...allowed, plugin] }, channels: { [channel]: block } });
}

function providerConfig(model: ModelChoice): Block {
  return {
    baseUrl: model.baseUrl,
    apiKey: model.keyEnv ? { source: "env", provider: "default", id: model.keyEnv } : "none-needed",
    api: model.api,
    models: [
      {
        id: model.name,
        name: model.name,
        reasoning: model.rich === true,
        input: model.rich ? ["text", "image"] : ["text"],
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow: 128_000,
        maxTokens: 8192,
      },
    ],
  };
}
