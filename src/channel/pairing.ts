import type { createChatChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { PAIRING_APPROVED_MESSAGE } from "openclaw/plugin-sdk/channel-status";
import type { ChannelAccount } from "./accounts.ts";
import type { ChannelNames } from "./host.ts";
import { readId, writeId } from "./identity.ts";
import type { LiveAccounts } from "./running.ts";

type Pairing = Extract<NonNullable<Parameters<typeof createChatChannelPlugin<ChannelAccount<unknown>>>[0]["pairing"]>, { text: unknown }>;

/** What every channel says. */
export const approvedText = PAIRING_APPROVED_MESSAGE;

/** How a stranger becomes known: the operator approves a code, and the sender hears of it. */
export function createPairing(channel: ChannelNames, live: LiveAccounts): Pairing {
  return {
    text: {
      idLabel: `${channel.label} sender id`,
      message: approvedText,
      normalizeAllowEntry: (entry) => writeId(readId(entry.trim())),
      // For approvals in the gateway itself; of those on the command line the running account hears by looking.
      async notify({ cfg, id, accountId }) {
        const account = channel.accounts.find(cfg, accountId);
        const running = live.get(account);
        if (!running) throw new Error(`account ${account} is not running here; it tells ${id} of the approval when it runs`);
        await running.approvals.tell(readId(id));
      },
    },
  };
}
