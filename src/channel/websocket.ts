import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import { configSecrets } from "../../generated/websocket/config.ts";
import { mayHoldSecret } from "../core/redact.ts";
import { system } from "../core/system.ts";
import { expandGroups } from "./access-groups.ts";
import { chosenInKeys, resolveAccount } from "./accounts.ts";
import type { ChannelKind } from "./gateway.ts";
import { type ChannelNames, createRuntimeStore } from "./host.ts";
import { readId } from "./identity.ts";
import { createChannel } from "./plugin.ts";
import { processWide } from "./process-wide.ts";
import { createLiveAccounts } from "./running.ts";
import { hasWildcard } from "./sender-policy.ts";
import { hostForm } from "./session-keys.ts";
import { createOwnRuns, type ToolGuard } from "./tool-guard.ts";
import { isLoopback, type ResolvedWebsocketAccount, websocketRules as rules } from "./websocket-account.ts";
import { websocketSetup } from "./websocket-setup.ts";

const names: ChannelNames = {
  id: "websocket",
  label: "WebSocket",
  legacy: ["ws"],
  addresses: { prefix: "ws", aliases: ["websocket"] },
  hasGroups: true,
  messageIdCharacters: 128,
  sessions: hostForm,
  accounts: { ...chosenInKeys(rules), plain: () => DEFAULT_ACCOUNT_ID },
};

export const websocketRuntime = createRuntimeStore("clawwire-websocket");
const live = processWide("websocket.accounts", createLiveAccounts);
const runs = processWide("websocket.runs", createOwnRuns);

const isLocal = ({ auth, host }: ResolvedWebsocketAccount) => !auth.enabled && isLoopback(host);

const kind: ChannelKind<ResolvedWebsocketAccount> = {
  names,
  rules,
  live,
  runs,
  runtime: () => websocketRuntime.getRuntime(),
  environment: () => process.env,
  mediaOf: ({ media }) => media,
  isLocal,
  // Connections that want them get them.
  showsThoughts: () => true,
  dynamicAgentsOf: ({ dynamicAgentCreation }) => dynamicAgentCreation,
  portOf: ({ port }) => port,
  async inspectStart({ auth, host }, log) {
    if (!isLoopback(host)) log.warn(`listening on ${host}: put TLS in front of it, tokens and messages are readable on the way`);
    if (!auth.enabled) return;
    const { warnOfSilentVerifier } = await import("./verifier-probe.ts");
    await warnOfSilentVerifier({ endpoint: auth.endpoint, timeoutMs: auth.timeout }, system, log);
  },
  open: async (options) => await (await import("./websocket-open.ts")).openWebsocket(options),
};

/** Fields a running account follows; what is not here restarts it. */
const followed = [
  "allowBots",
  "allowFrom",
  "auth.cacheSeconds",
  "auth.timeout",
  "botLoopProtection",
  "bots",
  "direct",
  "dmPolicy",
  "dynamicAgentCreation",
  "greeting",
  "groupAllowFrom",
  "groupPolicy",
  "groups",
  "historyLimit",
  "limits.maxConnectionsPerSender",
  "limits.messageBurst",
  "limits.messagesPerMinute",
  "limits.queuedPerSession",
  "limits.turnSeconds",
  "media",
  "reactionAllowlist",
  "reactionNotifications",
  "replyToMode",
  "requireMention",
  "streamMode",
  "streaming",
  "systemPrompt",
  "textChunkLimit",
];

/** The WebSocket channel: applications dial, the agent answers. */
export const websocketChannel = createChannel(kind, {
  blurb: "Applications connect over a WebSocket of its own.",
  media: true,
  threads: true,
  quoting: ({ replyToMode }) => replyToMode,
  acts: ["react", "edit", "delete"],
  followed,
  setup: websocketSetup,
  audit: {
    exposureOf: ({ auth, host, port, playground, dmPolicy, allowFrom, groupAllowFrom, groups, allowedOrigins }) => ({
      place: `${host}:${port}`,
      listens: { takesQueryToken: auth.allowQueryToken, allowedOrigins, hasPage: playground },
      isLocal: isLoopback(host),
      verifies: auth.enabled ? (auth.required ? "all" : "some") : "none",
      admitsAll: dmPolicy === "open",
      allowFrom,
      groupAllowFrom,
      groups,
      secretUrls: auth.enabled && mayHoldSecret(auth.endpoint) ? ["auth.endpoint"] : [],
      logsMessages: false,
    }),
    claimsOf: ({ port, path }) => [{ what: "port and path", key: `${port} ${path}` }],
    secretFields: configSecrets,
  },
});

/** A second fence around `guestTools`, for turns that no message starts. */
export const websocketToolGuard: ToolGuard = {
  channel: names,
  runs,
  isListed(cfg, { accountId, conversation }, approved) {
    const { config } = resolveAccount(rules, cfg, accountId, process.env);
    if (!config) return false;
    const verifiesAll = config.auth.enabled && config.auth.required;
    if (verifiesAll && hasWildcard(config.allowFrom)) return true;
    if (conversation.kind === "group" || !(verifiesAll || isLocal(config))) return false;
    return [...expandGroups(cfg, names.id, config.allowFrom), ...approved].some((entry) => readId(String(entry)) === conversation.id);
  },
};
