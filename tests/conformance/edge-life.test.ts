import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openEdge } from "../../src/edge/accept.ts";
import { system } from "../../src/core/system.ts";
import { edgeOptions } from "../support/edge-options.ts";
import { dial, openWire, pause, startEdge, type TestEdge, until, upgradeRequest } from "../support/edge-sockets.ts";
import { silentLog } from "../support/virtual.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(options: Parameters<typeof startEdge>[0] = {}): Promise<TestEdge> {
  const served = await startEdge(options);
  stops.push(() => served.stop());
  return served;
}

async function freePort(): Promise<number> {
  const { edge } = await startEdge();
  await edge.stop();
  return edge.address.port;
}

describe("heartbeat", () => {
  const short = { pingMs: 60, deadAfterMs: 240, stalledMs: 60_000 };

  it("WS-30 finds a half-open peer: open, silent, answering no ping", async () => {
    const served = await start(short);
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    await until(() => served.connections.length === 1);
    const since = performance.now();
    await wire.gone;
    expect(performance.now() - since).toBeGreaterThanOrEqual(200);
    expect(performance.now() - since).toBeLessThan(1_500);
    expect(wire.received()).toContain("Idle timeout");
    await until(() => served.ends.length === 1);
    expect(served.ends).toMatchObject([{ code: 4408, reason: "Idle timeout" }]);
  });

  it("WS-30 keeps a silent peer that answers pings", async () => {
    const served = await start(short);
    const client = await dial(served.url);
    let pings = 0;
    client.socket.on("ping", () => (pings += 1));
    await pause(700);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    expect(pings).toBeGreaterThanOrEqual(4);
    client.socket.terminate();
  });

  it("WS-30 takes any byte for a sign of life, a frame that never ends too", async () => {
    const served = await start(short);
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    await until(() => served.connections.length === 1);
    wire.socket.write(Buffer.from([0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0]));
    for (let i = 0; i < 12; i += 1) {
      await pause(60);
      wire.socket.write("x");
    }
    expect(served.connections[0]?.open).toBe(true);
    wire.socket.destroy();
  });
});

describe("cap on connections", () => {
  it("WS-32 closes one more than maxConnections with 1013, and lets in another when one has left", async () => {
    const served = await start({ maxConnections: 2 });
    const first = await dial(served.url);
    await dial(served.url);
    const third = await dial(served.url);
    expect(await third.closed).toEqual({ code: 1013, reason: "Too many connections" });
    expect(served.edge.connections()).toBe(2);
    first.socket.close();
    await until(() => served.edge.connections() === 1);
    const fourth = await dial(served.url);
    await until(() => served.connections.length === 3);
    expect(fourth.socket.readyState).toBe(fourth.socket.OPEN);
  });
});

describe("stop", () => {
  it("WS-31 closes every connection with 1001 and frees the port", async () => {
    const served = await start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => dial(served.url)));
    await served.stop();
    for (const client of clients) expect(await client.closed).toEqual({ code: 1001, reason: "Server shutting down" });
    expect(served.ends).toHaveLength(20);
    expect(served.edge.connections()).toBe(0);
    const holder = createServer().listen(served.port, "127.0.0.1");
    await once(holder, "listening");
    holder.close();
  });

  it("WS-31 gives a peer that does not answer closeMs, then terminates it, whatever state it is in", async () => {
    const served = await start({ closeMs: 150, admit: (facts) => (facts.query.has("wait") ? new Promise(() => {}) : Promise.resolve({ ok: true, peer: "x" })) });
    const [open, waiting, plain, blocked] = [await openWire(served.port), await openWire(served.port), await openWire(served.port), await openWire(served.port)];
    open.socket.write(upgradeRequest("/ws"));
    waiting.socket.write(upgradeRequest("/ws?wait"));
    plain.socket.write("GET /ws HT");
    blocked.socket.write(upgradeRequest("/ws"));
    await until(() => served.connections.length === 2 && served.edge.connections() === 3);
    blocked.socket.pause();
    for (let i = 0; i < 10_000; i += 1) served.connections[1]?.send("x".repeat(1_000));
    const since = performance.now();
    await served.stop();
    expect(performance.now() - since).toBeGreaterThanOrEqual(140);
    expect(performance.now() - since).toBeLessThan(2_000);
    blocked.socket.resume();
    await Promise.all([open.gone, waiting.gone, plain.gone, blocked.gone]);
  });

  it("WS-31 is the same when asked twice, and refuses whoever comes meanwhile", async () => {
    const served = await start({ closeMs: 100 });
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    await until(() => served.connections.length === 1);
    const both = [served.stop(), served.stop()];
    await expect(openWire(served.port)).rejects.toThrow("ECONNREFUSED");
    await Promise.all(both);
  });

  it("WS-31 leaves nothing after a hundred starts and stops", { timeout: 30_000 }, async () => {
    const port = await freePort();
    const round = async () => {
      const served = await startEdge({ port });
      const client = await dial(served.url);
      await served.stop();
      await client.closed;
    };
    await round();
    await pause(50);
    const before = process.getActiveResourcesInfo();
    for (let i = 0; i < 100; i += 1) await round();
    await pause(20);
    // What earlier tests left may go meanwhile.
    for (const resource of process.getActiveResourcesInfo()) {
      expect(before).toContain(resource);
      before.splice(before.indexOf(resource), 1);
    }
  });
});

describe("one listener for several accounts", () => {
  it("WS-1 serves each on its own path, and the last one out frees the port", async () => {
    const port = await freePort();
    const sales = await start({ port, account: "sales", path: "/ws/sales" });
    const support = await start({ port, account: "support", path: "/ws/support" });
    const [a, b] = [await dial(sales.url), await dial(support.url)];
    a.socket.send("to sales");
    b.socket.send("to support");
    await until(() => sales.frames.length + support.frames.length === 2);
    expect([sales.frames, support.frames]).toEqual([["to sales"], ["to support"]]);

    await sales.stop();
    expect(await a.closed).toMatchObject({ code: 1001 });
    expect(b.socket.readyState).toBe(b.socket.OPEN);
    expect((await dial(sales.url)).socket.readyState).toBe(3);
    await support.stop();
    await expect(openWire(port)).rejects.toThrow("ECONNREFUSED");
  });

  it("WS-1 tells who holds the path when two accounts want it", async () => {
    const port = await freePort();
    await start({ port, account: "sales" });
    await expect(start({ port, account: "support" })).rejects.toMatchObject({
      code: "path-taken",
      account: "support",
      message: `Accounts "sales" and "support" both want path /ws on 127.0.0.1:${port}. Give one of them another path or port.`,
    });
  });

  it("WS-1 serves accounts that start at the same moment", async () => {
    const port = await freePort();
    const paths = ["/a", "/b", "/c"];
    const all = await Promise.all(paths.map((path) => start({ port, path, account: path })));
    for (const served of all) {
      const client = await dial(served.url);
      expect(client.socket.readyState).toBe(client.socket.OPEN);
    }
    await Promise.all(all.map((served) => served.stop()));
    await expect(openWire(port)).rejects.toThrow("ECONNREFUSED");
  });

  it("WS-1 opens a listener anew for an account that comes in the moment in which the last one leaves", async () => {
    const port = await freePort();
    const leaving = await start({ port, path: "/a", account: "a" });
    const coming = start({ port, path: "/b", account: "b" });
    const left = leaving.stop();
    const client = await dial((await coming).url);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await left;
  });

  it("WS-31 starts again at once where it stops", async () => {
    const port = await freePort();
    const old = await start({ port, closeMs: 200 });
    const wire = await openWire(port);
    wire.socket.write(upgradeRequest("/ws"));
    await until(() => old.connections.length === 1);
    const stopped = old.stop();
    const next = await start({ port });
    const client = await dial(next.url);
    client.socket.send("x");
    await until(() => next.frames.length === 1);
    await stopped;
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });
});

describe("a port that cannot be had", () => {
  it("is named, with the way out, at once when somebody else holds it", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const since = performance.now();
    await expect(openEdge(edgeOptions({ port, account: "sales" }), system, silentLog)).rejects.toMatchObject({
      name: "ClawwireError",
      code: "port-taken",
      account: "sales",
      message: `Port ${port} on 127.0.0.1 is taken. Stop the program that holds it, or set another port.`,
    });
    expect(performance.now() - since).toBeLessThan(1_000);
    const both = await Promise.allSettled(["a", "b"].map((account) => openEdge(edgeOptions({ port, account, path: `/${account}` }), system, silentLog)));
    expect(both).toMatchObject([{ reason: { account: "a" } }, { reason: { account: "b" } }]);
    holder.close();
    await once(holder, "close");
    const served = await start({ port });
    expect(served.edge.address.port).toBe(port);
  });

  it("is waited for when our own previous listener is about to leave it", async () => {
    const port = await freePort();
    // Another copy of the module, as after a reload of the plugin: it knows nothing of the listeners of this one.
    vi.resetModules();
    const copy = await import("../../src/edge/accept.ts");
    const old = await copy.openEdge(edgeOptions({ port }), system, silentLog);
    setTimeout(() => void old.stop(), 150);
    const served = await start({ port });
    const client = await dial(served.url);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it("is named when the host is no address of this machine", async () => {
    await expect(openEdge(edgeOptions({ host: "192.0.2.1" }), system, silentLog)).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining("192.0.2.1:0: the host is no address of this machine"),
    });
  });
});
