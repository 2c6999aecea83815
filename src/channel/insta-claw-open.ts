import type { RunningAccount } from "../account/account.ts";
import { openDialedAccount } from "../account/dialed/account.ts";
import { ClawwireError } from "../core/errors.ts";
import { linkProfileOf, profileOf } from "../protocols/insta-claw/profile.ts";
import { createProtocol } from "../protocols/insta-claw/protocol.ts";
import { readServer } from "../protocols/insta-claw/target.ts";
import { openJournal } from "../store/journal.ts";
import type { OpenAccount } from "./gateway.ts";
import type { ResolvedInstaClawAccount } from "./insta-claw-account.ts";

/** Opens an account's journal and dials its server. Kept apart, for it is needed only where an account really runs. */
export async function openInstaClaw({ journalFile, ...options }: OpenAccount<ResolvedInstaClawAccount>): Promise<RunningAccount<ResolvedInstaClawAccount>> {
  // The wire has no quotes.
  const journal = openJournal(journalFile, { remembered: 0 });
  const { system } = options;
  const ids = { newId: () => system.uuid(), sha256: (text: string) => system.sha256(text) };
  try {
    return await openDialedAccount({
      ...options,
      journal,
      dial: (config) => ({
        protocol: createProtocol(profileOf(config, config.trustsPeer), ids),
        link: linkProfileOf(config),
        target: targetOf(config, options.accountId),
        limits: limitsOf(config),
      }),
    });
  } catch (thrown) {
    journal.close();
    throw thrown;
  }
}

function targetOf({ clientId, clientSecret, wsUrl, allowInsecure }: ResolvedInstaClawAccount, accountId: string) {
  const server = readServer({ clientId: clientId.reveal(), clientSecret: clientSecret.reveal(), wsUrl, allowInsecure });
  if (!server.ok) throw new ClawwireError("config-invalid", server.why, { account: accountId });
  return server.target;
}

function limitsOf({ requestTimeoutMs, limits: { messagesPerMinute, messageBurst, queuedPerSession, dedupeEntries, maxConcurrent } }: ResolvedInstaClawAccount) {
  return { messagesPerMinute, messageBurst, queuedPerSession, repeatsKept: dedupeEntries, maxConcurrent, turnMs: requestTimeoutMs };
}
