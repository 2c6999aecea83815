import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createEchoAgent, startAccount } from "../conformance/account.ts";
import { launchBrowser } from "../support/browser.ts";
import { packedPage } from "../support/chat-page.ts";
import { answers, enter, eventually, pageOf, say, visit } from "../support/page-visit.ts";

let browser: Browser;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  [browser] = await Promise.all([launchBrowser(), packedPage()]);
}, 60_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

afterAll(() => browser.close());

/** A proxy that passes requests on to `target`, with the `Host` that came or with that of the target, as operators set them up. */
async function startProxy(rewrites: boolean): Promise<{ port: number; target: number; stop(): Promise<void> }> {
  const proxy = { port: 0, target: 0, stop: async () => void server.close() };
  const server = createServer((socket) => {
    const onward = connect(proxy.target, "127.0.0.1");
    for (const each of [socket, onward]) each.on("error", () => {});
    // The head of a request is its first chunk here.
    socket.once("data", (head) => {
      const text = head.toString("latin1");
      onward.write(rewrites ? text.replace(/^host: .*$/im, `Host: 127.0.0.1:${proxy.target}`) : text, "latin1");
      socket.pipe(onward);
    });
    onward.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy.port = (server.address() as AddressInfo).port;
  running.push(proxy);
  return proxy;
}

async function checkTalk(url: string): Promise<void> {
  const { page, complaints } = await visit(browser, url);
  await enter(page, "mara");
  await say(page, "hello");
  await eventually(() => answers(page)).toEqual(["You said: hello"]);
  expect(complaints).toEqual([]);
}

describe("the chat page reaches its gateway", { timeout: 30_000 }, () => {
  it("at an IPv6 address", async () => {
    const account = await startAccount({ playground: true, host: "::1" }, createEchoAgent());
    running.push(account);
    await checkTalk(pageOf(account.url));
  });

  it.each([
    ["with that name in its requests", false],
    ["with another name in its requests", true],
  ])("behind a proxy whose name the operator has listed, %s", async (_how, rewrites) => {
    const proxy = await startProxy(rewrites);
    // A name that every browser takes for this machine, and the gateway for a stranger's.
    const origin = `http://chat.localhost:${proxy.port}`;
    const account = await startAccount({ playground: true, allowedOrigins: [origin] }, createEchoAgent());
    running.push(account);
    proxy.target = Number(new URL(account.url).port);
    await checkTalk(`${origin}/ws/playground`);
  });
});
