import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A package registry on loopback, with what it was given and nothing else. */
export interface Registry {
  url: string;
  stop(): Promise<void>;
}

interface Offered {
  manifest: { name: string; version: string };
  bytes: Buffer;
}

/** As tarballs, or as folders of packages that are installed here. */
export async function startRegistry({ tarballs = [], folders = [] }: { tarballs?: readonly string[]; folders?: readonly string[] }): Promise<Registry> {
  const made = await mkdtemp(join(tmpdir(), "registry-"));
  const offered = new Map<string, Offered>();
  const offer = async (tarball: string) => {
    const { stdout } = await run("tar", ["-xzOf", tarball, "package/package.json"]);
    const manifest = JSON.parse(stdout) as Offered["manifest"];
    offered.set(manifest.name, { manifest, bytes: await readFile(tarball) });
  };
  for (const tarball of tarballs) await offer(tarball);
  for (const [index, folder] of folders.entries()) {
    const tarball = join(made, `${index}.tgz`);
    await run("tar", ["-czf", tarball, "--exclude=node_modules", "--transform", "s,^\\.,package,", "-C", folder, "."]);
    await offer(tarball);
  }
  await rm(made, { recursive: true });
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://registry/").pathname.slice(1));
    const [name = "", isTarball] = path.endsWith(".tgz") ? [path.slice(0, -".tgz".length), true] : [path];
    const found = offered.get(name);
    if (!found) return void response.writeHead(404, { "content-type": "application/json" }).end("{}");
    if (isTarball) return void response.end(found.bytes);
    const { manifest, bytes } = found;
    const dist = { tarball: `${url}${name}.tgz`, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`, shasum: createHash("sha1").update(bytes).digest("hex") };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, "dist-tags": { latest: manifest.version }, versions: { [manifest.version]: { ...manifest, dist } }, time: { [manifest.version]: "2026-01-01T00:00:00.000Z" } }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
