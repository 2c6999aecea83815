// Not the index: what only starts a command line needs no codec.
import { accountDefaults, configEnv, configExpectations, validateAccount, type WebsocketAccount } from "../../generated/websocket/config.ts";
import { placeOf } from "../core/place.ts";
import type { ResolvedAccount } from "../account/websocket/config.ts";
import { type Block, rootAndNamed } from "./account-names.ts";
import type { AccountRules } from "./accounts.ts";
import { type ConfigFault, describeFault } from "./config-fault.ts";
import { websocketOlder } from "./older-names.ts";

/** An account's configuration with nothing left open that depends on something else. */
export type ResolvedWebsocketAccount = ResolvedAccount & Required<Pick<WebsocketAccount, "dmPolicy" | "playground">>;

/** Agents that a channel without verification may create where the operator names no number. */
const MAX_AGENTS_WITHOUT_AUTH = 100;

const nested = ["auth", "botLoopProtection", "direct", "dynamicAgentCreation", "groups", "limits", "media", "streaming"] as const;

export const websocketRules: AccountRules<ResolvedWebsocketAccount> = {
  ...websocketOlder,
  names: rootAndNamed,
  nested,
  environmentWinsOver: "root",
  environment: configEnv.map(({ name, path, type }) => ({ variable: name, path: path.split("."), kind: type })),
  check: (block) => (validateAccount(block) ? checkEndpoint(fillIn(block)) : describeFault(validateAccount.errors, block, configExpectations)),
  complete(block, { accountId, own, root }) {
    const plain = fillIn(block);
    const host = plain.host ?? (plain.auth.enabled && plain.auth.required ? "0.0.0.0" : "127.0.0.1");
    return {
      ...plain,
      host,
      playground: plain.playground ?? isLoopback(host),
      path: pathOf(accountId, own, root) ?? plain.path,
      dmPolicy: plain.dmPolicy ?? ((plain.auth.enabled && plain.auth.required) || isLoopback(host) ? "open" : "pairing"),
      dynamicAgentCreation: boundAgents(plain),
    };
  },
};

/** Whether only this machine can reach a listener there. */
export function isLoopback(host: string): boolean {
  return placeOf(host) === "this machine";
}

/** The platform makes no request to such an address. */
function checkEndpoint({ auth: { enabled, endpoint } }: WebsocketAccount): ConfigFault | undefined {
  const { username = "", password = "" } = URL.parse(endpoint) ?? {};
  return enabled && username + password !== "" ? { steps: ["auth", "endpoint"], text: "must not hold a user name or password" } : undefined;
}

/** A named account without a port or path of its own listens below the root's path. */
function pathOf(accountId: string, own: Block, root: Block): string | undefined {
  if (accountId === "default" || own["path"] !== undefined || own["port"] !== undefined) return undefined;
  const base = typeof root["path"] === "string" ? root["path"] : accountDefaults.path;
  return `${base.replace(/\/+$/, "")}/${accountId}`;
}

function boundAgents({ auth, dynamicAgentCreation }: WebsocketAccount): WebsocketAccount["dynamicAgentCreation"] {
  if (auth.enabled || dynamicAgentCreation.maxAgents !== undefined) return dynamicAgentCreation;
  return { ...dynamicAgentCreation, maxAgents: MAX_AGENTS_WITHOUT_AUTH };
}

/** The block has passed `check`: with the defaults it is a whole account. */
function fillIn(block: Block): WebsocketAccount {
  const whole: Record<string, unknown> = { ...accountDefaults, ...block };
  for (const field of nested) whole[field] = { ...accountDefaults[field], ...(block[field] as object | undefined) };
  return whole as unknown as WebsocketAccount;
}
