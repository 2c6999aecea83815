import { limits } from "../../../generated/local-im/index.ts";
import type { DialedProtocol } from "../dialed.ts";
import type { Origin } from "./identity.ts";
import { type Profile, turnBounds } from "./profile.ts";
import { carriedBy, type ConnectionState, createSession } from "./session.ts";

/** All that an account has to know of this protocol. */
export function createProtocol(profile: Profile, newId: () => string): DialedProtocol<ConnectionState, Origin> {
  return {
    session: createSession(profile, newId),
    // Ids are the server's, unique over all users of an account (LI-10).
    identify: ({ messageId }) => ({ sender: "", messageId }),
    turn: turnBounds,
    repeatMs: limits.repeatSeconds * 1000,
    // A server without `hello` takes a second `done` for a new answer (LI-20).
    mostWrites: 1,
    // So is a `done` that answers nothing, by a server that waits for one with this `conversationId` (LI-24).
    mistakesUnasked: true,
    announcementId: () => `srv_${newId()}`,
    acts: {
      carried: carriedBy,
      nameOf: ({ origin }) => origin.messageId,
      nameOfAnswer: ({ origin }) => origin.messageId,
      nameOfAnnouncement: (messageId) => messageId,
    },
  };
}
