import { describe, expect, it } from "vitest";
import { overlay } from "../../../src/cli/gateway/block.ts";
import { addChannel, composeConfig, type ModelChoice } from "../../../src/cli/gateway/config.ts";
import { hostEnvironment, installEnvironment } from "../../../src/cli/gateway/environment.ts";
import { layoutOf } from "../../../src/cli/gateway/layout.ts";

const layout = layoutOf("/project/.state");
const model: ModelChoice = { baseUrl: "https://api.example.com/v1", name: "large", api: "openai-completions", keyEnv: "MY_KEY" };
const compose = (existing = {}, choice = model) => composeConfig(existing, { layout, port: 4000, token: "t", model: choice });
const channel = { plugin: "clawwire-websocket", channel: "websocket", defaults: { groupPolicy: "open" }, facts: { port: 18_800 } };

describe("the configuration of a gateway of ours", () => {
  it("lets nobody but this machine in, and whoever is in do nothing but talk", () => {
    expect(compose()).toMatchObject({
      gateway: { bind: "loopback", auth: { mode: "token" }, controlUi: { enabled: false } },
      session: { dmScope: "per-account-channel-peer" },
      tools: { profile: "messaging", exec: { security: "deny" }, elevated: { enabled: false } },
      discovery: { mdns: { mode: "off" } },
      update: { checkOnStart: false },
    });
  });

  it("refers to the model's key and does not hold it", () => {
    expect(compose()).toMatchObject({ models: { providers: { clawwire: { apiKey: { source: "env", provider: "default", id: "MY_KEY" } } } } });
  });

  it("keeps what the person has changed, but not an earlier model or port", () => {
    const before = compose({}, { baseUrl: "http://127.0.0.1:1/v1", name: "practice", api: "openai-responses" });
    const after = compose(overlay(before, { tools: { profile: "full" }, gateway: { port: 1 }, commands: { ownerAllowFrom: ["ada"] } }));
    expect(after).toMatchObject({ tools: { profile: "full" }, gateway: { port: 4000 }, commands: { ownerAllowFrom: ["ada"] }, agents: { defaults: { model: { primary: "clawwire/large" } } } });
    expect(JSON.stringify(after["models"])).not.toContain("practice");
  });

  it("adds a channel beside others, over its defaults and under the facts of the run", () => {
    const existing = { plugins: { allow: ["other"] }, channels: { websocket: { groupPolicy: "disabled", port: 1 }, other: {} } };
    expect(addChannel(existing, channel)).toEqual({
      plugins: { allow: ["other", "clawwire-websocket"] },
      channels: { websocket: { groupPolicy: "disabled", port: 18_800 }, other: {} },
    });
    expect(addChannel(addChannel({}, channel), channel)).toEqual(addChannel({}, channel));
  });
});

describe("the environment of a gateway of ours", () => {
  it("carries none of the person's own settings and keys into it", () => {
    const outer = { HOME: "/home/ada", PATH: "/usr/bin", OPENAI_API_KEY: "sk-1", OPENCLAW_PROFILE: "work", WS_AUTH_ENABLED: "true", AWS_SECRET_ACCESS_KEY: "x", NODE_OPTIONS: "--inspect", https_proxy: "http://proxy" };
    const env = hostEnvironment(layout, outer);
    expect(Object.keys(outer).filter((name) => env[name] === outer[name as keyof typeof outer])).toEqual(["https_proxy"]);
    expect(env).toMatchObject({ HOME: "/project/.state/home", OPENCLAW_STATE_DIR: "/project/.state/openclaw", OPENCLAW_CONFIG_PATH: "/project/.state/openclaw/openclaw.json" });
  });

  it("has the Node that runs us first in its path", () => {
    expect(hostEnvironment(layout, { PATH: "/usr/bin" })["PATH"]).toMatch(/^.+\/bin:\/usr\/bin$/);
    expect(hostEnvironment(layout, {}, { MY_KEY: "sk-1" })["MY_KEY"]).toBe("sk-1");
  });
});

describe("the environment in which a plugin is installed", () => {
  const patience = { npm_config_fetch_retries: "2", npm_config_fetch_retry_mintimeout: "1000", npm_config_fetch_retry_maxtimeout: "5000", npm_config_fetch_timeout: "15000" };

  it("reaches the registry that the person's own npm reaches, and has no more of theirs than a gateway has", () => {
    const outer = { HOME: "/home/ada", PATH: "/usr/bin", npm_config_registry: "https://registry.example/", npm_config_cafile: "/etc/ca.pem", npm_config_cache: "/cache", npm_config_prefix: "/opt", NPM_TOKEN: "t" };
    const { npm_config_registry, npm_config_cafile } = outer;
    expect(installEnvironment(layout, outer)).toEqual({ ...hostEnvironment(layout, outer), ...patience, npm_config_registry, npm_config_cafile, npm_config_userconfig: "/home/ada/.npmrc" });
  });

  it("is as patient as the person's own npm where they say so", () => {
    expect(installEnvironment(layout, { npm_config_fetch_retries: "9" })).toMatchObject({ ...patience, npm_config_fetch_retries: "9" });
  });

  it.each(["npm_config_userconfig", "NPM_CONFIG_USERCONFIG"])("leaves the file that %s names", (name) => {
    const env = installEnvironment(layout, { HOME: "/home/ada", [name]: "/etc/team.npmrc" });
    expect(Object.entries(env).filter(([each]) => /userconfig/i.test(each))).toEqual([[name, "/etc/team.npmrc"]]);
  });

  it("names no file where nobody has a home", () => {
    expect(installEnvironment(layout, {})).toEqual({ ...hostEnvironment(layout, {}), ...patience });
  });
});
