import { normalizeAccountId } from "#host/account-id";
// Not the index: what only starts a command line needs no codec.
import { accountDefaults, type ClawchatAccount, configEnv, configExpectations, validateAccount } from "../../generated/clawchat/config.ts";
import type { ConfiguredLogin } from "../auth/configured.ts";
import { type Block, namedOrRoot } from "./account-names.ts";
import type { AccountRules } from "./accounts.ts";
import { describeFault } from "./config-fault.ts";
import { readServers } from "./clawchat-servers.ts";
import type { DialedFacts } from "./dialed.ts";
import type { EnvironmentField } from "./environment.ts";
import { writeId } from "./identity.ts";
import { clawchatOlder } from "./older-names.ts";
import { type Secret, secretIn, unresolvedSecret } from "./secret.ts";
import { groupSetting } from "./sender-policy.ts";

const secrets = ["token", "refreshToken"] as const;
/** A login belongs to one account: two with the same one would push each other out. */
const login = [...secrets, "userId", "agentId", "ownerUserId", "homeConversationId", "deviceId"] as const;
const nested = ["ack", "botLoopProtection", "direct", "groups", "heartbeat", "limits", "reconnect"] as const;

type Plain = Omit<ClawchatAccount, (typeof secrets)[number] | (typeof clawchatOlder.dropped)[number]>;

/** An account's configuration with nothing left open that depends on something else; `url` is the socket's. */
export interface ResolvedClawchatAccount extends Omit<Plain, "websocketUrl" | "mediaBaseUrl">, DialedFacts {
  /** Without a slash at the end, as `mediaUrl`. */
  baseUrl: string;
  mediaUrl: string;
  token?: Secret;
  refreshToken?: Secret;
}

/** What is configured for one group: its own, else that of all others, else the account's. */
export interface GroupSettings {
  groupMode: ClawchatAccount["groupMode"];
  muted: boolean;
  /** Absent: the protocol's own. */
  batchDelaySeconds?: number;
}

const environment: readonly EnvironmentField[] = [
  { variable: "CLAWCHAT_WS_URL", path: ["websocketUrl"], kind: "string" },
  ...configEnv.map(({ name, path, type }) => ({ variable: name, path: path.split("."), kind: type })),
  { variable: "CLAWCHAT_ALLOWED_USERS", path: ["allowFrom"], kind: "list" },
];

export const clawchatRules: AccountRules<ResolvedClawchatAccount> = {
  ...clawchatOlder,
  names: namedOrRoot({ idOf: normalizeAccountId, chosenBy: ["defaultAccount"], rootIsNamed: false }),
  nested: [...nested, "streaming"],
  unshared: login,
  credentialField: "token",
  environment,
  environmentWinsOver: "root",
  check(block) {
    if (!validateAccount(block)) return describeFault(validateAccount.errors, block, configExpectations);
    const servers = readServers(fillIn(block));
    return servers.ok ? undefined : { steps: [], text: servers.why };
  },
  unresolved: (block) => unresolvedSecret(block, secrets),
  complete(block) {
    const { websocketUrl: _socket, mediaBaseUrl: _media, ...plain } = fillIn(block);
    const servers = readServers(fillIn(block));
    const [token, refreshToken] = secrets.map((field) => secretIn(block, field));
    return {
      ...plain,
      baseUrl: servers.ok ? servers.baseUrl : "",
      url: servers.ok ? servers.socketUrl : "",
      mediaUrl: servers.ok ? servers.mediaUrl : "",
      trustsPeer: servers.ok && servers.isTrusted,
      leavesOwnNetwork: !readServers({ ...fillIn(block), allowInsecure: false }).ok,
      allowFrom: withOwner(plain, "allowFrom"),
      groupAllowFrom: withOwner(plain, "groupAllowFrom"),
      ...(token !== undefined && { token }),
      ...(refreshToken !== undefined && { refreshToken }),
    };
  },
  warn: ({ account }) => (account["refreshToken"] !== undefined && account["token"] === undefined ? ["refreshToken is of no use without token"] : []),
};

export function groupSettingsOf({ groups, groupMode }: Pick<ResolvedClawchatAccount, "groups" | "groupMode">, groupId: string): GroupSettings {
  const batchDelaySeconds = groupSetting(groups, groupId, "batchDelaySeconds");
  return {
    groupMode: groupSetting(groups, groupId, "groupMode") ?? groupMode,
    muted: groupSetting(groups, groupId, "muted") ?? false,
    ...(batchDelaySeconds !== undefined && { batchDelaySeconds }),
  };
}

/** A login that was made elsewhere and written into the configuration. */
export function loginIn({ token, refreshToken, userId, ownerUserId, agentId, homeConversationId }: ResolvedClawchatAccount): ConfiguredLogin | undefined {
  if (!token) return undefined;
  return {
    accessToken: token.reveal(),
    ...(refreshToken && { refreshToken: refreshToken.reveal() }),
    ...(userId !== undefined && { userId }),
    ...(ownerUserId !== undefined && { ownerUserId }),
    ...(agentId !== undefined && { agentId }),
    ...(homeConversationId !== undefined && { homeConversationId }),
  };
}

/** The same for an account whose login names its owner. */
export function ownedBy(config: ResolvedClawchatAccount, owner: string): ResolvedClawchatAccount {
  if (config.ownerUserId === owner) return config;
  const entry = writeId(owner);
  return { ...config, ownerUserId: owner, allowFrom: [...config.allowFrom, entry], groupAllowFrom: [...config.groupAllowFrom, entry] };
}

/** The owner counts as listed: admitted under every policy but `disabled`, which shuts the owner out too, and obeyed. */
function withOwner(plain: Plain, field: "allowFrom" | "groupAllowFrom"): ResolvedClawchatAccount["allowFrom"] {
  const { ownerUserId } = plain;
  return ownerUserId === undefined ? plain[field] : [...plain[field], writeId(ownerUserId)];
}

/** The block has passed the validator: with the defaults it is a whole account. */
function fillIn(block: Block): Plain {
  const { token: _token, refreshToken: _refresh, ...fields } = block;
  const whole: Record<string, unknown> = { ...accountDefaults, ...fields };
  for (const field of nested) whole[field] = { ...accountDefaults[field], ...(block[field] as object | undefined) };
  return whole as unknown as Plain;
}
