import { limits } from "../../../generated/insta-claw/index.ts";
import type { DialedProtocol } from "../dialed.ts";
import { carriedOf } from "./acts.ts";
import type { Origin } from "./identity.ts";
import { firstResponseId, type Ids } from "./ids.ts";
import { type Profile, turnBounds } from "./profile.ts";
import { type ConnectionState, createSession } from "./session.ts";

/** All that an account has to know of this protocol. */
export function createProtocol(profile: Profile, ids: Ids): DialedProtocol<ConnectionState, Origin> {
  return {
    session: createSession(profile, ids),
    // Ids are the server's, unique over all users of an account (IC-29).
    identify: ({ messageId }) => ({ sender: "", messageId }),
    turn: turnBounds,
    repeatMs: limits.repeatMs,
    // What is said again says so (IC-23).
    mostWrites: Infinity,
    announcementId: () => `srv_${ids.newId()}`,
    acts: {
      carried: ({ extensions }) => carriedOf(extensions),
      nameOf: ({ origin }) => origin.requestId ?? origin.envelopeId,
      nameOfAnswer: (of) => firstResponseId(of, ids),
      nameOfAnnouncement: (messageId, at) => firstResponseId({ messageId, receivedAt: at }, ids),
    },
  };
}
