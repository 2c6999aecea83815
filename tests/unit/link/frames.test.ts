import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { openFakeLink, openReadyLink } from "../../support/fake-dial.ts";
import { settle } from "../../support/virtual.ts";

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
    const { link, peer } = await openReadyLink();
    peer.readyState = 2;
    expect(link.ready).toBe(false);
    expect(await link.sendFinal([{ text: "a" }])).toBe("unsent");
    expect(peer.sent).toEqual([]);
  });

  it("proves a final by the pong to a ping behind it", async () => {
    const { link, peer, clock } = await openReadyLink();
    const arrival = link.sendFinal([{ text: "a" }, { text: "b" }]);
    expect(peer.sent).toEqual(["a", "b"]);
    expect(peer.pings).toEqual(["1"]);
    await clock.pass(100);
    expect(await arrival).toBe("arrived");
  });

  it("asks a peer that was silent for long before it hands over a final, and keeps the order", async () => {
    const { link, peer, clock } = await openReadyLink();
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
    const { link, peer, clock } = await openReadyLink();
    await clock.pass(6_000);
    peer.pongAfterMs = undefined;
    const arrival = link.sendFinal([{ text: "a" }]);
    await clock.pass(70_000);
    expect(peer.sent).toEqual([]);
    expect(await arrival).toBe("unsent");
  });

  it("calls a final unknown when the link goes after it left and before its proof", async () => {
    const { link, peer } = await openReadyLink();
    const arrival = link.sendFinal([{ text: "a" }]);
    peer.end(1006);
    expect(await arrival).toBe("unknown");
  });

  it("keeps frames outside while the socket is full: later ones replace them, and a final among them is unsent", async () => {
    const { link, peer } = await openReadyLink();
    peer.bufferedAmount = limits.linkWindowBytes;
    link.send({ text: "one", key: "x" });
    link.send({ text: "two", key: "x" });
    const arrival = link.sendFinal([{ text: "three", key: "x" }]);
    expect(peer.sent).toEqual([]);
    peer.end(1006);
    expect(await arrival).toBe("unsent");
  });

  it("is congested by what waits outside too", async () => {
    const { link, peer } = await openReadyLink();
    peer.bufferedAmount = limits.linkWindowBytes;
    link.send({ text: "x".repeat(limits.linkCongestedBytes) });
    expect(link.congested).toBe(true);
  });

  it("leaves no final waiting for ever where the peer lives and answers no ping", async () => {
    const { link, peer, clock, log } = await openReadyLink();
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
    const { link, peer, clock } = await openReadyLink();
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
      const { peer, log, clock, peers } = await openReadyLink({ handler: { frame: fail } });
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
    const { clock, peers, peer, log } = await openReadyLink({ handler: { opened: fail, closed: fail, changed: fail } });
    expect(peer.calls[0]).toBe("close 1011 internal error");
    await clock.pass(6_000);
    expect(peers).toHaveLength(2);
    expect(new Set(log.lines.filter((line) => line.startsWith("error")))).toEqual(
      new Set(["the opening", "the end of a connection", "a change of status"].map((what) => `error account "main": ${what} could not be handled: no`)),
    );
  });

  it("closes with 1003 on a binary frame, after one warning", async () => {
    const { peer, log, heard } = await openReadyLink();
    peer.ears.received(undefined);
    peer.ears.received(undefined);
    peer.say("late");
    expect(peer.calls).toEqual(["close 1003 text frames only", "resume"]);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(heard).toEqual(["opened"]);
  });

  it("ignores binary frames where the protocol says so, and warns of the first", async () => {
    const { peer, log, heard } = await openReadyLink({ profile: { binary: "ignore" } });
    peer.ears.received(undefined);
    peer.ears.received(undefined);
    peer.say("text");
    expect(peer.calls).toEqual([]);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toEqual([expect.stringContaining("a binary frame, which is ignored") as string]);
    expect(heard).toEqual(["opened", "frame text"]);
  });

  it("still hands over what came before the connection was lost, then says so, and dials only after that", async () => {
    const gate = Promise.withResolvers<void>();
    const heard: string[] = [];
    const { peer, peers, clock } = await openReadyLink({
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
    const { peer, peers, clock } = await openReadyLink({ handler: { frame: () => new Promise<void>(() => {}) } });
    peer.say("1");
    peer.end(1006);
    await clock.pass(4_000);
    expect(peers).toHaveLength(2);
  });

  it("terminates a socket whose peer does not answer the close", async () => {
    const { link, peer, clock } = await openReadyLink({ dialed: (peer) => (peer.isPolite = false) });
    link.close(4000, "");
    await clock.pass(limits.linkCloseMs);
    expect(peer.calls).toEqual(["close 4000 ", "resume", "terminate"]);
  });

  it("clips a close reason to what a close frame holds", async () => {
    const { link, peer } = await openReadyLink();
    link.close(4000, "ü".repeat(100));
    expect(peer.calls[0]).toBe(`close 4000 ${"ü".repeat(61)}`);
  });

  it("terminates where the code may not be on the wire", async () => {
    const { link, peer, log } = await openReadyLink();
    link.close(1006, "");
    expect(peer.calls[0]).toBe("terminate");
    expect(log.lines).toContainEqual(expect.stringContaining("cannot close with 1006"));
  });

  it("takes no pong for a proof that answers no ping of its own", async () => {
    const { link, clock, peer } = await openReadyLink({ profile: { pingMs: 30_000, deadAfterMs: 90_000 } });
    peer.pongAfterMs = undefined;
    await clock.pass(10_000);
    void link.sendFinal([{ text: "final" }]);
    for (let minutes = 0; minutes < 5; minutes += 1) {
      await clock.pass(30_000);
      peer.drip();
      peer.ears.ponged("");
    }
    expect(peer.sent).toEqual(["final"]);
  });

  it("holds back one final for a peer that answers no ping, and then no more", async () => {
    const { link, clock, peer } = await openReadyLink({ profile: { pingMs: 30_000, deadAfterMs: 90_000 } });
    peer.pongAfterMs = undefined;
    await clock.pass(10_000);
    void link.sendFinal([{ text: "first" }]);
    for (let seconds = 0; seconds < 100; seconds += 1) {
      await clock.pass(1_000);
      peer.say("{}");
    }
    expect(peer.sent).toEqual(["first"]);
    await clock.pass(10_000);
    void link.sendFinal([{ text: "second" }]);
    expect(peer.sent).toEqual(["first", "second"]);
  });

  it("ends a link whose peer sends and takes nothing, however little waits", async () => {
    const { link, clock, peer } = await openReadyLink({ profile: { pingMs: 30_000, deadAfterMs: 90_000 } });
    peer.pongAfterMs = undefined;
    peer.bufferedAmount = 300_000;
    const arrival = link.sendFinal([{ text: "final" }]);
    for (let seconds = 0; seconds < 100; seconds += 5) {
      peer.say("{}");
      await clock.pass(5_000);
    }
    expect(peer.calls).toContain("terminate");
    expect(["unsent", "unknown"]).toContain(await arrival);
  });

  it("hands over what was on its way when it said good-bye itself", async () => {
    const { link, clock, peer, heard } = await openReadyLink();
    link.recycle("asked to");
    peer.say("on its way");
    await clock.pass(5_000);
    expect(heard).toContain("frame on its way");
  });

  it("takes a final that is larger than all the room there is", async () => {
    const { link, peer } = await openReadyLink();
    void link.sendFinal([{ text: "x".repeat(limits.linkOutboxBytes + 1) }]);
    expect(peer.sent).toHaveLength(1);
  });

  it("ends a link whose peer stops answering pings, though it goes on sending", async () => {
    const { link, clock, peer } = await openReadyLink({ profile: { pingMs: 30_000, deadAfterMs: 90_000 } });
    await clock.pass(31_000);
    peer.pongAfterMs = undefined;
    const arrival = link.sendFinal([{ text: "final" }]);
    for (let seconds = 0; seconds < 100; seconds += 5) {
      peer.say("{}");
      await clock.pass(5_000);
    }
    expect(peer.calls).toContain("terminate");
    expect(["unsent", "unknown"]).toContain(await arrival);
  });
});
