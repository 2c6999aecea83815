import { afterEach, describe, expect, it } from "vitest";
import { system } from "../../../src/core/system.ts";
import { openLink } from "./claw-client.ts";
import { blockOf, join, open, serve, settled, stopAll } from "./claw-world.ts";

afterEach(stopAll);

const both = { reliable_delivery: true, reliable_delivery_v2: true };

describe("the handshake of the ClawChat server", () => {
  it("CC-4 begins with a nonce of its own for each socket", async () => {
    const sim = await serve();
    const links = [await openLink(sim.url), await openLink(sim.url)];
    const nonces = await Promise.all(links.map(async (link) => (await link.frame("connect.challenge")).payload.nonce));
    expect(new Set(nonces).size).toBe(2);
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });

  it.each([
    ["v2", both, { ack_mode: "dseq", ack_epoch: expect.any(String) }, []],
    ["v2", { reliable_delivery: true }, {}, []],
    ["v2", { reliable_delivery_v2: true }, {}, ["connect has reliable_delivery_v2 without reliable_delivery"]],
    ["v2", {}, {}, []],
    ["v1", both, {}, []],
    ["legacy", both, {}, []],
  ] as const)("CC-46 grants, set to %s and asked for %j, %j", async (reliable, capabilities, granted, faults) => {
    const sim = await serve({ server: { reliable } });
    const { hello } = await open(sim, { capabilities });
    expect(hello.payload).toEqual({ device_id: blockOf(sim).deviceId, delivery_mode: "device_replay", ...granted });
    expect(sim.violations.map(({ text }) => text).slice(-1)).toEqual(faults);
  });

  it("names the user where the client has no device", async () => {
    const sim = await serve();
    const link = await openLink(sim.url);
    expect((await link.hello(blockOf(sim).token, undefined)).payload["device_id"]).toBe(blockOf(sim).userId);
  });

  it.each([
    [{ token: "wrong" }, "authentication failed"],
    [{ nonce: "another" }, "nonce mismatch"],
    [{ token: "" }, "invalid connect payload"],
    [{ nonce: undefined }, "invalid connect payload"],
  ])("CC-8 CC-9 refuses a connect with %j as %j, and closes without a code", async (change, reason) => {
    const sim = await serve();
    const link = await openLink(sim.url);
    const { payload } = await link.frame("connect.challenge");
    const traceId = link.send("connect", { token: blockOf(sim).token, nonce: payload.nonce, device_id: "d", ...change });
    expect(await link.frame("hello-fail")).toMatchObject({ trace_id: traceId, payload: { reason } });
    expect((await link.closed).code).toBe(1006);
    expect(sim.links.map(({ ready, account }) => [ready, account])).toEqual([[false, ""]]);
  });

  it("refuses whoever speaks before, and remembers it", async () => {
    const sim = await serve();
    const link = await openLink(sim.url);
    link.send("ping", {});
    expect((await link.frame("hello-fail")).payload.reason).toBe("invalid connect event");
    expect(sim.violations.map(({ text }) => text)).toEqual(["ping came before hello-ok"]);
  });

  it("hears nothing more from whom it has refused", async () => {
    const sim = await serve();
    const link = await openLink(sim.url);
    const { payload } = await link.frame("connect.challenge");
    for (const token of ["wrong", blockOf(sim).token]) link.send("connect", { token, nonce: payload.nonce });
    await link.closed;
    expect(link.events()).toEqual(["connect.challenge", "hello-fail"]);
  });

  it("waits so long and no longer", async () => {
    const sim = await serve({ server: { handshakeMs: 30 } });
    const link = await openLink(sim.url);
    expect((await link.closed).code).toBe(1006);
    expect(link.events()).toEqual(["connect.challenge"]);
  });

  it("takes no token that has ended", async () => {
    const sim = await serve();
    const { token, deviceId } = blockOf(sim);
    sim.server.expire();
    const link = await openLink(sim.url);
    expect((await link.hello(token, deviceId)).payload.reason).toBe("authentication failed");
  });

  it("leaves a link open whose token ends meanwhile", async () => {
    let now = 1_800_000_000_000;
    const sim = await serve({ system: { ...system, now: () => now }, server: { accessTtlMs: 3000 } });
    const link = await join(sim);
    now += 3000;
    await settled(link);
    expect(sim.links[0]?.open).toBe(true);
    const later = await openLink(sim.url);
    expect((await later.hello(blockOf(sim).token, "other")).event).toBe("hello-fail");
  });

  it("grants what it is set to when the link begins", async () => {
    const sim = await serve();
    const link = await join(sim);
    sim.control("set", "reliable=v1");
    sim.say({ text: "hello" });
    expect((await link.frame("message.send")).dseq).toBe(2);
    expect((await open(sim)).hello.payload.ack_mode).toBeUndefined();
  });

  it("CC-11 ends with a client that answers no ping", async () => {
    const sim = await serve({ server: { pingMs: 50, pongMs: 400 } });
    const alive = await join(sim, { deviceId: "alive" });
    const dead = await openLink(sim.url, { autoPong: false });
    await dead.hello(blockOf(sim).token, "dead");
    expect((await dead.closed).code).toBe(1006);
    await settled(alive);
  });

  it("closes the older link of the same device with 4001, and no other", async () => {
    const sim = await serve();
    const first = await join(sim);
    const other = await join(sim, { deviceId: "another" });
    const second = await join(sim);
    expect(await first.closed).toMatchObject({ code: 4001 });
    await settled(other);
    await settled(second);
    expect(sim.links.map(({ open: isOpen }) => isOpen)).toEqual([false, true, true]);
  });

  it("takes what was on its way over the older link for no handshake", async () => {
    let late = (): void => {};
    const sim = await serve({ tell: ({ news }) => news === "opened" && late() });
    const first = await join(sim);
    late = () => void first.send("ping", {});
    await settled(await join(sim));
    expect(await first.closed).toMatchObject({ code: 4001 });
    expect(sim.frames.filter(({ link, text }) => link === 1 && text.includes('"ping"'))).toHaveLength(1);
    expect(sim.violations).toEqual([]);
  });

  it("is waited for: a link is one only when it is through", async () => {
    const sim = await serve({ accounts: { office: "" } });
    const link = await openLink(sim.url);
    await link.frame("connect.challenge");
    await expect(sim.link({ timeoutMs: 30 })).rejects.toThrow("there was not a link");
    await link.hello(blockOf(sim).token, "d");
    expect((await sim.link({ account: "office" })).number).toBe(1);
  });

  it("takes 64 KiB before hello-ok", async () => {
    const sim = await serve();
    const link = await openLink(sim.url);
    link.socket.send("x".repeat(64 * 1024 + 1));
    expect((await link.closed).code).toBe(1009);
    const second = await join(sim);
    second.socket.send("x".repeat(64 * 1024 + 1));
    await settled(second);
  });

  it.each([
    ["/", 404],
    ["/ws?token=x", 400],
  ])("CC-3 is not at %s", async (path, status) => {
    const sim = await serve();
    await expect(openLink(sim.url.replace("/ws", path))).rejects.toThrow(`${status}`);
  });

  it("shows no token in what it records", async () => {
    const sim = await serve();
    await join(sim);
    const text = JSON.stringify([sim.frames, sim.calls, sim.violations]);
    expect(sim.server.secrets).toHaveLength(2);
    for (const secret of sim.server.secrets) expect(text).not.toContain(secret);
  });
});

describe("a handshake that goes wrong on demand", () => {
  it("is refused with the reason that was asked for, once", async () => {
    const sim = await serve();
    sim.control("hello-fail", "remote auth service unavailable");
    expect((await open(sim)).hello.payload.reason).toBe("remote auth service unavailable");
    expect((await open(sim)).hello.event).toBe("hello-ok");
  });

  it.each([
    ["two-challenges", ["connect.challenge", "connect.challenge", "hello-ok", "replay.done"]],
    ["stray-hello", ["connect.challenge", "hello-ok", "hello-ok", "replay.done"]],
    ["two-hellos", ["connect.challenge", "hello-ok", "hello-ok", "replay.done"]],
  ])("can have %s", async (name, events) => {
    const sim = await serve();
    sim.control("handshake", name);
    const link = await join(sim);
    expect(link.events()).toEqual(events);
    expect(new Set(link.got.filter(({ event }) => event === "hello-ok").map((frame) => frame.trace_id)).size).toBe(name === "stray-hello" ? 2 : 1);
  });

  it("can have no hello-ok", async () => {
    const sim = await serve({ server: { handshakeMs: 100 } });
    sim.control("handshake", "no-hello");
    const link = await openLink(sim.url);
    const { payload } = await link.frame("connect.challenge");
    link.send("connect", { token: blockOf(sim).token, nonce: payload.nonce });
    expect((await link.closed).code).toBe(1006);
    expect(link.events()).toEqual(["connect.challenge"]);
  });

  it("can have no challenge", async () => {
    const sim = await serve({ server: { handshakeMs: 50 } });
    sim.control("handshake", "no-challenge");
    const link = await openLink(sim.url);
    await link.closed;
    expect(link.events()).toEqual([]);
  });
});
