import type { RunningAccount } from "../account/account.ts";
import type { Log } from "../core/ports.ts";
import type { PairingNotice } from "./pairing-notice.ts";
import { processWide } from "./process-wide.ts";
import type { Resumed } from "./resumed.ts";

/** An account of this process that has its sockets open. */
export interface LiveAccount {
  account: Pick<RunningAccount<unknown>, "send" | "act" | "carries" | "probe" | "status" | "url" | "upload" | "credentialsFor" | "owner" | "userId">;
  /** Bytes of the largest file that may be sent. */
  mediaBytes(): number;
  resumed: Resumed;
  approvals: Pick<PairingNotice, "tell">;
  log: Log;
}

/** Whether accounts of a channel are run by this process: what is not here runs nowhere then. A command beside the gateway runs none. */
export function whereabouts(channel: string): { isHere: boolean } {
  return processWide(`${channel}.whereabouts`, () => ({ isHere: false }));
}

/** What the outbound slot finds an account in: the host calls it without the account's own context. */
export interface LiveAccounts {
  add(accountId: string, live: LiveAccount): () => void;
  get(accountId: string): LiveAccount | undefined;
  ids(): string[];
  /** Who the accounts are on their wire, as far as they know. */
  agents(): ReadonlySet<string>;
}

export function createLiveAccounts(): LiveAccounts {
  const accounts = new Map<string, LiveAccount>();
  return {
    add(accountId, live) {
      accounts.set(accountId, live);
      return () => {
        if (accounts.get(accountId) === live) accounts.delete(accountId);
      };
    },
    get: (accountId) => accounts.get(accountId),
    ids: () => [...accounts.keys()],
    agents: () => new Set([...accounts.values()].flatMap(({ account: { userId } }) => (userId === undefined ? [] : [userId]))),
  };
}
