import { mkdir, rm } from "node:fs/promises";
import { Failure, codeOf } from "../failure.ts";
import { readBlock, writeBlock } from "../gateway/files.ts";
import type { Layout } from "../gateway/layout.ts";

export interface Ownership {
  /** Whether the last owner went without saying goodbye; its gateway may still be on its way out. */
  inherited: boolean;
  release(): Promise<void>;
}

/** One `clawwire start` per state directory. */
export async function takeOwnership(layout: Layout, url: string): Promise<Ownership> {
  await mkdir(layout.root, { recursive: true, mode: 0o700 });
  const last = await readBlock(layout.owner);
  const pid = Number(last?.["pid"]);
  if (last && isAlive(pid)) {
    throw new Failure(`Clawwire already runs on ${layout.root} (process ${pid}, ${String(last["url"])}). Stop it with Ctrl-C there, or use another directory and port: --state DIR --port N`);
  }
  await writeBlock(layout.owner, { pid: process.pid, url });
  return { inherited: last !== undefined, release: () => rm(layout.owner, { force: true }) };
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return codeOf(cause) === "EPERM";
  }
}
