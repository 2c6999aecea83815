import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

/** A tab with the chat page, and what its browser complained of. */
export interface Visit {
  readonly page: Page;
  /** Everything that was loaded, and every socket that was dialed. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

/** Where a browser finds the page of the account that listens there. */
export function pageOf(socketUrl: string): string {
  return `${socketUrl.replace(/^ws/, "http")}/playground`;
}

/** Opens the page in a browser of its own, with nothing remembered. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const page = await (await browser.newContext(options)).newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.setDefaultTimeout(10_000);
  page.on("request", (request) => requests.push(request.url()));
  page.on("websocket", (socket) => requests.push(socket.url()));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(url);
  return { page, requests, complaints };
}

export async function enter(page: Page, senderId: string): Promise<void> {
  await page.getByLabel("Your sender id").fill(senderId);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("status").getByText("Connected").waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

/** The answers of the agent, oldest first. */
export async function answers(page: Page): Promise<string[]> {
  return await page.locator(".entry.agent .said > .markdown").allInnerTexts();
}

/** Expects what a page shows after a while: its answers grow word by word. */
export function eventually<T>(look: () => Promise<T>) {
  return expect.poll(look, { timeout: 10_000 });
}
