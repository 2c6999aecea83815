import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../../build/bundle.ts";
import { bundlePage, packPage } from "../../../build/page.ts";
import { packageNamed } from "../../../build/packages.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** Bytes of the page as it lies in the package. */
const MOST = 50_000;

describe("the chat page", () => {
  let html = "";
  beforeAll(async () => {
    ({ html } = await bundlePage(root));
  }, 30_000);

  it("is one file that loads nothing", () => {
    const head = html.slice(0, html.indexOf("<style>"));
    expect(html.match(/<script\b[^>]*>/g)).toEqual(['<script type="module">']);
    expect(html.match(/<style\b[^>]*>/g)).toEqual(["<style>"]);
    expect([...head.matchAll(/\b(?:href|src)="([^"]{5})/g)].map(([, start]) => start)).toEqual(["data:"]);
    expect(/<style>([^]*)<\/style>/.exec(html)?.[1]).not.toMatch(/@import|url\(/);
    for (const unwanted of ["sourceMappingURL", "import(", root]) expect([unwanted, html.includes(unwanted)]).toEqual([unwanted, false]);
  });

  it("has no place where text becomes HTML or code", async () => {
    const names = (await readdir(path.join(root, "src/page"))).filter((name) => /\.tsx?$/.test(name));
    expect(names).toEqual(expect.arrayContaining(["app.tsx", "markdown.tsx", "tokens.ts"]));
    for (const name of names) expect([name, /innerHTML|outerHTML|dangerouslySet|insertAdjacent|document\.write/.exec(await readFile(path.join(root, "src/page", name), "utf8"))]).toEqual([name, null]);
    expect(/\beval\s*\(|new Function\b/.test(html)).toBe(false);
  });

  it("lies packed beside the code of its plugin, small, with the licences of what is in it", { timeout: 60_000 }, async () => {
    const { assets, foreign, files } = await bundle(root, packageNamed("clawwire-websocket"));
    const packed = assets.get("page.html.br");
    expect(brotliDecompressSync(packed ?? new Uint8Array()).toString() === html).toBe(true);
    expect(packed?.length).toBeLessThan(MOST);
    for (const name of ["preact", "marked"]) expect(foreign.some((file) => file.includes(`node_modules/${name}/`))).toBe(true);
    // Read by a module of its own: OpenClaw's scanner wants no file read where something is sent.
    expect([...files].filter(([, code]) => code.includes("page.html.br")).map(([, code]) => /\bfetch\s*\(/.test(code))).toEqual([false]);
    expect((await bundle(root, packageNamed("clawwire-local-im"))).assets.size).toBe(0);
    expect((await packPage(html)).length).toBe(packed?.length);
  });
});
