import path from "node:path";
import { system } from "../core/system.ts";
import { encodeId } from "./identity.ts";

/** What is kept of an account below the host's state directory. */
export interface AccountFiles {
  journalFile: string;
  /** Of a wire on which accounts log in. */
  loginFile: string;
  /** Who was given a pairing code. */
  pairingFile: string;
}

const LONGEST_FILE_NAME = 100;

/** The same for whoever runs the account and for the commands beside it, which are other processes. */
export function accountFiles(stateDirectory: string, channelId: string, accountId: string): AccountFiles {
  const base = path.join(stateDirectory, "clawwire", channelId, fileNameOf(accountId));
  return { journalFile: `${base}.sqlite`, loginFile: `${base}.login.sqlite`, pairingFile: `${base}.pairing.json` };
}

/** Ids may differ in nothing but case, and be longer than names of files. */
function fileNameOf(accountId: string): string {
  const name = encodeId(accountId).replaceAll(/[^a-z0-9._%-]/g, (character) => `%u${character.codePointAt(0)?.toString(16)}`);
  return name.length <= LONGEST_FILE_NAME ? name : `${name.slice(0, 40)}-${system.sha256(accountId)}`;
}
