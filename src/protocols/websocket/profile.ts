import { limits, type WebsocketAccount } from "../../../generated/websocket/index.ts";
import { limits as ours } from "../../core/limits.ts";
import type { TurnBounds } from "../turn.ts";

/** The numbers and switches of one session, taken from the configuration and the document's tables. */
export interface Profile {
  streamMode: "cumulative" | "delta";
  greeting: boolean;
  /** Extensions a `chat.hello` may turn on. */
  offered: readonly string[];
  rejectedInARow: number;
  customData: { bytes: number; levels: number };
}

/** What this server offers today. `chat.welcome` never lists more. */
export const OFFERED = ["activity", "auth", "cancel", "edit", "groups", "media", "pairing", "reactions", "thoughts", "threads"] as const;

export function profileOf(config: Pick<WebsocketAccount, "streamMode" | "greeting">): Profile {
  return {
    streamMode: config.streamMode,
    greeting: config.greeting,
    offered: OFFERED,
    rejectedInARow: limits.rejectedInARow,
    customData: { bytes: limits.customDataBytes, levels: limits.customDataDepth },
  };
}

/** How a growing reply is paced (WS-17). */
export const turnBounds: TurnBounds = {
  streamEveryMs: limits.streamEveryMs,
  repetition: { times: limits.repetitionTimes, freeBytes: limits.repetitionBytes },
  answerCodePoints: ours.answerCodePoints,
  errorCodePoints: ours.errorCodePoints,
};
