import { limits } from "../../../generated/clawchat/index.ts";
import type { DialedProtocol } from "../dialed.ts";
import { CARRIED } from "./acts.ts";
import { type About, conversationOf, keyOf, type Origin, senderOf } from "./identity.ts";
import { type Ports, type Profile, turnBounds } from "./profile.ts";
import type { ConnectionState } from "./connection.ts";
import { createSession } from "./session.ts";

/** All that an account has to know of this protocol; `now` is for the ids of what is said unasked. */
export function createProtocol(profile: Profile, ports: Ports, now: () => number): DialedProtocol<ConnectionState, Origin> {
  return {
    session: createSession(profile, ports),
    // A chat and an id in it name one message, whoever says so (CC-53).
    identify: (inbound) => ({ sender: "", messageId: keyOf(inbound) }),
    turn: turnBounds,
    repeatMs: REPEAT_MS,
    // The hub knows a repeat by its id (CC-28, CC-29).
    mostWrites: limits.ackWrites,
    announcementId: () => ports.mint(now()),
    acts: {
      carried: () => CARRIED,
      nameOf: ({ origin }) => origin.messageId,
      nameOfAnswer: ({ origin }) => origin.answerId,
      nameOfAnnouncement: (messageId) => messageId,
      oneEmoji: true,
    },
    reach: ({ kind, id }) => reach(profile, kind, id, () => ports.mint(now()), now()),
  };
}

/** ms for which a message that comes again is a repeat. What is replayed later is too old to be answered, by a clock that may differ from ours (CC-56). */
const REPEAT_MS = 2 * limits.answerAgeMs;

/** Where to find somebody from whom nothing came yet: a group by its id, the owner in the chat the login names. */
function reach(profile: Profile, kind: "direct" | "group", id: string, mint: () => string, now: number): About | undefined {
  const { ownerUserId, homeConversationId } = profile.login();
  if (kind === "group") return id.startsWith("cnv_") ? strangerIn(id, "group", id, profile, mint(), now) : undefined;
  const isOwner = id === ownerUserId || id === homeConversationId;
  return isOwner && homeConversationId !== undefined ? strangerIn(homeConversationId, "direct", ownerUserId, profile, mint(), now) : undefined;
}

function strangerIn(chatId: string, chatType: Origin["chatType"], senderId: string, profile: Profile, answerId: string, now: number): About {
  const origin: Origin = { chatId, chatType, answerId, mentions: [], isMentioned: false, emittedAt: now };
  return {
    messageId: answerId,
    origin,
    sender: senderOf(senderId, undefined, profile),
    conversation: conversationOf(origin, senderId, { sessionsPerMember: false }),
    content: "",
    media: [],
    receivedAt: now,
  };
}
