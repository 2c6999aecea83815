import { limits } from "../../generated/websocket/tables.ts";
import { openWebsocketAccount } from "../account/websocket/account.ts";
import { openJournal } from "../store/journal.ts";
import type { RunningAccount } from "../account/account.ts";
import type { OpenAccount } from "./gateway.ts";
import type { ResolvedWebsocketAccount } from "./websocket-account.ts";

/** Opens an account's journal and its sockets. Kept apart, for it is needed only where an account really runs. */
export async function openWebsocket({ journalFile, ...options }: OpenAccount<ResolvedWebsocketAccount>): Promise<RunningAccount<ResolvedWebsocketAccount>> {
  const journal = openJournal(journalFile, { remembered: limits.quoteLookback });
  try {
    return await openWebsocketAccount({ ...options, journal, page: async () => await (await import("./page-file.ts")).readPage() });
  } catch (thrown) {
    journal.close();
    throw thrown;
  }
}
