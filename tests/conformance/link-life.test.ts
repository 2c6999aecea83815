import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { pause, until } from "../support/edge-sockets.ts";
import { answerUpgrade, openTestLink, startLinkServer, startTcpServer, type TestLink } from "../support/link-server.ts";

vi.setConfig({ testTimeout: 20_000 });

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function serve(...args: Parameters<typeof startLinkServer>) {
  const server = await startLinkServer(...args);
  stops.push(() => server.stop());
  return server;
}

async function serveTcp(connected: Parameters<typeof startTcpServer>[0]) {
  const server = await startTcpServer(connected);
  stops.push(() => server.stop());
  return server;
}

function open(...args: Parameters<typeof openTestLink>): TestLink {
  const opened = openTestLink(...args);
  stops.push(() => opened.link.stop());
  return opened;
}

/** How long a stop takes, in ms. */
async function stopTime({ link }: TestLink): Promise<number> {
  const from = performance.now();
  await link.stop();
  return performance.now() - from;
}

/** Slack for a machine that has other things to do. */
const SLACK = 1_000;

describe("a link on a real socket", () => {
  it("dials with its headers and no extension, and hands frames over in both directions", async () => {
    const server = await serve({ connected: (socket) => socket.send("welcome") });
    const { link, frames } = open(server.url, { headers: { authorization: "Bearer secret-of-ours" } });
    await until(() => link.ready && frames.length === 1);
    link.send({ text: "hello" });
    await until(() => server.got.length === 1);
    expect([frames, server.got]).toEqual([["welcome"], ["hello"]]);
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer secret-of-ours" });
    expect(server.requests[0]?.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  it.each([
    ["ann%40corp:p%3Ass%2Fword", "ann@corp:p:ss/word"],
    ["ann:100%", "ann:100%"],
    ["ann", "ann:"],
  ])("sends the user and password of its address, %s, without their escapes", async (login, sent) => {
    const server = await serve();
    const { link } = open(server.url.replace("ws://", `ws://${login}@`));
    await until(() => link.ready);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from(sent).toString("base64")}`);
  });

  it("proves a final by a pong", async () => {
    const server = await serve();
    const { link } = open(server.url);
    await until(() => link.ready);
    expect(await link.sendFinal([{ text: "a" }, { text: "b" }])).toBe("arrived");
    expect(server.got).toEqual(["a", "b"]);
  });

  it("follows no redirect, and knows the status of a refusal", async () => {
    const server = await serve({ refuseWith: 302 });
    const { link, log } = open(server.url);
    await until(() => server.requests.length >= 2);
    // The next dial may have begun already.
    await until(() => link.status.reason === "the server refuses the connection with HTTP status 302");
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });

  it("is blocked by a refusal that only the operator can change", async () => {
    const server = await serve({ refuseWith: 403 });
    const { link } = open(server.url, { profile: { refusals: [{ code: 403, then: "stop", text: "the account is closed" }] } });
    await until(() => link.status.state === "blocked");
    await pause(300);
    expect(server.requests).toHaveLength(1);
  });

  it("gives an accept-then-close server no fast loop", async () => {
    const server = await serve({ connected: (socket) => socket.close(1000) });
    open(server.url);
    await pause(1_500);
    // 20, 40, 80, 160, 200, 200 … ms apart at least.
    expect(server.sockets.length).toBeGreaterThan(3);
    expect(server.sockets.length).toBeLessThanOrEqual(11);
  });

  it("says that nobody listens, and goes on trying", async () => {
    const server = await startLinkServer();
    await server.stop();
    const { link, log } = open(server.url);
    await until(() => link.status.attempts >= 3);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toEqual([expect.stringContaining("cannot connect: connect ECONNREFUSED 127.0.0.1")]);
  });

  it("survives garbage instead of an upgrade, and instead of frames", async () => {
    const http = await serveTcp((socket) => socket.write("220 smtp ready\r\n"));
    const frames = await serveTcp((socket) => answerUpgrade(socket, () => void socket.write("no frame at all")));
    const first = open(http.url);
    const second = open(frames.url);
    await until(() => first.link.status.attempts >= 2 && second.heard.length >= 3);
    expect(second.heard.slice(0, 3)).toEqual(["opened", expect.stringMatching(/^closed 1\d\d\d$/), "opened"]);
  });

  it("refuses a frame over its bound, and takes one within it", async () => {
    const server = await serve({ connected: (socket, index) => socket.send("x".repeat(index === 0 ? 1_048_577 : 1_048_576)) });
    const { frames, log } = open(server.url);
    await until(() => frames.length === 1);
    expect(frames[0]).toHaveLength(1_048_576);
    expect(log.lines).toContainEqual(expect.stringMatching(/connection lost \(1006, Max payload size exceeded\)/));
  });

  it("closes with 1003 on a binary frame, and with 1011 when a frame cannot be handled", async () => {
    const codes: number[] = [];
    const server = await serve({
      connected(socket, index) {
        socket.on("close", (code) => void codes.push(code));
        socket.send(index === 0 ? Buffer.from([1, 2]) : "boom");
      },
    });
    open(server.url, {
      handler: {
        frame() {
          throw new Error("no");
        },
      },
    });
    await until(() => codes.length >= 2);
    expect(codes.slice(0, 2)).toEqual([1003, 1011]);
  });

  it("stops reading while frames wait for their handler, loses none and keeps their order", async () => {
    const server = await serve();
    const handled: number[] = [];
    const gate = Promise.withResolvers<void>();
    const { link } = open(server.url, {
      profile: { deadAfterMs: 60_000 },
      handler: {
        async frame(text) {
          await gate.promise;
          handled.push(Number(text.slice(0, 6)));
        },
      },
    });
    await until(() => link.ready);
    const [socket] = server.sockets;
    for (let i = 0; i < 3_000; i += 1) socket?.send(`${String(i).padStart(6, "0")}${"x".repeat(10_000)}`);
    await pause(300);
    // What the kernel's buffers do not take waits at the server.
    expect(Number(socket?.bufferedAmount)).toBeGreaterThan(5_000_000);
    gate.resolve();
    await until(() => handled.length === 3_000, 10_000);
    expect(handled).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
  });

  it("is congested by a peer that does not read, replaces what waits, and delivers all of the rest in order", async () => {
    const server = await serve();
    const { link } = open(server.url, { profile: { deadAfterMs: 60_000, pingMs: 20_000 } });
    await until(() => link.ready);
    server.sockets[0]?.pause();
    const filler = "x".repeat(100_000);
    for (let i = 0; i < 300 && !link.congested; i += 1) {
      link.send({ text: `${i} ${filler}` });
      await pause(1);
    }
    expect(link.congested).toBe(true);
    for (let i = 0; i < 50; i += 1) link.send({ text: `snapshot ${i}`, key: "s" });
    const arrival = link.sendFinal([{ text: "final", key: "s" }]);
    server.sockets[0]?.resume();
    expect(await arrival).toBe("arrived");
    expect(link.congested).toBe(false);
    expect(server.got.at(-1)).toBe("final");
    expect(server.got.filter((text) => text.startsWith("snapshot"))).toEqual([]);
    expect(server.got.slice(0, -1).map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: server.got.length - 1 }, (_, i) => i));
  });
});

describe("a dead peer on a real socket", () => {
  it("is found within interval and timeout when it is half-open, and dialed again", async () => {
    const server = await serve({ connected: (socket, index) => void (index === 0 && socket.pause()) });
    const { link, heard } = open(server.url);
    await until(() => link.ready);
    const from = performance.now();
    await until(() => server.sockets.length === 2);
    expect(performance.now() - from).toBeLessThan(500 + 100 + SLACK);
    expect(heard.slice(0, 2)).toEqual(["opened", "closed 1006"]);
  });

  it("is not one that answers pings, nor one that only drips bytes of one frame", async () => {
    const quiet = await serve();
    const dripping = await serveTcp((socket) => answerUpgrade(socket, () => {
      socket.write(Buffer.from([0x81, 0x7e, 0x10, 0x00]));
      const drip = setInterval(() => socket.write("x"), 60);
      socket.once("close", () => clearInterval(drip));
    }));
    const links = [open(quiet.url), open(dripping.url)];
    await until(() => links.every(({ link }) => link.ready));
    await pause(1_500);
    expect(links.map(({ link, heard }) => [link.ready, heard])).toEqual([
      [true, ["opened"]],
      [true, ["opened"]],
    ]);
  });

  it("gets no final: silent for long, it is asked for a pong first", async () => {
    const server = await serve({ autoPong: false });
    const { link } = open(server.url, { profile: { pingMs: 6_000, deadAfterMs: 6_000 } });
    await until(() => link.ready);
    await pause(limits.linkQuietMs + 100);
    const arrival = link.sendFinal([{ text: "a" }]);
    await pause(200);
    server.sockets[0]?.terminate();
    expect(await arrival).toBe("unsent");
    expect(server.got).toEqual([]);
  }, 15_000);

  it("leaves a final unknown that it took without proof", async () => {
    const server = await serve({ autoPong: false });
    const { link } = open(server.url);
    await until(() => link.ready);
    const arrival = link.sendFinal([{ text: "a" }]);
    await until(() => server.got.length === 1);
    server.sockets[0]?.terminate();
    expect(await arrival).toBe("unknown");
  });
});

describe("stop on a real socket", () => {
  it("closes with 1000 and is over at once where the server answers", async () => {
    const server = await serve();
    const test = open(server.url);
    await until(() => test.link.ready);
    const closed = once(server.sockets[0] ?? process, "close");
    expect(await stopTime(test)).toBeLessThan(SLACK);
    expect(Number((await closed)[0])).toBe(1000);
    expect(test.heard).toEqual(["opened", "closed 1000"]);
    await until(() => server.tcp.size === 0);
  });

  it("is over within its bound where the server never answers the close, and leaves no socket", async () => {
    const server = await serve();
    const test = open(server.url, { profile: { deadAfterMs: 60_000 } });
    await until(() => test.link.ready);
    server.sockets[0]?.pause();
    const took = await stopTime(test);
    expect(took).toBeGreaterThan(limits.linkCloseMs - 100);
    expect(took).toBeLessThan(limits.linkCloseMs + SLACK);
    expect(test.heard).toEqual(["opened", "closed 1006"]);
    server.sockets[0]?.resume();
    await until(() => server.tcp.size === 0);
  });

  it("is over at once while a TCP connection or an upgrade hangs, with no uncaught error", async () => {
    const silent = await serveTcp((socket) => void socket.resume());
    const hanging = open(silent.url, { profile: { handshakeMs: 60_000 } });
    const unroutable = open("ws://192.0.2.1:9/ws", { profile: { handshakeMs: 60_000 } });
    await until(() => silent.tcp.size === 1 && unroutable.link.status.attempts === 1);
    for (const test of [hanging, unroutable]) expect(await stopTime(test)).toBeLessThan(SLACK);
    await until(() => silent.tcp.size === 0);
    expect([hanging.heard, unroutable.heard]).toEqual([[], []]);
  });

  it("is over at once while the handshake of the protocol is under way, and while the next dial is waited for", async () => {
    const server = await serve();
    const handshaking = open(server.url, { profile: { readyMs: 60_000 } });
    await until(() => handshaking.link.status.state === "handshaking");
    expect(await stopTime(handshaking)).toBeLessThan(SLACK);
    const waiting = open(server.url, { profile: { backoff: { baseMs: 60_000, maxMs: 60_000, jitterMs: 0, jitter: "outside" } } });
    await until(() => waiting.link.ready);
    server.sockets.at(-1)?.terminate();
    await until(() => waiting.link.status.state === "recovering");
    expect(await stopTime(waiting)).toBeLessThan(SLACK);
  });

  it("gives up an upgrade that is never answered, and a server that closes and keeps the connection", async () => {
    const silent = await serveTcp((socket) => void socket.resume());
    const hanging = open(silent.url);
    await until(() => silent.count() >= 2, 3_000);
    expect(hanging.log.lines).toContainEqual(expect.stringContaining("no connection within 0.4 s"));
    const keeping = await serveTcp((socket) => answerUpgrade(socket, () => void socket.write(Buffer.from([0x88, 0x02, 0x03, 0xf4]))));
    const closing = open(keeping.url, { profile: { deadAfterMs: 60_000 } });
    await until(() => keeping.count() >= 2, limits.linkCloseMs + 2_000);
    expect(closing.heard.slice(0, 2)).toEqual(["opened", "closed 1012"]);
  });
});
