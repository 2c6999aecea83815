import { afterEach, describe, expect, it } from "vitest";
import type { Connection } from "../../src/edge/accept.ts";
import { clientFrame, dial, openWire, pause, startEdge, type TestEdge, until, upgradeRequest, type Wire } from "../support/edge-sockets.ts";

let served: TestEdge;
afterEach(() => served.stop());

/** A client that is open and does not read. */
async function openBlocked(port: number): Promise<Wire> {
  const wire = await openWire(port);
  wire.socket.write(upgradeRequest("/ws"));
  await until(() => wire.received().includes("\r\n\r\n"));
  wire.socket.pause();
  return wire;
}

async function firstConnection(): Promise<Connection> {
  await until(() => served.connections.length > 0);
  const [connection] = served.connections;
  if (!connection) throw new Error("no connection");
  return connection;
}

const KILOBYTE = "x".repeat(1_024);

describe("a consumer that reads", () => {
  it("WS-20 has what is final on its way when it is said, with nothing else run before that is known", async () => {
    served = await startEdge();
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    const connection = await firstConnection();
    expect(connection.sendFinal("the end")).toBe(true);
    await until(() => wire.received().endsWith("the end"));
    wire.socket.destroy();
  });
});

describe("a consumer that does not read", () => {
  it("WS-22 is congested until it reads again; what is left out keeps the buffer bounded, and the last frame is last", async () => {
    served = await startEdge({ coalesceBytes: 262_144 });
    const wire = await openBlocked(served.port);
    const connection = await firstConnection();
    let left = 0;
    for (let i = 0; i < 20_000; i += 1) {
      if (connection.congested) left += 1;
      else connection.send(KILOBYTE);
      if (i % 500 === 0) await pause(1);
    }
    expect(connection.congested).toBe(true);
    expect(left).toBeGreaterThan(1_000);
    const final = connection.sendFinal("the end");
    await pause(20);
    wire.socket.resume();
    expect(await final).toBe(true);
    await until(() => wire.received().endsWith("the end"));
    expect(connection.congested).toBe(false);
    wire.socket.destroy();
  });

  it("WS-22 is terminated when more than stalledBytes stay unsent for stalledMs, and a waiting final is reported as unsent", async () => {
    served = await startEdge({ stalledBytes: 1_000_000, stalledMs: 150 });
    const wire = await openBlocked(served.port);
    const connection = await firstConnection();
    const since = performance.now();
    for (let i = 0; i < 20_000; i += 1) connection.send(KILOBYTE);
    const final = connection.sendFinal("the end");
    expect(await final).toBe(false);
    expect(performance.now() - since).toBeGreaterThanOrEqual(150);
    await until(() => served.ends.length === 1);
    expect(served.log.lines).toEqual([expect.stringMatching(/^warn connection .* does not read: \d+ bytes unsent, terminated$/)]);
    wire.socket.destroy();
  });

  it("WS-22 is not read from while its answers pile up, and is served to the end when it reads", async () => {
    served = await startEdge({ stalledBytes: 500_000, frame: (_, connection) => connection.send("x".repeat(100_000)) });
    const wire = await openBlocked(served.port);
    for (let i = 0; i < 400; i += 1) wire.socket.write(clientFrame(KILOBYTE));
    await until(() => served.frames.length > 5);
    await pause(150);
    const served1 = served.frames.length;
    // One read of the socket may hold 64 KiB of frames.
    expect(served1).toBeLessThan(200);
    wire.socket.resume();
    await until(() => served.frames.length === 400, 10_000);
    wire.socket.destroy();
  });
});

describe("frames", () => {
  it("are handled one after the other, in order, while the handler takes its time", async () => {
    let atOnce = 0;
    let most = 0;
    served = await startEdge({
      async frame() {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await pause(1);
        atOnce -= 1;
      },
    });
    const client = await dial(served.url);
    const sent = Array.from({ length: 100 }, (_, i) => String(i));
    for (const text of sent) client.socket.send(text);
    await until(() => served.frames.length === 100);
    expect([served.frames, most]).toEqual([sent, 1]);
    client.socket.terminate();
  });

  it("are not read while many wait: the sender feels it", async () => {
    const gate = Promise.withResolvers<void>();
    served = await startEdge({ frame: () => gate.promise });
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    await until(() => served.connections.length === 1);
    const frame = clientFrame("x".repeat(60_000));
    for (let i = 0; i < 400; i += 1) wire.socket.write(frame);
    await pause(200);
    expect(wire.socket.writableLength).toBeGreaterThan(5_000_000);
    expect(served.frames).toHaveLength(1);
    gate.resolve();
    await until(() => served.frames.length === 400, 10_000);
    wire.socket.destroy();
  });

  it("that came before the peer closed are handled before the end is told", async () => {
    served = await startEdge({ frame: () => pause(20) });
    const client = await dial(served.url);
    for (const text of ["1", "2", "3"]) client.socket.send(text);
    client.socket.close(1000, "bye");
    await until(() => served.ends.length === 1);
    expect([served.frames, served.ends]).toMatchObject([["1", "2", "3"], [{ code: 1000, reason: "bye" }]]);
  });

  it("of a handler that fails close only their own connection", async () => {
    served = await startEdge({
      frame(text, connection) {
        if (text === "fail") throw new Error("bug");
        connection.send(text);
      },
    });
    const [good, bad] = [await dial(served.url), await dial(served.url)];
    bad.socket.send("fail");
    expect(await bad.closed).toEqual({ code: 1011, reason: "Internal error" });
    good.socket.send("on");
    await until(() => good.got.includes("on"));
    good.socket.terminate();
  });
});

describe("a final", () => {
  it("WS-20 is reported as sent when it left, and as unsent on a connection that is gone", async () => {
    served = await startEdge();
    const client = await dial(served.url);
    const connection = await firstConnection();
    expect(await connection.sendFinal("one")).toBe(true);
    await until(() => client.got.includes("one"));
    client.socket.terminate();
    await until(() => !connection.open);
    expect(await connection.sendFinal("two")).toBe(false);
  });

  it("WS-20 never rejects, whenever the peer resets", async () => {
    served = await startEdge({ frame: (_, connection) => void connection.sendFinal("x".repeat(100_000)) });
    const outcomes: unknown[] = [];
    const noticed = (thrown: unknown) => void outcomes.push(thrown);
    process.on("unhandledRejection", noticed);
    for (let i = 0; i < 50; i += 1) {
      const wire = await openWire(served.port);
      wire.socket.write(upgradeRequest("/ws"));
      wire.socket.write(clientFrame("go"));
      await pause(i % 5);
      wire.socket.resetAndDestroy();
    }
    await until(() => served.edge.connections() === 0);
    process.off("unhandledRejection", noticed);
    expect(outcomes).toEqual([]);
  });
});
