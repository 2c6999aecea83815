import path from "node:path";
import type { ChannelGatewayContext } from "openclaw/plugin-sdk/channel-contract";
import { runPassiveAccountLifecycle } from "openclaw/plugin-sdk/channel-outbound";
import type { PluginRuntime } from "openclaw/plugin-sdk/runtime-store";
import type { Agent } from "../account/agent.ts";
import type { AccountOptions, AccountStatus, RunningAccount } from "../account/account.ts";
import { ClawwireError } from "../core/errors.ts";
import { every } from "../core/every.ts";
import type { Log } from "../core/ports.ts";
import { clip, forLog } from "../core/redact.ts";
import { system } from "../core/system.ts";
import { heedsAct, tellAct } from "./act-events.ts";
import { decideAccess, isControlCommand, mayReadAlong } from "./access.ts";
import { accountFiles, type AccountFiles } from "./account-files.ts";
import type { AccountRules, ChannelAccount } from "./accounts.ts";
import { type DynamicAgents, prepareAgent } from "./agents.ts";
import type { ChannelConfig } from "./channel-config.ts";
import { type CutSessions, createCutSessions } from "./cut-session.ts";
import { createGroupHistory } from "./group-history.ts";
import type { ChannelNames, HostAccount } from "./host.ts";
import { createHostAccount, detailOf, followConfig } from "./host-account.ts";
import { isTrusted } from "./ingress.ts";
import { findRejected, type MediaBounds, prepareMediaRoot } from "./media.ts";
import { createNarrator, type Narration } from "./narration.ts";
import { uploadOf } from "./outbound-media.ts";
import { type PairingNotice, watchApprovals } from "./pairing-notice.ts";
import { createQuestions } from "./questions.ts";
import { createResumed, type Resumed } from "./resumed.ts";
import { type LiveAccounts, whereabouts } from "./running.ts";
import { createStatusReport, type StatusReport } from "./status.ts";
import type { OwnRuns } from "./tool-guard.ts";
import type { TurnDeps } from "./turn.ts";

/** What a channel adds to the slots all channels share. What it does not have is absent. */
export interface ChannelKind<Config extends ChannelConfig> {
  names: ChannelNames;
  rules: AccountRules<Config>;
  live: LiveAccounts;
  runs: OwnRuns;
  runtime(): PluginRuntime;
  environment(): Readonly<Record<string, string | undefined>>;
  /** Where attachments may be read. */
  mediaOf?(config: Config): ChannelMedia;
  /** The configuration of an account whose login names this owner: the login may be younger. */
  ownedBy?(config: Config, owner: string): Config;
  /** Whether only this machine can connect, and names its senders itself. */
  isLocal?(config: Config): boolean;
  dynamicAgentsOf?(config: Config): DynamicAgents;
  /** The wire has a place for thoughts, and the account shows them there; the host says in which sessions there are any. */
  showsThoughts?(config: Config): boolean;
  /** Where we listen. */
  portOf?(config: Config): number;
  /** What stands before each line of the log; the account's id in brackets where absent. */
  logTag?(accountId: string): string;
  /** The log in the words of the original plugin. */
  narration?: Narration;
  /** How many characters of a message may be logged: set where the operator wants a detailed log. */
  detailOf?(config: Config): number | undefined;
  /** What an operator should hear of when the account starts. */
  inspectStart?(config: Config, log: Log): Promise<void>;
  open(options: OpenAccount<Config>): Promise<RunningAccount<Config>>;
  /** Absent where accounts have no login of their own. */
  login?: AccountLogin<Config>;
}

/** The login of an account as commands beside the gateway see it: on disk. */
export interface AccountLogin<Config> {
  /** Why there is none, with what to do, for the operator. */
  missing(files: AccountFiles, account: AccountAsFound<Config>): Promise<string | undefined>;
  /** Gives it up and keeps who the account is; false where there was none. */
  drop(files: AccountFiles, accountId: string): Promise<boolean>;
  /** What is wrong with it, for the audit, which writes nothing. */
  fault(files: AccountFiles, account: AccountAsFound<Config>): Promise<LoginFault | undefined>;
}

export interface LoginFault {
  kind: "no-login" | "expired-login";
  why: string;
  remedy: string;
}

export type AccountAsFound<Config> = Pick<ChannelAccount<Config>, "accountId" | "config" | "problem">;

/** What a channel has of attachments. */
export interface ChannelMedia {
  /** Directories; where there are none, only the channel's own. */
  allowedRoots: readonly string[];
  /** Of one attachment, in either direction. */
  maxBytes: number;
  /** Where the peer keeps files; without a slash at the end. */
  placeUrl?: string;
  skipsUnreadable?: boolean;
}

export type OpenAccount<Config> = Omit<AccountOptions<Config>, "journal"> & AccountFiles;

/** How often the host hears that an account is alive of which there is nothing new. */
const REFRESH_EVERY_MS = 60_000;
/** Of a wire without attachments. */
const noMedia: MediaBounds = { roots: [], maxBytes: 0 };

/** What a turn asks of the host is most of what an account would load before it is open. */
const loadTurns = async () => await import("./turn.ts");

/** Runs an account until the host aborts it. Nothing of it is left when this settles. */
export async function startAccount<Config extends ChannelConfig>(
  ctx: ChannelGatewayContext<ChannelAccount<Config>>,
  kind: ChannelKind<Config>,
): Promise<void> {
  whereabouts(kind.names.id).isHere = true;
  const host = createHostAccount(ctx, kind);
  const report = createStatusReport(ctx, system);
  await runPassiveAccountLifecycle({
    abortSignal: ctx.abortSignal,
    start: async () => {
      report.starting();
      try {
        return await open(host, kind, report);
      } catch (thrown) {
        report.failed(thrown);
        throw thrown;
      }
    },
    stop: async (running: { stop(): Promise<void> }) => {
      await running.stop();
      report.stopped();
    },
  });
}

async function open<Config extends ChannelConfig>(host: HostAccount<Config>, kind: ChannelKind<Config>, report: StatusReport) {
  const { accountId, log } = host;
  const started = host.account();
  const { config, problem, warnings } = started;
  if (!config || problem !== undefined) throw new ClawwireError("config-invalid", problem ?? "the account is not configured", { account: accountId });
  for (const warning of [...warnings, ...olderBindings(host)]) log.warn(warning);
  const state = host.runtime.state.resolveStateDir(process.env);
  const ownMedia = path.join(state, "media", kind.names.id);
  if (kind.mediaOf) await prepareMediaRoot(ownMedia);
  void kind.inspectStart?.(config, log);

  const resumed = createResumed();
  const cutSessions = createCutSessions(host);
  const files = accountFiles(state, kind.names.id, accountId);
  const approvals = await watchApprovals({ host, file: files.pairingFile, account: () => kind.live.get(accountId)?.account });
  let url = "";
  const narrator = kind.narration && createNarrator(kind.narration, log, { accountId, name: () => host.account().name, url: () => url });
  const agent = createAgent(host, kind, { resumed, cutSessions, approvals }, ownMedia);
  const changed = (status: AccountStatus) => {
    if (url !== "") narrator?.status(status);
    report.changed(status);
  };
  const account = await kind.open({ accountId, config, agent: narrator?.agent(agent) ?? agent, ...files, system, log, changed }).catch(async (thrown: unknown) => {
    await approvals.stop();
    throw thrown;
  });
  const moved = () => {
    url = account.url;
    report.moved(url);
  };
  moved();
  narrator?.status(account.status());
  const mediaBytes = () => mediaBytesOf(kind, host.account().config ?? config);
  const remove = kind.live.add(accountId, { account, resumed, approvals, log, mediaBytes });
  const cancelFollow = followConfig(host, started, (next) => {
    account.reconfigure(next);
    moved();
  });
  const cancelRefresh = every(system, REFRESH_EVERY_MS, () => report.changed(account.status()));
  const port = kind.portOf?.(config);
  report.opened({ status: account.status(), ...(port !== undefined && { port }) });
  // A link says itself where it dials.
  if (port !== undefined) log.info(`listening on ${account.url}`);
  // Before the first message asks for it, and before an update of the plugin takes the file away. What fails here fails there again.
  loadTurns().catch(() => {});
  return {
    async stop() {
      cancelFollow();
      cancelRefresh();
      remove();
      cutSessions.stop();
      await approvals.stop();
      await account.stop();
    },
  };
}

/** They work, and would not any more once the older name is gone. */
function olderBindings({ channel, hostConfig }: HostAccount<unknown>): string[] {
  const found = channel.legacy.filter((name) => hostConfig().bindings?.some(({ match }) => match.channel === name));
  return found.map((name) => `bindings name the channel "${name}": write "${channel.id}" instead`);
}

function mediaBytesOf<Config extends ChannelConfig>(kind: ChannelKind<Config>, config: Config): number {
  return kind.mediaOf?.(config).maxBytes ?? 0;
}

function createAgent<Config extends ChannelConfig>(host: HostAccount<Config>, kind: ChannelKind<Config>, { resumed, cutSessions, approvals }: { resumed: Resumed; cutSessions: CutSessions; approvals: PairingNotice }, ownMedia: string): Agent {
  const running = () => kind.live.get(host.accountId)?.account;
  const mediaBounds = (config: Config): MediaBounds => {
    if (!kind.mediaOf) return noMedia;
    const { allowedRoots, maxBytes, placeUrl, skipsUnreadable = false } = kind.mediaOf(config);
    const roots = allowedRoots.length > 0 ? allowedRoots.map((root) => path.resolve(root)) : [ownMedia];
    return { roots, maxBytes, skipsUnreadable, ...(placeUrl !== undefined && { place: { url: placeUrl, credentialsFor } }) };
  };
  const credentialsFor = (url: string) => running()?.credentialsFor?.(url) ?? {};
  const questions = createQuestions();
  const turnDeps: TurnDeps<Config> = {
    host,
    resumed,
    cutSessions,
    history: createGroupHistory(),
    questions,
    mediaBounds,
    isLocal: (config) => kind.isLocal?.(config) === true,
    showsThoughts: (config) => kind.showsThoughts?.(config) === true,
    running,
    files: (config) => ({ log: host.log, maxBytes: mediaBytesOf(kind, config), ...uploadOf(running() ?? {}) }),
  };
  return {
    access: (inbound) => {
      const characters = detailOf(kind, host.account());
      if (characters !== undefined) host.log.debug(`message ${forLog(inbound.messageId)}: ${JSON.stringify(clip(inbound.content, characters))}`);
      return decideAccess(inbound, {
        host,
        approvals,
        checkMedia: (message, config) => findRejected(message.media, mediaBounds(config)),
        async prepareAgent(question) {
          const { config, route } = question;
          const settings = kind.dynamicAgentsOf?.(config);
          const { conversation, sender } = question.inbound;
          if (!settings?.enabled || conversation.kind !== "direct" || route.isBoundPeer) return { ok: true };
          if (!sender.verified && !(await isTrusted(host, question, kind.isLocal?.(config) === true))) return { ok: true };
          return await prepareAgent(host, sender, settings);
        },
      });
    },
    mayFollow: (sender, groupId) => mayReadAlong(host, sender, groupId),
    heeds: (event) => heedsAct(host, event),
    tell: (event) => tellAct(host, event),
    isControlCommand: (inbound) => isControlCommand(host, inbound) || questions.isAnswer(host, inbound),
    run: async (turn, reply, signal) => await (await loadTurns()).runTurn(turn, reply, signal, turnDeps),
    giveUp: async (turn, reply, signal) => await (await loadTurns()).giveUpTurn(turn, reply, signal, turnDeps),
  };
}
