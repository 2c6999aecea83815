import { configSecrets } from "../../generated/insta-claw/config.ts";
import { chosenInKeys } from "./accounts.ts";
import { createDialedToolGuard, createExposure } from "./dialed.ts";
import type { ChannelKind } from "./gateway.ts";
import { type ChannelNames, createRuntimeStore } from "./host.ts";
import { instaClawRules as rules, type ResolvedInstaClawAccount } from "./insta-claw-account.ts";
import { instaClawSetup } from "./insta-claw-setup.ts";
import { createChannel } from "./plugin.ts";
import { processWide } from "./process-wide.ts";
import { createLiveAccounts } from "./running.ts";
import { hostForm } from "./session-keys.ts";
import { createOwnRuns } from "./tool-guard.ts";

const names: ChannelNames = {
  id: rules.channelId,
  label: "InstaClaw",
  legacy: [],
  addresses: { prefix: "insta-claw", aliases: [rules.channelId] },
  hasGroups: true,
  messageIdCharacters: 512,
  sessions: hostForm,
  accounts: chosenInKeys(rules),
};

export const instaClawRuntime = createRuntimeStore("clawwire-insta-claw");
const live = processWide("insta-claw.accounts", createLiveAccounts);
const runs = processWide("insta-claw.runs", createOwnRuns);

/** Characters of a message in a detailed log. */
const LOGGED = 200;
/** Largest attachment in bytes. */
const MEDIA_BYTES = 20_971_520;

const kind: ChannelKind<ResolvedInstaClawAccount> = {
  names,
  rules,
  live,
  runs,
  runtime: () => instaClawRuntime.getRuntime(),
  environment: () => process.env,
  logTag: (accountId) => `[InstaClawConnector]${accountId === "default" ? "" : ` [${accountId}]`}`,
  detailOf: ({ debug }) => (debug ? LOGGED : undefined),
  mediaOf: () => ({ allowedRoots: [], maxBytes: MEDIA_BYTES }),
  open: async (options) => await (await import("./insta-claw-open.ts")).openInstaClaw(options),
};

/**
 * Fields a running account follows, dialing again where it has to; what is not here restarts it. None that may be a
 * SecretRef: an account that waits for its secret does not run, and the host starts it only where an edit would.
 */
const followed = [
  "ack",
  "allowBots",
  "allowFrom",
  "allowInsecure",
  "botLoopProtection",
  "bots",
  "debug",
  "deltaShape",
  "direct",
  "dmPolicy",
  "events",
  "groupAllowFrom",
  "groupPolicy",
  "groups",
  "heartbeatIntervalMs",
  "historyLimit",
  "limits",
  "profile",
  "reactionAllowlist",
  "reactionNotifications",
  "requestTimeoutMs",
  "requireMention",
  "streaming",
  "systemPrompt",
  "textChunkLimit",
  "timeoutThresholdMs",
  "wsUrl",
];

/** The InstaClaw channel: OpenClaw dials a gateway, its users write, the agent answers. */
export const instaClawChannel = createChannel(kind, {
  blurb: "Answers the users of an InstaClaw gateway.",
  media: true,
  threads: true,
  acts: ["react", "edit", "delete"],
  followed,
  setup: instaClawSetup,
  audit: {
    exposureOf: createExposure("wsUrl"),
    claimsOf: ({ url, clientId }) => (clientId.reveal() === "" ? [] : [{ what: "wsUrl and clientId", key: `${url} ${clientId.reveal()}` }]),
    secretFields: configSecrets,
  },
});

export const instaClawToolGuard = createDialedToolGuard(names, rules, runs);
