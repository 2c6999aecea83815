import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { planFaults, startChaosProxy, type ChaosProxy } from "../../../src/testing/chaos-proxy.ts";
import { startSimulator, type Simulator } from "../../../src/testing/simulator/simulator.ts";
import { asOffice, dialRaw, heard, type RawPlugin } from "../../support/raw-plugin.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

interface Line {
  sim: Simulator;
  proxy: ChaosProxy;
}

async function serve(options: Partial<Parameters<typeof startChaosProxy>[0]> = {}): Promise<Line> {
  const sim = await startSimulator("local-im");
  const proxy = await startChaosProxy({ target: sim.port, ...options });
  running.push(sim, proxy);
  return { sim, proxy };
}

async function joined(options: Partial<Parameters<typeof startChaosProxy>[0]> = {}): Promise<Line & { plugin: RawPlugin }> {
  const line = await serve(options);
  const plugin = await dialRaw(line.proxy.url, asOffice["local-im"]);
  await line.sim.link();
  return { ...line, plugin };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const pong = { type: "pong" };
const heardNow = (sim: Simulator) => sim.frames.filter(({ from }) => from === "plugin").length;
const gone = (sim: Simulator) => sim.until(() => sim.links.at(-1)?.closed, "the end of the link");

/** How a bare socket ends: in good order, or broken off. */
async function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("end", () => resolve("FIN"));
    socket.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code ?? ""));
    socket.resume();
  });
}

describe("the chaos proxy", () => {
  it("passes everything on in both directions while nothing is wrong", async () => {
    const { sim, proxy, plugin } = await joined();
    const text = "x".repeat(3_000_000);
    sim.say({ text, messageId: "m-1" });
    plugin.send({ ...pong, text });
    await heard(sim, 1);
    expect((await plugin.frames(1))[0]).toContain(text);
    expect(proxy.connections).toBe(1);
    plugin.socket.close(1000, "Stopped");
    expect(await gone(sim)).toMatchObject({ by: "plugin", code: 1000, reason: "Stopped" });
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("leaves what a stalled server does not read with the plugin, until it does", async () => {
    const { sim, plugin } = await joined();
    sim.stall();
    plugin.send({ ...pong, text: "x".repeat(30_000_000) });
    await pause(100);
    expect(plugin.socket.bufferedAmount).toBeGreaterThan(10_000_000);
    sim.go();
    await heard(sim, 1);
  });

  it("drops connections in good order", async () => {
    const { sim, proxy, plugin } = await joined();
    const bare = connect(proxy.port, "127.0.0.1");
    await once(bare, "connect");
    await expect.poll(() => proxy.connections).toBe(2);
    proxy.apply({ fault: "drop" });
    expect([await endOf(bare), (await plugin.closed).code]).toEqual(["FIN", 1006]);
    await gone(sim);
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("breaks connections off", async () => {
    const { sim, proxy, plugin } = await joined();
    const bare = connect(proxy.port, "127.0.0.1");
    await once(bare, "connect");
    await expect.poll(() => proxy.connections).toBe(2);
    proxy.apply({ fault: "reset" });
    expect([await endOf(bare), (await plugin.closed).code]).toEqual(["ECONNRESET", 1006]);
    await gone(sim);
  });

  it("swallows both ways in silence, and ends what lost something when the time is over", async () => {
    const system = createVirtualSystem();
    const { sim, proxy, plugin } = await joined({ system });
    proxy.apply({ fault: "half-open", way: "both", forMs: 150 });
    sim.say({ text: "lost" });
    plugin.send(pong);
    await pause(50);
    await system.pass(149);
    expect([heardNow(sim), plugin.got.length, plugin.socket.readyState, sim.links[0]?.open]).toEqual([0, 0, WebSocket.OPEN, true]);
    await system.pass(1);
    expect((await plugin.closed).code).toBe(1006);
    await gone(sim);
  });

  it("swallows one way only", async () => {
    const { sim, proxy, plugin } = await joined();
    proxy.apply({ fault: "half-open", way: "to-plugin", forMs: 60_000 });
    sim.say({ text: "lost" });
    plugin.send(pong);
    await heard(sim, 1);
    expect(plugin.got).toEqual([]);
  });

  it("goes on as if nothing had been where nothing was swallowed", async () => {
    const system = createVirtualSystem();
    const { sim, proxy, plugin } = await joined({ system });
    proxy.apply({ fault: "half-open", way: "both", forMs: 20 });
    await system.pass(20);
    plugin.send(pong);
    await heard(sim, 1);
    expect(sim.links).toHaveLength(1);
  });

  it("tells neither end that the other has gone while it is half open", async () => {
    const system = createVirtualSystem();
    const { sim, proxy, plugin } = await joined({ system });
    proxy.apply({ fault: "half-open", way: "to-server", forMs: 120 });
    plugin.socket.terminate();
    await pause(50);
    expect(sim.links[0]?.open).toBe(true);
    await system.pass(120);
    await gone(sim);
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("leaves a new connection in silence while it is half open", async () => {
    const { sim, proxy } = await serve();
    proxy.apply({ fault: "half-open", way: "both", forMs: 60_000 });
    const socket = new WebSocket(`${proxy.url}?accountId=office`, { handshakeTimeout: 60 });
    const [cause] = (await once(socket, "error")) as [Error];
    expect([cause.message, sim.links]).toEqual([expect.stringContaining("timed out"), []]);
  });

  it("delays and throttles, losing nothing and keeping the order", async () => {
    const { sim, proxy, plugin } = await joined();
    proxy.apply({ fault: "slow", delayMs: 100, bytesPerSecond: 20_000, forMs: 60_000 });
    const began = performance.now();
    plugin.send(...["a", "b", "c"].map((filler) => ({ ...pong, filler: filler.repeat(1000) })));
    await heard(sim, 3);
    expect(performance.now() - began).toBeGreaterThan(100 + 140);
    expect(sim.frames.map(({ text }) => (JSON.parse(text) as { filler: string }).filler[0])).toEqual(["a", "b", "c"]);
  });

  it("is quick again when slowness is over", async () => {
    const { sim, proxy, plugin } = await joined();
    proxy.apply({ fault: "slow", delayMs: 60_000, bytesPerSecond: 1, forMs: 50 });
    const began = performance.now();
    plugin.send(pong);
    await heard(sim, 1);
    expect(performance.now() - began).toBeGreaterThan(45);
  });

  it("slices what is sent, losing nothing, and is whole again when that is over", async () => {
    const pieces: number[] = [];
    const server = createServer((socket) => socket.on("error", () => {}).on("data", (data) => pieces.push(data.length)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = await startChaosProxy({ target: (server.address() as AddressInfo).port });
    running.push(proxy, { stop: async () => void server.close() });
    const socket = connect(proxy.port, "127.0.0.1");
    const arrived = (): number => pieces.reduce((sum, length) => sum + length, 0);
    proxy.apply({ fault: "slice", bytes: 7, forMs: 200 });
    socket.write("x".repeat(70));
    await expect.poll(arrived).toBe(70);
    expect(pieces.length).toBeGreaterThan(5);
    await pause(250);
    const before = pieces.length;
    socket.write("x".repeat(700));
    await expect.poll(arrived).toBe(770);
    expect(pieces.length - before).toBe(1);
    socket.destroy();
  });

  it("keeps the end of a connection back, and what was sent before it not", async () => {
    const system = createVirtualSystem();
    const { sim, proxy, plugin } = await joined({ system });
    proxy.apply({ fault: "linger", delayMs: 1_000, forMs: 60_000 });
    plugin.send(pong);
    plugin.socket.terminate();
    await heard(sim, 1);
    await pause(50);
    expect(sim.links.at(-1)?.open).toBe(true);
    await system.pass(1_000);
    await gone(sim);
  });

  it("asks where the server is at each connection", async () => {
    const [one, other] = [await startSimulator("local-im"), await startSimulator("local-im")];
    let target = one.port;
    const proxy = await startChaosProxy({ target: () => target });
    running.push(one, other, proxy);
    await dialRaw(proxy.url, asOffice["local-im"]);
    await one.link();
    target = other.port;
    await dialRaw(proxy.url, asOffice["local-im"]);
    await other.link();
    expect(one.links).toHaveLength(1);
  });

  it("refuses new connections for a while and leaves the others alone", async () => {
    const system = createVirtualSystem();
    const { sim, proxy, plugin } = await joined({ system });
    proxy.apply({ fault: "refuse", forMs: 100 });
    await expect(dialRaw(proxy.url, asOffice["local-im"])).rejects.toThrow(/ECONNRESET|socket hang up/);
    plugin.send(pong);
    await heard(sim, 1);
    await system.pass(100);
    await dialRaw(proxy.url, asOffice["local-im"]);
  });

  it.each([0.01, 0.5, 0.99])("cuts a frame in the middle, after %d of it", async (share) => {
    const { sim, proxy, plugin } = await joined();
    proxy.apply({ fault: "cut", way: "to-plugin", share });
    plugin.send(pong);
    await heard(sim, 1);
    let bytes = 0;
    const raw = (plugin.socket as unknown as { _socket: Socket })._socket;
    raw.on("data", (data: Buffer) => (bytes += data.length));
    sim.say({ text: "x".repeat(500) });
    expect((await plugin.closed).code).toBe(1006);
    expect(plugin.got).toEqual([]);
    await gone(sim);
    const frame = 4 + (sim.frames.at(-1)?.text.length ?? 0);
    expect(bytes).toBe(Math.floor(frame * share));
  });

  it("resets whoever dials while the server is away", async () => {
    const { sim, proxy } = await serve();
    await sim.stop();
    await expect(dialRaw(proxy.url, asOffice["local-im"])).rejects.toThrow(/ECONNRESET|socket hang up/);
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("plays a plan by the clock it is given, and notes what it did", async () => {
    const system = createVirtualSystem();
    const { proxy, plugin } = await joined({ system });
    const plan = planFaults(3, { forMs: 20_000, kinds: ["slow", "refuse"] });
    let over = false;
    const playing = proxy.play([...plan, { fault: "drop", atMs: 30_000 }]).then(() => (over = true));
    await system.pass(29_999);
    expect(proxy.applied).toEqual(plan.map(({ atMs: _at, ...fault }) => fault));
    expect([over, plugin.socket.readyState]).toEqual([false, WebSocket.OPEN]);
    await system.pass(1);
    expect((await plugin.closed).code).toBe(1006);
    await playing;
    expect(system.pendingTimers()).toBe(0);
  });

  it("has no timer left for a connection that is gone", async () => {
    const system = createVirtualSystem();
    const { proxy, plugin } = await joined({ system });
    proxy.apply({ fault: "slow", delayMs: 1000, bytesPerSecond: 10, forMs: 5000 });
    plugin.send(pong);
    await expect.poll(() => system.pendingTimers()).toBe(2);
    proxy.apply({ fault: "drop" });
    expect(system.pendingTimers()).toBe(1);
    await system.pass(5000);
    expect(system.pendingTimers()).toBe(0);
  });

  it("forgets plan and faults when told to be calm, and leaves no timer when stopped", async () => {
    const system = createVirtualSystem();
    const { sim, proxy, plugin } = await joined({ system });
    const playing = proxy.play([{ fault: "reset", atMs: 50 }]);
    proxy.apply({ fault: "slow", delayMs: 1000, bytesPerSecond: 10, forMs: 5000 });
    plugin.send(pong);
    proxy.calm();
    await playing;
    await heard(sim, 1);
    await system.pass(60);
    expect([proxy.connections, system.pendingTimers()]).toEqual([1, 0]);
    proxy.apply({ fault: "slow", delayMs: 1000, bytesPerSecond: 10, forMs: 5000 });
    plugin.send(pong);
    await pause(20);
    await proxy.stop();
    expect([proxy.connections, system.pendingTimers()]).toEqual([0, 0]);
  });
});
