import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const packageSchema = z.object({ name: z.string(), version: z.string(), license: z.string().default("see below") });

/** The licences of everything bundled, as those licences ask. */
export async function thirdPartyNotices(modules: readonly string[]): Promise<string> {
  const homes = [...new Set(modules.map(packageHome))].toSorted();
  const parts = await Promise.all(homes.map(notice));
  return parts.length === 0 ? "This package contains no code of others.\n" : parts.join(`\n${"-".repeat(72)}\n\n`);
}

function packageHome(file: string): string {
  const marker = `${path.sep}node_modules${path.sep}`;
  const start = file.lastIndexOf(marker) + marker.length;
  const [first = "", second = ""] = file.slice(start).split(path.sep);
  return file.slice(0, start) + (first.startsWith("@") ? path.join(first, second) : first);
}

async function notice(home: string): Promise<string> {
  const about = packageSchema.parse(JSON.parse(await readFile(path.join(home, "package.json"), "utf8")));
  const file = (await readdir(home)).find((name) => /^licen[cs]e(\.(md|txt))?$/i.test(name));
  if (!file) throw new Error(`${about.name} is bundled and has no licence file in ${home}`);
  return `${about.name} ${about.version} (${about.license})\n\n${(await readFile(path.join(home, file), "utf8")).trim()}\n`;
}
