import type { ChannelAccountSnapshot, ChannelGatewayContext } from "openclaw/plugin-sdk/channel-contract";
import type { AccountStatus } from "../account/websocket/account.ts";
import type { System } from "../core/ports.ts";
import type { ChannelAccount } from "./accounts.ts";

const REPORT_EVERY_MS = 1000;

/** What an account tells the host of itself. Nothing the host knows besides is overwritten. */
export interface StatusReport {
  starting(): void;
  ready(about: { port: number; url: string }): void;
  /** Passes changes on, the last of several at once. */
  changed(status: AccountStatus): void;
  stopped(): void;
}

type Sink = Pick<ChannelGatewayContext, "getStatus" | "setStatus" | "accountId">;

export function createStatusReport(sink: Sink, system: System): StatusReport {
  let latest: AccountStatus | undefined;
  let cancel: (() => void) | undefined;
  const merge = (facts: Partial<ChannelAccountSnapshot>) => sink.setStatus({ ...sink.getStatus(), accountId: sink.accountId, ...facts });
  const flush = () => {
    cancel?.();
    cancel = undefined;
    if (latest) merge(activityOf(latest, system.now()));
    latest = undefined;
  };
  return {
    starting: () => merge({ lifecycle: "starting", connected: false }),
    ready: ({ port, url }) => merge({ running: true, connected: true, lifecycle: "ready", port, baseUrl: url, lastStartAt: system.now(), lastError: null }),
    changed(status) {
      latest = status;
      cancel ??= system.after(REPORT_EVERY_MS, flush);
    },
    stopped() {
      flush();
      merge({ running: false, connected: false, lifecycle: "stopped", busy: false, activeRuns: 0, lastStopAt: system.now() });
    },
  };
}

/** A listener is alive while it listens: its transport is active whenever something of it changed. */
function activityOf({ running, lastInboundAt, lastOutboundAt, lastError }: AccountStatus, now: number): Partial<ChannelAccountSnapshot> {
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

/** Safe to show: an account holds no secret. */
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

/** What stands in the way of an account, for `openclaw status` and the doctor. */
export function collectIssues(channel: string, accounts: readonly ChannelAccountSnapshot[]) {
  return accounts.flatMap(({ accountId, enabled, configured, stateReason }) =>
    enabled === true && configured === false && stateReason !== undefined ? [{ channel, accountId, kind: "config" as const, message: stateReason }] : [],
  );
}
