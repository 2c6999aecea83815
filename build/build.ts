import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { bundle } from "./bundle.ts";
import { fingerprint } from "./fingerprint.ts";
import { inspect } from "./inspect.ts";
import { channelManifestSchema, packageJson, pluginManifest, readme, workshopSchema, type ChannelManifest, type Release } from "./metadata.ts";
import { thirdPartyNotices } from "./notices.ts";
import type { PluginPackage } from "./packages.ts";

const run = promisify(execFile);

const packReport = z.array(z.object({ filename: z.string() }));

export interface Built {
  directory: string;
  tarball: string;
  /** SHA-256 of the tarball, in hexadecimal. */
  digest: string;
  bytes: number;
  /** False when nothing had changed since the last build. */
  fresh: boolean;
}

/**
 * Builds and packs one package into `dist`, unless what lies there was made from these very sources. It is made beside
 * and put there whole: what is left of a build that was killed, or belongs to another one, is never taken for it.
 */
export async function build(root: string, row: PluginPackage, { force = false, dist = path.join(root, "dist") }: { force?: boolean; dist?: string } = {}): Promise<Built> {
  const release = workshopSchema.parse(JSON.parse(await readFile(path.join(root, "package.json"), "utf8")));
  const directory = path.join(dist, row.name);
  const tarball = path.join(dist, `${row.name}-${release.version}.tgz`);
  const stamp = path.join(dist, `.${row.name}.fingerprint`);
  const sources = await fingerprint(root);
  const before = await readFile(stamp, "utf8").catch(() => "");
  const known = await describe(tarball);
  if (!force && known && before === `${sources} ${known.digest}`) return { directory, tarball, ...known, fresh: false };

  await mkdir(dist, { recursive: true });
  const draft = await mkdtemp(path.join(dist, `.${row.name}-`));
  try {
    const drafted = { directory: path.join(draft, row.name), tarball: path.join(draft, path.basename(tarball)) };
    await writePackage(root, row, release, drafted.directory);
    await pack(drafted.directory, drafted.tarball);
    const made = await describe(drafted.tarball);
    if (!made) throw new Error(`npm pack left no file at ${drafted.tarball}`);
    await rm(stamp, { force: true });
    await replace(drafted.directory, directory);
    await rename(drafted.tarball, tarball);
    await writeFile(stamp, `${sources} ${made.digest}`);
    return { directory, tarball, ...made, fresh: true };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A build that was quicker put the same there: equal sources, equal packages. */
async function replace(drafted: string, directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await rename(drafted, directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOTEMPTY" && cause.code !== "EEXIST") throw cause;
  });
}

async function writePackage(root: string, row: PluginPackage, release: Release, directory: string): Promise<void> {
  const channel = await readChannelManifest(root, row);
  const made = await bundle(root, row);
  const findings = inspect(made, root);
  if (findings.length > 0) throw new Error(`${row.name} may not be shipped:\n  ${findings.join("\n  ")}`);

  await mkdir(path.join(directory, "dist"), { recursive: true });
  for (const [file, code] of made.files) await writeFile(path.join(directory, "dist", file), code);
  for (const [file, bytes] of made.assets) await writeFile(path.join(directory, "dist", file), bytes);
  await writeFile(path.join(directory, "package.json"), json(packageJson(row, release)));
  await writeFile(path.join(directory, "openclaw.plugin.json"), manifestText(pluginManifest(row, release, channel), row));
  await writeFile(path.join(directory, "README.md"), readme(row, release, channel));
  await writeFile(path.join(directory, "THIRD-PARTY-NOTICES"), await thirdPartyNotices(made.foreign));
  await copyFile(path.join(root, "LICENSE"), path.join(directory, "LICENSE"));
}

/** The host reads no larger one. */
const MANIFEST_BYTES = 262_144;

/** For the host alone to read: no spaces. */
function manifestText(manifest: object, row: PluginPackage): string {
  const text = JSON.stringify(manifest);
  if (Buffer.byteLength(text) > MANIFEST_BYTES) throw new Error(`${row.name} may not be shipped: its openclaw.plugin.json has ${Buffer.byteLength(text)} bytes, the host reads ${MANIFEST_BYTES}`);
  return text;
}

async function readChannelManifest(root: string, row: PluginPackage): Promise<ChannelManifest> {
  const file = path.join("generated", row.folder, "manifest.json");
  const text = await readFile(path.join(root, file), "utf8").catch(() => {
    throw new Error(`${file} is missing; make it with "npm run codegen"`);
  });
  return channelManifestSchema.parse(JSON.parse(text));
}

/** npm pack fixes times, modes and order, so equal directories make equal tarballs. */
export async function pack(directory: string, tarball: string): Promise<void> {
  const into = path.dirname(tarball);
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", into], { cwd: directory });
  const [packed] = packReport.parse(JSON.parse(stdout));
  if (!packed) throw new Error(`npm pack in ${directory} reported no file`);
  await rename(path.join(into, packed.filename), tarball);
}

async function describe(tarball: string): Promise<{ digest: string; bytes: number } | undefined> {
  const bytes = await readFile(tarball).catch(() => undefined);
  return bytes && { digest: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
