import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configDefaults, configEnv, configExpectations, validateAccount, validateConfig } from "../../../generated/websocket/index.ts";

interface Manifest {
  channelConfigs: Record<string, { label: string; description: string; schema: object; uiHints: Record<string, object> }>;
  envVars: { name: string; path: string }[];
}

const manifest = JSON.parse(readFileSync(new URL("../../../generated/websocket/manifest.json", import.meta.url), "utf8")) as Manifest;

function keysIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)]);
}

describe("the generated configuration", () => {
  it("has every default of the schema, nested as the schema is", () => {
    expect(configDefaults).toMatchObject({
      enabled: true,
      port: 18800,
      path: "/ws",
      auth: { enabled: true, timeout: 5000, required: true },
      dynamicAgentCreation: { enabled: false },
    });
    expect(configDefaults).not.toHaveProperty("host");
    expect(configDefaults).not.toHaveProperty("accounts");
  });

  it("has defaults that are a valid block", () => {
    expect(validateConfig(configDefaults)).toBe(true);
    expect(validateAccount(configDefaults)).toBe(true);
    expect(validateConfig({})).toBe(true);
  });

  it("lets a named account be a part of an account, and no more", () => {
    expect(validateConfig({ accounts: { sales: { path: "/ws/sales" } } })).toBe(true);
    expect(validateConfig({ accounts: { sales: { accounts: {} } } })).toBe(false);
    expect(validateConfig.errors?.[0]).toMatchObject({ instancePath: "/accounts/sales", keyword: "additionalProperties" });
  });

  it("lists the environment variables with their fields", () => {
    expect(configEnv.map(({ name, path, type }) => [name, path, type])).toEqual([
      ["WS_AUTH_ENABLED", "auth.enabled", "boolean"],
      ["WS_AUTH_ENDPOINT", "auth.endpoint", "string"],
    ]);
    expect(manifest.envVars.map(({ name }) => name)).toEqual(["WS_AUTH_ENABLED", "WS_AUTH_ENDPOINT"]);
  });

  it("gives the host a plain schema without references or keys of ours", () => {
    const { schema } = manifest.channelConfigs["websocket"] ?? { schema: {} };
    const keys = keysIn(schema);
    expect(keys).toContain("accounts");
    expect(keys.filter((key) => key.startsWith("x-") || key === "$ref" || key === "definitions")).toEqual([]);
  });

  it("gives the host form hints by dotted path, for named accounts too", () => {
    const { uiHints = {} } = manifest.channelConfigs["websocket"] ?? {};
    expect(uiHints["auth.endpoint"]).toEqual({ label: "Verifier URL", tags: ["url-secret"] });
    expect(uiHints["accounts.*.auth.endpoint"]).toEqual(uiHints["auth.endpoint"]);
  });

  it("says in words what each field may hold, for accounts what the root says", () => {
    expect(configExpectations).toMatchObject({
      port: "a whole number from 1 to 65535",
      path: "a string of at most 256 characters (matching ^/[A-Za-z0-9._~/-]*$)",
      "auth.enabled": "true or false",
      dmPolicy: '"open", "pairing", "allowlist" or "disabled"',
      allowFrom: "an array of at most 10000 entries",
      "allowFrom.*": "a string or a number",
      "groups.*.requireMention": "true or false",
      "accounts.*": "an object",
    });
    expect(Object.keys(configExpectations).filter((path) => path.startsWith("accounts.*."))).toEqual([]);
  });
});
