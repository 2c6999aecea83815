import type { ChannelAccountSnapshot, ChannelGatewayContext, ChannelStatusIssue } from "openclaw/plugin-sdk/channel-contract";
import type { AccountStatus } from "../account/account.ts";
import type { System } from "../core/ports.ts";
import type { ChannelAccount } from "./accounts.ts";

type LinkStatus = NonNullable<AccountStatus["link"]>;

const REPORT_EVERY_MS = 1000;

/** What an account tells the host of itself. Nothing the host knows besides is overwritten. */
export interface StatusReport {
  starting(): void;
  /** The account has its sockets, or begins to dial. */
  opened(about: { port?: number; status: AccountStatus }): void;
  /** Where it listens, or what it dials. */
  moved(url: string): void;
  /** Passes changes on, the last of several at once. */
  changed(status: AccountStatus): void;
  stopped(): void;
}

type Sink = Pick<ChannelGatewayContext, "getStatus" | "setStatus" | "accountId">;
type Facts = Partial<ChannelAccountSnapshot>;

export function createStatusReport(sink: Sink, system: System): StatusReport {
  let latest: AccountStatus | undefined;
  let cancel: (() => void) | undefined;
  let wasConnected = false;
  let failures = 0;
  const merge = (facts: Facts) => sink.setStatus({ ...sink.getStatus(), accountId: sink.accountId, ...facts });
  const factsOf = (status: AccountStatus): Facts => {
    const { link, connected } = status;
    const isLost = link !== undefined && !connected && (wasConnected || (hasFailed(link) && link.attempts > failures));
    wasConnected = connected;
    if (connected || isLost) failures = connected ? 0 : (link?.attempts ?? 0);
    return { ...activityOf(status, system.now()), ...(link && linkFacts(status, link, isLost ? system.now() : undefined)) };
  };
  const flush = () => {
    cancel?.();
    cancel = undefined;
    if (latest) merge(factsOf(latest));
    latest = undefined;
  };
  return {
    starting: () => merge({ lifecycle: "starting", connected: false }),
    moved: (url) => merge({ baseUrl: url }),
    opened({ port, status }) {
      const about = { running: true, lastStartAt: system.now(), lastError: null, ...(port !== undefined && { port }) };
      merge({ ...about, connected: true, lifecycle: "ready", ...(status.link && factsOf(status)) });
    },
    changed(status) {
      latest = status;
      cancel ??= system.after(REPORT_EVERY_MS, flush);
    },
    stopped() {
      flush();
      const { statusState } = sink.getStatus();
      merge({ running: false, connected: false, lifecycle: "stopped", busy: false, activeRuns: 0, lastStopAt: system.now(), ...(statusState !== undefined && { statusState: stateWords.stopped }) });
    },
  };
}

/** A listener is alive while it listens: its transport is active whenever it is asked. */
function activityOf({ running, lastInboundAt, lastOutboundAt, lastError }: AccountStatus, now: number): Facts {
  const lastEventAt = Math.max(lastInboundAt ?? 0, lastOutboundAt ?? 0);
  return {
    busy: running > 0,
    activeRuns: running,
    lastTransportActivityAt: now,
    ...(lastEventAt > 0 && { lastEventAt }),
    ...(lastInboundAt !== undefined && { lastInboundAt, lastMessageAt: lastInboundAt }),
    ...(lastOutboundAt !== undefined && { lastOutboundAt }),
    ...(lastError !== undefined && { lastError }),
  };
}

const stateWords: Readonly<Record<LinkStatus["state"], string>> = {
  disconnected: "disconnected",
  preparing: "connecting",
  connecting: "connecting",
  handshaking: "connecting",
  ready: "connected",
  recovering: "reconnecting",
  blocked: "disconnected",
  stopped: "stopped",
};

/**
 * The host restarts an account that stays disconnected. A link that dials by itself would gain nothing from that: every
 * dial that fails is told as a loss of its own, and after each loss the host waits for a while.
 */
function linkFacts(status: AccountStatus, link: LinkStatus, lostAt: number | undefined): Facts {
  const { connected, lastError, login } = status;
  const { state, reason, attempts, connectedAt, heardAt } = link;
  const isFailing = hasFailed(link);
  return {
    connected,
    ...(login !== undefined && { linked: !lacksLogin(status) }),
    statusState: stateWords[state],
    stateReason: reason,
    lifecycle: connected ? "ready" : state === "blocked" ? "blocked" : isFailing ? "recovering" : "starting",
    reconnectAttempts: connected ? 0 : attempts,
    lastTransportActivityAt: heardAt ?? null,
    ...(connectedAt !== undefined && { lastConnectedAt: connectedAt }),
    ...(lostAt !== undefined && { lastDisconnect: { at: lostAt, ...(isFailing && { error: reason }) } }),
    ...(connected ? { lastError: lastError ?? null } : isFailing && { lastError: reason }),
  };
}

/** A running account that has nothing to dial with. */
export function lacksLogin(status: AccountStatus | undefined): boolean {
  return status?.login !== undefined && status.link?.state === "blocked";
}

function hasFailed({ state }: LinkStatus): boolean {
  return state === "recovering" || state === "blocked";
}

/** Safe to show: nothing of an account's configuration is in it. */
export function describeAccount(account: ChannelAccount<unknown>): ChannelAccountSnapshot {
  const { accountId, name, enabled, configured, dmPolicy, problem } = account;
  return {
    accountId,
    enabled,
    configured,
    ...(name !== undefined && { name }),
    ...(dmPolicy !== undefined && { dmPolicy }),
    ...(problem !== undefined && { stateReason: problem }),
  };
}

/** What stands in the way of an account, for `openclaw status` and the doctor. Of an unlinked one the host keeps the error alone. */
export function collectIssues(channel: string, accounts: readonly ChannelAccountSnapshot[]): ChannelStatusIssue[] {
  return accounts.flatMap(({ accountId, enabled, configured, linked, stateReason, lastError }): ChannelStatusIssue[] => {
    if (enabled !== true) return [];
    if (configured === false) return stateReason === undefined ? [] : [{ channel, accountId, kind: "config", message: stateReason }];
    const why = lastError ?? stateReason;
    return linked === false && why !== undefined ? [{ channel, accountId, kind: "auth", message: why }] : [];
  });
}
