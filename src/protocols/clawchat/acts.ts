import { encodeHubSent, limits, type MessageReactionReceived } from "../../../generated/clawchat/index.ts";
import { type Act, type ActName, type ActTarget, type HeardAct, isEmoji } from "../acts.ts";
import { barrierOf, type ConnectionState, type HubStep, mayWrite, note, shown } from "./connection.ts";
import { type About, senderOf } from "./identity.ts";
import type { Profile } from "./profile.ts";
import { clean } from "./text.ts";

/** The hub takes reactions, and has no word for editing or deleting. */
export const CARRIED: readonly ActName[] = ["react"];

/** A reaction that somebody else has set or taken back (CC-25); undefined for our own. Each person has one per message. */
export function heardReaction({ payload, sender }: MessageReactionReceived, profile: Profile, now: number): HeardAct | undefined {
  const { target_message_id: name, emoji = "", removed = false } = payload;
  const id = sender?.id;
  if (id === undefined || id === profile.login().userId || (!removed && !isEmoji(emoji, limits.emojiBytes))) return undefined;
  return { act: { act: "react", emoji: removed ? "" : emoji, isRemoval: removed }, name, actor: senderOf(id, sender?.nick_name ?? undefined, profile), at: now };
}

/** The agent's own reaction, where the chat is open to it (CC-25). */
export function sayReaction(state: ConnectionState, act: Act, { name, place }: ActTarget<About>, profile: Profile, traceId: string, now: number): HubStep {
  if (act.act !== "react" || !mayWrite(state)) return { state, effects: [] };
  const why = name === clean(name) ? barrierOf(state, place, now, profile) : "the message has a name that the hub would not take";
  if (why !== undefined) return { state, effects: [note("warn", "chat-closed", { messageId: shown(state, name), why }), { do: "settle", receipt: `unsent ${traceId}`, how: { is: "refused", why } }] };
  const { emoji, isRemoval } = act;
  const payload = { target_message_id: name, emoji: clean(emoji), ...(isRemoval && { removed: true }) };
  return {
    state,
    effects: [{ do: "send", text: encodeHubSent({ version: "2", event: "message.reaction", trace_id: traceId, emitted_at: now, chat_id: place.origin.chatId, payload }) }],
  };
}
