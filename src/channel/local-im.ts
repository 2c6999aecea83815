import { configSecrets } from "../../generated/local-im/config.ts";
import { chosenInKeys } from "./accounts.ts";
import { createDialedToolGuard, createExposure } from "./dialed.ts";
import type { ChannelKind } from "./gateway.ts";
import { type ChannelNames, createRuntimeStore } from "./host.ts";
import { localImRules as rules, type ResolvedLocalImAccount } from "./local-im-account.ts";
import { localImSetup } from "./local-im-setup.ts";
import type { Narration } from "./narration.ts";
import { createChannel } from "./plugin.ts";
import { processWide } from "./process-wide.ts";
import { createLiveAccounts } from "./running.ts";
import { scopedForm } from "./session-keys.ts";
import { createOwnRuns } from "./tool-guard.ts";

/** A server's user, and what a server keeps together under one id. */
const scopes = ["user", "conversation"] as const;

const names: ChannelNames = {
  id: rules.channelId,
  label: "Local IM",
  legacy: [],
  addresses: { prefix: "local-im", aliases: [rules.channelId], scopes },
  hasGroups: false,
  messageIdCharacters: 128,
  sessions: scopedForm(scopes),
  accounts: chosenInKeys(rules),
};

export const localImRuntime = createRuntimeStore("clawwire-local-im");
const live = processWide("local-im.accounts", createLiveAccounts);
const runs = processWide("local-im.runs", createOwnRuns);

/** Characters of a message in a detailed log. */
const LOGGED = 100;

const narration: Narration = {
  connecting: (url) => `正在连接服务端: ${url}`,
  connected: (accountId, name = "N/A") => `✅ 成功连接至服务端 [Account: ${accountId}, name: ${name}]`,
  started: "🚀 开始处理消息...",
  replying: "AI 开始回复",
  finished: "📥 AI 处理完成",
  idle: "回复空闲",
  answered: (answered, received) => `✅ 消息处理完成 (${answered}/${received})`,
};

const kind: ChannelKind<ResolvedLocalImAccount> = {
  names,
  rules,
  live,
  runs,
  runtime: () => localImRuntime.getRuntime(),
  environment: () => process.env,
  logTag: (accountId) => `[LocalIM][${accountId}]`,
  narration,
  detailOf: ({ debug }) => (debug ? LOGGED : undefined),
  showsThoughts: () => true,
  open: async (options) => await (await import("./local-im-open.ts")).openLocalIm(options),
};

/**
 * Fields a running account follows, dialing again where it has to; what is not here restarts it. None that may be a
 * SecretRef: an account that waits for its secret does not run, and the host starts it only where an edit would.
 */
const followed = [
  "allowBots",
  "allowFrom",
  "allowInsecure",
  "botLoopProtection",
  "bots",
  "clientWsUrl",
  "debug",
  "direct",
  "dmPolicy",
  "groupAllowFrom",
  "groupPolicy",
  "limits",
  "reactionAllowlist",
  "reactionNotifications",
  "serverUrl",
  "sessionScope",
  "streaming",
  "systemPrompt",
  "textChunkLimit",
];

/** The local IM channel: OpenClaw dials an IM server, its users write, the agent answers. */
export const localImChannel = createChannel(kind, {
  blurb: "Answers the users of an IM server of yours.",
  media: false,
  threads: false,
  acts: ["react", "edit", "delete"],
  followed,
  // The server knows an account by its id.
  selfOf: (_config, accountId) => accountId,
  setup: localImSetup,
  audit: {
    exposureOf: createExposure("serverUrl", ["accountId"]),
    secretFields: configSecrets,
  },
});

export const localImToolGuard = createDialedToolGuard(names, rules, runs);
