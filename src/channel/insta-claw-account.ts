import { normalizeAccountId } from "#host/account-id";
// Not the index: what only starts a command line needs no codec.
import { accountDefaults, configEnv, configExpectations, type InstaClawAccount, validateAccount } from "../../generated/insta-claw/config.ts";
import { readServer } from "../protocols/insta-claw/target.ts";
import { type Block, namedOrRoot } from "./account-names.ts";
import type { AccountRules } from "./accounts.ts";
import { describeFault } from "./config-fault.ts";
import type { DialedFacts } from "./dialed.ts";
import { instaClawOlder } from "./older-names.ts";
import { Secret, secretIn, unresolvedSecret } from "./secret.ts";

type Plain = Omit<InstaClawAccount, "clientId" | "clientSecret" | "appKey" | "appSecret">;

/** An account's configuration with nothing left open that depends on something else. */
export interface ResolvedInstaClawAccount extends Plain, DialedFacts {
  clientId: Secret;
  clientSecret: Secret;
}

const secrets = ["clientId", "clientSecret"] as const;
const nested = ["botLoopProtection", "direct", "groups", "limits", "reconnect", "streaming"] as const;

const secretFiles = { clientSecretFile: "clientSecret" };

export const instaClawRules: AccountRules<ResolvedInstaClawAccount> = {
  ...instaClawOlder,
  names: namedOrRoot({ idOf: normalizeAccountId, chosenBy: ["defaultAccount"], rootIsNamed: false }),
  nested,
  credentialField: "clientSecret",
  environment: configEnv.map(({ name, path, type }) => ({ variable: name, path: path.split("."), kind: type })),
  environmentWinsOver: "everything",
  toleratesEnvironment: true,
  secretFiles,
  check(block) {
    if (!validateAccount(block)) return describeFault(validateAccount.errors, block, configExpectations);
    const server = serverOf(block, fillIn(block));
    return server.ok ? undefined : { steps: [], text: server.why };
  },
  unresolved: (block) => unresolvedSecret(block, secrets),
  complete(block) {
    const plain = fillIn(block);
    const server = serverOf(block, plain);
    const isPlainText = !serverOf(block, { ...plain, allowInsecure: false }).ok;
    return {
      ...plain,
      url: server.ok ? server.target.url : "",
      trustsPeer: !isPlainText,
      leavesOwnNetwork: isPlainText,
      clientId: secretIn(block, "clientId") ?? new Secret(""),
      clientSecret: secretIn(block, "clientSecret") ?? new Secret(""),
    };
  },
  warn({ account }) {
    const { heartbeatIntervalMs, timeoutThresholdMs = Infinity } = fillIn(account);
    return timeoutThresholdMs <= heartbeatIntervalMs ? ["timeoutThresholdMs is not above heartbeatIntervalMs; three times heartbeatIntervalMs is taken"] : [];
  },
  disabled: "InstaClaw connector is not enabled in configuration",
};

/** What would be dialed. A secret that is not looked up yet is taken for a good one. */
function serverOf(block: Block, { wsUrl, allowInsecure }: Pick<Plain, "wsUrl" | "allowInsecure">) {
  const textOf = (field: string) => (typeof block[field] === "object" ? "not-looked-up" : (block[field] as string | undefined));
  return readServer({ clientId: textOf("clientId"), clientSecret: textOf("clientSecret"), wsUrl, allowInsecure });
}

/** The block has passed the validator: with the defaults it is a whole account. */
function fillIn(block: Block): Plain {
  const { clientId: _id, clientSecret: _secret, ...fields } = block;
  const whole: Record<string, unknown> = { ...accountDefaults, ...fields };
  for (const field of nested) whole[field] = { ...accountDefaults[field], ...(block[field] as object | undefined) };
  return whole as unknown as Plain;
}
