import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listFiles } from "../../codegen/output.ts";
import { findDocuments } from "../../codegen/run.ts";
import { launchBrowser } from "../support/browser.ts";

const root = path.resolve(import.meta.dirname, "../..");
const documents = findDocuments(path.join(root, "spec"));
const names = documents.map((file) => path.basename(file, ".asyncapi.yaml"));
const folder = mkdtempSync(path.join(tmpdir(), "docs-"));
const site = path.join(folder, "site");

interface WrittenMessage {
  readonly name: string;
  readonly title?: string;
  readonly payload: { readonly $ref: string };
}

interface WrittenDocument {
  readonly info: { readonly title: string; readonly version: string };
  readonly components: {
    readonly messages: Readonly<Record<string, WrittenMessage>>;
    readonly schemas: Readonly<Record<string, { readonly properties?: object }>>;
  };
}

/** The document as it is written, read by something else than the generator. */
const documentOf = (name: string): WrittenDocument => parse(readFileSync(path.join(root, "spec", `${name}.asyncapi.yaml`), "utf8")) as WrittenDocument;

/** `npm run docs`, from a folder that is not the project's. */
const writeSite = (out: string) => promisify(execFile)(process.execPath, [path.join(root, "codegen/docs/main.ts"), "--out", out], { cwd: folder });

let browser: Browser;

beforeAll(async () => {
  [browser] = await Promise.all([launchBrowser(), writeSite(site)]);
}, 180_000);

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

interface Visit {
  readonly page: Page;
  readonly requests: readonly string[];
  /** What the browser complained of. */
  readonly complaints: readonly string[];
}

/** Opens a page of the site as somebody would who has the folder and nothing else. */
async function visit(file: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.setDefaultTimeout(15_000);
  page.on("request", (request) => requests.push(request.url()));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(`${pathToFileURL(site).href}/${file}`);
  return { page, requests, complaints };
}

const idsOn = (page: Page) => page.evaluate<string[]>("[...document.querySelectorAll('[id]')].map(({ id }) => id)");
const linksOn = (page: Page) => page.evaluate<string[]>("[...document.querySelectorAll('a[href]')].map(({ href }) => href)");
const textOn = (page: Page) => page.evaluate<string>("document.body.innerText");
const overflowOf = (page: Page) => page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
const paperOf = (page: Page) => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");

const pages = () => listFiles(site).filter((file) => file.endsWith(".html"));

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

describe("the documentation", { timeout: 60_000 }, () => {
  it("has the same bytes in every run", async () => {
    const again = path.join(folder, "again");
    await writeSite(again);
    expect(listFiles(again).sort()).toEqual(listFiles(site).sort());
    const differing = listFiles(site).filter((file) => !readFileSync(path.join(site, file)).equals(readFileSync(path.join(again, file))));
    expect(differing).toEqual([]);
  }, 180_000);

  it("lists every protocol with its version and what is sent each way", async () => {
    const { page } = await visit("index.html");
    for (const name of names) {
      const { info, components } = documentOf(name);
      const card = page.locator(`#${name}`);
      expect(await card.locator("h2").innerText()).toBe(info.title);
      expect(await card.innerText()).toContain(`Version ${info.version}`);
      const counts = (await card.locator("dd").allInnerTexts()).map(Number);
      expect(counts).toHaveLength(2);
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBeGreaterThanOrEqual(Object.keys(components.messages).length);
    }
  });

  it.each(names)("shows every message of %s with all its fields and its examples, without a script", async (name) => {
    const { components } = documentOf(name);
    const { page } = await visit(`${name}.html`, { javaScriptEnabled: false });
    const shown = new Map(
      await Promise.all(
        (await page.locator("article.message").all()).map(async (article) => [await article.getAttribute("id"), await article.innerText()] as const),
      ),
    );
    const missing = Object.values(components.messages).flatMap(({ name: wireName, title, payload }) => {
      const text = shown.get(`message-${wireName}`);
      if (text === undefined) return [wireName];
      const fields = Object.keys(components.schemas[payload.$ref.split("/").at(-1) ?? ""]?.properties ?? {});
      return [title ?? "", ...fields, "EXAMPLE"].filter((word) => !text.includes(word)).map((word) => `${wireName}: ${word}`);
    });
    expect(missing).toEqual([]);
    expect(await page.locator(".search").isVisible()).toBe(false);
    expect(await page.locator(".copy:visible").count()).toBe(0);
    expect(await page.locator("nav.contents a").first().isVisible()).toBe(true);
  });

  it.each(names)("has each rule of %s, and beside the messages those that name them", async (name) => {
    const { page } = await visit(`${name}.html`);
    const rules = [...readFileSync(path.join(root, "spec/rules", `${name}.md`), "utf8").matchAll(/^- \*\*([A-Z]{2}-\d+)\*\*((?:.|\n(?!- |\n))*)/gmu)];
    expect(await page.locator(".rules > li").evaluateAll((items) => items.map(({ id }) => id))).toEqual(rules.map(([, id]) => `rule-${id}`));
    const [wireName, [, id]] = Object.values(documentOf(name).components.messages)
      .flatMap((message) => rules.filter(([text]) => text.includes(`\`${message.name}\``)).map((rule) => [message.name, rule] as const))
      .at(0) ?? ["", []];
    expect(await page.locator(`[id="message-${wireName}"] .binding`).innerText()).toContain(id);
  });

  it("answers every link with a place that exists, and gives no place twice", async () => {
    const known = new Map<string, string[]>();
    const links: { from: string; href: string }[] = [];
    for (const file of pages()) {
      const { page } = await visit(file);
      const ids = await idsOn(page);
      // The official component names its own places, and some of them twice.
      if (!file.endsWith(".asyncapi.html")) expect(ids.filter((id, index) => ids.indexOf(id) !== index), file).toEqual([]);
      known.set(file, ids);
      links.push(...(await linksOn(page)).map((href) => ({ from: file, href })));
    }
    const files = listFiles(site);
    const dead = links.filter(({ href }) => {
      if (!href.startsWith("file:")) return false;
      const { hash, pathname } = new URL(href);
      const file = path.relative(site, decodeURIComponent(pathname));
      return !files.includes(file) || (hash !== "" && !known.get(file)?.includes(decodeURIComponent(hash.slice(1))));
    });
    expect(dead).toEqual([]);
    expect(links.length).toBeGreaterThan(2000);
  });

  it("finds what it indexes at the places that it names", async () => {
    const { page } = await visit("index.html");
    await page.locator("#search").focus();
    await page.keyboard.type("a");
    await page.locator("#results [role=option]").first().waitFor();
    const index = await page.evaluate<{ page: string; entries: [string, string, string, string][] }[]>("window.searchIndex");
    for (const { page: file, entries } of index) {
      const html = readFileSync(path.join(site, file), "utf8");
      const ids = new Set([...html.matchAll(/ id="([^"]*)"/gu)].map(([, id]) => id));
      expect(entries.map(([, , , anchor]) => anchor).filter((anchor) => !ids.has(anchor))).toEqual([]);
    }
    expect(index.map(({ page: file }) => file)).toEqual(names.map((name) => `${name}.html`));
  });

  it("loads nothing from elsewhere, misses nothing and has nothing to complain of", async () => {
    for (const file of pages()) {
      const { requests, complaints, page } = await visit(file);
      await page.locator("body").click();
      expect(requests.filter((url) => !url.startsWith(`${pathToFileURL(site).href}/`))).toEqual([]);
      expect(complaints, file).toEqual([]);
    }
  });

  it("leads from a word to the message of that name", async () => {
    const { page } = await visit("index.html");
    await page.keyboard.press("/");
    await page.keyboard.type("chat.cancel");
    await page.locator("#results [role=option]").first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/websocket\.html#message-chat\.cancel$/u);
    await page.keyboard.press("/");
    await page.keyboard.type("nothing has this name");
    await page.locator("#results").getByText("Nothing found", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.locator("#results").isVisible()).toBe(false);
  });

  it("copies an example that is JSON", async () => {
    const { page } = await visit("websocket.html", { permissions: ["clipboard-read", "clipboard-write"] });
    const example = page.locator('[id="message-chat.cancel"] .code');
    await example.hover();
    await example.locator(".copy").click();
    await example.getByText("Copied", { exact: true }).waitFor();
    expect(JSON.parse(await page.evaluate<string>("navigator.clipboard.readText()"))).toEqual({ type: "chat.cancel", messageId: "app-71" });
  });

  it("is light or dark as the reader's system is, or as the reader has chosen", async () => {
    const [light, dark] = [(await visit("index.html", { colorScheme: "light" })).page, (await visit("index.html", { colorScheme: "dark" })).page];
    const [white, black] = [await paperOf(light), await paperOf(dark)];
    expect(white).not.toBe(black);
    await dark.locator(".scheme").click();
    expect(await paperOf(dark)).toBe(white);
    await dark.locator(".bar nav a").first().click();
    await dark.waitForURL(/clawchat\.html$/u);
    expect(await paperOf(dark)).toBe(white);
  });

  it.each([390, 768, 1440])("fits a window of %i pixels", async (width) => {
    for (const file of ["index.html", ...names.map((name) => `${name}.html`)]) {
      const { page } = await visit(file, { viewport: { width, height: 900 } });
      expect(await overflowOf(page), file).toBe(0);
    }
  });

  it.each(names)("has %s one click away as AsyncAPI renders it, with and without a script", async (name) => {
    const { page, complaints } = await visit(`${name}.html`);
    await page.locator(".overview .button", { hasText: "As AsyncAPI renders it" }).click();
    await page.waitForURL(new RegExp(`${name}\\.asyncapi\\.html$`, "u"));
    await page.getByRole("button", { name: "Expand all" }).first().click();
    await page.getByRole("button", { name: "Collapse all" }).first().waitFor();
    expect(complaints).toEqual([]);
    const { page: still } = await visit(`${name}.asyncapi.html`, { javaScriptEnabled: false });
    const text = await still.locator("#asyncapi").innerText();
    expect(Object.keys(documentOf(name).components.messages).filter((key) => !text.includes(key))).toEqual([]);
  });

  it.each(names)("has %s as one document to download, which is what is written", (name) => {
    expect(parse(readFileSync(path.join(site, `${name}.asyncapi.yaml`), "utf8"))).toEqual(documentOf(name));
  });

  it("has no page of more than a megabyte", () => {
    expect(pages().filter((file) => statSync(path.join(site, file)).size > 1_000_000)).toEqual([]);
  });

  it("is printed without what only a screen needs", async () => {
    const { page } = await visit("websocket.html");
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".bar:visible, .contents:visible, .copy:visible").count()).toBe(0);
    expect(await textOn(page)).toContain("chat.send");
  });
});
