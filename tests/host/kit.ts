import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { buildKit } from "../../build/kit.ts";
import { root } from "./gateway.ts";

/** What the kit needs beside it; nothing is fetched. */
const beside = ["ws", "json5"];

/** Packs the kit and installs it into a folder, as npm would. */
export async function installKit(folder: string): Promise<void> {
  await mkdir(path.join(folder, "node_modules/.bin"), { recursive: true });
  const dist = await mkdtemp(path.join(folder, "dist-"));
  const kit = path.join(folder, "node_modules/clawwire");
  await mkdir(kit);
  await promisify(execFile)("tar", ["-xzf", await buildKit(root, dist), "-C", kit, "--strip-components=1"]);
  for (const name of beside) await symlink(path.join(root, "node_modules", name), path.join(folder, "node_modules", name));
  await symlink("../clawwire/src/cli/kit.js", path.join(folder, "node_modules/.bin/clawwire"));
  await rm(dist, { recursive: true });
}
