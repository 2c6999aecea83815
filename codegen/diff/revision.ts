import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What the work tree is compared with, and whether peers were ever given it. */
export type Baseline =
  | { readonly is: "revision"; readonly name: string; readonly released: boolean; readonly note?: string }
  | { readonly is: "nothing"; readonly note: string }
  | { readonly is: "unknown"; readonly fault: string };

const MOST_BYTES = 256 * 1024 * 1024;

/** The revision that is asked for, else the newest release, else the last commit, to which nobody is bound. */
export function findBaseline(repository: string, asked: string | undefined): Baseline {
  const git = (...args: string[]): string | undefined => run(repository, args)?.toString("utf8").trim();
  if (git("rev-parse", "--git-dir") === undefined) {
    const missing = `there is no git repository at ${repository}; --old FILE --new FILE compares two files without one`;
    return asked === undefined ? { is: "nothing", note: missing } : { is: "unknown", fault: missing };
  }
  const isShallow = git("rev-parse", "--is-shallow-repository") === "true";
  const remedy = isShallow ? `; this clone is shallow, "git fetch --unshallow --tags" brings the rest` : "";
  if (asked !== undefined) {
    const isKnown = git("rev-parse", "--verify", "--quiet", `${asked}^{commit}`) !== undefined;
    return isKnown ? { is: "revision", name: asked, released: true } : { is: "unknown", fault: `git knows no revision "${asked}"${remedy}` };
  }
  const release = (git("tag", "--list", "--sort=-version:refname") ?? "").split("\n").find((tag) => /^v?\d+\.\d+\.\d+$/u.test(tag));
  if (release !== undefined) return { is: "revision", name: release, released: true };
  if (isShallow) return { is: "nothing", note: `no release is known here${remedy}` };
  if (git("rev-parse", "--verify", "--quiet", "HEAD") === undefined) return { is: "nothing", note: "there is no commit yet" };
  const note = "there is no release yet, so no peer is bound to an older document; this is what changed since the last commit";
  return { is: "revision", name: "HEAD", released: false, note };
}

/** Writes the files below `spec/` at a revision into a folder; false where there are none. */
export function readRevision(repository: string, revision: string, folder: string): boolean {
  const listed = run(repository, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, "--", "spec"])?.toString("utf8") ?? "";
  const files = listed.split("\0").filter((file) => file !== "");
  for (const file of files) {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, run(repository, ["show", `${revision}:${file}`]) ?? "");
  }
  return files.length > 0;
}

function run(repository: string, args: readonly string[]): Buffer | undefined {
  try {
    return execFileSync("git", ["-C", repository, ...args], { stdio: ["ignore", "pipe", "ignore"], maxBuffer: MOST_BYTES });
  } catch {
    return undefined;
  }
}
