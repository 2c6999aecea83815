import { describe, expect, it } from "vitest";
import type { Probed } from "../../../src/account/account.ts";
import { describePeer, formatProbe } from "../../../src/channel/capabilities.ts";
import { readProbe, shareOf } from "../../../src/channel/gateway-probe.ts";
import { createProber } from "../../../src/channel/probe.ts";
import { createResumed } from "../../../src/channel/resumed.ts";
import { createLiveAccounts } from "../../../src/channel/running.ts";
import { createVirtualSystem } from "../../support/virtual.ts";
import { noApprovals } from "./fake-host.ts";

function stage(answer: Probed | Promise<Probed>) {
  const live = createLiveAccounts();
  const asked: number[] = [];
  const account = {
    url: "ws://127.0.0.1:1/ws",
    status: () => ({ connected: true, running: 0, waiting: 0, connections: 2, senders: 1 }),
    send: async () => "away" as const,
    carries: () => [],
    act: async () => ({ is: "away" }) as const,
    probe: async (withinMs: number) => (asked.push(withinMs), await answer),
  };
  live.add("home", { account, resumed: createResumed(), approvals: noApprovals, log: { debug() {}, info() {}, warn() {}, error() {} }, mediaBytes: () => 0 });
  const prober = createProber(live, createVirtualSystem());
  return { asked, probe: (accountId = "home") => prober({ channel: "websocket", accountId, timeoutMs: 10_000 }) };
}

describe("a probe of an account", () => {
  it("tells what was found, with what the account is, and leaves the host time to hear it", async () => {
    const { asked, probe } = stage({ ok: true, checked: ["upgrade", "round trip"], roundTripMs: 3 });
    expect(await probe()).toEqual({ ok: true, checked: ["upgrade", "round trip"], roundTripMs: 3, elapsedMs: 0, url: "ws://127.0.0.1:1/ws", connections: 2, senders: 1 });
    expect(asked).toEqual([9750]);
  });

  it("is one for all who ask at once, and another one afterwards", async () => {
    const { asked, probe } = stage(Promise.resolve({ ok: true, checked: [], roundTripMs: 3 }));
    const [one, two] = await Promise.all([probe(), probe()]);
    expect(one).toBe(two);
    expect(asked).toHaveLength(1);
    await probe();
    expect(asked).toHaveLength(2);
  });

  it("says what to do about a fault, and that an account does not run", async () => {
    expect(await stage({ ok: false, checked: [], error: "no", fault: "verifier" }).probe()).toMatchObject({ ok: false, fix: expect.stringContaining("channels.websocket.auth.endpoint") as string });
    expect(await stage({ ok: true, checked: [], roundTripMs: 1 }).probe("work")).toMatchObject({ ok: false, fault: "stopped", error: "the account is not running", fix: expect.stringContaining("channels.start") as string });
  });
});

describe("capabilities", () => {
  const good = { ok: true, checked: ["round trip"], roundTripMs: 4, elapsedMs: 6, url: "wss://im.example/ws", hello: { extensions: ["ack", "typing"] } } as const;

  it("prints what a probe has found, and what the server has said of itself", () => {
    expect(formatProbe(good).map(({ text }) => text)).toEqual(["Probe: ok (4 ms round trip, 6 ms in all)", "Checked: round trip"]);
    expect(formatProbe({ ok: false, checked: [], elapsedMs: 1, error: "refused", fix: "start it" }).map(({ text }) => text)).toEqual(["Probe: failed (refused)", "Fix: start it"]);
    expect(describePeer(good)?.lines.map(({ text }) => text)).toEqual(["Address: wss://im.example/ws", "Server: extensions=ack,typing"]);
    const { hello: _hello, ...silent } = good;
    expect(describePeer({ ...silent, login: "logged in as usr_A" })?.lines.map(({ text }) => text)).toEqual(["Address: wss://im.example/ws", "Account: logged in as usr_A", "Server: advertises no extensions"]);
  });

  it("gives the gateway less time than the command has: of a server that is silent it answers only when that is over", () => {
    expect([10_000, 30_000, 4000, 1].map(shareOf)).toEqual([7000, 27_000, 2000, 1]);
  });

  it("finds an account's probe in what the gateway answers, and nothing in anything else", () => {
    const answer = { channelAccounts: { websocket: [{ accountId: "a" }, { accountId: "home", probe: good }] } };
    expect(readProbe(answer, "websocket", "home")).toBe(good);
    for (const odd of [undefined, {}, { channelAccounts: { websocket: {} } }, { channelAccounts: { websocket: [{ accountId: "home", probe: { ok: "yes" } }] } }]) expect(readProbe(odd, "websocket", "home")).toBeUndefined();
    expect(readProbe(answer, "websocket", "a")).toBeUndefined();
  });
});
