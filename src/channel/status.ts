import type { ChannelAccountSnapshot, ChannelGatewayContext } from "openclaw/plugin-sdk/channel-contract";
import type { AccountStatus } from "../account/account.ts";
import { ClawwireError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { System } from "../core/ports.ts";
import type { ChannelAccount } from "./accounts.ts";
import type { AccountFault } from "./status-issues.ts";

type LinkStatus = NonNullable<AccountStatus["link"]>;

const REPORT_EVERY_MS = 1000;

/** What an account tells the host of itself. Nothing the host knows besides is overwritten. */
export interface StatusReport {
  starting(): void;
  /** It could not be opened. */
  failed(thrown: unknown): void;
  /** The account has its sockets, or begins to dial. */
  opened(about: { port?: number; status: AccountStatus }): void;
  /** Where it listens, or what it dials. */
  moved(url: string): void;
  /** Passes changes on, the last of several at once. */
  changed(status: AccountStatus): void;
  stopped(): void;
}

type Sink = Pick<ChannelGatewayContext, "getStatus" | "setStatus" | "accountId">;
type Facts = Partial<ChannelAccountSnapshot> & OwnFacts;

/** What the host has no field for, and shows as it is in `--json`. */
interface OwnFacts {
  /** What is wrong; null where nothing is. */
  fault?: AccountFault | null;
  connections?: number;
  senders?: number;
  /** What the server has said of itself on this connection. */
  hello?: Readonly<Record<string, unknown>> | null;
  nextDialAt?: number | null;
  /** How often another connection of the same account has pushed this one out lately. */
  takeovers?: number;
}

export function createStatusReport(sink: Sink, system: System): StatusReport {
  let latest: AccountStatus | undefined;
  let cancel: (() => void) | undefined;
  let wasConnected = false;
  let failures = 0;
  let busySince: number | undefined;
  const merge = (facts: Facts) => sink.setStatus({ ...sink.getStatus(), accountId: sink.accountId, ...facts });
  const factsOf = (status: AccountStatus): Facts => {
    const { link, connected } = status;
    const isLost = link !== undefined && !connected && (wasConnected || (hasFailed(link) && link.attempts > failures));
    wasConnected = connected;
    if (connected || isLost) failures = connected ? 0 : (link?.attempts ?? 0);
    busySince = status.running > 0 ? (busySince ?? system.now()) : undefined;
    return { ...activityOf(status, system.now(), busySince), ...(link && linkFacts(status, link, system.now(), isLost)) };
  };
  const flush = () => {
    cancel?.();
    cancel = undefined;
    if (latest) merge(factsOf(latest));
    latest = undefined;
  };
  return {
    starting: () => merge({ lifecycle: "starting", connected: false, fault: null }),
    failed: (thrown) => merge({ fault: thrown instanceof ClawwireError ? thrown.code : "internal" }),
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
function activityOf({ running, lastInboundAt, lastOutboundAt, lastError, connections, senders }: AccountStatus, now: number, busySince: number | undefined): Facts {
  const lastEventAt = Math.max(lastInboundAt ?? 0, lastOutboundAt ?? 0);
  return {
    busy: running > 0,
    activeRuns: running,
    // Turns have a time limit of their own: one that runs is alive, and the host must not end it for a link that is away.
    ...(busySince !== undefined && { lastRunActivityAt: now }),
    activeRunStartedAt: busySince ?? null,
    ...(connections !== undefined && { connections, senders: senders ?? 0 }),
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
function linkFacts(status: AccountStatus, link: LinkStatus, now: number, isLost: boolean): Facts {
  const { connected, lastError, login, hello } = status;
  const { state, reason, attempts, connectedAt, heardAt, lastLoss, nextDialAt, takeovers = [] } = link;
  const isFailing = hasFailed(link);
  return {
    connected,
    ...(login !== undefined && { linked: !lacksLogin(status), tokenSource: "login", tokenStatus: lacksLogin(status) ? "missing" : "available" }),
    statusState: stateWords[state],
    stateReason: reason,
    lifecycle: connected ? "ready" : state === "blocked" ? "blocked" : isFailing ? "recovering" : "starting",
    reconnectAttempts: connected ? 0 : attempts,
    lastTransportActivityAt: heardAt ?? null,
    ...(connectedAt !== undefined && { lastConnectedAt: connectedAt }),
    fault: connected ? null : (lastLoss?.fault ?? null),
    hello: hello ?? null,
    nextDialAt: nextDialAt ?? null,
    takeovers: takeovers.filter((at) => now - at < limits.takeoverWindowMs).length,
    ...(isLost && { lastDisconnect: disconnect(now, isFailing ? reason : undefined, lastLoss) }),
    ...(connected ? { lastError: lastError ?? null } : isFailing && { lastError: reason }),
  };
}

function disconnect(at: number, error: string | undefined, lastLoss: LinkStatus["lastLoss"]) {
  const status = lastLoss?.code;
  return { at, ...(error !== undefined && { error }), ...(status !== undefined && { status }), ...(lastLoss?.fault === "login" && { loggedOut: true }) };
}

/** A running account that has nothing to dial with; one that has dialed as often as it may is logged in all the same. */
export function lacksLogin(status: AccountStatus | undefined): boolean {
  return status?.login !== undefined && status.link?.state === "blocked" && status.link.lastLoss?.fault === "login";
}

function hasFailed({ state }: LinkStatus): boolean {
  return state === "recovering" || state === "blocked";
}

/** Safe to show: nothing of an account's configuration is in it. */
export function describeAccount(account: ChannelAccount<unknown>): ChannelAccountSnapshot {
  const { accountId, name, enabled, configured, dmPolicy, problem, credential } = account;
  return {
    accountId,
    enabled,
    configured,
    ...(name !== undefined && { name }),
    ...(dmPolicy !== undefined && { dmPolicy }),
    ...credential,
    ...(problem !== undefined && { stateReason: problem }),
  };
}
