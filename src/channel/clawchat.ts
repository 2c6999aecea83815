import { configSecrets } from "../../generated/clawchat/config.ts";
import { chosenInKeys } from "./accounts.ts";
import { clawchatRules as rules, ownedBy, type ResolvedClawchatAccount } from "./clawchat-account.ts";
import { clawchatSetup } from "./clawchat-setup.ts";
import { createDialedToolGuard, createExposure } from "./dialed.ts";
import type { ChannelKind } from "./gateway.ts";
import { type ChannelNames, createRuntimeStore } from "./host.ts";
import { createChannel } from "./plugin.ts";
import { processWide } from "./process-wide.ts";
import { createLiveAccounts } from "./running.ts";
import { hostForm } from "./session-keys.ts";
import { createOwnRuns } from "./tool-guard.ts";

const names: ChannelNames = {
  id: rules.channelId,
  label: "ClawChat",
  legacy: rules.legacyKeys,
  addresses: { prefix: rules.channelId, aliases: rules.legacyKeys },
  hasGroups: true,
  messageIdCharacters: 512,
  sessions: hostForm,
  accounts: chosenInKeys(rules),
};

export const clawchatRuntime = createRuntimeStore("clawwire-clawchat");
const live = processWide("clawchat.accounts", createLiveAccounts);
const runs = processWide("clawchat.runs", createOwnRuns);

/** Characters of a message in a detailed log. */
const LOGGED = 100;
const MEBIBYTE = 1_048_576;

const kind: ChannelKind<ResolvedClawchatAccount> = {
  names,
  rules,
  live,
  runs,
  runtime: () => clawchatRuntime.getRuntime(),
  environment: () => process.env,
  ownedBy,
  detailOf: ({ debug }) => (debug ? LOGGED : undefined),
  showsThoughts: ({ outputVisibility }) => outputVisibility === "full",
  mediaOf: ({ mediaUrl, limits }) => ({ allowedRoots: [], maxBytes: limits.mediaMegabytes * MEBIBYTE, placeUrl: mediaUrl, skipsUnreadable: true }),
  open: async (options) => await (await import("./clawchat-open.ts")).openClawchat(options, clawchatRuntime.getRuntime().version),
  login: {
    missing: async (files, account) => (await import("./clawchat-activation.ts")).missingLogin(files, account),
    drop: async (files, accountId) => (await import("./clawchat-activation.ts")).dropLogin(files, accountId),
    fault: async (files, account) => (await import("./clawchat-login.ts")).faultOfLogin(files, account),
  },
};

/** Fields a running account follows, dialing again where it has to; what is not here restarts it. */
const followed = [
  "ack",
  "allowBots",
  "allowFrom",
  "botLoopProtection",
  "bots",
  "debug",
  "deliveryReceipts",
  "direct",
  "dmPolicy",
  "greeting",
  "groupAllowFrom",
  "groupCommandMode",
  "groupMode",
  "groupPolicy",
  "groupSessionsPerUser",
  "groups",
  "heartbeat",
  "limits",
  "outputVisibility",
  "reactionAllowlist",
  "reactionNotifications",
  "reconnect",
  "reliableDelivery",
  "replyToMode",
  "streaming",
  "strictChatIds",
  "systemPrompt",
  "textChunkLimit",
  "typingMaxContinuousMs",
  "websocketUrl",
];

/** The ClawChat channel: OpenClaw dials a server as an agent of its owner, people write, the agent answers. */
export const clawchatChannel = createChannel(kind, {
  blurb: "Answers on ClawChat as an agent of yours.",
  media: true,
  threads: false,
  acts: ["react"],
  followed,
  selfOf: ({ userId }) => userId,
  setup: clawchatSetup,
  audit: {
    exposureOf: createExposure("websocketUrl"),
    claimsOf: ({ baseUrl, userId, token }) => [
      ...(userId === undefined ? [] : [{ what: "baseUrl and userId", key: `${baseUrl} ${userId}` }]),
      ...(token ? [{ what: "tokens", key: token.reveal() }] : []),
    ],
    secretFields: configSecrets,
  },
});

export const clawchatToolGuard = createDialedToolGuard(names, rules, runs);
