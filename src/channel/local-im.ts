import { chosenInKeys } from "./accounts.ts";
import { createDialedToolGuard, exposureOf, probeLink } from "./dialed.ts";
import type { ChannelKind } from "./gateway.ts";
import { type ChannelNames, createRuntimeStore } from "./host.ts";
import { localImRules as rules, type ResolvedLocalImAccount } from "./local-im-account.ts";
import { localImSetup } from "./local-im-setup.ts";
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
  sessions: scopedForm(scopes),
  accounts: chosenInKeys(rules),
};

export const localImRuntime = createRuntimeStore("clawwire-local-im");
const live = processWide("local-im.accounts", createLiveAccounts);
const runs = processWide("local-im.runs", createOwnRuns);

/** Characters of a message in a detailed log. */
const LOGGED = 100;

const kind: ChannelKind<ResolvedLocalImAccount> = {
  names,
  rules,
  live,
  runs,
  runtime: () => localImRuntime.getRuntime(),
  environment: () => process.env,
  logTag: (accountId) => `[LocalIM][${accountId}]`,
  detailOf: ({ debug }) => (debug ? LOGGED : undefined),
  showsThoughts: true,
  open: async (options) => await (await import("./local-im-open.ts")).openLocalIm(options),
};

/** Fields a running account follows; what is not here restarts it. */
const followed = [
  "allowFrom",
  "debug",
  "dmPolicy",
  "groupAllowFrom",
  "groupPolicy",
  "limits.contentChars",
  "limits.dedupeEntries",
  "limits.maxConcurrent",
  "limits.messageBurst",
  "limits.messagesPerMinute",
  "limits.queuedPerSession",
  "limits.turnSeconds",
];

/** The local IM channel: OpenClaw dials an IM server, its users write, the agent answers. */
export const localImChannel = createChannel(kind, {
  blurb: "Answers the users of an IM server of yours.",
  media: false,
  threads: false,
  followed,
  setup: localImSetup,
  exposureOf,
  probe: ({ accountId }) => probeLink(live, accountId),
});

export const localImToolGuard = createDialedToolGuard(names, rules, runs);
