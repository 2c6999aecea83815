import { stat } from "node:fs/promises";
import path from "node:path";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { accountFiles, type AccountFiles } from "./account-files.ts";
import { collect, type Finding } from "./audit.ts";

/** Files of an account and the directories they lie in: messages and logins are their owner's alone. */
export async function auditFiles(channelId: string, accountId: string, files = filesOf(channelId, accountId)): Promise<Finding[]> {
  // Elsewhere a mode says nothing of who may read.
  if (process.platform === "win32") return [];
  const { findings, add } = collect(channelId, accountId);
  const open = await openTo(files);
  if (open.length > 0) {
    add("readable-files", "warn", "Others on this machine can read what is kept of an account", `${open.join(", ")}: messages, and where the account has a login its tokens.`, `chmod go= ${open.join(" ")}`);
  }
  return findings;
}

export function filesOf(channelId: string, accountId: string): AccountFiles {
  return accountFiles(resolveStateDir(process.env), channelId, accountId);
}

/** A file in a directory that is shut is shut. */
async function openTo({ journalFile, loginFile, pairingFile }: AccountFiles): Promise<string[]> {
  const directory = path.dirname(journalFile);
  if (!(await isOpen(directory))) return [];
  const files = [pairingFile, ...[journalFile, loginFile].flatMap((file) => [file, `${file}-wal`, `${file}-shm`])];
  const judged = await Promise.all(files.map(async (file) => ((await isOpen(file)) ? [file] : [])));
  return judged.flat();
}

async function isOpen(place: string): Promise<boolean> {
  const mode = await stat(place).then((found) => found.mode, () => 0);
  return (mode & 0o077) !== 0;
}
