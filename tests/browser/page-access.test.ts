import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startAccount } from "../conformance/account.ts";
import { launchBrowser } from "../support/browser.ts";
import { packedPage } from "../support/chat-page.ts";
import { answers, enter, eventually, pageOf, say, visit } from "../support/page-visit.ts";
import { createScriptedAgent } from "../support/scripted-agent.ts";

const axe = readFileSync(`${import.meta.dirname}/../../node_modules/axe-core/axe.min.js`, "utf8");
const wide = "A word-that-has-no-end-".repeat(12);
const answer = ["# Hours", "", "| Day | From | To |", "|---|---|---|", "| Monday | 9:00 | 18:00 |", "", "```ts", `const longest = "${"x".repeat(300)}";`, "```", "", "- one", "- [x] two", "", `> ${wide}`].join("\n");

const looks: readonly [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 800 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 800 } }],
  ["on a phone", { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
  ["on a phone in the dark", { colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
];

let browser: Browser;
let account: Awaited<ReturnType<typeof startAccount>>;

beforeAll(async () => {
  const agent = createScriptedAgent({
    answer({ request, reply }) {
      reply.thought("Let me look.");
      reply.activity({ id: "t1", tool: "opening_hours", status: "failed" });
      if (request.inbound.content.startsWith("fail")) return { ended: "failed", error: "no model" };
      reply.payload({ text: answer, mediaUrls: ["https://files.example/plan-of-the-whole-house-with-all-of-its-floors.png"] });
      return { ended: "completed" };
    },
  });
  [browser, account] = await Promise.all([launchBrowser(), startAccount({ playground: true }, agent), packedPage()]);
}, 60_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await browser.close();
  await account.stop();
});

const overflowOf = (page: Page) => page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
const paperOf = (page: Page) => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");

/** What is wrong for people who do not see, point or know colours, and what is wider than the window. */
async function faults(page: Page, where: string): Promise<string[]> {
  const violations = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)");
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${where}: ${id} ${html} ${failureSummary}`));
  const overflow = await overflowOf(page);
  // A room scrolls inside of itself; its composer never leaves the window.
  const below = await page.evaluate<number>("document.querySelector('.room') ? document.documentElement.scrollHeight - document.documentElement.clientHeight : 0");
  return [...found, ...(overflow > 0 ? [`${where}: ${overflow} px wider than the window`] : []), ...(below > 0 ? [`${where}: ${below} px longer than the window`] : [])];
}

describe("the chat page for everybody", { timeout: 30_000 }, () => {
  it.each(looks)("has nothing for axe to find, and no line wider than the window, %s", async (_look, options) => {
    const { page } = await visit(browser, pageOf(account.url), options);
    const found: string[] = [];
    const look = async (where: string): Promise<void> => void found.push(...(await faults(page, where)));
    await page.evaluate(axe);
    await look("entrance");
    await enter(page, `mara-${options.colorScheme}-${options.viewport?.width}`);
    await look("empty room");
    await say(page, wide);
    await eventually(() => answers(page)).toHaveLength(1);
    await page.locator("input[type=file]").setInputFiles({ name: `${wide}.txt`, mimeType: "text/plain", buffer: Buffer.from("x") });
    await say(page, "fail");
    await page.locator(".entry .fault").waitFor();
    await page.locator(".entry.agent").getByRole("button", { name: "Answer this message" }).first().click();
    await page.locator(".entry.agent").getByRole("button", { name: "React" }).first().click();
    await page.locator("summary").first().click();
    await look("conversation");
    await page.getByRole("button", { name: "Frames" }).click();
    await page.getByLabel("A frame by hand").fill("{}");
    await page.getByRole("button", { name: "Send as it is" }).click();
    await page.locator(".frame.sent.invalid .line").click();
    await look("frames");
    await page.getByRole("button", { name: "Messages", exact: true }).click();
    await look("messages");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    const menu = page.getByRole("button", { name: "Conversations" });
    if (await menu.isVisible()) await menu.click();
    await page.getByRole("button", { name: "Join a group" }).click();
    await look("conversations");
    expect(found).toEqual([]);
  });

  it("is light or dark as the system is, or as somebody has chosen, also after a reload", async () => {
    const [light, dark] = [await visit(browser, pageOf(account.url), { colorScheme: "light" }), await visit(browser, pageOf(account.url), { colorScheme: "dark" })];
    const [white, black] = [await paperOf(light.page), await paperOf(dark.page)];
    expect(white).not.toBe(black);
    await dark.page.getByRole("button", { name: "Turn light" }).click();
    expect(await paperOf(dark.page)).toBe(white);
    await dark.page.reload();
    expect(await paperOf(dark.page)).toBe(white);
  });

  it("is worked with the keyboard alone", async () => {
    const { page } = await visit(browser, pageOf(account.url), { viewport: { width: 1280, height: 800 } });
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("Connected").waitFor();
    await page.keyboard.type("one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two");
    expect(await page.locator(".entry").count()).toBe(0);
    await page.keyboard.press("Enter");
    await eventually(() => answers(page)).toHaveLength(1);
    expect(await page.locator(".entry.me .said").innerText()).toBe("one\ntwo");
    const reached = new Set<string>();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate<string>("(({ ariaLabel, innerText, tagName }) => ariaLabel ?? innerText ?? tagName)(document.activeElement).trim()"));
      const ring = await page.evaluate<string>("document.activeElement === document.body ? 'page' : getComputedStyle(document.activeElement.closest('.field') ?? document.activeElement).outlineStyle");
      expect(["solid", "auto", "page"]).toContain(ring);
    }
    for (const name of ["Skip to the message", "Agent", "Join a group", "Change", "Frames", "Messages of the protocol", "Turn dark", "Conversation", "Answer this message", "React", "Add files", "Message"]) expect([...reached]).toContain(name);
    await page.getByRole("button", { name: "Frames" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Inspector" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("complementary", { name: "Inspector" }).count()).toBe(0);
  });

  it("keeps its conversations beside the screen of a phone until they are asked for", async () => {
    const { page } = await visit(browser, pageOf(account.url), { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await enter(page, "phone");
    const side = page.getByRole("navigation", { name: "Conversations" });
    expect(await side.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Conversations" }).click();
    expect(await side.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await side.isVisible()).toBe(false);
    expect(await page.getByLabel("Message", { exact: true }).isVisible()).toBe(true);
  });
});
