import { createChatChannelPlugin, type OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { buildBaseChannelStatusSummary, createDefaultChannelRuntimeState } from "openclaw/plugin-sdk/status-helpers";
import { system } from "../core/system.ts";
import type { ActName } from "../protocols/acts.ts";
import { deleteAccount, editAccount } from "./account-edits.ts";
import { type ChannelAccount, defaultAccountId, resolveAccount } from "./accounts.ts";
import { capabilitiesOf, createActions } from "./actions.ts";
import { createAllowlist } from "./allowlist.ts";
import { describePeer, formatProbe } from "./capabilities.ts";
import type { ChannelConfig } from "./channel-config.ts";
import { createAcquaintances, createDirectory, type SelfOf } from "./directory.ts";
import { createDoctor } from "./doctor.ts";
import type { ChannelKind } from "./gateway.ts";
import { createGroups } from "./groups.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { logOf } from "./host-account.ts";
import { mentions } from "./mentions.ts";
import { createMessaging } from "./messaging.ts";
import { createOutbound } from "./outbound.ts";
import { createPairing } from "./pairing.ts";
import { createProber, type Probe } from "./probe.ts";
import { createReload, withRunning } from "./reload.ts";
import { createResolver } from "./resolver.ts";
import { whereabouts } from "./running.ts";
import { type ChannelAudit, createSecurity } from "./security.ts";
import { type ChannelSetup, createSetupContract } from "./setup.ts";
import { createSetupWizard } from "./setup-wizard.ts";
import { describeAccount, lacksLogin } from "./status.ts";
import { collectIssues } from "./status-issues.ts";
import { createThreading } from "./threading.ts";
import { mayStart } from "./unstarted.ts";

/** What the host is told of a channel besides what its kind says. */
export interface ChannelWords<Config> {
  audit: ChannelAudit<Config>;
  /** One line in the host's channel picker. */
  blurb: string;
  media: boolean;
  threads: boolean;
  /** Which answers of a turn name its message; absent where the wire always says it, or the channel does it by itself. */
  quoting?(config: Config): "off" | "first" | "all";
  /** What the wire has for messages that were said before. */
  acts: readonly ActName[];
  /** Fields a running account follows; what is not here restarts it. */
  followed: readonly string[];
  /** Absent where the wire gives an account no id of its own. */
  selfOf?: SelfOf<Config>;
  setup: ChannelSetup<Config>;
}

/** The slots every channel fills in the same way. */
export function createChannel<Config extends ChannelConfig>(kind: ChannelKind<Config>, words: ChannelWords<Config>) {
  const { names, rules, live, login } = kind;
  const resolve = (cfg: OpenClawConfig, accountId?: string | null) => resolveAccount(rules, cfg, accountId, kind.environment());
  const probe = createProber(live, system);
  const describe = (account: ChannelAccount<Config>) => ({ ...describeAccount(account), ...(kind.portOf && { port: account.config ? kind.portOf(account.config) : null }) });

  const acquaintances = createAcquaintances(names, resolve);

  return createChatChannelPlugin<ChannelAccount<Config>, Probe>({
    base: {
      id: names.id,
      meta: {
        id: names.id,
        label: names.label,
        selectionLabel: `${names.label} (Clawwire)`,
        docsPath: `/channels/${names.id}`,
        blurb: words.blurb,
        markdownCapable: true,
      },
      capabilities: {
        chatTypes: ["direct", ...(names.hasGroups ? (["group"] as const) : []), ...(words.threads ? (["thread"] as const) : [])],
        media: words.media,
        reply: true,
        threads: words.threads,
        ...capabilitiesOf(words.acts),
      },
      reload: createReload([rules.channelId, ...rules.legacyKeys], words.followed),
      config: {
        listAccountIds: (cfg) => withRunning(rules, cfg, live.ids()),
        resolveAccount: resolve,
        inspectAccount: resolve,
        defaultAccountId: (cfg) => defaultAccountId(rules, cfg),
        isEnabled: (account) => account.enabled,
        ...(rules.disabled !== undefined && { disabledReason: () => rules.disabled ?? "" }),
        isConfigured: (account) => mayStart(account, names.id, (text) => logOf(kind, account.accountId).error(text)),
        unconfiguredReason: (account) => account.problem ?? "not configured",
        // The host starts none that it takes for unlinked; but an account without a login has to run to notice one.
        ...(login && { isLinked: ({ accountId }) => (lacksLogin(live.get(accountId)?.account.status()) ? "not-linked" : "linked") }),
        describeAccount: describe,
        resolveAllowFrom: ({ cfg, accountId }) => resolve(cfg, accountId).allowFrom,
        setAccountEnabled: ({ cfg, accountId, enabled }) => editAccount(rules, cfg, accountId, { enabled }),
        deleteAccount: ({ cfg, accountId }) => deleteAccount(rules, cfg, accountId),
      },
      doctor: createDoctor(rules, resolve),
      setupContract: createSetupContract(rules, words.setup, resolve, kind.environment),
      setupWizard: createSetupWizard({ rules, label: names.label, setup: words.setup, resolve, environment: kind.environment }),
      status: {
        defaultRuntime: createDefaultChannelRuntimeState("default"),
        buildChannelSummary: ({ snapshot }) => buildBaseChannelStatusSummary(snapshot),
        buildAccountSnapshot: ({ account, runtime, probe }) => ({ ...runtime, ...describe(account), probe }),
        collectStatusIssues: (accounts) => collectIssues(names.id, accounts),
        async probeAccount({ account: { accountId, config, problem }, timeoutMs }) {
          if (!config) return { ok: false, elapsedMs: 0, checked: [], error: problem ?? "not configured" };
          const ask = whereabouts(names.id).isHere ? probe : (await import("./gateway-probe.ts")).probeThroughGateway;
          return await ask({ channel: names.id, accountId, timeoutMs });
        },
        formatCapabilitiesProbe: ({ probe: found }) => formatProbe(found),
        buildCapabilitiesDiagnostics: async ({ probe: found }) => describePeer(found),
      },
      gateway: {
        startAccount: async (ctx) => await (await import("./gateway.ts")).startAccount(ctx, kind),
        ...(login && { logoutAccount: async ({ cfg, accountId }) => await (await import("./login.ts")).logout(login, names, resolve(cfg, accountId).accountId) }),
      },
      ...(login && { auth: { login: async ({ cfg, accountId }) => await (await import("./login.ts")).confirmLogin(login, names, resolve(cfg, accountId)) } }),
      // What is removed from the configuration leaves no tokens on disk.
      ...(login && { lifecycle: { onAccountRemoved: async ({ prevCfg, accountId }) => void (await (await import("./login.ts")).logout(login, names, resolve(prevCfg, accountId).accountId)) } }),
      messaging: createMessaging(names, acquaintances),
      ...(names.hasGroups && { groups: createGroups(names, resolve), mentions }),
      allowlist: createAllowlist(rules, resolve),
      resolver: createResolver(names, acquaintances),
      directory: createDirectory(names, acquaintances, resolve, words.selfOf),
      heartbeat: createHeartbeat(names, live),
      actions: createActions(names, live, words.acts),
    },
    security: createSecurity(kind, words.audit, resolve),
    pairing: createPairing(names, live),
    threading: { ...createThreading(names.addresses), scopedAccountReplyToMode: { resolveAccount: resolve, resolveReplyToMode: ({ config }) => (config ? words.quoting?.(config) : undefined) ?? "off" } },
    outbound: createOutbound(names, live),
  });
}
