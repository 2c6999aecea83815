import { createChatChannelPlugin, type OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { createDefaultChannelRuntimeState, buildBaseChannelStatusSummary } from "openclaw/plugin-sdk/status-helpers";
import { system } from "../core/system.ts";
import { deleteAccount, editAccount } from "./account-edits.ts";
import { type ChannelAccount, defaultAccountId, listAccountIds, resolveAccount } from "./accounts.ts";
import { createDirectory } from "./directory.ts";
import type { ChannelKind } from "./gateway.ts";
import { type ChannelNames, createRuntimeStore } from "./host.ts";
import { readId } from "./identity.ts";
import { createMessaging, createResolver } from "./messaging.ts";
import { createOutbound } from "./outbound.ts";
import { createPairing } from "./pairing.ts";
import { processWide } from "./process-wide.ts";
import { createReload } from "./reload.ts";
import { createLiveAccounts } from "./running.ts";
import { auditExposure, createDmPolicy, dmRouting } from "./security.ts";
import { hasWildcard } from "./sender-policy.ts";
import { createSetupContract, createSetupWizard } from "./setup.ts";
import { collectIssues, describeAccount } from "./status.ts";
import { createOwnRuns, type ToolGuard } from "./tool-guard.ts";
import { isLoopback, type ResolvedWebsocketAccount, websocketRules as rules } from "./websocket-account.ts";

const names: ChannelNames = {
  id: "websocket",
  label: "WebSocket",
  legacy: ["ws"],
  addresses: { prefix: "ws", aliases: ["websocket"] },
};

export const websocketRuntime = createRuntimeStore("clawwire-websocket");
const live = processWide("websocket.accounts", createLiveAccounts);
const runs = processWide("websocket.runs", createOwnRuns);

const resolve = (cfg: OpenClawConfig, accountId?: string | null) => resolveAccount(rules, cfg, accountId, process.env);

const kind: ChannelKind<ResolvedWebsocketAccount> = {
  names,
  rules,
  live,
  runs,
  runtime: () => websocketRuntime.getRuntime(),
  environment: () => process.env,
  mediaOf: ({ media }) => media,
  isLocal: ({ auth, host }) => !auth.enabled && isLoopback(host),
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
  "allowFrom",
  "dmPolicy",
  "dynamicAgentCreation",
  "greeting",
  "groupAllowFrom",
  "groupPolicy",
  "groups",
  "limits.messageBurst",
  "limits.messagesPerMinute",
  "limits.queuedPerSession",
  "limits.turnSeconds",
  "media",
  "requireMention",
  "streamMode",
];

/** The WebSocket channel: applications dial, the agent answers. */
export const websocketChannel = createChatChannelPlugin<ChannelAccount<ResolvedWebsocketAccount>>({
  base: {
    id: names.id,
    meta: {
      id: names.id,
      label: names.label,
      selectionLabel: "WebSocket (Clawwire)",
      docsPath: "/channels/websocket",
      blurb: "Applications connect over a WebSocket of its own.",
      markdownCapable: true,
    },
    capabilities: { chatTypes: ["direct", "group", "thread"], media: true, reply: true, threads: true },
    reload: createReload([rules.channelId, ...rules.legacyKeys], followed),
    config: {
      listAccountIds: (cfg) => listAccountIds(rules, cfg),
      resolveAccount: resolve,
      inspectAccount: resolve,
      defaultAccountId: (cfg) => defaultAccountId(rules, cfg),
      isEnabled: (account) => account.enabled,
      isConfigured: (account) => account.configured,
      unconfiguredReason: (account) => account.problem ?? "not configured",
      describeAccount: (account) => ({ ...describeAccount(account), port: account.config?.port ?? null }),
      resolveAllowFrom: ({ cfg, accountId }) => resolve(cfg, accountId).allowFrom,
      setAccountEnabled: ({ cfg, accountId, enabled }) => editAccount(rules, cfg, accountId, { enabled }),
      deleteAccount: ({ cfg, accountId }) => deleteAccount(rules, cfg, accountId),
    },
    setupContract: createSetupContract(rules),
    setupWizard: createSetupWizard(rules, resolve),
    status: {
      defaultRuntime: createDefaultChannelRuntimeState("default"),
      buildChannelSummary: ({ snapshot }) => buildBaseChannelStatusSummary(snapshot),
      buildAccountSnapshot: ({ account, runtime, probe }) => ({ ...runtime, ...describeAccount(account), port: account.config?.port ?? null, probe }),
      collectStatusIssues: (accounts) => collectIssues(names.id, accounts),
      async probeAccount({ account, timeoutMs }) {
        if (!account.config) return { ok: false, error: account.problem };
        const { auth } = account.config;
        if (!auth.enabled) return { ok: true, verifier: "off" };
        const { probeVerifier } = await import("./verifier-probe.ts");
        const { ok, why } = await probeVerifier({ endpoint: auth.endpoint, timeoutMs }, system);
        return ok ? { ok, verifier: "answers" } : { ok, error: `the verifier does not answer: ${why}` };
      },
    },
    gateway: { startAccount: async (ctx) => await (await import("./gateway.ts")).startAccount(ctx, kind) },
    messaging: createMessaging(names),
    resolver: createResolver(names),
    directory: createDirectory(names, resolve),
    actions: {
      describeMessageTool: () => ({ actions: ["send"] }),
      supportsAction: () => false,
      resolveExecutionMode: () => "gateway",
    },
  },
  security: {
    dm: createDmPolicy(names.id),
    dmRouting,
    collectWarnings: ({ account, cfg }) => (account.config ? auditExposure(names.id, exposureOf(account.accountId, account.config), cfg) : []),
  },
  pairing: createPairing(names, live),
  threading: { topLevelReplyToMode: "off" },
  outbound: createOutbound(names, live),
});

/** A second fence around `guestTools`, for turns that no message starts. */
export const websocketToolGuard: ToolGuard = {
  channel: names,
  runs,
  isListed(cfg, { accountId, conversation }, approved) {
    const { config } = resolve(cfg, accountId);
    if (!config) return false;
    const verifiesAll = config.auth.enabled && config.auth.required;
    if (verifiesAll && hasWildcard(config.allowFrom)) return true;
    if (conversation.kind === "group" || !(verifiesAll || kind.isLocal(config))) return false;
    return [...config.allowFrom, ...approved].some((entry) => readId(String(entry)) === conversation.id);
  },
};

function exposureOf(accountId: string, { auth, host, port, dmPolicy, allowFrom }: ResolvedWebsocketAccount) {
  return {
    accountId,
    place: `${host}:${port}`,
    isLocal: isLoopback(host),
    verifiesAll: auth.enabled && auth.required,
    admitsAll: dmPolicy === "open",
    allowFrom,
  };
}
