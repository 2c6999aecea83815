import type { RunningAccount } from "../account/account.ts";
import type { Log } from "../core/ports.ts";
import type { Resumed } from "./resumed.ts";

/** An account of this process that has its sockets open. */
export interface LiveAccount {
  account: Pick<RunningAccount<unknown>, "send" | "probe" | "status" | "url" | "upload" | "credentialsFor" | "owner">;
  /** Bytes of the largest file that may be sent. */
  mediaBytes(): number;
  resumed: Resumed;
  log: Log;
}

/** What the outbound slot finds an account in: the host calls it without the account's own context. */
export interface LiveAccounts {
  add(accountId: string, live: LiveAccount): () => void;
  get(accountId: string): LiveAccount | undefined;
  /** Accounts are run by this process: what is not here runs nowhere. */
  isHere(): boolean;
  runsHere(): void;
}

export function createLiveAccounts(): LiveAccounts {
  const accounts = new Map<string, LiveAccount>();
  let isHere = false;
  return {
    add(accountId, live) {
      accounts.set(accountId, live);
      return () => {
        if (accounts.get(accountId) === live) accounts.delete(accountId);
      };
    },
    get: (accountId) => accounts.get(accountId),
    isHere: () => isHere,
    runsHere: () => void (isHere = true),
  };
}
