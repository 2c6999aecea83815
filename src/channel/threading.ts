import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { type AddressGrammar, parseAddress, writeAddress } from "./addresses.ts";

type Threading = NonNullable<ChannelPlugin["threading"]>;

/** A thread is no part of an address: what the agent sends where it is spoken to stays in the thread by this alone. */
export function createThreading(addresses: AddressGrammar): Pick<Threading, "buildToolContext" | "resolveAutoThreadId"> {
  const whole = (text: string): string | undefined => {
    const address = parseAddress(addresses, text);
    return address && writeAddress(addresses, address);
  };
  return {
    buildToolContext: ({ context: { To: to, MessageThreadId: thread }, hasRepliedRef }) => ({
      ...(to !== undefined && { currentChannelId: to }),
      ...(thread !== undefined && { currentThreadTs: String(thread) }),
      ...(hasRepliedRef && { hasRepliedRef }),
    }),
    resolveAutoThreadId({ to, toolContext: { currentChannelId, currentThreadTs } = {} }) {
      const here = currentChannelId === undefined ? undefined : whole(currentChannelId);
      return here !== undefined && here === whole(to) ? currentThreadTs : undefined;
    },
  };
}
