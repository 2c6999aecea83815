import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { openFakeLink, openReadyLink } from "../../support/fake-dial.ts";
import { settle } from "../../support/virtual.ts";

const hour = 3_600_000;

describe("link", () => {
  it("dials after the caller has it, with what the target is then", async () => {
    const { link, peers, peer, log } = await openReadyLink();
    expect(peers).toHaveLength(1);
    expect(peer.target.headers).toEqual({ authorization: "Bearer header-secret" });
    expect(link.ready).toBe(true);
    expect(link.status).toMatchObject({ state: "ready", reason: "connected", attempts: 1 });
    expect(log.lines).toEqual(['debug account "main": dialing ws://server.test/ws', 'info account "main": connected']);
  });

  it("tells the handler in order: opened, frames, closed, and opened again", async () => {
    const { clock, peers, heard, peer } = await openReadyLink();
    peer.say("a");
    peer.say("b");
    peer.end(1006);
    await clock.pass(5_000);
    expect(peers).toHaveLength(2);
    peers[1]?.open();
    expect(heard).toEqual(["opened", "frame a", "frame b", "closed 1006", "opened"]);
  });

  it("says what happened, for which account, and what comes next", async () => {
    const { log, peer } = await openReadyLink();
    peer.end(1012, "restart");
    expect(log.lines.at(-1)).toBe('warn account "main": connection lost (1012, restart), dialing again in 3.5 s');
  });

  it("puts no header and no query into logs, status or what the handler is told", async () => {
    const told: string[] = [];
    const { link, log, peer, clock } = await openReadyLink({ handler: { closed: ({ reason }) => void told.push(reason) } });
    peer.end(1008, "no such token: header-secret query-secret");
    await clock.pass(5_000);
    const all = `${log.lines.join("\n")} ${JSON.stringify(link.status)} ${told.join(" ")}`;
    expect(all).toContain("no such token: *** ***");
    expect(all).not.toMatch(/header-secret|query-secret/);
  });

  it("reports a target that cannot be dialed, and tries again", async () => {
    const failing = openFakeLink({
      target: () => {
        throw new Error("the token could not be read");
      },
    });
    await settle();
    expect(failing.log.lines).toEqual(['warn account "main": cannot connect: the token could not be read, dialing again in 1.5 s']);
    expect(failing.link.status).toMatchObject({ state: "recovering", attempts: 1 });
    await failing.clock.pass(1_500);
    expect(failing.link.status.attempts).toBe(2);
    await failing.link.stop();
    expect(failing.clock.pendingTimers()).toBe(0);
    expect(failing.heard).toEqual([]);
  });

  it("gives up a dial that hangs, and dials again only when that socket is gone", async () => {
    const { clock, peers, link } = openFakeLink({ dialed: (peer) => (peer.isPolite = false) });
    await clock.pass(15_000);
    expect(peers[0]?.calls).toEqual(["terminate"]);
    expect(link.status.reason).toBe("no connection within 15.0 s");
    await clock.pass(1_400);
    expect(peers).toHaveLength(1);
    await clock.pass(200);
    expect(peers).toHaveLength(2);
  });

  it("is not ready before the session has said so, and gives up one that never does", async () => {
    const { link, clock, peer } = await openReadyLink({ profile: { readyMs: 10_000 } });
    expect([link.ready, link.status.state]).toEqual([false, "handshaking"]);
    await clock.pass(10_000);
    expect(peer.calls).toContain("close 1002 handshake timeout");
  });

  it("lets the session say `ready` from within `opened`", async () => {
    const fake = openFakeLink({ profile: { readyMs: 10_000 }, handler: { opened: () => fake.link.markReady() } });
    await settle();
    fake.peer.open();
    expect(fake.link.ready).toBe(true);
  });

  it("gives an accept-then-close server no fast loop", async () => {
    const { clock, peers } = openFakeLink({
      dialed: (peer) =>
        clock.io(5, () => {
          peer.open();
          peer.end(1000);
        }),
    });
    await clock.pass(10 * 60_000);
    expect(peers.length).toBeLessThan(28);
    expect(peers.length).toBeGreaterThan(15);
  });
});

describe("heartbeat of a link", () => {
  it("terminates a half-open peer within interval and timeout, and dials again", async () => {
    const { clock, peer, peers, heard, log } = await openReadyLink();
    await clock.pass(45_000);
    peer.pongAfterMs = undefined;
    const died = clock.elapsed();
    while (!peer.calls.includes("terminate")) await clock.pass(100);
    expect(clock.elapsed() - died).toBeLessThanOrEqual(70_000);
    await clock.pass(6_000);
    expect(peers).toHaveLength(2);
    expect(heard).toEqual(["opened", "closed 1006"]);
    expect(log.lines).toContainEqual(expect.stringContaining("the server is silent for 40.0 s and answers no ping, dialing again in"));
  });

  it("keeps a peer that sends one unfinished frame for minutes and nothing else", async () => {
    const { clock, peer, link } = await openReadyLink();
    peer.pongAfterMs = undefined;
    for (let i = 0; i < 20; i += 1) {
      await clock.pass(35_000);
      peer.drip();
    }
    expect(link.ready).toBe(true);
  });

  it("finds out within 3 s after 8 hours of sleep that the peer is gone", async () => {
    const { clock, peer } = await openReadyLink();
    await clock.pass(12_345);
    peer.pongAfterMs = undefined;
    clock.jump(8 * hour);
    await clock.pass(3_000);
    expect(peer.calls).toEqual(["terminate"]);
  });

  it("keeps a peer that still answers after 8 hours of sleep, and after a stall of 60 s", async () => {
    const { clock, peer, link } = await openReadyLink();
    await clock.pass(12_345);
    clock.jump(8 * hour);
    await clock.pass(60_000);
    await clock.stall(60_000);
    await clock.pass(120_000);
    clock.jump(-8 * hour);
    await clock.pass(120_000);
    expect(peer.calls).toEqual([]);
    expect(link.ready).toBe(true);
  });

  it("keeps a peer it does not read because a frame is being handled for minutes", async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, peer, link, heard } = await openReadyLink({ handler: { frame: () => gate.promise } });
    peer.pongAfterMs = undefined;
    for (let i = 0; i < limits.linkWaitingFrames + 2; i += 1) peer.say(String(i));
    expect(peer.calls).toEqual(["pause"]);
    await clock.pass(10 * 60_000);
    expect(link.ready).toBe(true);
    gate.resolve();
    await settle();
    expect(peer.calls).toEqual(["pause", "resume"]);
    expect(heard).toEqual(["opened"]);
  });

  it("dials promptly when the time came during a sleep, and in time when the clock is set back", async () => {
    const slept = await openReadyLink();
    slept.peer.end(4401);
    expect(slept.link.status.nextDialAt).toBe(slept.clock.now() + 32_500);
    await slept.clock.pass(1_000);
    slept.clock.jump(8 * hour);
    await slept.clock.pass(600);
    expect(slept.peers).toHaveLength(2);
    const back = await openReadyLink();
    back.peer.end(4401);
    await back.clock.pass(1_000);
    back.clock.jump(-8 * hour);
    await back.clock.pass(32_000);
    expect(back.peers).toHaveLength(2);
  });

  it("does not hold a stall of ours against a dial that has been answered meanwhile", async () => {
    const fake = openFakeLink();
    await fake.clock.pass(1_000);
    fake.clock.io(500, () => fake.peer.open());
    await fake.clock.stall(60_000);
    expect(fake.link.ready).toBe(true);
  });

  it("terminates a peer that leaves more than 4 MiB unread for 30 s", async () => {
    const { clock, peer, link, log } = await openReadyLink();
    peer.bufferedAmount = limits.linkStuckBytes + 1;
    expect(link.congested).toBe(true);
    await clock.pass(29_000);
    expect(peer.calls).toEqual([]);
    await clock.pass(2_000);
    expect(peer.calls).toEqual(["terminate"]);
    expect(log.lines).toContainEqual(expect.stringContaining("the server does not read what it is sent"));
  });
});

describe("stop", () => {
  const cases: [string, (fake: Awaited<ReturnType<typeof openReadyLink>>) => void | Promise<void>][] = [
    ["ready", () => {}],
    ["closing", ({ link }) => link.close(4000, "")],
    ["waiting for the next dial", async ({ peer, clock }) => { peer.end(1006); await clock.pass(100); }],
    ["dialing", async ({ peer, clock }) => { peer.end(1006); await clock.pass(4_000); }],
    ["blocked", ({ peer }) => peer.end(4410)],
    ["recycling", ({ link }) => link.recycle("")],
    ["silent", async ({ peer, clock }) => { peer.pongAfterMs = undefined; await clock.pass(39_000); }],
  ];

  it.each(cases)("settles within its bound while %s, also when the peer never answers, and leaves no timer", async (_state, prepare) => {
    for (const isPolite of [true, false]) {
      const fake = await openReadyLink({ dialed: (peer) => (peer.isPolite = isPolite) });
      await prepare(fake);
      const from = fake.clock.elapsed();
      let at: number | undefined;
      void fake.link.stop().then(() => (at = fake.clock.elapsed()));
      await fake.clock.pass(limits.linkCloseMs);
      expect(Number(at) - from).toBeLessThanOrEqual(limits.linkCloseMs);
      expect(fake.clock.pendingTimers()).toBe(0);
      const heard = [...fake.heard];
      const dials = fake.peers.length;
      fake.peer.ears.opened({ bytesRead: 0 });
      fake.peer.say("late");
      fake.peer.end(1000);
      await fake.clock.pass(hour);
      expect(fake.heard).toEqual(heard);
      expect(fake.peers).toHaveLength(dials);
      expect(fake.link.status).toMatchObject({ state: "stopped", reason: "stopped" });
      expect(fake.heard.filter((word) => word === "opened")).toHaveLength(fake.heard.filter((word) => word.startsWith("closed")).length);
    }
  });

  it("settles when it comes before the first dial, and dials nothing", async () => {
    const { link, peers, clock } = openFakeLink();
    await link.stop();
    await clock.pass(60_000);
    expect(peers).toHaveLength(0);
  });

  it("closes with 1000, and settles for everybody who asks", async () => {
    const { link, peer, clock } = await openReadyLink();
    const both = Promise.all([link.stop(), link.stop()]);
    await clock.pass(100);
    await both;
    await link.stop();
    expect(peer.calls[0]).toBe("close 1000 ");
  });

  it("settles the finals that are under way", async () => {
    const { link, peer, clock } = await openReadyLink({ dialed: (peer) => (peer.isPolite = false) });
    peer.pongAfterMs = undefined;
    const left = link.sendFinal([{ text: "a" }]);
    const stopped = link.stop();
    await clock.pass(limits.linkCloseMs);
    await stopped;
    expect(await left).toBe("unknown");
    expect(await link.sendFinal([{ text: "b" }])).toBe("unsent");
  });

  it("proves a final that the peer answers while we close", async () => {
    const { link, clock } = await openReadyLink({ dialed: (peer) => (peer.isPolite = false) });
    const left = link.sendFinal([{ text: "a" }]);
    void link.stop();
    await clock.pass(100);
    expect(await left).toBe("arrived");
  });
});
