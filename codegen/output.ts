import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What there is to do to make a folder hold exactly the files that were emitted. */
export interface OutputPlan {
  readonly write: readonly string[];
  readonly remove: readonly string[];
}

export interface OutputScope {
  readonly folder: string;
  /** Whether a file that is there but was not emitted is ours to delete. */
  readonly owns: (file: string) => boolean;
}

/** Compares what was emitted with what is on disk, byte by byte. */
export function planOutput(files: ReadonlyMap<string, string>, { folder, owns }: OutputScope): OutputPlan {
  const write = [...files].filter(([file, text]) => readText(path.join(folder, file)) !== text).map(([file]) => file);
  const remove = listFiles(folder).filter((file) => !files.has(file) && owns(file));
  return { write: write.sort(), remove: remove.sort() };
}

export function applyOutput(files: ReadonlyMap<string, string>, plan: OutputPlan, folder: string): void {
  for (const file of plan.write) {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, files.get(file) ?? "");
  }
  for (const file of plan.remove) {
    rmSync(path.join(folder, file));
    removeEmptyFolders(path.dirname(file), folder);
  }
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The files of a folder at any depth, with slashes; none when there is no such folder. */
export function listFiles(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
  } catch {
    return [];
  }
}

function removeEmptyFolders(folder: string, root: string): void {
  if (folder === "." || readdirSync(path.join(root, folder)).length > 0) return;
  rmdirSync(path.join(root, folder));
  removeEmptyFolders(path.dirname(folder), root);
}
