import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { openLink, type Link, type LinkNews } from "../../../src/cli/chat/link.ts";
import { explainRefusal, finalRefusal, retryDelayMs } from "../../../src/cli/chat/retry.ts";
import { freePort } from "../../../src/cli/gateway/ports.ts";

const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function listen(port = 0): Promise<{ server: WebSocketServer; url: URL; port: number }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port, path: "/ws" });
  await once(server, "listening");
  cleanUps.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  return { server, port: taken, url: new URL(`ws://127.0.0.1:${taken}/ws`) };
}

function link(url: URL, token?: string): { link: Link; news: LinkNews[] } {
  const news: LinkNews[] = [];
  const opened = openLink({ url, ...(token ? { token } : {}) }, (item) => news.push(item));
  cleanUps.push(() => opened.close());
  return { link: opened, news };
}

describe("the wait before the next attempt", () => {
  it("doubles from one second to thirty and adds up to one of chance", () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(attempt, 0))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(retryDelayMs(0, 0.9999)).toBe(1999);
    expect(retryDelayMs(5000, 0.5)).toBe(30_500);
  });
});

describe("a refusal", () => {
  it("is final for the codes that another attempt would get again", () => {
    expect([1008, 4400, 4401, 4403].filter((code) => finalRefusal(code, "") === undefined)).toEqual([]);
    expect([1000, 1001, 1006, 1012, 1013, 4408, 4429].filter((code) => finalRefusal(code, "") !== undefined)).toEqual([]);
  });

  it("names what to do", () => {
    const url = new URL("ws://nowhere.invalid:1/ws?senderId=secret");
    expect(explainRefusal({ code: "ECONNREFUSED", message: "" }, url)).toBe('Nothing listens at ws://nowhere.invalid:1/ws. Start the gateway ("npm start" in the workshop, else "openclaw gateway run"), or name another address with --url.');
    expect(explainRefusal({ code: "ENOTFOUND", message: "" }, url)).toContain("nowhere.invalid");
    expect(explainRefusal({ message: "Unexpected server response: 400" }, url)).toContain("HTTP 400");
  });
});

describe("the chat's connection", () => {
  it("sends the token as a header and never in the address", async () => {
    const { server, url } = await listen();
    const asked = once(server, "connection");
    link(url, "s3cret");
    const [, request] = (await asked) as [WebSocket, { url: string; headers: { authorization?: string } }];
    expect([request.headers.authorization, request.url]).toEqual(["Bearer s3cret", "/ws"]);
  });

  it("passes frames both ways", async () => {
    const { server, url } = await listen();
    server.on("connection", (socket) => socket.on("message", (data: Buffer) => socket.send(`heard ${data.toString()}`)));
    const { link: opened, news } = link(url);
    expect(opened.send("too early")).toBe(false);
    await expect.poll(() => news.length).toBe(1);
    expect(opened.send("hello")).toBe(true);
    await expect.poll(() => news).toEqual([{ news: "open" }, { news: "frame", text: "heard hello" }]);
  });

  it("comes back after a loss", async () => {
    const { server, url } = await listen();
    server.once("connection", (socket) => socket.terminate());
    const { news } = link(url);
    await expect.poll(() => news.map((item) => item.news), { timeout: 5000 }).toEqual(["open", "down", "open"]);
    expect(news[1]).toMatchObject({ everOpen: true, retryMs: expect.any(Number) });
  });

  it("does not come back after a refusal for good", async () => {
    const { server, url } = await listen();
    server.on("connection", (socket) => socket.close(4401, "Token required"));
    const { news } = link(url);
    await expect.poll(() => news.at(-1)).toEqual({ news: "down", everOpen: true, why: expect.stringContaining("Token required") });
  });

  it("says that nobody listens, and tries again", async () => {
    const { news } = link(new URL(`ws://127.0.0.1:${await freePort()}/ws`));
    await expect.poll(() => news[0]).toMatchObject({ news: "down", everOpen: false, why: expect.stringContaining("Nothing listens"), retryMs: expect.any(Number) });
  });
});
