import path from "node:path";
import type { ChannelGatewayContext } from "openclaw/plugin-sdk/channel-contract";
import { runPassiveAccountLifecycle } from "openclaw/plugin-sdk/channel-lifecycle";
import type { PluginRuntime } from "openclaw/plugin-sdk/runtime-store";
import type { Agent } from "../account/agent.ts";
import type { AccountOptions, RunningAccount } from "../account/websocket/account.ts";
import { ClawwireError } from "../core/errors.ts";
import type { Log, System } from "../core/ports.ts";
import { system } from "../core/system.ts";
import { decideAccess, mayReadAlong } from "./access.ts";
import { type AccountRules, type AccessFields, type ChannelAccount, resolveAccount } from "./accounts.ts";
import { type DynamicAgents, prepareAgent } from "./agents.ts";
import { type ChannelNames, currentConfig, type HostAccount } from "./host.ts";
import { isTrusted } from "./ingress.ts";
import { findRejected, type MediaBounds, prepareMediaRoot } from "./media.ts";
import { createResumed, type Resumed } from "./resumed.ts";
import type { LiveAccounts } from "./running.ts";
import type { AccessConfig } from "./sender-policy.ts";
import { createStatusReport } from "./status.ts";
import type { OwnRuns } from "./tool-guard.ts";
import { runTurn } from "./turn.ts";

/** What a channel adds to the slots all channels share. */
export interface ChannelKind<Config extends AccessConfig & AccessFields> {
  names: ChannelNames;
  rules: AccountRules<Config>;
  live: LiveAccounts;
  runs: OwnRuns;
  runtime(): PluginRuntime;
  environment(): Readonly<Record<string, string | undefined>>;
  mediaOf(config: Config): { allowedRoots: readonly string[]; maxBytes: number };
  /** Whether only this machine can connect, and names its senders itself. */
  isLocal(config: Config): boolean;
  dynamicAgentsOf(config: Config): DynamicAgents;
  portOf(config: Config): number;
  /** What an operator should hear of when the account starts. */
  inspectStart(config: Config, log: Log): Promise<void>;
  open(options: OpenAccount<Config>): Promise<OpenedAccount<Config>>;
}

export type OpenAccount<Config> = Omit<AccountOptions, "config" | "journal"> & { config: Config; journalFile: string };
export type OpenedAccount<Config> = Omit<RunningAccount, "reconfigure"> & { reconfigure(config: Config): void };

/** How often a running account looks whether its configuration has changed. */
const RECONFIGURE_EVERY_MS = 1000;

/** Runs an account until the host aborts it. Nothing of it is left when this settles. */
export async function startAccount<Config extends AccessConfig & AccessFields>(
  ctx: ChannelGatewayContext<ChannelAccount<Config>>,
  kind: ChannelKind<Config>,
): Promise<void> {
  const host = createHostAccount(ctx, kind);
  const report = createStatusReport(ctx, system);
  await runPassiveAccountLifecycle({
    abortSignal: ctx.abortSignal,
    start: async () => {
      report.starting();
      return await open(host, kind, report);
    },
    stop: async (running: { stop(): Promise<void> }) => {
      await running.stop();
      report.stopped();
    },
  });
}

async function open<Config extends AccessConfig & AccessFields>(host: HostAccount<Config>, kind: ChannelKind<Config>, report: ReturnType<typeof createStatusReport>) {
  const { accountId, log } = host;
  const { config, problem, warnings } = host.account();
  if (!config) throw new ClawwireError("config-invalid", problem ?? "the account is not configured", { account: accountId });
  for (const warning of [...warnings, ...olderBindings(host)]) log.warn(warning);
  const state = host.runtime.state.resolveStateDir(process.env);
  const ownMedia = path.join(state, "media", kind.names.id);
  await prepareMediaRoot(ownMedia);
  void kind.inspectStart(config, log);

  const resumed = createResumed();
  const agent = createAgent(host, kind, resumed, ownMedia);
  const journalFile = path.join(state, "clawwire", kind.names.id, `${accountId}.sqlite`);
  const account = await kind.open({ accountId, config, agent, journalFile, system, log, changed: report.changed });
  const remove = kind.live.add(accountId, { account, resumed, log });
  const cancel = followConfig(host, (changed) => account.reconfigure(changed));
  report.ready({ port: kind.portOf(config), url: account.url });
  log.info(`listening on ${account.url}`);
  return {
    async stop() {
      cancel();
      remove();
      await account.stop();
    },
  };
}

/** They work, and would not any more once the older name is gone. */
function olderBindings({ channel, hostConfig }: HostAccount<unknown>): string[] {
  const found = channel.legacy.filter((name) => hostConfig().bindings?.some(({ match }) => match.channel === name));
  return found.map((name) => `bindings name the channel "${name}": write "${channel.id}" instead`);
}

function createAgent<Config extends AccessConfig & AccessFields>(host: HostAccount<Config>, kind: ChannelKind<Config>, resumed: Resumed, ownMedia: string): Agent {
  const mediaBounds = (config: Config): MediaBounds => {
    const { allowedRoots, maxBytes } = kind.mediaOf(config);
    return { roots: allowedRoots.length > 0 ? allowedRoots.map((root) => path.resolve(root)) : [ownMedia], maxBytes };
  };
  return {
    access: (inbound) =>
      decideAccess(inbound, {
        host,
        checkMedia: (message, config) => findRejected(message.media, mediaBounds(config)),
        async prepareAgent(question) {
          const { config, route } = question;
          const settings = kind.dynamicAgentsOf(config);
          const { conversation, sender } = question.inbound;
          if (!settings.enabled || conversation.kind !== "direct" || route.isBoundPeer) return { ok: true };
          if (!sender.verified && !(await isTrusted(host, question, kind.isLocal(config)))) return { ok: true };
          return await prepareAgent(host, sender, settings);
        },
      }),
    mayFollow: (sender, groupId) => mayReadAlong(host, sender, groupId),
    isControlCommand: (text) => host.runtime.channel.text.hasControlCommand(text, host.hostConfig()),
    run: (turn, reply, signal) => runTurn(turn, reply, signal, { host, resumed, mediaBounds, isLocal: kind.isLocal }),
  };
}

function createHostAccount<Config extends AccessConfig & AccessFields>(ctx: ChannelGatewayContext<ChannelAccount<Config>>, kind: ChannelKind<Config>): HostAccount<Config> {
  const runtime = kind.runtime();
  const { accountId } = ctx;
  const hostConfig = () => currentConfig(runtime);
  let resolved: { from: object; account: ChannelAccount<Config> } | undefined;
  return {
    channel: kind.names,
    accountId,
    runtime,
    system,
    log: logOf(ctx),
    runs: kind.runs,
    hostConfig,
    account() {
      const from = hostConfig();
      // The host replaces its configuration as a whole.
      if (resolved?.from !== from) resolved = { from, account: resolveAccount(kind.rules, from, accountId, kind.environment()) };
      return resolved.account;
    },
  };
}

/** Hands over each new configuration of an account; what needs a restart the host restarts itself. */
function followConfig<Config>(host: HostAccount<Config>, changed: (config: Config) => void): () => void {
  let known = host.account();
  let cancel = () => {};
  const look = (timers: System) => {
    cancel = timers.after(RECONFIGURE_EVERY_MS, () => {
      const now = host.account();
      if (now !== known && now.config) changed(now.config);
      known = now;
      look(timers);
    });
  };
  look(host.system);
  return () => cancel();
}

function logOf({ accountId, log }: ChannelGatewayContext): Log {
  const tag = (message: string) => `[${accountId}] ${message}`;
  return {
    debug: (message) => log?.debug?.(tag(message)),
    info: (message) => log?.info(tag(message)),
    warn: (message) => log?.warn(tag(message)),
    error: (message) => log?.error(tag(message)),
  };
}
