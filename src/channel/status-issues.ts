import type { ChannelAccountSnapshot, ChannelStatusIssue } from "openclaw/plugin-sdk/channel-contract";
import type { ProbeFault } from "../account/account.ts";
import type { ErrorReason } from "../core/errors.ts";

/** All that can be wrong with an account that is configured. */
export type AccountFault = ProbeFault | ErrorReason;

interface Advice {
  kind: ChannelStatusIssue["kind"];
  fix(about: About): string;
}

interface About {
  channel: string;
  accountId: string;
  /** The link has dialed as often as it may. */
  hasGivenUp?: boolean;
}

const look = ({ channel }: { channel: string }) => `openclaw channels logs --channel ${channel} has the rest`;
const dials = ({ channel, hasGivenUp = false }: About) => (hasGivenUp ? `the link has given up dialing, and begins anew with another number of attempts under reconnect in channels.${channel} (0: no end)` : "the link goes on dialing by itself");
const network: Advice = { kind: "runtime", fix: (about) => `check that the server runs and that this machine reaches it; ${dials(about)}` };
const itself: Advice = { kind: "runtime", fix: (about) => `${dials(about)}; if it happens often, ${look(about)}` };

/** What to do about each fault: a fault without advice does not compile. */
export const advice: Readonly<Record<AccountFault, Advice>> = {
  "name-unknown": { kind: "config", fix: ({ channel }) => `check the host name in channels.${channel}, and the DNS of this machine` },
  unreachable: network,
  "dial-timeout": network,
  tls: { kind: "config", fix: ({ channel }) => `check that channels.${channel} names a server that speaks TLS (wss://) with a certificate this machine trusts; for a private authority set NODE_EXTRA_CA_CERTS` },
  "http-status": { kind: "config", fix: (about) => `check the path of the address in channels.${about.channel} and the proxies before the server; ${dials(about)}` },
  "not-websocket": { kind: "config", fix: ({ channel }) => `check the address in channels.${channel}: something else than a WebSocket server answers there` },
  credentials: { kind: "auth", fix: ({ channel, accountId }) => `put the right credentials into channels.${channel} (account ${accountId}), or log in again: openclaw channels add --channel ${channel} --account ${accountId}` },
  forbidden: { kind: "permissions", fix: ({ accountId }) => `ask who runs the server to let account ${accountId} in` },
  takeover: { kind: "config", fix: ({ accountId }) => `run account ${accountId} in one place only: stop the other gateway or plugin that uses the same account, or give one of them another account` },
  "handshake-timeout": { kind: "runtime", fix: (about) => `check that the address is that of a server of this protocol, and that it is not overloaded; ${dials(about)}` },
  incompatible: { kind: "runtime", fix: (about) => `check that server and plugin speak the same version of the protocol, and update the older one; ${look(about)}` },
  "prepare-timeout": { kind: "auth", fix: (about) => `check that the account server can be reached: the token could not be renewed in time; ${look(about)}` },
  login: { kind: "auth", fix: ({ channel, accountId }) => `openclaw channels add --channel ${channel} --account ${accountId} --code <code>, with a fresh invite code from the app` },
  silent: itself,
  stuck: itself,
  closed: itself,
  internal: { kind: "runtime", fix: (about) => `this is a fault of the plugin: please report it; ${look(about)}` },
  stopped: { kind: "runtime", fix: ({ channel, accountId }) => `openclaw gateway call channels.start --params '{"channel":"${channel}","accountId":"${accountId}"}'` },
  door: { kind: "runtime", fix: (about) => `nobody can connect: check limits.maxConnections and what else uses the port; ${look(about)}` },
  verifier: { kind: "auth", fix: ({ channel }) => `start the verifier, or correct channels.${channel}.auth.endpoint: nobody with a token can connect until it answers` },
  "verifier-answer": { kind: "auth", fix: () => "correct the verifier: it has to answer {\"success\":true,\"data\":{\"userId\":…}} for a good token and {\"success\":false,\"error\":…} for any other" },
  account: { kind: "auth", fix: ({ channel }) => `check that channels.${channel}.baseUrl can be reached from this machine; the socket goes on` },
  "config-invalid": { kind: "config", fix: ({ channel }) => `correct channels.${channel} as the message says; OpenClaw starts the account within minutes, or at once when it is restarted` },
  "port-taken": { kind: "config", fix: ({ channel }) => `stop what listens there, or set another channels.${channel}.port` },
  "path-taken": { kind: "config", fix: ({ channel }) => `give each account under channels.${channel}.accounts a path or a port of its own` },
  "journal-unavailable": { kind: "runtime", fix: () => "check that the state directory can be written and the disk is not full" },
  "login-unavailable": { kind: "runtime", fix: () => "check that the state directory can be written and the disk is not full" },
};

/** So many in the last minutes are no restart of another machine any more. */
const TAKEOVERS_TOLD = 3;

type Seen = ChannelAccountSnapshot & { fault?: unknown; takeovers?: unknown };

/** What stands in the way of an account, for `openclaw status` and the doctor. Of an unlinked one the host keeps the error alone. */
export function collectIssues(channel: string, accounts: readonly ChannelAccountSnapshot[]): ChannelStatusIssue[] {
  return accounts.flatMap((account: Seen): ChannelStatusIssue[] => {
    const { accountId, enabled, configured, linked, connected, stateReason, lastError, takeovers, lifecycle } = account;
    if (enabled !== true) return [];
    const issue = (fault: AccountFault, message: string): ChannelStatusIssue => ({ channel, accountId, kind: advice[fault].kind, message, fix: advice[fault].fix({ channel, accountId, hasGivenUp: lifecycle === "blocked" }) });
    if (configured === false) return stateReason === undefined ? [] : [issue("config-invalid", stateReason)];
    const rivalry = typeof takeovers === "number" && takeovers >= TAKEOVERS_TOLD ? [issue("takeover", `pushed out ${takeovers} times in the last minutes by another connection of the same account`)] : [];
    const why = lastError ?? stateReason;
    if (linked === false) return why === undefined ? [] : [issue("login", why)];
    const fault = readFault(account.fault);
    if (connected !== true && fault !== undefined && why !== undefined) return fault === "takeover" && rivalry.length > 0 ? rivalry : [...rivalry, issue(fault, why)];
    return [...rivalry, ...probed(account.probe, issue)];
  });
}

/** A connected account may still be of no use, as a probe has found. */
function probed(probe: unknown, issue: (fault: AccountFault, message: string) => ChannelStatusIssue): ChannelStatusIssue[] {
  if (typeof probe !== "object" || probe === null || !("ok" in probe) || probe.ok !== false) return [];
  const fault = "fault" in probe ? readFault(probe.fault) : undefined;
  return fault !== undefined && "error" in probe && typeof probe.error === "string" ? [issue(fault, `probe: ${probe.error}`)] : [];
}

function readFault(fault: unknown): AccountFault | undefined {
  return typeof fault === "string" && isFault(fault) ? fault : undefined;
}

function isFault(fault: string): fault is AccountFault {
  return Object.hasOwn(advice, fault);
}
