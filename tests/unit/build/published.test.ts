import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../../build/build.ts";
import { packages } from "../../../build/packages.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** Unpacked, in bytes. */
const MOST = 400_000;

describe("the packages as they are published", () => {
  let dist = "";
  beforeAll(async () => {
    dist = await mkdtemp(path.join(tmpdir(), "published-"));
  });
  afterAll(async () => rm(dist, { recursive: true, force: true }));

  it.each(packages.map((row) => ({ name: row.name, row })))("$name is packed as npm wants it, and small", async ({ row }) => {
    const { directory } = await build(root, row, { dist });
    const { messages, pkg } = await publint({ pkgDir: directory, level: "suggestion", strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    expect(await bytesIn(directory)).toBeLessThan(MOST);
  }, 60_000);
});

async function bytesIn(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => (await stat(path.join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
