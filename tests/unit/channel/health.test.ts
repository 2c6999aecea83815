import { readdir } from "node:fs/promises";
import path from "node:path";
import type { ChannelAccountSnapshot } from "openclaw/plugin-sdk/channel-contract";
import { beforeAll, describe, expect, it } from "vitest";
import type { AccountStatus } from "../../../src/account/account.ts";
import { createStatusReport } from "../../../src/channel/status.ts";
import type { LinkStatus } from "../../../src/link/link.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

const MINUTE = 60_000;
type Judge = (snapshot: ChannelAccountSnapshot, policy: { channelId: string; now: number; staleEventThresholdMs: number; channelConnectGraceMs: number }) => { healthy: boolean; reason: string };

/** The host's own judgement, by which its monitor restarts accounts every five minutes: nothing exports it. */
let judge: Judge;
beforeAll(async () => {
  const dist = path.resolve("node_modules/openclaw/dist");
  const file = (await readdir(dist)).find((name) => /^channel-health-policy-.*\.mjs$/.test(name));
  const exported = Object.values((await import(path.join(dist, file ?? "no channel-health-policy"))) as Record<string, unknown>);
  const found = exported.find((each) => typeof each === "function" && each.name === "evaluateChannelHealth");
  if (typeof found !== "function") throw new Error("the host has no evaluateChannelHealth any more");
  judge = found as Judge;
});

function monitored(first: AccountStatus) {
  let shown: ChannelAccountSnapshot = { accountId: "a", enabled: true, configured: true };
  const system = createVirtualSystem();
  const report = createStatusReport({ accountId: "a", getStatus: () => shown, setStatus: (next) => void (shown = { ...shown, ...next }) }, system);
  report.starting();
  report.opened({ status: first });
  return {
    system,
    async becomes(status: AccountStatus, ms: number) {
      report.changed(status);
      await system.pass(ms);
    },
    health: () => judge(shown, { channelId: "x", now: system.now(), staleEventThresholdMs: 30 * MINUTE, channelConnectGraceMs: 2 * MINUTE }),
  };
}

const link = (state: LinkStatus["state"], more: Partial<LinkStatus> = {}, running = 0): AccountStatus => ({ connected: state === "ready", running, waiting: 0, link: { state, reason: "a reason", attempts: 1, ...more } });

describe("the host's health monitor", () => {
  it("lets a link recover for as long as it dials, and does not restart it", async () => {
    const { system, becomes, health } = monitored(link("ready", { heardAt: 1 }));
    for (let attempts = 1; attempts < 100; attempts += 1) {
      await becomes(link("recovering", { attempts }), 31_000);
      expect(health()).toMatchObject({ healthy: true });
      await becomes(link("connecting", { attempts: attempts + 1 }), 15_000);
      expect(health()).toMatchObject({ healthy: true });
    }
    await becomes(link("ready", { heardAt: system.now() }), 1000);
    expect(health()).toEqual({ healthy: true, reason: "healthy" });
  });

  it("knows a blocked link, which no restart would help", async () => {
    const { becomes, health } = monitored(link("connecting"));
    await becomes(link("blocked"), 10 * MINUTE);
    expect(health()).toEqual({ healthy: false, reason: "blocked" });
  });

  it("takes an idle link that answers pings for healthy, and one of which nobody heard for stale", async () => {
    const { system, becomes, health } = monitored(link("ready", { heardAt: 1 }));
    for (let passed = 0; passed < 3 * 60; passed += 1) await becomes(link("ready", { heardAt: system.now() }), MINUTE);
    expect(health()).toEqual({ healthy: true, reason: "healthy" });
    const heardAt = system.now();
    for (let passed = 0; passed < 32; passed += 1) await becomes(link("ready", { heardAt }), MINUTE);
    expect(health()).toEqual({ healthy: false, reason: "stale-socket" });
  });

  it("takes a listener without any application for healthy", async () => {
    const { becomes, health } = monitored({ connected: true, running: 0, waiting: 0, connections: 0, senders: 0 });
    for (let passed = 0; passed < 3 * 60; passed += 1) await becomes({ connected: true, running: 0, waiting: 0, connections: 0, senders: 0 }, MINUTE);
    expect(health()).toEqual({ healthy: true, reason: "healthy" });
  });

  it("ends no turn because of a link that is away", async () => {
    const { becomes, health } = monitored(link("ready", { heardAt: 1 }));
    await becomes(link("recovering", {}, 1), MINUTE);
    for (let passed = 0; passed < 20; passed += 1) await becomes(link("recovering", {}, 1), MINUTE);
    expect(health()).toEqual({ healthy: true, reason: "busy" });
    await becomes(link("recovering", {}, 0), 3 * MINUTE);
    expect(health()).toEqual({ healthy: false, reason: "disconnected" });
  });
});
