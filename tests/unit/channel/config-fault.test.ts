import { describe, expect, it } from "vitest";
import clawchatManifest from "../../../generated/clawchat/manifest.json" with { type: "json" };
import instaClawManifest from "../../../generated/insta-claw/manifest.json" with { type: "json" };
import localImManifest from "../../../generated/local-im/manifest.json" with { type: "json" };
import websocketManifest from "../../../generated/websocket/manifest.json" with { type: "json" };
import { type AccessFields, type AccountRules, listAccountIds, resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { instaClawRules } from "../../../src/channel/insta-claw-account.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";

const anyRules = (rules: unknown) => rules as AccountRules<AccessFields>;

const subjects = [
  { rules: anyRules(websocketRules), sound: {}, schema: websocketManifest.channelConfigs.websocket.schema },
  { rules: anyRules(instaClawRules), sound: { clientId: "app", clientSecret: "s" }, schema: instaClawManifest.channelConfigs["insta-claw-connector"].schema },
  { rules: anyRules(localImRules), sound: { serverUrl: "wss://im.example" }, schema: localImManifest.channelConfigs["nc-local-im-connector"].schema },
  { rules: anyRules(clawchatRules), sound: {}, schema: clawchatManifest.channelConfigs.clawchat.schema },
];

const problemOf = (rules: AccountRules<AccessFields>, block: unknown, accountId?: string, environment = {}) =>
  resolveAccount(rules, { channels: { [rules.channelId]: block } }, accountId, environment).problem;

describe("what is wrong with a configuration", () => {
  it.each([
    ["a field", { port: "abc" }, "default", "channels.websocket.port: expected a whole number from 1 to 65535, got a string"],
    ["a field of an account", { accounts: { sales: { port: 70000 } } }, "sales", "channels.websocket.accounts.sales.port: expected a whole number from 1 to 65535, got a number"],
    ["a field that an account inherits", { dmPolicy: "all", accounts: { sales: {} } }, "sales", 'channels.websocket.dmPolicy: expected "open", "pairing", "allowlist" or "disabled", got a string'],
    ["a field within another", { auth: { timeout: 1 } }, "default", "channels.websocket.auth.timeout: expected a whole number from 1000 to 60000, got a number"],
    ["an inherited field within another", { auth: { timeout: null }, accounts: { sales: { auth: { required: true } } } }, "sales", "channels.websocket.auth.timeout: expected a whole number from 1000 to 60000, got null"],
    ["an entry", { allowFrom: ["a", true] }, "default", "channels.websocket.allowFrom[1]: expected a string or a number, got a boolean"],
    ["a field of a group", { groups: { "team a": { requireMention: "yes" } } }, "default", 'channels.websocket.groups["team a"].requireMention: expected true or false, got a string'],
    ["a name that no field has", { accounts: { sales: { prot: 1 } } }, "sales", "channels.websocket.accounts.sales.prot: there is no field of this name"],
    ["an account that is none", { accounts: { sales: 5 } }, "sales", "channels.websocket.accounts.sales: expected an object, got a number"],
    ["accounts that are none", { accounts: ["sales"] }, "default", "channels.websocket.accounts: expected an object, got an array"],
    ["a block that is none", "on", "default", "channels.websocket: expected an object, got a string"],
  ])("is told of %s by its path, what was expected and the type of what came", (_what, block, accountId, problem) => {
    const account = resolveAccount(anyRules(websocketRules), { channels: { websocket: block } }, accountId, {});
    expect(account).toMatchObject({ accountId, enabled: true, configured: false, problem });
    expect(account.config).toBeUndefined();
  });

  it("leaves the accounts beside it as they are", () => {
    const block = { accounts: { sales: { port: "abc" }, odd: 5, shop: {} } };
    const configured = listAccountIds(anyRules(websocketRules), { channels: { websocket: block } }).filter((id) => problemOf(anyRules(websocketRules), block, id) === undefined);
    expect(configured).toEqual(["default", "shop"]);
  });

  it("is told of the field as it is written, where that is an older name", () => {
    expect(problemOf(anyRules(localImRules), { serverUrl: "wss://im.example", accounts: { u1: { gatewayToken: 5 } } }, "u1")).toBe(
      "channels.nc-local-im-connector.accounts.u1.gatewayToken: expected a string of 1 to 4096 characters (ASCII without spaces) or a SecretRef, got a number",
    );
  });

  it("is told of the variable, where that is what the value comes from", () => {
    const endpoint = { WS_AUTH_ENDPOINT: "nowhere" };
    const text = "environment variable WS_AUTH_ENDPOINT: expected an address with its scheme of at most 2048 characters, got a string";
    expect(problemOf(anyRules(websocketRules), { auth: { endpoint: "https://a.example" } }, undefined, endpoint)).toBe(text);
    expect(problemOf(anyRules(websocketRules), { accounts: { sales: {} } }, "sales", endpoint)).toBe(text);
    expect(problemOf(anyRules(websocketRules), { accounts: { sales: { auth: { endpoint: "b" } } } }, "sales", endpoint)).toMatch(/^channels\.websocket\.accounts\.sales\.auth\.endpoint: /);
  });

  it.each(subjects)("lets the host have the fields of its own in every block of $rules.channelId", ({ rules, sound, schema }) => {
    const own = { heartbeatVisibility: { showOk: true }, healthMonitor: { enabled: false }, configWrites: false };
    expect(problemOf(rules, { ...sound, ...own })).toBeUndefined();
    expect(problemOf(rules, { ...sound, accounts: { a: own } }, "a")).toBeUndefined();
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(own)));
  });

  it.each(subjects)("never holds a value of $rules.channelId, whatever stands where", ({ rules, sound, schema }) => {
    const canary = "canary-7f3a91c2";
    const wrong = [canary, 739184655, true, null, [canary], { [canary]: canary }, { source: canary, provider: 1, id: canary }];
    // A server's name and an account's say where to look.
    const fields = Object.keys(schema.properties).filter((field) => !["serverUrl", "clientWsUrl", "defaultAccount", "accountId"].includes(field));
    const told = fields.flatMap((field) =>
      wrong.flatMap((value) => [problemOf(rules, { ...sound, [field]: value }), problemOf(rules, { ...sound, accounts: { a: { [field]: value } } }, "a")].filter((text) => text !== undefined)),
    );
    expect(told.length).toBeGreaterThan(fields.length);
    // A name that no field has is no value: it is where the mistake is.
    expect(told.filter((text) => /canary|739184655/.test(text.replace(/^channels\.\S*: /, "")))).toEqual([]);
  });
});

type Shape = Readonly<Record<string, unknown>>;

const isShape = (value: unknown): value is Shape => typeof value === "object" && value !== null && !Array.isArray(value);

/** Every field of a form. */
function fieldsOf(schema: Shape, path: string): [string, Shape][] {
  const named = isShape(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const others = isShape(schema["additionalProperties"]) ? [["*", schema["additionalProperties"]] as const] : [];
  return [...named, ...others].flatMap(([name, inner]): [string, Shape][] => (isShape(inner) ? [[`${path}${name}`, inner], ...fieldsOf(inner, `${path}${name}.`)] : []));
}

describe("the schema a host gets", () => {
  it.each(subjects)("of $rules.channelId describes every field, and would stop no gateway", ({ schema }) => {
    expect(schema).not.toHaveProperty("type");
    expect(schema).not.toHaveProperty("additionalProperties");
    for (const [path, field] of fieldsOf(schema, "")) {
      if (isShape(field["properties"]) || isShape(field["additionalProperties"])) expect([path, field["type"], field["required"], field["maxProperties"]]).toEqual([path, undefined, undefined, undefined]);
      // The host's form shows the alternative that may not be null, and shows it by its type.
      else expect([path, field["anyOf"]]).toEqual([path, [expect.objectContaining({ type: expect.anything() as unknown }), { type: ["null", "string", "number", "boolean", "object", "array"] }]]);
    }
  });
});
