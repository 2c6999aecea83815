import { describe, expect, it } from "vitest";
import { faultOf } from "../../../src/link/fault.ts";
import type { LinkProbe } from "../../../src/link/link.ts";
import { openFakeLink, openReadyLink } from "../../support/fake-dial.ts";
import { settle } from "../../support/virtual.ts";

/** The probe's answer once it is there; undefined until then. */
function watch(probe: Promise<LinkProbe>): { answer(): LinkProbe | undefined } {
  let answer: LinkProbe | undefined;
  void probe.then((found) => (answer = found));
  return { answer: () => answer };
}

describe("a probe of a link", () => {
  it("pings the socket that is there and tells how long the answer took", async () => {
    const { link, clock, peer, peers } = await openReadyLink();
    peer.pongAfterMs = 70;
    const probe = watch(link.probe(5000));
    await clock.pass(69);
    expect(probe.answer()).toBeUndefined();
    await clock.pass(1);
    expect(probe.answer()).toEqual({ ok: true, roundTripMs: 70, dialed: false });
    expect(peers).toHaveLength(1);
  });

  it("gives up on a peer that answers no ping, and leaves the link alone", async () => {
    const { link, clock, peer } = await openReadyLink();
    peer.pongAfterMs = undefined;
    const probe = watch(link.probe(5000));
    await clock.pass(5000);
    expect(probe.answer()).toEqual({ ok: false, fault: "silent", text: "the server has answered no ping within 5.0 s" });
    expect(link.ready).toBe(true);
  });

  it("dials at once instead of waiting, and pings the new socket", async () => {
    const { link, clock, peers } = await openReadyLink({ profile: { backoff: { baseMs: 1000, maxMs: 60_000, jitterMs: 60_000, jitter: "outside" } } });
    peers[0]?.end(1001);
    await clock.pass(2000);
    expect(peers).toHaveLength(1);
    const probe = watch(link.probe(20_000));
    await clock.pass(1);
    expect(peers).toHaveLength(2);
    peers[1]?.open();
    await clock.pass(100);
    expect(probe.answer()).toMatchObject({ ok: true, dialed: true });
  });

  it("tells why the dial that it asked for has failed", async () => {
    const { link, clock, peers } = openFakeLink();
    await settle();
    peers[0]?.ears.failed("connect ECONNREFUSED 127.0.0.1:9");
    peers[0]?.end(1006);
    await clock.pass(10);
    const probe = watch(link.probe(20_000));
    await clock.pass(1100);
    expect(peers).toHaveLength(2);
    peers[1]?.ears.failed("getaddrinfo ENOTFOUND nowhere.test");
    peers[1]?.end(1006);
    await clock.pass(1);
    expect(probe.answer()).toEqual({ ok: false, fault: "name-unknown", text: "cannot connect: getaddrinfo ENOTFOUND nowhere.test" });
  });

  it("asks the next socket where the link is renewed under its question", async () => {
    const { link, clock, peer, peers } = await openReadyLink();
    await clock.pass(31_000);
    peer.pongAfterMs = undefined;
    const probe = watch(link.probe(20_000));
    link.recycle("a new token");
    await clock.pass(20);
    expect(peers).toHaveLength(2);
    peers[1]?.open();
    await clock.pass(100);
    expect(probe.answer()).toMatchObject({ ok: true, roundTripMs: 50 });
  });

  it("does not knock before the time that a refusal asks for", async () => {
    const { link, clock, peer, peers } = await openReadyLink();
    peer.end(4401);
    await clock.pass(10);
    const probe = watch(link.probe(5000));
    await clock.pass(1);
    expect(probe.answer()).toMatchObject({ ok: false, code: 4401, text: expect.stringMatching(/the token is not accepted .* it may not be dialed again for \d+\.\d s/) as string });
    await clock.pass(10_000);
    expect(peers).toHaveLength(1);
  });

  it("keeps the floor after a link that was ready, and waits for it where there is time", async () => {
    const { link, clock, peer, peers } = await openReadyLink({ profile: { backoff: { baseMs: 500, maxMs: 60_000, jitterMs: 60_000, jitter: "outside", floorMs: 5000 } } });
    peer.end(4001);
    await clock.pass(10);
    const probe = watch(link.probe(20_000));
    await clock.pass(4800);
    expect(peers).toHaveLength(1);
    await clock.pass(300);
    expect(peers).toHaveLength(2);
    peers[1]?.open();
    await clock.pass(100);
    expect(probe.answer()).toMatchObject({ ok: true, dialed: true });
  });

  it("tells at once why a link is not dialed any more, and that one is stopped", async () => {
    const { link, clock, peer } = await openReadyLink();
    peer.end(4410);
    await clock.pass(10);
    expect(await link.probe(5000)).toMatchObject({ ok: false, code: 4410 });
    await link.stop();
    expect(await link.probe(5000)).toEqual({ ok: false, text: "the account is stopped" });
    expect(clock.pendingTimers()).toBe(0);
  });

  it("leaves no timer behind when the socket goes before the answer", async () => {
    const { link, clock, peer } = await openReadyLink();
    peer.pongAfterMs = undefined;
    const probe = watch(link.probe(60_000));
    await clock.pass(100);
    peer.end(1011, "boom");
    await clock.pass(1);
    expect(probe.answer()).toMatchObject({ ok: false, fault: "closed", code: 1011 });
  });
});

describe("what was wrong with a link", () => {
  it.each([
    ["getaddrinfo ENOTFOUND nowhere.test", "name-unknown"],
    ["getaddrinfo EAI_AGAIN nowhere.test", "name-unknown"],
    ["connect ECONNREFUSED 127.0.0.1:9", "unreachable"],
    ["connect ETIMEDOUT 10.0.0.1:443", "unreachable"],
    ["self-signed certificate", "tls"],
    ["write EPROTO 0:error:0A00010B:SSL routines:wrong version number", "tls"],
    ["Hostname/IP does not match certificate's altnames", "tls"],
    ["Invalid Sec-WebSocket-Accept header", "not-websocket"],
    ["Parse Error: Expected HTTP/", "not-websocket"],
  ])("%s", (error, fault) => {
    expect(faultOf({ kind: "failed", error })).toBe(fault);
  });

  it("is counted where others push the link out, and forgotten by the reason of the loss once it is back", async () => {
    const { link, clock, peer, peers } = await openReadyLink({ profile: { refusals: [{ code: 4001, then: "back-off", fault: "takeover", text: "taken over" }] } });
    peer.end(4001);
    await clock.pass(10);
    expect(link.status).toMatchObject({ lastLoss: { fault: "takeover", code: 4001 }, takeovers: [clock.now() - 10] });
    await clock.pass(6500);
    peers.at(-1)?.open();
    expect(link.status).not.toHaveProperty("lastLoss");
    expect(link.status.takeovers).toHaveLength(1);
  });
});
