import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { buildAccountScopedDmSecurityPolicy } from "openclaw/plugin-sdk/channel-policy";
import { type ChannelAccount, listAccountIds } from "./accounts.ts";
import { auditExposure, auditHabits, collect, type Exposure, type Finding } from "./audit.ts";
import type { ChannelConfig } from "./channel-config.ts";
import { auditDuplicates, auditPlainSecrets, type Claim, type Claimant } from "./audit-accounts.ts";
import type { AccountLogin, ChannelKind } from "./gateway.ts";
import type { ChannelNames } from "./host.ts";
import { readId, writeId } from "./identity.ts";
import { dmScopeOf } from "./routes.ts";
import { withoutWildcard } from "./sender-policy.ts";

type Security<Config> = NonNullable<ChannelPlugin<ChannelAccount<Config>>["security"]>;

/** What of a channel the audit looks at. */
export interface ChannelAudit<Config> {
  exposureOf(config: Config): Omit<Exposure, "accountId">;
  /** What an account needs for itself alone; absent where no two accounts can be in each other's way. */
  claimsOf?(config: Config): Claim[];
  /** Fields of the block that hold secrets. */
  secretFields: readonly string[];
}

type Resolve<Config> = (cfg: OpenClawConfig, accountId?: string | null) => ChannelAccount<Config>;

/** The host asks here for `openclaw security audit --deep`, and for the warnings in `openclaw doctor` too. */
export function createSecurity<Config extends ChannelConfig>(kind: ChannelKind<Config>, audit: ChannelAudit<Config>, resolve: Resolve<Config>): Security<Config> {
  const { names, rules, login } = kind;
  const exposureOf = ({ accountId, config }: ChannelAccount<Config>) => config && { accountId, ...audit.exposureOf(config) };
  const claimants = (cfg: OpenClawConfig): Claimant[] =>
    listAccountIds(rules, cfg).flatMap((id) => {
      const { accountId, enabled, config } = resolve(cfg, id);
      return enabled && config ? [{ accountId, claims: [...(audit.claimsOf?.(config) ?? []), { what: "names in OpenClaw", key: normalizeAccountId(accountId) }] }] : [];
    });
  return {
    resolveDmPolicy({ cfg, accountId, account }) {
      const exposure = exposureOf(account);
      return exposure && isVouchedFor(exposure) ? null : buildAccountScopedDmSecurityPolicy({ cfg, accountId: accountId ?? null, ...dmPolicyOf(names.id, account) });
    },
    dmRouting: createDmRouting(names),
    async collectWarnings({ account, cfg }) {
      const exposure = exposureOf(account);
      if (!exposure) return [];
      return [...auditExposure(names, exposure, cfg), ...auditDuplicates(names.id, account.accountId, claimants(cfg)), ...(login ? await auditLogin(names.id, account, login) : [])];
    },
    async collectAuditFindings({ account, sourceConfig }) {
      const exposure = exposureOf(account);
      const { auditFiles } = await import("./audit-files.ts");
      return [
        ...(exposure ? auditHabits(names, exposure) : []),
        ...auditPlainSecrets(rules, audit.secretFields, sourceConfig, account.accountId),
        ...(await auditFiles(names.id, account.accountId)),
      ];
    },
  };
}

/** What the host is to think of an account's direct messages. */
export function dmPolicyOf(channelId: string, { accountId, dmPolicy, allowFrom }: ChannelAccount<unknown>) {
  return {
    channelKey: channelId,
    policyPathSuffix: "dmPolicy",
    fallbackAccountId: accountId,
    ...(dmPolicy !== undefined && { policy: dmPolicy }),
    // To the host "open" means nothing without the wildcard; here it means everybody.
    allowFrom: dmPolicy === "open" ? [...withoutWildcard(allowFrom ?? []), "*"] : (allowFrom ?? []),
    defaultPolicy: "pairing",
    normalizeEntry: (entry: string) => writeId(readId(entry.trim())),
  };
}

/**
 * To the host an open account lets anybody in, which it calls critical. One that listens and is shut to strangers, by its
 * verifier or by its bind, does not: what is to be said of it our own findings say, and the host is told nothing.
 */
function isVouchedFor({ listens, isLocal, verifies, admitsAll }: Exposure): boolean {
  return listens !== undefined && admitsAll && (verifies === "all" || (isLocal && verifies === "none"));
}

/** Sessions are per sender whatever the host's setting says; the audit is told. */
function createDmRouting({ accounts }: Pick<ChannelNames, "accounts">): NonNullable<Security<unknown>["dmRouting"]> {
  return { resolveDmScope: ({ cfg, accountId }) => dmScopeOf(accounts.find(cfg, accountId), accounts.plain(cfg)) };
}

async function auditLogin<Config>(channelId: string, account: ChannelAccount<Config>, login: AccountLogin<Config>): Promise<Finding[]> {
  const { filesOf } = await import("./audit-files.ts");
  const fault = await login.fault(filesOf(channelId, account.accountId), account);
  if (!fault) return [];
  const { findings, add } = collect(channelId, account.accountId);
  add(fault.kind, "warn", fault.kind === "no-login" ? "The account has no login" : "The login of the account is over", `${fault.why}.`, fault.remedy);
  return findings;
}
