import { afterEach, describe, expect, it } from "vitest";
import type { Admitted, EdgeOptions } from "../../src/edge/accept.ts";
import { clientFrame, dial, openWire, pause, startEdge, type TestEdge, until, upgradeRequest } from "../support/edge-sockets.ts";

let served: TestEdge;
afterEach(() => served.stop());

/** An admission that the test answers. */
function createAsk() {
  const answers: ((answer: Admitted<string> | Error) => void)[] = [];
  const signals: AbortSignal[] = [];
  const admit: EdgeOptions<string>["admit"] = (_facts, signal) => {
    signals.push(signal);
    return new Promise((resolve, reject) => {
      answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  };
  return { admit, answers, signals };
}

describe("frames that come before the verifier has answered", () => {
  it("WS-5 are handled in order once the connection is open", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const client = await dial(served.url);
    for (const text of ["1", "2", "3"]) client.socket.send(text);
    await pause(50);
    expect(served.frames).toEqual([]);
    ask.answers[0]?.({ ok: true, peer: "ann" });
    client.socket.send("4");
    await until(() => served.frames.length === 4);
    expect(served.frames).toEqual(["1", "2", "3", "4"]);
  });

  it("WS-5 are discarded by a refusal, which says why before it closes", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const client = await dial(served.url);
    client.socket.send("1");
    await pause(30);
    ask.answers[0]?.({ ok: false, frames: ["because", "indeed"], code: 4401, reason: "Authentication failed" });
    expect(await client.closed).toEqual({ code: 4401, reason: "Authentication failed" });
    expect([client.got, served.frames, served.connections]).toEqual([["because", "indeed"], [], []]);
  });

  it("WS-5 close with 4429 when they are more than 8", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const client = await dial(served.url);
    for (let i = 0; i < 9; i += 1) client.socket.send("x");
    expect(await client.closed).toEqual({ code: 4429, reason: "Rate limit exceeded" });
    await until(() => ask.signals[0]?.aborted === true);
    ask.answers[0]?.({ ok: true, peer: "ann" });
    await pause(20);
    expect([served.connections, served.edge.connections()]).toEqual([[], 0]);
  });

  it("WS-5 close with 4429 when they are more than 65,536 bytes, and not before", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const client = await dial(served.url);
    client.socket.send("x".repeat(65_536));
    await pause(50);
    expect(served.edge.connections()).toBe(1);
    client.socket.send("x");
    expect(await client.closed).toMatchObject({ code: 4429 });
  });

  it("WS-5 close with 4429 before a large frame has come to its end", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    wire.socket.write(clientFrame("x".repeat(140_000), 1_000_000));
    await until(() => wire.received().includes("Rate limit exceeded"));
    expect(served.connections).toEqual([]);
    wire.socket.destroy();
  });

  it("WS-6 close with 1003 when they are binary", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const client = await dial(served.url);
    client.socket.send(Buffer.from("x"));
    expect(await client.closed).toMatchObject({ code: 1003 });
  });

  it("WS-6 close with a protocol error when they are no frames, and nothing else happens", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const wire = await openWire(served.port);
    wire.socket.write(upgradeRequest("/ws"));
    wire.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await wire.gone;
    await until(() => served.edge.connections() === 0);
    expect(ask.signals[0]?.aborted).toBe(true);
  });
});

describe("admission", () => {
  it("WS-3 that takes too long is refused in the caller's words, and its signal aborts", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit, handshakeMs: 80 });
    const client = await dial(served.url);
    expect(await client.closed).toEqual({ code: 4401, reason: "Authentication failed" });
    expect(client.got).toEqual(['{"type":"chat.error","error":"Authentication failed: timeout"}']);
    expect(ask.signals[0]?.aborted).toBe(true);
    ask.answers[0]?.({ ok: true, peer: "late" });
    await pause(20);
    expect(served.connections).toEqual([]);
  });

  it("that stops by a throw when it is told to leaves no error in the log", async () => {
    served = await startEdge({
      handshakeMs: 50,
      admit: (_facts, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    const client = await dial(served.url);
    expect(await client.closed).toMatchObject({ code: 4401 });
    await pause(20);
    expect(served.log.lines).toEqual([]);
  });

  it("counts the time that the request took", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit, handshakeMs: 1_000 });
    const wire = await openWire(served.port);
    await pause(900);
    const since = performance.now();
    wire.socket.write(upgradeRequest("/ws"));
    await until(() => wire.received().includes("Authentication failed"));
    expect(performance.now() - since).toBeLessThan(700);
    wire.socket.destroy();
  });

  it("is abandoned when the peer leaves", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit });
    const client = await dial(served.url);
    client.socket.close();
    await client.closed;
    await until(() => ask.signals[0]?.aborted === true);
    expect(served.edge.connections()).toBe(0);
  });

  it.each([
    ["throws", () => { throw new Error("bug"); }],
    ["rejects", () => Promise.reject(new Error("bug"))],
  ])("that %s closes with 1011, is logged, and harms nobody else", async (_, admit) => {
    let isFirst = true;
    served = await startEdge({
      admit: async () => {
        if (!isFirst) return { ok: true, peer: "ann" };
        isFirst = false;
        return await admit();
      },
    });
    const client = await dial(served.url);
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(served.log.lines).toEqual([expect.stringMatching(/^error connection .* could not be admitted: bug$/)]);
    const other = await dial(served.url);
    other.socket.send("x");
    await until(() => served.frames.length === 1);
  });

  it("clips a reason that does not fit into a close frame", async () => {
    served = await startEdge({ admit: async () => ({ ok: false, code: 4403, reason: "é".repeat(100) }) });
    const client = await dial(served.url);
    expect(await client.closed).toEqual({ code: 4403, reason: "é".repeat(61) });
  });

  it("WS-2 is given to so many at once, per address; one more is closed with 1013", async () => {
    const ask = createAsk();
    served = await startEdge({ admit: ask.admit, pendingPerAddress: 2 });
    const [first] = [await dial(served.url), await dial(served.url)];
    const third = await dial(served.url);
    expect(await third.closed).toEqual({ code: 1013, reason: "Too many connections" });
    first.socket.terminate();
    await until(() => served.edge.connections() === 1);
    await dial(served.url);
    await until(() => served.edge.connections() === 2);
    ask.answers[1]?.({ ok: true, peer: "ann" });
    await until(() => served.connections.length === 1);
    const fifth = await dial(served.url);
    await pause(20);
    expect(fifth.socket.readyState).toBe(fifth.socket.OPEN);
  });

  it("gets rid of a peer that never sends a request", { timeout: 15_000 }, async () => {
    served = await startEdge();
    const [silent, dripping] = [await openWire(served.port), await openWire(served.port)];
    const drip = setInterval(() => dripping.socket.write("X-A: b\r\n"), 500);
    dripping.socket.write("GET /ws HTTP/1.1\r\n");
    await Promise.all([silent.gone, dripping.gone]);
    clearInterval(drip);
    expect(dripping.received()).toMatch(/^HTTP\/1.1 408 /);
  });
});
