import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleClient } from "../../build/client.ts";
import type * as client from "../../src/client/index.ts";
import { startChaosProxy } from "../../src/testing/chaos-proxy.ts";
import { createStoryteller, startAccount, startVerifier } from "../conformance/account.ts";
import { launchBrowser } from "../support/browser.ts";

declare global {
  /** What the page has loaded. */
  var clawwire: typeof client;
}

let browser: Browser;
let page: { url: string; stop(): void };

/** A page that has the client and nothing else. */
async function servePage(): Promise<{ url: string; stop(): void }> {
  const code = await bundleClient(`${import.meta.dirname}/../..`, "browser");
  const server = createServer(({ url }, response) => {
    const isScript = url === "/browser.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? code : '<!doctype html><script type="module">globalThis.clawwire = await import("./browser.js"); document.title = "loaded";</script>');
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => void server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

beforeAll(async () => {
  [browser, page] = await Promise.all([launchBrowser(), servePage()]);
}, 60_000);

afterAll(async () => {
  page.stop();
  await browser.close();
});

describe("the client in a page", () => {
  it("WS-3 WS-14 shows its token as a subprotocol, streams, and goes on after a reset with nothing lost", { timeout: 60_000 }, async () => {
    const verifier = await startVerifier((token) => ({ body: { success: true, data: { userId: token } } }));
    const account = await startAccount({ allowedOrigins: [new URL(page.url).origin], auth: { enabled: true, required: true, endpoint: verifier.endpoint } }, createStoryteller());
    const proxy = await startChaosProxy({ target: Number(new URL(account.url).port) });
    const tab = await browser.newPage();
    try {
      await tab.goto(page.url);
      await tab.waitForFunction("document.title === 'loaded'");
      const told = tab.evaluate(async (url) => {
        const states: string[] = [];
        const chat = globalThis.clawwire.connect({ url, token: async () => "mara" });
        chat.on("state", (state) => states.push(state.kind === "open" ? `open as ${state.senderId}` : state.kind));
        let text = "";
        for await (const part of chat.send("a long story")) text = part.replaced ? part.text : text + part.delta;
        const file = await chat.send("hello", { media: [{ bytes: new Uint8Array([1, 2, 3]) }] }).done.catch((thrown: { code: string }) => thrown.code);
        chat.close();
        return { states, text, file };
      }, `${proxy.url}ws`);
      await expect.poll(() => account.status().connections).toBe(1);
      await new Promise((resolve) => void setTimeout(resolve, 300));
      proxy.apply({ fault: "reset" });
      expect(await told).toEqual({
        states: ["open as mara", "waiting", "connecting", "open as mara", "closed"],
        text: "Once upon a time there was a mill whose wheel went on turning while everybody in the village slept.",
        file: "media_rejected",
      });
    } finally {
      await tab.close();
      await proxy.stop();
      await account.stop();
      await verifier.stop();
    }
  });

  it("WS-2 is told for good that its origin is not welcome", { timeout: 60_000 }, async () => {
    const account = await startAccount({ allowedOrigins: ["https://chat.example"] });
    const tab = await browser.newPage();
    try {
      await tab.goto(page.url);
      await tab.waitForFunction("document.title === 'loaded'");
      const failure = await tab.evaluate(async (url) => {
        const chat = globalThis.clawwire.connect({ url });
        return await chat.send("hello").done.catch((thrown: { code: string; message: string }) => `${thrown.code}: ${thrown.message}`);
      }, account.url);
      expect(failure).toBe("closed: The server accepts no pages from this origin. Its operator lists those it does in allowedOrigins.");
    } finally {
      await tab.close();
      await account.stop();
    }
  });
});
