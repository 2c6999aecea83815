import { normalizeAccountId } from "#host/account-id";
// Not the index: what only starts a command line needs no codec.
import { accountDefaults, configEnv, configExpectations, type LocalImAccount, validateAccount } from "../../generated/local-im/config.ts";
import { readServer } from "../protocols/local-im/target.ts";
import { type Block, namedOrRoot } from "./account-names.ts";
import type { DialedFacts } from "./dialed.ts";
import type { AccountRules } from "./accounts.ts";
import { describeFault } from "./config-fault.ts";
import { localImOlder } from "./older-names.ts";
import { type Secret, secretIn, unresolvedSecret } from "./secret.ts";

type Plain = Pick<
  LocalImAccount,
  "debug" | "dmPolicy" | "allowFrom" | "groupPolicy" | "groupAllowFrom" | "reactionNotifications" | "reactionAllowlist" | "sessionScope" | "limits" | "streaming" | "direct" | "systemPrompt"
>;

const nested = ["botLoopProtection", "direct", "limits", "streaming"] as const;

/** An account's configuration with nothing left open that depends on something else. */
export interface ResolvedLocalImAccount extends Plain, DialedFacts {
  accountId: string;
  token?: Secret;
}

export const localImRules: AccountRules<ResolvedLocalImAccount> = {
  ...localImOlder,
  // Ids go to the server as they are written.
  names: namedOrRoot({ idOf: (key) => key.trim(), chosenBy: ["defaultAccount", "accountId"], rootIsNamed: true }),
  nested,
  credentialField: "token",
  environment: configEnv.map(({ name, path, type }) => ({ variable: name, path: path.split("."), kind: type })),
  environmentWinsOver: "root",
  secretFiles: { tokenFile: "token" },
  check(block, accountId) {
    if (block["connectionMode"] === "server") return { steps: [], text: `Local IM account "${accountId}" 当前版本只支持 Client 模式 (connectionMode must be client)` };
    if (!validateAccount(block)) return describeFault(validateAccount.errors, block, configExpectations);
    const server = serverOf(fillIn(block), accountId);
    return server.ok ? undefined : { steps: [], text: server.why };
  },
  unresolved: (block) => unresolvedSecret(block, ["token"]),
  complete(block, { accountId }) {
    const plain = fillIn(block);
    const server = serverOf(plain, accountId);
    const token = secretIn(block, "token");
    return {
      ...plain,
      accountId,
      url: server.ok ? server.url : "",
      trustsPeer: server.ok && server.isTrusted,
      leavesOwnNetwork: !serverOf({ ...plain, allowInsecure: false }, accountId).ok,
      ...(token !== undefined && { token }),
    };
  },
  warn({ whole }) {
    const alike = Object.values(Object.groupBy(localImRules.names.list(whole), normalizeAccountId)).filter((ids) => ids !== undefined && ids.length > 1);
    return alike.map((ids) => `accounts ${ids?.map((id) => JSON.stringify(id)).join(" and ")} are one and the same to OpenClaw, approved senders and all: rename one`);
  },
  unknown: (accountId) => `Local IM account "${accountId}" not configured or disabled`,
};

function serverOf({ serverUrl, allowInsecure }: Pick<LocalImAccount, "serverUrl" | "allowInsecure">, accountId: string) {
  return readServer(serverUrl, accountId, allowInsecure);
}

/** The block has passed the validator: with the defaults it is a whole account. */
function fillIn(block: Block): Omit<LocalImAccount, "token"> {
  const { token: _token, ...fields } = block;
  const whole: Record<string, unknown> = { ...accountDefaults, ...fields };
  for (const field of nested) whole[field] = { ...accountDefaults[field], ...(block[field] as object | undefined) };
  return whole as unknown as Omit<LocalImAccount, "token">;
}
