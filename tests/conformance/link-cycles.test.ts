import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { pause, until } from "../support/edge-sockets.ts";
import { openTestLink, startLinkServer } from "../support/link-server.ts";

const CYCLES = 10_000;
const MIB = 1_048_576;

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    if (typeof collect === "function") collect();
    await pause(20);
  }
  return process.memoryUsage().heapUsed;
}

/** Timers, sockets and requests of this process, counted by kind. */
function resources(): Record<string, number> {
  const kinds = process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP|TLS|GetAddrInfo|Connect/.test(kind));
  return Object.fromEntries(Object.entries(Object.groupBy(kinds, (kind) => kind)).map(([kind, all]) => [kind, all?.length ?? 0]));
}

it(`leaves nothing behind in ${CYCLES} reconnects: no socket, no timer, no listener, no memory`, async () => {
  let cycles = 0;
  const server = await startLinkServer({
    connected(socket) {
      cycles += 1;
      // As servers end: politely, with a reason, without a word, and after a frame.
      if (cycles % 4 === 0) socket.close(1000);
      else if (cycles % 4 === 1) socket.close(1012, "restart");
      else if (cycles % 4 === 2) socket.terminate();
      else socket.send("bye", () => socket.terminate());
      server.sockets.length = 0;
      server.requests.length = 0;
    },
  });
  const baseline = resources();
  const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const { link, heard, log } = openTestLink(server.url, {
    profile: { backoff: { baseMs: 0, maxMs: 0, jitterMs: 0, jitter: "outside" } },
    handler: {
      opened: () => void (link.send({ text: "hello" }), (opened += 1)),
      closed: () => void (closed += 1),
    },
  });
  let opened = 0;
  let closed = 0;
  const forget = setInterval(() => {
    log.lines.length = 0;
    server.got.length = 0;
  }, 50);
  await until(() => cycles >= 1_000, 50_000);
  const early = await heapUsed();
  await until(() => cycles >= CYCLES, 50_000);
  const late = await heapUsed();
  await link.stop();
  clearInterval(forget);
  await until(() => server.tcp.size === 0);
  await pause(50);

  for (const [kind, count] of Object.entries(resources())) expect(count, kind).toBeLessThanOrEqual(baseline[kind] ?? 0);
  expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners);
  expect(closed).toBe(opened);
  expect(opened).toBeGreaterThanOrEqual(CYCLES * 0.9);
  expect(heard).toEqual([]);
  expect(late - early).toBeLessThan(2 * MIB);
  await server.stop();
}, 120_000);
