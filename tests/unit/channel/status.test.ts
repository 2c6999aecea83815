import type { ChannelAccountSnapshot } from "openclaw/plugin-sdk/channel-contract";
import { describe, expect, it } from "vitest";
import type { AccountStatus } from "../../../src/account/account.ts";
import { ClawwireError } from "../../../src/core/errors.ts";
import { createStatusReport } from "../../../src/channel/status.ts";
import { collectIssues } from "../../../src/channel/status-issues.ts";
import type { LinkStatus } from "../../../src/link/link.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

function report() {
  let shown: ChannelAccountSnapshot = { accountId: "a" };
  const system = createVirtualSystem();
  const status = createStatusReport({ accountId: "a", getStatus: () => shown, setStatus: (next) => void (shown = { ...shown, ...next }) }, system);
  return { status, system, shown: () => shown };
}

const listening: AccountStatus = { connected: true, running: 0, waiting: 0 };
const link = (state: LinkStatus["state"], more: Partial<LinkStatus> = {}): AccountStatus => ({ connected: state === "ready", running: 0, waiting: 0, link: { state, reason: "a reason", attempts: 1, ...more } });

describe("the status of an account that listens", () => {
  it("is connected as soon as it has its port, and lively as long as it is asked", async () => {
    const { status, system, shown } = report();
    status.moved("ws://127.0.0.1:1/ws");
    status.opened({ port: 1, status: listening });
    expect(shown()).toMatchObject({ running: true, connected: true, lifecycle: "ready", port: 1, baseUrl: "ws://127.0.0.1:1/ws", lastError: null });
    expect(shown()).not.toHaveProperty("statusState");
    await system.pass(60_000);
    status.changed({ ...listening, running: 2, lastInboundAt: 5 });
    await system.pass(1000);
    expect(shown()).toMatchObject({ busy: true, activeRuns: 2, lastInboundAt: 5, lastTransportActivityAt: system.now() });
  });
});

describe("the status of an account that dials", () => {
  it("is connected when its link is ready, the first time too, and says so in words", async () => {
    const { status, system, shown } = report();
    status.starting();
    status.opened({ status: link("connecting") });
    expect(shown()).toMatchObject({ running: true, connected: false, lifecycle: "starting", statusState: "connecting", reconnectAttempts: 1 });
    expect(shown()).not.toHaveProperty("port");
    status.changed(link("ready", { connectedAt: 7, heardAt: 8 }));
    await system.pass(1000);
    expect(shown()).toMatchObject({ connected: true, lifecycle: "ready", statusState: "connected", lastConnectedAt: 7, lastTransportActivityAt: 8, reconnectAttempts: 0, lastError: null });
  });

  it("tells every loss and every failed dial with its time and reason, and forgets the error when it is back", async () => {
    const { status, system, shown } = report();
    const tell = async (about: AccountStatus) => {
      status.changed(about);
      await system.pass(1000);
    };
    await tell(link("ready"));
    await tell(link("recovering", { reason: "the connection was lost" }));
    expect(shown()).toMatchObject({ connected: false, lifecycle: "recovering", statusState: "reconnecting", stateReason: "the connection was lost", lastError: "the connection was lost" });
    const firstLoss = shown().lastDisconnect;
    expect(firstLoss).toEqual({ at: system.now(), error: "the connection was lost" });
    await tell(link("connecting", { attempts: 1, reason: "dialing" }));
    expect(shown()).toMatchObject({ statusState: "connecting", lastDisconnect: firstLoss, lastError: "the connection was lost" });
    await tell(link("recovering", { attempts: 2, reason: "no answer" }));
    expect(shown().lastDisconnect).toEqual({ at: system.now(), error: "no answer" });
    await tell(link("ready"));
    expect(shown()).toMatchObject({ connected: true, lastError: null });
  });

  it("tells what is wrong, with the code it was told by, and forgets it when it is back", async () => {
    const { status, system, shown } = report();
    const tell = async (about: AccountStatus) => {
      status.changed(about);
      await system.pass(1000);
    };
    await tell(link("ready"));
    await tell(link("recovering", { lastLoss: { fault: "takeover", text: "taken over", code: 4001 }, takeovers: [system.now() - 700_000, system.now() - 5] }));
    expect(shown()).toMatchObject({ fault: "takeover", takeovers: 1, lastDisconnect: { status: 4001, error: "a reason" } });
    await tell({ ...link("ready"), hello: { extensions: ["ack"] } });
    expect(shown()).toMatchObject({ fault: null, hello: { extensions: ["ack"] } });
    await tell({ ...link("blocked", { lastLoss: { fault: "login", text: "logged out" } }), login: "logged out" });
    expect(shown()).toMatchObject({ fault: "login", lastDisconnect: { loggedOut: true }, tokenSource: "login", tokenStatus: "missing" });
  });

  it("says why it could not be opened", () => {
    const { status, shown } = report();
    status.starting();
    status.failed(new ClawwireError("port-taken", "port 18800 is taken"));
    expect(shown()).toMatchObject({ fault: "port-taken" });
    status.starting();
    expect(shown()).toMatchObject({ fault: null });
    status.failed(new Error("boom"));
    expect(shown()).toMatchObject({ fault: "internal" });
  });

  it("tells a loss of which only the next dial was seen", async () => {
    const { status, system, shown } = report();
    for (const about of [link("ready"), link("connecting", { attempts: 1, reason: "dialing" })]) {
      status.changed(about);
      await system.pass(1000);
    }
    expect(shown().lastDisconnect).toEqual({ at: system.now() });
  });

  it("is blocked where only another configuration helps, and stopped at the end", async () => {
    const { status, system, shown } = report();
    status.opened({ status: link("blocked") });
    expect(shown()).toMatchObject({ lifecycle: "blocked", statusState: "disconnected" });
    status.stopped();
    expect(shown()).toMatchObject({ running: false, connected: false, lifecycle: "stopped", statusState: "stopped" });
    expect(system.pendingTimers()).toBe(0);
  });
});

describe("the status of an account that has to be logged in", () => {
  const waiting = "no login: run openclaw channels add --channel clawchat --code <invite code>";

  it("CC-1 says what to do while it waits for a login, and is linked with one", async () => {
    const { status, system, shown } = report();
    status.opened({ status: { ...link("blocked", { reason: waiting, lastLoss: { fault: "login", text: waiting } }), login: waiting } });
    expect(shown()).toMatchObject({ linked: false, running: true, connected: false, lifecycle: "blocked", stateReason: waiting, lastError: waiting });
    // As the host shows it: to it an account that is not linked does not run.
    const seen = { ...shown(), enabled: true, configured: true, running: false, stateReason: "not linked" };
    expect(collectIssues("clawchat", [seen])).toEqual([{ channel: "clawchat", accountId: "a", kind: "auth", message: waiting, fix: expect.stringContaining("--code") as string }]);
    status.changed({ ...link("ready"), login: "logged in as usr_A" });
    await system.pass(1000);
    expect(shown()).toMatchObject({ linked: true, connected: true, lastError: null });
    expect(collectIssues("clawchat", [{ ...shown(), enabled: true, configured: true }])).toEqual([]);
  });

  it("is linked where it has given up dialing: another login would not help", () => {
    const { status, shown } = report();
    const text = "cannot connect: ECONNREFUSED, which was attempt 5 of 5";
    status.opened({ status: { ...link("blocked", { reason: text, lastLoss: { fault: "unreachable", text } }), login: "logged in as usr_A" } });
    expect(shown()).toMatchObject({ linked: true, tokenStatus: "available", lifecycle: "blocked" });
    expect(collectIssues("clawchat", [{ ...shown(), enabled: true, configured: true }])).toMatchObject([{ kind: "runtime", message: text, fix: expect.stringMatching(/the link has given up dialing, and begins anew with .* under reconnect in channels\.clawchat/) as string }]);
  });

  it("is getting ready while its tokens are renewed before a dial", () => {
    const { status, shown } = report();
    status.opened({ status: { ...link("preparing"), login: "logged in as usr_A" } });
    expect(shown()).toMatchObject({ linked: true, statusState: "connecting", lifecycle: "starting" });
  });

  it("is no issue of a channel without logins, or of an account that is off", () => {
    const { status, shown } = report();
    status.opened({ status: link("blocked") });
    expect(shown()).not.toHaveProperty("linked");
    expect(collectIssues("clawchat", [{ ...shown(), enabled: true, configured: true }, { accountId: "b", enabled: false, configured: true, linked: false, stateReason: waiting }])).toEqual([]);
  });
});
