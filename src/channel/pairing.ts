import type { createChatChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./accounts.ts";
import { wireAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { readId, writeId } from "./identity.ts";
import type { LiveAccounts } from "./running.ts";

type Pairing = Extract<NonNullable<Parameters<typeof createChatChannelPlugin<ChannelAccount<unknown>>>[0]["pairing"]>, { text: unknown }>;

/** How a stranger becomes known: the operator approves a code, and a sender who is still there hears of it. */
export function createPairing(channel: ChannelNames, live: LiveAccounts): Pairing {
  return {
    text: {
      idLabel: `${channel.label} sender id`,
      message: "You may talk to the agent now.",
      normalizeAllowEntry: (entry) => writeId(readId(entry.trim())),
      async notify({ id, accountId, message }) {
        await live.get(accountId ?? "default")?.account.send(wireAddress({ kind: "direct", id: readId(id) }), { text: message });
      },
    },
  };
}
