import { request } from "node:http";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { PageSource } from "../../src/edge/page.ts";
import { system } from "../../src/core/system.ts";
import { startEdge, type TestEdge } from "../support/edge-sockets.ts";

const script = "document.title = 'é';";
const source: PageSource = {
  read: async () => brotliCompressSync(`<!doctype html><html lang="en"><style>b{}</style><script type="module">${script}</script></html>`),
  settings: { auth: "required" },
};

const open: TestEdge[] = [];
async function serve(options: Parameters<typeof startEdge>[0] = { page: source }): Promise<TestEdge> {
  const served = await startEdge(options);
  open.push(served);
  return served;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.stop()));
});

interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** What the listener answers to somebody who dials loopback and says any `Host`. */
async function ask({ port }: TestEdge, path: string, { method = "GET", ...headers }: Record<string, string> = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
    });
    asked.on("error", reject).end();
  });
}

const hashOf = (text: string): string => `'sha256-${Buffer.from(system.sha256(text), "hex").toString("base64")}'`;

describe("the page beside the WebSocket", () => {
  it("is below the path of its account, and tells it how the account lets people in", async () => {
    const served = await serve();
    const { status, headers, body } = await ask(served, "/ws/playground?x");
    expect(status).toBe(200);
    expect(body.toString()).toBe(`<!doctype html><html data-auth="required" lang="en"><style>b{}</style><script type="module">${script}</script></html>`);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-length"]).toBe(String(body.length));
  });

  it("obeys its own script and style alone, and dials nobody but this listener", async () => {
    const served = await serve();
    const { headers } = await ask(served, "/ws/playground");
    const host = `127.0.0.1:${served.port}`;
    expect(String(headers["content-security-policy"]).split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${hashOf(script)}`,
      `style-src ${hashOf("b{}")}`,
      `connect-src 'self' ws://${host} wss://${host}`,
      "img-src data: blob:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-cache",
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("comes packed where that is understood, once where it is known, and without a body where none is wanted", async () => {
    const served = await serve();
    const plain = await ask(served, "/ws/playground", { "accept-encoding": "gzip, br;q=0" });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const packed = await ask(served, "/ws/playground", { "accept-encoding": "gzip, deflate, br, zstd" });
    expect(packed.headers).toMatchObject({ "content-encoding": "br", vary: "Accept-Encoding", etag: plain.headers["etag"] });
    expect(brotliDecompressSync(packed.body)).toEqual(plain.body);
    const known = await ask(served, "/ws/playground", { "if-none-match": `"other", W/${String(plain.headers["etag"])}` });
    expect([known.status, known.body.length, known.headers["content-security-policy"]]).toEqual([304, 0, plain.headers["content-security-policy"]]);
    const head = await ask(served, "/ws/playground", { method: "HEAD" });
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([200, 0, String(plain.body.length)]);
  });

  it("can only be read", async () => {
    const served = await serve();
    const { status, headers } = await ask(served, "/ws/playground", { method: "POST" });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  it("WS-2 is for nobody who came by a name that anybody can point at this machine", async () => {
    const served = await serve({ page: source, host: "127.0.0.1" });
    const { port } = served;
    for (const host of [`rebound.example:${port}`, "rebound.example", `127.0.0.1.rebound.example:${port}`, "a b", `127.0.0.1:${port}/x`, `user@127.0.0.1:${port}`, `localhost.evil.example:${port}`]) {
      const { status, body } = await ask(served, "/ws/playground", { host });
      expect([host, status, body.includes("script")]).toEqual([host, 421, false]);
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, "127.0.0.1", `[::1]:${port}`, "192.168.4.7:80"]) expect([host, (await ask(served, "/ws/playground", { host })).status]).toEqual([host, 200]);
  });

  it("WS-2 is there under the names of allowedOrigins, on whatever port, and under no other for their sake", async () => {
    const served = await serve({ page: source, host: "127.0.0.1", allowedOrigins: ["https://Chat.example", "chrome-extension://abcd", "null", "https://10.0.0.1", "*"] });
    for (const host of ["chat.example", "CHAT.example:8443"]) {
      const { status, headers } = await ask(served, "/ws/playground", { host });
      expect([status, String(headers["content-security-policy"])]).toEqual([200, expect.stringContaining(`connect-src 'self' ws://${host.toLowerCase()} wss://${host.toLowerCase()};`)]);
    }
    for (const host of ["evil.example", "chat.example.evil.example", "xchat.example", "abcd", "null", "*"]) expect([host, (await ask(served, "/ws/playground", { host })).status]).toEqual([host, 421]);
  });

  it("names no host to its browser that it does not take", async () => {
    const served = await serve();
    for (const host of [`[::1]:${served.port}`, "[::1]"]) expect(String((await ask(served, "/ws/playground", { host })).headers["content-security-policy"])).toContain("; connect-src 'self'; ");
  });

  it("is where / leads to, and leaves every other answer as it was", async () => {
    const served = await serve();
    expect(await ask(served, "/")).toMatchObject({ status: 302, headers: { location: "/ws/playground" } });
    expect((await ask(served, "/ws")).status).toBe(426);
    for (const path of ["/playground", "/ws/playground/", "/ws/playgroundx", "/favicon.ico", "/index.html", "//ws/playground"]) expect([path, (await ask(served, path)).status]).toEqual([path, 400]);
    expect((await ask(served, "/", { method: "POST" })).status).toBe(400);
  });

  it("is nowhere where the account has none", async () => {
    const served = await serve({});
    for (const path of ["/", "/ws/playground"]) expect([path, (await ask(served, path)).status]).toEqual([path, 400]);
    expect((await ask(served, "/ws")).status).toBe(426);
  });

  it("says so where it cannot be read, and is asked for again the next time", async () => {
    let tries = 0;
    const broken: PageSource = {
      ...source,
      async read() {
        tries += 1;
        if (tries === 1) throw new Error("ENOENT: no such file");
        return await source.read();
      },
    };
    const served = await serve({ page: broken });
    const { status, body } = await ask(served, "/ws/playground");
    expect([status, body.toString()]).toEqual([500, "The page is missing from this installation. Install the plugin again.\n"]);
    expect(served.log.lines.filter((line) => line.startsWith("error the page at /ws/playground could not be read: "))).toHaveLength(1);
    expect((await ask(served, "/ws/playground")).status).toBe(200);
  });
});
