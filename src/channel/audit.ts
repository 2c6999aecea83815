import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { elevatesEverybody, openAgents } from "./audit-tools.ts";
import type { ChannelNames } from "./host.ts";
import { type GroupAccess, hasWildcard } from "./sender-policy.ts";

type Security = NonNullable<ChannelPlugin["security"]>;
export type Finding = Exclude<Awaited<ReturnType<NonNullable<Security["collectWarnings"]>>>[number], string>;

/** What the audit looks at in an account, whatever the channel's fields are called. */
export interface Exposure {
  accountId: string;
  /** Where the account listens, or what it dials, for people. */
  place: string;
  /** We dial; `foreign` where the way leads out of the operator's own networks. */
  dials?: "own" | "foreign";
  /** Absent where we dial. */
  listens?: Listening;
  /** None but this machine names senders. */
  isLocal: boolean;
  /** Of which senders somebody vouches for who they are. */
  verifies: "all" | "some" | "none";
  admitsAll: boolean;
  allowFrom: readonly (string | number)[];
  groupAllowFrom: readonly (string | number)[];
  /** Lists of single groups; none where the wire has no groups. */
  groups: Readonly<Record<string, Pick<GroupAccess, "allowFrom">>>;
  /** Fields whose address holds a user name, a password or a query. */
  secretUrls: readonly string[];
  /** A detailed log shows the beginning of messages. */
  logsMessages: boolean;
}

export interface Listening {
  /** A token may stand in the address that an application dials. */
  takesQueryToken: boolean;
  allowedOrigins: readonly string[];
  /** A chat page is served. */
  hasPage: boolean;
}

type Names = Pick<ChannelNames, "id" | "legacy">;

/** What is open, for the doctor and for the audit. Pure: the same exposure always gives the same findings. */
export function auditExposure(names: Names, exposure: Exposure, cfg: OpenClawConfig): Finding[] {
  const { place, dials, isLocal, verifies, allowFrom, secretUrls } = exposure;
  const { findings, add } = collect(names.id, exposure.accountId);
  if (dials !== undefined && verifies === "none") {
    add(
      "plain-link",
      dials === "foreign" ? "critical" : "warn",
      "Messages and credentials are sent unencrypted",
      `it dials ${place} without encryption: anybody on the way can read them, change them and claim any sender id, so no sender counts as verified.`,
      "Use a wss:// address.",
    );
  }
  if (dials === undefined && !isLocal && verifies !== "all") {
    add(
      "open-bind",
      "critical",
      "Unverified senders can connect from other machines",
      `it listens on ${place} and does not verify every connection, so anybody who reaches it can claim any sender id.`,
      "Turn auth.enabled and auth.required on, or bind to 127.0.0.1.",
    );
  }
  if (dials === undefined && verifies === "some") {
    add(
      "anonymous-senders",
      "warn",
      "Senders without a good token are let in",
      "auth.required is off: whoever brings no token, or a wrong one, is an anonymous sender instead of being turned away.",
      "Set auth.required to true where no anonymous sender is meant.",
    );
  }
  if (!isLocal && allowFrom.length > 0 && verifies !== "all") {
    add(
      "claimed-allowlist",
      "warn",
      "allowFrom names ids that nobody verifies",
      "whoever claims a listed id is admitted as that sender; such a claim gives neither commands nor tools.",
      dials === undefined ? "Verify connections, or do not rely on allowFrom." : "Use a wss:// address, or do not rely on allowFrom.",
    );
  }
  if (secretUrls.length > 0) {
    add(
      "secret-in-url",
      "warn",
      "An address holds credentials or a query",
      `${secretUrls.join(" and ")} may hold a secret that is in no secret field: addresses end up in logs of servers and proxies, and no SecretRef can stand in them.`,
      "Put the secret into the field that is made for it, and leave user name, password and query out of the address.",
    );
  }
  return [...findings, ...auditTools(names, exposure, cfg)];
}

/** What an operator may well have meant: for the audit alone. */
export function auditHabits({ id }: Names, { accountId, place, isLocal, verifies, admitsAll, listens, logsMessages }: Exposure): Finding[] {
  const { findings, add } = collect(id, accountId);
  if (listens && isLocal && verifies === "none") {
    add(
      "local-senders",
      "info",
      "Every program of this machine may claim any sender id",
      `it listens on ${place} without verification, which nobody else reaches as long as nothing forwards the port: a proxy in front lets everybody in.`,
      "Turn auth.enabled on before anything forwards the port.",
    );
  }
  if (listens && !isLocal) {
    add(
      "plain-listener",
      "info",
      "The listener itself does not encrypt",
      `it listens on ${place} for ws://: without TLS in front of it, tokens and messages are readable on the way.`,
      "Bind to 127.0.0.1 and put a reverse proxy with TLS in front.",
    );
  }
  if (listens && verifies === "all" && admitsAll) {
    add(
      "open-to-verified",
      "info",
      "Everybody whom the verifier vouches for may talk",
      `dmPolicy is open, and only connections whose token the service at auth.endpoint accepts are let in.`,
      "Set dmPolicy to allowlist or pairing where that service has more users than the agent should have.",
    );
  }
  if (listens?.takesQueryToken && verifies !== "none") {
    add(
      "token-in-url",
      isLocal ? "info" : "warn",
      "Applications may put their token into the address",
      "a token in ?token= ends up in logs of proxies and in the history of browsers.",
      "Let applications send Authorization: Bearer, or the subprotocol bearer.<token>, and set auth.allowQueryToken to false.",
    );
  }
  if (listens?.hasPage && !isLocal) {
    add(
      "open-page",
      "warn",
      "Others can open the chat page",
      `playground is on and it listens on ${place}: whoever reaches it gets a page to talk to the agent from, with whatever lets them in, and one that says what is behind the port.`,
      "Set playground to false, or leave it out, where only applications should connect.",
    );
  }
  const loose = listens?.allowedOrigins.filter(isAnybodys) ?? [];
  if (loose.length > 0) {
    add(
      "loose-origin",
      "warn",
      "allowedOrigins names an origin that anybody can have",
      `${loose.join(" and ")} can be taken on by pages of others: null by every sandboxed frame, http:// by whoever is on the way.`,
      "List https:// origins of your own.",
    );
  }
  if (listens && !isLocal && listens.allowedOrigins.length === 0) {
    add(
      "no-origins",
      "info",
      "No web origin is listed",
      "programs may connect, and pages of this very address and port; pages from anywhere else are refused.",
      "List the origins of your own pages in allowedOrigins, if there are any.",
    );
  }
  if (logsMessages) add("detailed-log", "info", "The log shows messages", "debug is on, so the beginning of each message is in OpenClaw's log.", "Set debug to false when you have seen enough.");
  return findings;
}

function auditTools(names: Names, { accountId, isLocal, verifies, admitsAll, allowFrom, groupAllowFrom, groups }: Exposure, cfg: OpenClawConfig): Finding[] {
  const { findings, add } = collect(names.id, accountId);
  const channels = [names.id, ...names.legacy];
  const ofGroups = Object.entries(groups).map(([id, group]) => [`groups.${id}.allowFrom`, group.allowFrom ?? []] as const);
  const lists = ([["allowFrom", allowFrom], ["groupAllowFrom", groupAllowFrom], ...ofGroups] as const).filter(([, entries]) => hasWildcard(entries)).map(([list]) => list);
  const open = openAgents(cfg, channels, accountId);
  if (verifies !== "none" && lists.length > 0 && open.length > 0) {
    const agents = open.map(({ agentId, tools }) => `${agentId} (${tools.join(", ")})`).join(", ");
    add(
      "tools-for-everybody",
      open.some(({ tools }) => tools.includes("exec")) ? "critical" : "warn",
      "Every verified sender may use this machine through the agent",
      `${lists.join(" and ")} ${lists.length > 1 ? "hold" : "holds"} "*", which lifts the restriction of tools for senders who are not listed, and nothing else restricts them: ${agents}.`,
      `List sender ids instead of "*", or set tools.profile to "messaging" and tools.exec.security to "deny".`,
    );
  }
  if (elevatesEverybody(cfg, channels)) {
    add(
      "elevated-for-everybody",
      "critical",
      "Every admitted sender may run elevated commands",
      `tools.elevated.allowFrom.${names.id} holds "*".`,
      "List sender ids there, or set tools.elevated.enabled to false.",
    );
  }
  if (admitsAll && !isLocal && open.length > 0) {
    add(
      "plugin-tools",
      "info",
      "Admitted senders may use the tools of plugins",
      "senders who are not listed get none of OpenClaw's own tools, but those of plugins and MCP servers.",
      `Set tools.profile to "messaging", or restrict them with tools.toolsBySender.`,
    );
  }
  return findings;
}

function isAnybodys(origin: string): boolean {
  return origin.trim().toLowerCase() === "null" || origin.trim().toLowerCase().startsWith("http://");
}

/** The findings of one account of a channel, in the host's form. */
export function collect(channelId: string, accountId: string) {
  const findings: Finding[] = [];
  const add = (checkId: string, severity: Finding["severity"], title: string, detail: string, remediation: string) =>
    void findings.push({ checkId: `channels.${channelId}.${checkId}`, severity, title, detail: `Account ${accountId}: ${detail}`, remediation });
  return { findings, add };
}
