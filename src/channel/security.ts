import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./accounts.ts";
import type { ChannelNames } from "./host.ts";
import { readId, writeId } from "./identity.ts";
import { dmScopeOf } from "./routes.ts";
import { hasWildcard, withoutWildcard } from "./sender-policy.ts";

type Security<Config> = NonNullable<ChannelPlugin<ChannelAccount<Config>>["security"]>;
type Finding = Exclude<Awaited<ReturnType<NonNullable<Security<unknown>["collectWarnings"]>>>[number], string>;

/** What the audit looks at in an account, whatever the channel's fields are called. */
export interface Exposure {
  accountId: string;
  /** Where the account listens, or what it dials, for people. */
  place: string;
  /** We dial; `foreign` where the way leads out of the operator's own networks. */
  dials?: "own" | "foreign";
  /** None but this machine names senders. */
  isLocal: boolean;
  /** Every sender is vouched for. */
  verifiesAll: boolean;
  admitsAll: boolean;
  allowFrom: readonly (string | number)[];
}

export function createDmPolicy(channelId: string) {
  return {
    channelKey: channelId,
    policyPathSuffix: "dmPolicy",
    resolvePolicy: (account: ChannelAccount<unknown>) => account.dmPolicy,
    // To the host "open" means nothing without the wildcard; here it means everybody.
    resolveAllowFrom: ({ dmPolicy, allowFrom }: ChannelAccount<unknown>) => (dmPolicy === "open" ? [...withoutWildcard(allowFrom ?? []), "*"] : allowFrom),
    defaultPolicy: "pairing",
    normalizeEntry: (entry: string) => writeId(readId(entry.trim())),
  };
}

/** Sessions are per sender whatever the host's setting says; the audit is told. */
export function createDmRouting({ accounts }: Pick<ChannelNames, "accounts">): NonNullable<Security<unknown>["dmRouting"]> {
  return { resolveDmScope: ({ cfg, accountId }) => dmScopeOf(accounts.find(cfg, accountId), accounts.plain(cfg)) };
}

/** Pure: the same exposure always gives the same findings. */
export function auditExposure(channelId: string, exposure: Exposure, cfg: Pick<OpenClawConfig, "tools">): Finding[] {
  const { accountId, place, dials, isLocal, verifiesAll, admitsAll, allowFrom } = exposure;
  const findings: Finding[] = [];
  const add = (checkId: string, severity: Finding["severity"], title: string, detail: string, remediation: string) =>
    findings.push({ checkId: `channels.${channelId}.${checkId}`, severity, title, detail: `Account ${accountId}: ${detail}`, remediation });

  if (dials !== undefined && !verifiesAll) {
    add(
      "plain-link",
      dials === "foreign" ? "critical" : "warn",
      "Messages and credentials are sent unencrypted",
      `it dials ${place} without encryption: anybody on the way can read them, change them and claim any sender id, so no sender counts as verified.`,
      "Use a wss:// address.",
    );
  }
  if (dials === undefined && !isLocal && !verifiesAll) {
    add(
      "open-bind",
      "critical",
      "Unverified senders can connect from other machines",
      `it listens on ${place} and does not verify every connection, so anybody who reaches it can claim any sender id.`,
      "Turn auth.enabled and auth.required on, or bind to 127.0.0.1.",
    );
  }
  if (!isLocal && allowFrom.length > 0 && !verifiesAll) {
    add(
      "claimed-allowlist",
      "warn",
      "allowFrom names ids that nobody verifies",
      "whoever claims a listed id is admitted as that sender; such a claim gives neither commands nor tools.",
      dials === undefined ? "Verify connections, or do not rely on allowFrom." : "Use a wss:// address, or do not rely on allowFrom.",
    );
  }
  if (verifiesAll && hasWildcard(allowFrom) && !restrictsTools(cfg)) {
    add(
      "tools-for-everybody",
      "warn",
      "Every verified sender may use the agent's tools",
      `allowFrom holds "*", which lifts the restriction of tools for senders who are not listed, and tools are not restricted otherwise.`,
      `List sender ids in allowFrom instead of "*", or set tools.profile to "messaging".`,
    );
  }
  if (admitsAll && !isLocal && !restrictsTools(cfg)) {
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

function restrictsTools({ tools }: Pick<OpenClawConfig, "tools">): boolean {
  return tools?.profile === "messaging" || tools?.profile === "minimal" || (tools?.allow?.length ?? 0) > 0;
}
