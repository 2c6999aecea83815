import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveRemoteMedia } from "openclaw/plugin-sdk/media-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MediaBounds, storeMedia } from "../../src/channel/media.ts";

const token = "Bearer canary-31";
const servers: Server[] = [];
let state: string;
let asked: string[];
let own: string;
let other: string;

async function listen(name: string, answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    asked.push(`${name}${request.url} ${request.headers.authorization ?? "without"}`);
    response.setHeader("content-type", "text/plain");
    answer(request, response);
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), "guarded-media-"));
  process.env["OPENCLAW_STATE_DIR"] = state;
  other = await listen("other", (_request, response) => void response.end("secret of the network"));
  own = await listen("own", ({ url }, response) => {
    const target = { "/away": `${other}/inside`, "/around": "/file" }[url ?? ""];
    if (target !== undefined) response.writeHead(302, { location: target });
    response.end("hello");
  });
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(state, { recursive: true });
});

const bounds = (): MediaBounds => ({ roots: [], maxBytes: 100, skipsUnreadable: true, place: { url: own, credentialsFor: () => ({ Authorization: token }) } });
async function fetchAll(...urls: string[]) {
  asked = [];
  const media = urls.map((url) => ({ from: "url", url, name: "a.txt" }) as const);
  const { stored, notes } = await storeMedia(media, bounds(), { saveRemoteMedia } as Parameters<typeof storeMedia>[2], { info() {} });
  return { texts: stored.map(({ path }) => readFileSync(path, "utf8")), notes };
}

describe("the host's fetch, for files of an account whose media address is on this machine", () => {
  it("CC-88 reads them with the token, also by an address without a host", async () => {
    expect(await fetchAll(`${own}/file`, "/file", "file")).toEqual({ texts: ["hello", "hello", "hello"], notes: [] });
    expect(asked).toEqual([`own/file ${token}`, `own/file ${token}`, `own/file ${token}`]);
  });

  it("CC-88 goes over a redirect only without the token", async () => {
    expect((await fetchAll(`${own}/around`)).texts).toEqual(["hello"]);
    expect(asked).toEqual([`own/around ${token}`, "own/around without", "own/file without"]);
  });

  it("CC-88 reaches nothing else in the operator's networks, directly or over a redirect", async () => {
    const { texts, notes } = await fetchAll(`${own}/away`, `${other}/inside`, `${other.replace("http:", "https:")}/inside`, own.replace("127.0.0.1", "localhost"));
    expect([texts, notes.length]).toEqual([[], 4]);
    expect(asked.filter((line) => line.startsWith("other"))).toEqual([]);
  });
});
