import type { createChatChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./accounts.ts";
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
      async notify({ cfg, id, accountId, message }) {
        const [scope] = channel.addresses.scopes ?? [];
        const to = { kind: "direct", id: readId(id), ...(scope !== undefined && { scope }) } as const;
        await live.get(channel.accounts.find(cfg, accountId))?.account.send(to, { text: message });
      },
    },
  };
}
