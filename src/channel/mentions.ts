import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { Inbound } from "../protocols/inbound.ts";

/** `@agent /status` in a group that mentions the agent is a command. */
const NAMES_BEFORE_COMMAND = /^(?:@\S+\s+)+(?=\/)/u;

/** The text in which a command is looked for; `names` are those that the host takes out of what mentions the agent. */
export function commandTextOf({ content, conversation }: Pick<Inbound, "content" | "conversation">, isMentioned: boolean, names: readonly RegExp[]): string {
  if (conversation.kind !== "group" || !isMentioned) return content;
  const bare = names.reduce((text, name) => text.replace(name, " "), content).trimStart().replace(NAMES_BEFORE_COMMAND, "");
  return bare.startsWith("/") ? bare : content;
}

export const mentions: NonNullable<ChannelPlugin["mentions"]> = {
  stripMentions: ({ text, ctx }) => (ctx.WasMentioned === true && ctx.ChatType === "group" ? text.replace(NAMES_BEFORE_COMMAND, "") : text),
};
