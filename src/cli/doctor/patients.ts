import { DEFAULT_ACCOUNT_ID } from "#host/account-id";
import { clawchatRules } from "../../channel/clawchat-account.ts";
import { type AccessFields, type AccountRules, type ChannelAccount, findBlock, listAccountIds, resolveAccount } from "../../channel/accounts.ts";
import { instaClawRules } from "../../channel/insta-claw-account.ts";
import { localImRules } from "../../channel/local-im-account.ts";
import { Secret } from "../../channel/secret.ts";
import { websocketRules } from "../../channel/websocket-account.ts";
import { reachable } from "../../core/host-names.ts";
import { readServer as readInstaClaw } from "../../protocols/insta-claw/target.ts";
import { readServer as readLocalIm, targetOf } from "../../protocols/local-im/target.ts";
import type { RuledProtocol } from "../../testing/conformance/rulebook.ts";
import { Failure } from "../failure.ts";
import type { Patient } from "./check.ts";
import type { ConfigFile } from "./config-file.ts";

type Facts = Pick<Patient, "target" | "hasCredentials" | "others"> & Partial<Pick<Patient, "listens" | "verifier">>;

type Config = Omit<ConfigFile, "file">;

interface Asked {
  /** Of an application that the websocket channel lets in. */
  token?: string;
}

/** Every account of our channels in a configuration. */
export function patientsIn(config: Config, asked: Asked): Patient[] {
  return channels.flatMap((channel) => channel(config, asked));
}

export const channelIds = [websocketRules, instaClawRules, localImRules, clawchatRules].map(({ channelId }) => channelId);

/** An address without a configuration, dialed as the channel of its protocol would; what `token` is depends on that, too. */
export function patientAt(protocol: RuledProtocol, url: string, account: string | undefined, { token }: Asked): Patient {
  const patient = { protocol, channel: protocol, account: account ?? "", hasCredentials: token !== undefined, others: [] };
  switch (protocol) {
    case "websocket":
      return { ...patient, target: { url, headers: bearer(token) }, hasCredentials: token !== undefined || URL.parse(url)?.searchParams.has("token") === true };
    case "clawchat":
      // Its tokens change with each login: none is used up here.
      return { ...patient, target: { url, headers: {} }, hasCredentials: false };
    case "local-im": {
      const named = account ?? URL.parse(url)?.searchParams.get("accountId") ?? DEFAULT_ACCOUNT_ID;
      const server = readLocalIm(url, named, true);
      if (!server.ok) throw new Failure(server.why);
      return { ...patient, account: named, target: targetOf(server.url, token) };
    }
    case "insta-claw": {
      if (account === undefined || token === undefined) throw new Failure("insta-claw lets nobody in without a clientId and a clientSecret: --account ID, and --token SECRET or CLAWWIRE_DOCTOR_TOKEN in the environment.");
      const server = readInstaClaw({ clientId: account, clientSecret: token, wsUrl: url, allowInsecure: true });
      if (!server.ok) throw new Failure(server.why);
      return { ...patient, target: server.target };
    }
  }
}

function channel<Fields extends AccessFields>(protocol: RuledProtocol, rules: AccountRules<Fields>, factsOf: (config: Fields, asked: Asked) => Facts) {
  return ({ config, env, unset }: Config, asked: Asked): Patient[] => {
    const { block, fault } = findBlock(rules, config);
    if (!block && fault === undefined) return [];
    return listAccountIds(rules, config).map((accountId) => {
      const account = resolveAccount(rules, config, accountId, env);
      const missing = missingIn(account.config, unset);
      const facts = account.config ? factsOf(account.config, asked) : { hasCredentials: false, others: [] };
      const isWhole = missing.length === 0 && account.problem === undefined;
      return { protocol, channel: rules.channelId, account: accountId, ...facts, ...(!isWhole && { hasCredentials: false }), block: blockOf(account, missing) };
    });
  };
}

function blockOf({ enabled, configured, problem, warnings }: ChannelAccount<unknown>, missing: readonly string[]): NonNullable<Patient["block"]> {
  // A secret's file is read here as OpenClaw reads it; what it looks up elsewhere is not.
  const isLookedUp = problem?.includes(lookedUp) === true;
  if (problem !== undefined && !(configured && isLookedUp)) return { enabled, warnings, problem };
  const unseen = missing.length > 0 ? `not set in this environment: ${missing.join(", ")}` : problem?.replace(lookedUp, "OpenClaw looks its value up");
  return { enabled, warnings, ...(unseen !== undefined && { unseen }) };
}

/** What a channel says of a reference that the host has not resolved. */
const lookedUp = "OpenClaw has found no value for the SecretRef";

/** The variables without a value of which an account is made. */
function missingIn(value: unknown, unset: ReadonlySet<string>): string[] {
  if (typeof value === "string") return [...unset].filter((name) => value.includes(`\${${name}}`));
  if (value instanceof Secret) return missingIn(value.reveal(), unset);
  if (typeof value !== "object" || value === null) return [];
  return [...new Set(Object.values(value).flatMap((inner) => missingIn(inner, unset)))];
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

const channels = [
  channel("websocket", websocketRules, ({ host, port, path, auth: { enabled, required, endpoint, timeout } }, { token }) => ({
    listens: { host, port },
    target: { url: `ws://${reachable(host)}:${port}${path}`, headers: bearer(token) },
    hasCredentials: token !== undefined || !enabled || !required,
    others: [],
    ...(enabled && { verifier: { endpoint, timeoutMs: timeout } }),
  })),
  channel("insta-claw", instaClawRules, ({ clientId, clientSecret, url, allowInsecure }) => {
    const server = readInstaClaw({ clientId: clientId.reveal(), clientSecret: clientSecret.reveal(), wsUrl: url, allowInsecure });
    return { target: server.ok ? server.target : { url, headers: {} }, hasCredentials: server.ok, others: [] };
  }),
  channel("local-im", localImRules, ({ url, token }) => ({ target: targetOf(url, token?.reveal()), hasCredentials: true, others: [] })),
  // Who it is, is said on the open socket, with a token that changes with each login: none is used up here.
  channel("clawchat", clawchatRules, ({ url, baseUrl }) => ({ target: { url, headers: {} }, hasCredentials: false, others: [baseUrl] })),
];
