import { limits, type WebsocketAccount } from "../../../generated/websocket/index.ts";

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
    rejectedInARow: limits.rejectedInARow.value,
    customData: { bytes: limits.customDataBytes.value, levels: limits.customDataDepth.value },
  };
}
