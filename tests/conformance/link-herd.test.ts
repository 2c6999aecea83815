import { expect, it } from "vitest";
import { until } from "../support/edge-sockets.ts";
import { linkProfile } from "../support/fake-dial.ts";
import { openTestLink, startLinkServer } from "../support/link-server.ts";

const CLIENTS = 1_000;

it("brings a thousand clients back that a server cut in the same moment, no more than 5 % of them in any 100 ms", async () => {
  const server = await startLinkServer();
  const links = Array.from({ length: CLIENTS }, () => openTestLink(server.url, { profile: { ...linkProfile, provenMs: 1 } }).link);
  await until(() => links.every(({ ready }) => ready), 15_000);
  for (const socket of server.sockets) socket.terminate();
  await until(() => links.every(({ status }) => status.state === "recovering"), 5_000);
  // What is planned, not what a busy machine makes of it.
  const buckets = new Map<number, number>();
  for (const { status } of links) {
    const bucket = Math.floor(Number(status.nextDialAt) / 100);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  expect(Math.max(...buckets.values())).toBeLessThanOrEqual(CLIENTS * 0.05);
  await until(() => links.every(({ ready }) => ready), 15_000);
  expect(server.requests).toHaveLength(2 * CLIENTS);
  await Promise.all(links.map((link) => link.stop()));
  await until(() => server.tcp.size === 0);
  await server.stop();
}, 60_000);
