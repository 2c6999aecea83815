import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UpgradeFacts } from "../../src/edge/accept.ts";
import { clientFrame, dial, openWire, pause, startEdge, type TestEdge, until, upgradeRequest } from "../support/edge-sockets.ts";

let served: TestEdge;
let facts: UpgradeFacts[];

beforeEach(async () => {
  facts = [];
  served = await startEdge({
    allowedOrigins: ["https://app.example"],
    maxPayload: 4_096,
    admit: async (seen) => {
      facts.push(seen);
      return { ok: true, peer: "guest" };
    },
    frame: (text, connection) => connection.send(text),
  });
});

afterEach(() => served.stop());

/** What the server answers to these bytes, until it closes or has said enough. */
async function say(bytes: string | Buffer): Promise<string> {
  const wire = await openWire(served.port);
  wire.socket.write(bytes);
  await Promise.race([wire.gone, until(() => wire.received().includes("\r\n\r\n"))]);
  await pause(10);
  wire.socket.destroy();
  return wire.received();
}

describe("upgrade", () => {
  it("WS-1 accepts its path only, with any query, and answers another one with 400", async () => {
    expect(await say(upgradeRequest("/ws"))).toMatch(/^HTTP\/1.1 101 /);
    expect(await say(upgradeRequest("/ws?a=b"))).toMatch(/^HTTP\/1.1 101 /);
    for (const other of ["/", "/ws/", "/WS", "/ws2", "//ws", "/x/../ws", "/%77s", "http://127.0.0.1/ws"]) {
      expect(await say(upgradeRequest(other)), other).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    }
  });

  it("WS-1 tells a plain request on the path to upgrade, in one line", async () => {
    const plain = await say("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(plain).toMatch(/^HTTP\/1.1 426 Upgrade Required\r\n/);
    expect(plain.toLowerCase()).toContain("upgrade: websocket\r\n");
    expect(plain).toContain("This is a WebSocket endpoint");
    expect(await say("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    expect(await say("POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")).toMatch(/^HTTP\/1.1 426 /);
  });

  it("WS-1 refuses an upgrade that is none", async () => {
    expect(await say(upgradeRequest("/ws", { Upgrade: "h2c" }))).toMatch(/^HTTP\/1.1 400 /);
    expect(await say(upgradeRequest("/ws", { "Sec-WebSocket-Key": "short" }))).toMatch(/^HTTP\/1.1 400 /);
    expect(await say(upgradeRequest("/ws", { "Sec-WebSocket-Version": "99" }))).toMatch(/^HTTP\/1.1 400 /);
    expect(served.connections).toHaveLength(0);
  });

  it("WS-2 shows repeated query keys to the admission, and the peer's address", async () => {
    const client = await dial(`${served.url}?senderId=a&senderId=b&x=%20`);
    expect(facts[0]?.query.getAll("senderId")).toEqual(["a", "b"]);
    expect(facts[0]).toMatchObject({ path: "/ws", remoteAddress: "127.0.0.1" });
    client.socket.terminate();
  });

  it("WS-3 echoes the one subprotocol and never the token beside it", async () => {
    const client = await dial(served.url, { protocols: ["bearer.secret", "openclaw.chat.v1"] });
    expect(client.socket.protocol).toBe("openclaw.chat.v1");
    expect(facts[0]?.token).toEqual({ value: "secret", from: "subprotocol" });
    client.socket.terminate();
    expect(await say(upgradeRequest("/ws", { "Sec-WebSocket-Protocol": "other, bearer.secret" }))).not.toMatch(/sec-websocket-protocol/i);
  });

  it("WS-2 closes a foreign origin with 1008 before any frame is read", async () => {
    const client = await dial(served.url, { origin: "https://evil.example" });
    client.socket.send("hello");
    expect(await client.closed).toEqual({ code: 1008, reason: "Origin not allowed" });
    expect([facts, served.frames, served.connections]).toEqual([[], [], []]);
    expect(served.log.lines.join("\n")).toContain("https://evil.example");
  });

  it("WS-2 lets in a listed origin, its own, and clients without one", async () => {
    for (const origin of ["https://app.example", `http://127.0.0.1:${served.port}`, undefined]) {
      const client = await dial(served.url, origin === undefined ? {} : { origin });
      client.socket.send("hello");
      await until(() => client.got.length === 1);
      expect(client.got).toEqual(["hello"]);
      client.socket.terminate();
    }
  });

  it("negotiates no compression", async () => {
    expect(await say(upgradeRequest("/ws", { "Sec-WebSocket-Extensions": "permessage-deflate" }))).not.toMatch(/sec-websocket-extensions/i);
  });

  it("takes frames that come in one piece with the request", async () => {
    const wire = await openWire(served.port);
    wire.socket.write(Buffer.concat([Buffer.from(upgradeRequest("/ws")), clientFrame("first"), clientFrame("second")]));
    await until(() => served.frames.length === 2);
    expect(served.frames).toEqual(["first", "second"]);
    wire.socket.destroy();
  });
});

describe("frames that close", () => {
  it("WS-6 closes at a binary frame with 1003", async () => {
    const client = await dial(served.url);
    client.socket.send(Buffer.from("hello"));
    expect(await client.closed).toEqual({ code: 1003, reason: "Text frames only" });
    await until(() => served.ends.length === 1);
    expect([served.frames, served.ends[0]?.code]).toEqual([[], 1003]);
  });

  it("WS-6 closes at a frame over maxPayload with 1009, and takes one of that size", async () => {
    const client = await dial(served.url);
    client.socket.send("x".repeat(4_096));
    await until(() => client.got.length === 1);
    client.socket.send("x".repeat(4_097));
    expect(await client.closed).toMatchObject({ code: 1009 });
    expect(served.frames).toHaveLength(1);
  });

  it("closes at a message of more fragments than are put together", async () => {
    const client = await dial(served.url);
    for (let i = 0; i < 1_100; i += 1) client.socket.send("x", { fin: false });
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(served.frames).toEqual([]);
  });
});

describe("whatever the bytes are", () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 60 });
  const line = text.map((line) => line.replace(/[\r\n]/g, ""));

  it("survives any target and any Host, Origin, Authorization and subprotocol, and keeps serving", { timeout: 20_000 }, async () => {
    const target = fc.oneof(line, line.map((query) => `/ws?${query}`), fc.constantFrom("//[", "/ws?%", "http://[::1", "*", "/ws?a=%ff%fe"));
    const headers = fc.record({ Host: line, Origin: line, Authorization: line, "Sec-WebSocket-Protocol": line }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(target, headers, async (target, headers) => {
        const wire = await openWire(served.port);
        wire.socket.write(Buffer.from(upgradeRequest(target, headers), "latin1"));
        await Promise.race([wire.gone, until(() => wire.received().startsWith("HTTP/1.1 "))]);
        expect(wire.received().slice(0, 12)).toMatch(/^(HTTP\/1.1 (101|400|405|431))?$/);
        wire.socket.destroy();
      }),
      { numRuns: 300, examples: [["/ws", { Host: "[" }], ["/ws?x=y", { Host: "a b:c:d", Origin: "http://[" }]] },
    );
    const client = await dial(served.url);
    client.socket.send("still there?");
    await until(() => client.got.includes("still there?"));
    client.socket.terminate();
    expect(served.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("survives any bytes instead of a request, and any bytes after one", { timeout: 20_000 }, async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (bytes, upgraded) => {
        const wire = await openWire(served.port);
        if (upgraded) wire.socket.write(upgradeRequest("/ws"));
        wire.socket.end(bytes);
        await wire.gone;
      }),
      { numRuns: 300 },
    );
    const client = await dial(served.url);
    client.socket.send("still there?");
    await until(() => client.got.includes("still there?"));
    client.socket.terminate();
    await until(() => served.edge.connections() === 0);
  });

  it("survives peers that reset while they are answered", async () => {
    for (let i = 0; i < 200; i += 1) {
      const wire = await openWire(served.port);
      wire.socket.write(i % 2 === 0 ? upgradeRequest("/elsewhere") : upgradeRequest("/ws"));
      if (i % 3 === 0) await pause(1);
      wire.socket.resetAndDestroy();
    }
    await until(() => served.edge.connections() === 0);
    expect(await say(upgradeRequest("/ws"))).toMatch(/^HTTP\/1.1 101 /);
  });

  it("refuses headers that are too large", async () => {
    expect(await say(upgradeRequest("/ws", { Cookie: "x".repeat(20_000) }))).toMatch(/^HTTP\/1.1 431 /);
  });
});
