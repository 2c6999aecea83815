import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { openFakeLink } from "../../support/fake-dial.ts";
import { settle } from "../../support/virtual.ts";

const hour = 3_600_000;

/** A link that is open, and ready where it needs no session. */
async function openReady(options: Parameters<typeof openFakeLink>[0] = {}) {
  const fake = openFakeLink(options);
  await settle();
  fake.peer.open();
  return fake;
}

describe("link", () => {
  it("dials after the caller has it, with what the target is then", async () => {
    const { link, peers, peer, log } = await openReady();
    expect(peers).toHaveLength(1);
    expect(peer.target.headers).toEqual({ authorization: "Bearer header-secret" });
    expect(link.ready).toBe(true);
    expect(link.status).toMatchObject({ state: "ready", reason: "connected", attempts: 1 });
    expect(log.lines).toEqual(['debug account "main": dialing ws://server.test/ws', 'info account "main": connected']);
  });

  it("tells the handler in order: opened, frames, closed, and opened again", async () => {
    const { clock, peers, heard, peer } = await openReady();
    peer.say("a");
    peer.say("b");
    peer.end(1006);
    await clock.pass(5_000);
    expect(peers).toHaveLength(2);
    peers[1]?.open();
    expect(heard).toEqual(["opened", "frame a", "frame b", "closed 1006", "opened"]);
  });

  it("says what happened, for which account, and what comes next", async () => {
    const { log, peer } = await openReady();
    peer.end(1012, "restart");
    expect(log.lines.at(-1)).toBe('warn account "main": connection lost (1012, restart), dialing again in 3.0 s');
  });

  it("puts no header and no query into logs, status or what the handler is told", async () => {
    const told: string[] = [];
    const { link, log, peer, clock } = await openReady({ handler: { closed: ({ reason }) => void told.push(reason) } });
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
    const { link, clock, peer } = await openReady({ profile: { readyMs: 10_000 } });
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
    const { clock, peer, peers, heard, log } = await openReady();
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
    const { clock, peer, link } = await openReady();
    peer.pongAfterMs = undefined;
    for (let i = 0; i < 20; i += 1) {
      await clock.pass(35_000);
      peer.drip();
    }
    expect(link.ready).toBe(true);
  });

  it("finds out within 3 s after 8 hours of sleep that the peer is gone", async () => {
    const { clock, peer } = await openReady();
    await clock.pass(12_345);
    peer.pongAfterMs = undefined;
    clock.jump(8 * hour);
    await clock.pass(3_000);
    expect(peer.calls).toEqual(["terminate"]);
  });

  it("keeps a peer that still answers after 8 hours of sleep, and after a stall of 60 s", async () => {
    const { clock, peer, link } = await openReady();
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
    const { clock, peer, link, heard } = await openReady({ handler: { frame: () => gate.promise } });
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
    const slept = await openReady();
    slept.peer.end(4401);
    expect(slept.link.status.nextDialAt).toBe(slept.clock.now() + 32_000);
    await slept.clock.pass(1_000);
    slept.clock.jump(8 * hour);
    await slept.clock.pass(600);
    expect(slept.peers).toHaveLength(2);
    const back = await openReady();
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
    const { clock, peer, link, log } = await openReady();
    peer.bufferedAmount = limits.linkStuckBytes + 1;
    expect(link.congested).toBe(true);
    await clock.pass(29_000);
    expect(peer.calls).toEqual([]);
    await clock.pass(2_000);
    expect(peer.calls).toEqual(["terminate"]);
    expect(log.lines).toContainEqual(expect.stringContaining("the server does not read what it is sent"));
  });
});

describe("sending", () => {
  it("drops what may be missed while no socket is open, and says that a final was not sent", async () => {
    const { link, peers } = openFakeLink();
    link.send({ text: "a" });
    expect(await link.sendFinal([{ text: "b" }])).toBe("unsent");
    await settle();
    peers[0]?.open();
    expect(peers[0]?.sent).toEqual([]);
  });

  it("is not ready, and takes no final, while the socket is being closed by the peer", async () => {
    const { link, peer } = await openReady();
    peer.readyState = 2;
    expect(link.ready).toBe(false);
    expect(await link.sendFinal([{ text: "a" }])).toBe("unsent");
    expect(peer.sent).toEqual([]);
  });

  it("proves a final by the pong to a ping behind it", async () => {
    const { link, peer, clock } = await openReady();
    const arrival = link.sendFinal([{ text: "a" }, { text: "b" }]);
    expect(peer.sent).toEqual(["a", "b"]);
    expect(peer.pings).toEqual(["1"]);
    await clock.pass(100);
    expect(await arrival).toBe("arrived");
  });

  it("asks a peer that was silent for long before it hands over a final, and keeps the order", async () => {
    const { link, peer, clock } = await openReady();
    await clock.pass(limits.linkQuietMs + 1);
    const first = link.sendFinal([{ text: "a" }]);
    link.send({ text: "b" });
    const second = link.sendFinal([{ text: "c" }]);
    expect([peer.sent, peer.pings]).toEqual([[], ["1"]]);
    await clock.pass(60);
    expect([peer.sent, peer.pings]).toEqual([["a", "b", "c"], ["1", "2", "3"]]);
    await clock.pass(60);
    expect(await Promise.all([first, second])).toEqual(["arrived", "arrived"]);
  });

  it("hands nothing to a peer that died in silence: the final is unsent", async () => {
    const { link, peer, clock } = await openReady();
    await clock.pass(6_000);
    peer.pongAfterMs = undefined;
    const arrival = link.sendFinal([{ text: "a" }]);
    await clock.pass(70_000);
    expect(peer.sent).toEqual([]);
    expect(await arrival).toBe("unsent");
  });

  it("calls a final unknown when the link goes after it left and before its proof", async () => {
    const { link, peer } = await openReady();
    const arrival = link.sendFinal([{ text: "a" }]);
    peer.end(1006);
    expect(await arrival).toBe("unknown");
  });

  it("keeps frames outside while the socket is full: later ones replace them, and a final among them is unsent", async () => {
    const { link, peer } = await openReady();
    peer.bufferedAmount = limits.linkWindowBytes;
    link.send({ text: "one", key: "x" });
    link.send({ text: "two", key: "x" });
    const arrival = link.sendFinal([{ text: "three", key: "x" }]);
    expect(peer.sent).toEqual([]);
    peer.end(1006);
    expect(await arrival).toBe("unsent");
  });

  it("is congested by what waits outside too", async () => {
    const { link, peer } = await openReady();
    peer.bufferedAmount = limits.linkWindowBytes;
    link.send({ text: "x".repeat(limits.linkCongestedBytes) });
    expect(link.congested).toBe(true);
  });

  it("leaves no final waiting for ever where the peer lives and answers no ping", async () => {
    const { link, peer, clock, log } = await openReady();
    peer.pongAfterMs = undefined;
    const first = link.sendFinal([{ text: "a" }]);
    for (let i = 0; i < 45; i += 1) {
      await clock.pass(1_000);
      peer.say("x");
    }
    expect(await first).toBe("unknown");
    expect(log.lines.filter((line) => line.includes("answers no ping"))).toHaveLength(1);
    expect(link.ready).toBe(true);
  });

  it("sends what waits before it closes, and nothing of it counts as unsent", async () => {
    const { link, peer, clock } = await openReady();
    peer.bufferedAmount = limits.linkWindowBytes;
    const arrival = link.sendFinal([{ text: "bye" }]);
    link.close(4000, "enough");
    expect([peer.sent, peer.calls[0]]).toEqual([["bye"], "close 4000 enough"]);
    await clock.pass(100);
    expect(await arrival).toBe("unknown");
  });
});

describe("frames", () => {
  it("closes with 1011 when one cannot be handled, thrown or rejected, and does not crash", async () => {
    for (const fail of [() => Promise.reject(new Error("no header-secret")), () => { throw new Error("no header-secret"); }]) {
      const { peer, log, clock, peers } = await openReady({ handler: { frame: fail } });
      peer.say("a");
      peer.say("b");
      await clock.pass(100);
      expect(peer.calls[0]).toBe("close 1011 internal error");
      expect(log.lines.filter((line) => line.startsWith("error"))).toEqual(['error account "main": a frame could not be handled: no ***']);
      await clock.pass(5_000);
      expect(peers).toHaveLength(2);
    }
  });

  it("survives handlers that throw when told of the opening, the end or a change", async () => {
    const fail = () => {
      throw new Error("no");
    };
    const { clock, peers, peer, log } = await openReady({ handler: { opened: fail, closed: fail, changed: fail } });
    expect(peer.calls[0]).toBe("close 1011 internal error");
    await clock.pass(6_000);
    expect(peers).toHaveLength(2);
    expect(new Set(log.lines.filter((line) => line.startsWith("error")))).toEqual(
      new Set(["the opening", "the end of a connection", "a change of status"].map((what) => `error account "main": ${what} could not be handled: no`)),
    );
  });

  it("closes with 1003 on a binary frame, after one warning", async () => {
    const { peer, log, heard } = await openReady();
    peer.ears.received(undefined);
    peer.ears.received(undefined);
    peer.say("late");
    expect(peer.calls).toEqual(["close 1003 text frames only", "resume"]);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(heard).toEqual(["opened"]);
  });

  it("still hands over what came before the connection was lost, then says so, and dials only after that", async () => {
    const gate = Promise.withResolvers<void>();
    const heard: string[] = [];
    const { peer, peers, clock } = await openReady({
      handler: { frame: (text) => (heard.push(text), text === "1" ? gate.promise : undefined), closed: () => void heard.push("closed") },
    });
    for (const text of ["1", "2", "3"]) peer.say(text);
    peer.end(1006);
    await clock.pass(1_000);
    expect(heard).toEqual(["1"]);
    gate.resolve();
    await settle();
    expect(heard).toEqual(["1", "2", "3", "closed"]);
    await clock.pass(3_000);
    expect(peers).toHaveLength(2);
  });

  it("waits for a handler that hangs only so long", async () => {
    const { peer, peers, clock } = await openReady({ handler: { frame: () => new Promise<void>(() => {}) } });
    peer.say("1");
    peer.end(1006);
    await clock.pass(4_000);
    expect(peers).toHaveLength(2);
  });

  it("clips a close reason to what a close frame holds", async () => {
    const { link, peer } = await openReady();
    link.close(4000, "ü".repeat(100));
    expect(peer.calls[0]).toBe(`close 4000 ${"ü".repeat(61)}`);
  });

  it("terminates where the code may not be on the wire", async () => {
    const { link, peer, log } = await openReady();
    link.close(1006, "");
    expect(peer.calls[0]).toBe("terminate");
    expect(log.lines).toContainEqual(expect.stringContaining("cannot close with 1006"));
  });
});

describe("stop", () => {
  const cases: [string, (fake: Awaited<ReturnType<typeof openReady>>) => void | Promise<void>][] = [
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
      const fake = await openReady({ dialed: (peer) => (peer.isPolite = isPolite) });
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
    const { link, peer, clock } = await openReady();
    const both = Promise.all([link.stop(), link.stop()]);
    await clock.pass(100);
    await both;
    await link.stop();
    expect(peer.calls[0]).toBe("close 1000 ");
  });

  it("settles the finals that are under way", async () => {
    const { link, peer, clock } = await openReady({ dialed: (peer) => (peer.isPolite = false) });
    peer.pongAfterMs = undefined;
    const left = link.sendFinal([{ text: "a" }]);
    const stopped = link.stop();
    await clock.pass(limits.linkCloseMs);
    await stopped;
    expect(await left).toBe("unknown");
    expect(await link.sendFinal([{ text: "b" }])).toBe("unsent");
  });

  it("proves a final that the peer answers while we close", async () => {
    const { link, clock } = await openReady({ dialed: (peer) => (peer.isPolite = false) });
    const left = link.sendFinal([{ text: "a" }]);
    void link.stop();
    await clock.pass(100);
    expect(await left).toBe("arrived");
  });
});
