import { limits, type LocalImAccount } from "../../../generated/local-im/index.ts";
import { limits as ours } from "../../core/limits.ts";
import type { LinkProfile } from "../../link/link.ts";
import type { TurnBounds } from "../turn.ts";

/** The facts of one account that its session needs. */
export interface Profile {
  /** As the operator wrote it: capitals count (LI-1). */
  accountId: string;
  /** Nobody on the way can speak in the server's place (LI-4). */
  trustsPeer: boolean;
  sessionScope: "session" | "conversation";
  contentChars: number;
}

/** Extensions that a `hello` may turn on (LI-25). */
export const OFFERED = ["ack", "activity", "cancel", "edit", "policies", "reactions", "typing"] as const;

export function profileOf(config: Pick<LocalImAccount, "sessionScope" | "limits">, accountId: string, trustsPeer: boolean): Profile {
  return { accountId, trustsPeer, sessionScope: config.sessionScope, contentChars: config.limits.contentChars };
}

/** How a growing reply is paced (LI-17). */
export const turnBounds: TurnBounds = {
  streamEveryMs: limits.streamEveryMs,
  repetition: { times: limits.repetitionTimes, freeBytes: limits.repetitionBytes },
  answerCodePoints: ours.answerCodePoints,
  errorCodePoints: ours.errorCodePoints,
};

/** The numbers one account dials with (LI-5, LI-6). */
export function linkProfileOf(config: Pick<LocalImAccount, "limits">): LinkProfile {
  return {
    backoff: { baseMs: limits.backoffBaseMs, maxMs: limits.backoffMaxMs, jitterMs: limits.backoffJitterMs, jitter: "inside" },
    provenMs: limits.provenSeconds * 1000,
    handshakeMs: limits.handshakeSeconds * 1000,
    pingMs: limits.pingSeconds * 1000,
    deadAfterMs: limits.deadAfterSeconds * 1000,
    maxPayload: config.limits.maxPayload,
    binary: "ignore",
    refusals: [
      { code: 401, then: "at-most", fault: "credentials", text: "the server wants another token (HTTP 401)" },
      { code: 403, then: "at-most", fault: "forbidden", text: "the server does not let this account in (HTTP 403)" },
      { code: 1008, then: "at-most", fault: "forbidden", text: "the server does not want this account (1008)" },
      { code: 4401, then: "at-most", fault: "credentials", text: "the server wants another token (4401)" },
      { code: 4403, then: "at-most", fault: "forbidden", text: "the token may not speak for this account (4403)" },
      { code: 4409, then: "at-most", fault: "takeover", text: "another plugin is connected for this account (4409)" },
    ],
  };
}
