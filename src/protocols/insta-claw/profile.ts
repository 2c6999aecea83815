import { type InstaClawAccount, limits } from "../../../generated/insta-claw/index.ts";
import { limits as ours } from "../../core/limits.ts";
import type { LinkProfile } from "../../link/link.ts";
import type { TurnBounds } from "../turn.ts";

/** The facts of one account that its session needs. */
export interface Profile {
  framing: InstaClawAccount["profile"];
  events: InstaClawAccount["events"];
  deltaShape: InstaClawAccount["deltaShape"];
  ack: InstaClawAccount["ack"];
  requestTimeoutMs: number;
  /** Nobody on the way can speak in the server's place (IC-17). */
  trustsPeer: boolean;
}

export function profileOf(config: Pick<InstaClawAccount, "profile" | "events" | "deltaShape" | "ack" | "requestTimeoutMs">, trustsPeer: boolean): Profile {
  const { profile: framing, events, deltaShape, ack, requestTimeoutMs } = config;
  return { framing, events, deltaShape, ack, requestTimeoutMs, trustsPeer };
}

/** What is new is sent at once, and nothing twice, so a growing reply needs no pace (IC-21). */
export const turnBounds: TurnBounds = {
  streamEveryMs: 0,
  answerCodePoints: ours.answerCodePoints,
  errorCodePoints: ours.errorCodePoints,
};

/** Silence after which the server is dead: what is configured, where that can work, else three missed pings (IC-4). */
export function deadAfterOf({ heartbeatIntervalMs, timeoutThresholdMs }: Pick<InstaClawAccount, "heartbeatIntervalMs" | "timeoutThresholdMs">): number {
  return timeoutThresholdMs !== undefined && timeoutThresholdMs > heartbeatIntervalMs ? timeoutThresholdMs : 3 * heartbeatIntervalMs;
}

/** The numbers one account dials with (IC-3, IC-4). */
export function linkProfileOf(config: Pick<InstaClawAccount, "heartbeatIntervalMs" | "timeoutThresholdMs" | "limits" | "reconnect">): LinkProfile {
  return {
    backoff: { baseMs: limits.backoffBaseMs, maxMs: limits.backoffMaxMs, jitterMs: limits.backoffJitterMs, jitter: "outside" },
    provenMs: limits.provenMs,
    handshakeMs: limits.handshakeMs,
    pingMs: config.heartbeatIntervalMs,
    deadAfterMs: deadAfterOf(config),
    maxPayload: config.limits.maxPayload,
    binary: "close",
    ...(config.reconnect.maxAttempts > 0 && { maxAttempts: config.reconnect.maxAttempts }),
    refusals: [
      { code: 401, then: "at-most", fault: "credentials", text: "the gateway refuses the credentials (HTTP 401)" },
      { code: 403, then: "at-most", fault: "forbidden", text: "the gateway does not let this account in (HTTP 403)" },
      { code: 1008, then: "at-most", fault: "forbidden", text: "the gateway does not want this account (1008)" },
      { code: 4401, then: "at-most", fault: "credentials", text: "the gateway refuses the credentials (4401)" },
      { code: 4403, then: "at-most", fault: "forbidden", text: "the gateway does not let this account in (4403)" },
    ],
  };
}
