import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { Inbound } from "../protocols/inbound.ts";

/** `@agent /status` in a group that mentions the agent is a command. */
const NAMES_BEFORE_COMMAND = /^(?:@\S+\s+)+(?=\/)/u;

/** The text in which a command is looked for. */
export function commandTextOf({ content, mentioned, conversation }: Pick<Inbound, "content" | "mentioned" | "conversation">): string {
  return conversation.kind === "group" && mentioned === true ? content.replace(NAMES_BEFORE_COMMAND, "") : content;
}

export const mentions: NonNullable<ChannelPlugin["mentions"]> = {
  stripMentions: ({ text, ctx }) => (ctx.WasMentioned === true && ctx.ChatType === "group" ? text.replace(NAMES_BEFORE_COMMAND, "") : text),
};
