import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../../build/build.ts";
import { packageNamed } from "../../../build/packages.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const row = packageNamed("clawwire-local-im");

describe("building a package", () => {
  let dist = "";

  beforeAll(async () => {
    dist = await mkdtemp(path.join(tmpdir(), "dist-"));
  });

  afterAll(() => rm(dist, { recursive: true, force: true }));

  it("gives two builds at the same time the same, and leaves nothing beside it", { timeout: 120_000 }, async () => {
    const [one, other] = await Promise.all([build(root, row, { dist }), build(root, row, { dist })]);
    expect(one).toEqual(other);
    expect((await readdir(dist)).toSorted()).toEqual([`.${row.name}.fingerprint`, row.name, path.basename(one.tarball)].toSorted());
    expect(await readdir(path.join(one.directory, "dist"))).toContain("index.js");
  });

  it("makes none again from the same sources, and again what a killed build left in halves", { timeout: 120_000 }, async () => {
    const made = await build(root, row, { dist });
    expect(made.fresh).toBe(false);
    await rm(made.directory, { recursive: true });
    await mkdir(made.directory);
    await writeFile(made.tarball, "the first half");
    expect(await build(root, row, { dist })).toEqual({ ...made, fresh: true });
    expect(await readdir(path.join(made.directory, "dist"))).toContain("index.js");
  });
});
