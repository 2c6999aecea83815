import { openDialedAccount } from "../account/dialed/account.ts";
import type { RunningAccount } from "../account/account.ts";
import { linkProfileOf, profileOf } from "../protocols/local-im/profile.ts";
import { createProtocol } from "../protocols/local-im/protocol.ts";
import { targetOf } from "../protocols/local-im/target.ts";
import { openJournal } from "../store/journal.ts";
import type { OpenAccount } from "./gateway.ts";
import type { ResolvedLocalImAccount } from "./local-im-account.ts";

/** Opens an account's journal and dials its server. Kept apart, for it is needed only where an account really runs. */
export async function openLocalIm({ journalFile, ...options }: OpenAccount<ResolvedLocalImAccount>): Promise<RunningAccount<ResolvedLocalImAccount>> {
  // The wire has no quotes.
  const journal = openJournal(journalFile, { remembered: 0 });
  try {
    return await openDialedAccount({
      ...options,
      journal,
      dial: (config) => ({
        protocol: createProtocol(profileOf(config, config.accountId, config.trustsPeer), () => options.system.uuid()),
        link: linkProfileOf(config),
        target: targetOf(config.url, config.token?.reveal()),
        limits: limitsOf(config),
      }),
    });
  } catch (thrown) {
    journal.close();
    throw thrown;
  }
}

function limitsOf({ limits: { messagesPerMinute, messageBurst, queuedPerSession, dedupeEntries, maxConcurrent, turnSeconds } }: ResolvedLocalImAccount) {
  return { messagesPerMinute, messageBurst, queuedPerSession, repeatsKept: dedupeEntries, maxConcurrent, turnMs: turnSeconds * 1000 };
}
