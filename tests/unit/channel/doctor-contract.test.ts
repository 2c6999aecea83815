import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { type AccessFields, type AccountRules, listAccountIds, resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { createDoctorContract } from "../../../src/channel/doctor-contract.ts";
import { instaClawRules } from "../../../src/channel/insta-claw-account.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";

const ref = { source: "env", provider: "default", id: "SOME_SECRET" };

/** A block that works, and what of it has an older name. */
const subjects = [
  { rules: websocketRules, block: { port: 18801, accounts: { sales: { path: "/ws/sales" } } } },
  { rules: instaClawRules, block: { clientId: "app", clientSecret: "s", wsUrl: "wss://gateway.example/", accounts: { a: {}, b: { debug: true } } } },
  { rules: localImRules, block: { serverUrl: "wss://im.example", defaultAccount: "u2", accounts: { u1: {}, u2: { name: "Two" } } } },
  { rules: clawchatRules, block: { baseUrl: "https://chat.example", accounts: { a: { name: "A" } } } },
];

/** A value of each renamed field, in a form that must survive as it is. */
const values: Readonly<Record<string, unknown>> = { appKey: ref, appSecret: { ...ref, id: "ANOTHER" }, clientWsUrl: "wss://older.example", gatewayToken: ref, accountId: "u1" };

function migrate(rules: AccountRules<never>, cfg: object) {
  const contract = createDoctorContract(rules);
  const named = contract.legacyConfigRules.flatMap(({ path, message, match }) => {
    const value = path.reduce<unknown>((at, step) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined), cfg);
    return value !== undefined && (match?.(value, cfg as Record<string, unknown>) ?? true) ? [`${path.join(".")}: ${message}`] : [];
  });
  const { config, changes } = contract.normalizeCompatibilityConfig({ cfg: structuredClone(cfg) });
  return { named, changes, config };
}

/** What runs, with everything but the advice about names. */
function running<Config extends AccessFields>(rules: AccountRules<Config>, cfg: OpenClawConfig) {
  return listAccountIds(rules, cfg).map((id) => {
    const { warnings: _warnings, problem, ...account } = resolveAccount(rules, cfg, id, {});
    return { ...account, hasProblem: problem !== undefined };
  });
}

const anyRules = (rules: unknown) => rules as AccountRules<never>;

const keys = subjects.flatMap(({ rules, block }) => rules.legacyKeys.map((key) => ({ rules: anyRules(rules), id: rules.channelId, key, block })));

const places = ["the root", "an account"] as const;
const fields = subjects.flatMap(({ rules, block }) => {
  const { renamed, dropped, channelId } = rules;
  return [...Object.keys(renamed), ...dropped].flatMap((field) => places.map((place) => ({ rules: anyRules(rules), id: channelId, field, newer: renamed[field], place, block })));
});

function ownOf(block: object, id: string): Record<string, unknown> {
  const { accounts = {} } = block as { accounts?: Record<string, Record<string, unknown>> };
  return accounts[id] ?? {};
}

function withField({ block, field, newer, place }: (typeof fields)[number], value: unknown, extra: object = {}): Record<string, unknown> {
  const { [newer ?? ""]: _newer, ...others } = block as Record<string, unknown>;
  if (place === "the root") return { ...others, [field]: value, ...extra };
  const [first = ""] = Object.keys(block.accounts);
  const own = ownOf(block, first);
  return { ...block, accounts: { ...block.accounts, [first]: { ...own, [field]: value, ...extra } } };
}

describe("the doctor of the channels", () => {
  it.each(keys)("moves the block under channels.$key to channels.$id and changes nothing that runs", ({ rules, id, key, block }) => {
    const before = { channels: { other: {}, [key]: block }, gateway: { port: 1 } };
    const { named, changes, config } = migrate(rules, before);
    expect(named).toEqual([`channels.${key}: the channel is called channels.${id} now. Run "openclaw doctor --fix".`]);
    expect(changes).toEqual([`Moved channels.${key} → channels.${id}.`]);
    expect(config).toEqual({ channels: { other: {}, [id]: block }, gateway: { port: 1 } });
    expect(running(rules, config)).toEqual(running(rules, before as OpenClawConfig));
  });

  it.each(keys)("leaves channels.$key where channels.$id is set too, and says that it is ignored", ({ rules, id, key, block }) => {
    const before = { channels: { [key]: block, [id]: {} } };
    const { named, changes, config } = migrate(rules, before);
    expect(named).toEqual([`channels.${key}: is ignored because channels.${id} is set. Copy what you still need and remove channels.${key}.`]);
    expect({ changes, config }).toEqual({ changes: [], config: before });
  });

  it.each(fields)("brings $field of $id in $place up to date, once, without its value in a word", (subject) => {
    const { rules, id, field, newer, place, block } = subject;
    const value = values[field] ?? "a value of the past";
    const before = { channels: { [id]: withField(subject, value) } } as OpenClawConfig;
    const { named, changes, config } = migrate(rules, before);
    expect(named).toHaveLength(1);
    expect(named[0]).toMatch(place === "the root" ? new RegExp(`^channels\\.${id}\\.${field}: `) : new RegExp(`^channels\\.${id}\\.accounts: ${field} of an account: `));
    expect(changes).toHaveLength(1);
    expect([...named, ...changes].join()).not.toMatch(/SOME_SECRET|ANOTHER|older\.example|of the past/);
    const isMoved = newer !== undefined && (newer !== "defaultAccount" || place === "the root");
    const extra = isMoved ? { [newer]: value } : {};
    const { [field]: _gone, ...rest } = withField(subject, undefined, extra);
    const [first = ""] = Object.keys(block.accounts);
    const { [field]: _own, ...own } = ownOf(rest, first);
    const wanted = place === "the root" ? rest : { ...block, accounts: { ...block.accounts, [first]: own } };
    expect(config.channels?.[id]).toEqual(wanted);
    expect(running(rules, config)).toEqual(running(rules, before));
    expect(migrate(rules, config)).toEqual({ named: [], changes: [], config });
  });

  it.each(fields.filter(({ newer, place }) => newer !== undefined && (newer !== "defaultAccount" || place === "the root")))("keeps $field of $id in $place beside a newer one that says something else", (subject) => {
    const { rules, id, field, newer = "" } = subject;
    const before = { channels: { [id]: withField(subject, "older", { [newer]: "newer" }) } };
    const { named, changes, config } = migrate(rules, before);
    expect({ changes, config }).toEqual({ changes: [], config: before });
    expect(named).toEqual([expect.stringContaining(`is ignored because ${newer} is set to something else`)]);
    const same = migrate(rules, { channels: { [id]: withField(subject, "one", { [newer]: "one" }) } });
    expect(same.changes).toEqual([expect.stringMatching(new RegExp(`^Removed .*\\.${field} \\(${newer} says the same\\)\\.$`))]);
  });

  it("does both at once under an older key", () => {
    const { config, changes } = migrate(anyRules(clawchatRules), { channels: { "clawchat-plugin-openclaw": { allowAll: true, token: ref, accounts: { a: { media: {} } } } } });
    expect(config).toEqual({ channels: { clawchat: { token: ref, accounts: { a: {} } } } });
    expect(changes).toEqual([
      "Moved channels.clawchat-plugin-openclaw → channels.clawchat.",
      "Removed channels.clawchat.allowAll (it has no meaning any more).",
      "Removed channels.clawchat.accounts.a.media (it has no meaning any more).",
    ]);
  });

  it.each(keys)("changes what else names $key, and nothing that says who may do what", ({ rules, id, key }) => {
    const before = {
      channels: { [id]: {}, modelByChannel: { [key]: { a: "m" }, telegram: {} } },
      bindings: [{ agentId: "main", match: { channel: key, accountId: "*" } }, { agentId: "main", match: { channel: "telegram" } }],
      agents: { defaults: { heartbeat: { target: key } }, entries: { main: { heartbeat: { target: key } }, ops: {} } },
      commands: { allowFrom: { [key]: ["ann"] }, ownerAllowFrom: [`${key}:ann`] },
    };
    const { named, changes, config } = migrate(rules, before);
    expect(config).toEqual({
      ...before,
      channels: { [id]: {}, modelByChannel: { [id]: { a: "m" }, telegram: {} } },
      bindings: [{ agentId: "main", match: { channel: id, accountId: "*" } }, { agentId: "main", match: { channel: "telegram" } }],
      agents: { defaults: { heartbeat: { target: id } }, entries: { main: { heartbeat: { target: id } }, ops: {} } },
    });
    expect(changes).toEqual([
      `Changed bindings[0].match.channel from "${key}" to "${id}".`,
      `Changed agents.defaults.heartbeat.target from "${key}" to "${id}".`,
      `Changed agents.entries.main.heartbeat.target from "${key}" to "${id}".`,
      `Moved channels.modelByChannel.${key} → channels.modelByChannel.${id}.`,
    ]);
    expect(named).toHaveLength(4);
    expect(migrate(rules, config)).toEqual({ named: [], changes: [], config });
  });

  it.each([{}, { channels: {} }, { channels: { websocket: { accounts: { sales: { port: 1 } } } } }, { channels: { ws: "no block", clawchat: null, "insta-claw-connector": { accounts: ["a"] }, "nc-local-im-connector": { accounts: { u: 5 } } }, bindings: "none" }])(
    "has nothing to say of %j",
    (cfg) => {
      for (const { rules } of subjects) expect(migrate(anyRules(rules), cfg)).toEqual({ named: [], changes: [], config: cfg });
    },
  );
});
