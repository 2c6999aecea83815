import { type Capabilities, type ClawchatAccount, limits } from "../../../generated/clawchat/index.ts";
import { limits as ours } from "../../core/limits.ts";
import type { LinkProfile } from "../../link/link.ts";
import type { TurnBounds } from "../turn.ts";
import type { OwnIds } from "./identity.ts";

/** Who an account is at its hub, as it is now. */
export interface Login extends OwnIds {
  accessToken: string;
  deviceId: string;
}

/** The facts of one account that its session needs. */
export interface Profile {
  /** Read whenever it is needed: tokens are renewed while the account runs. */
  login(): Login;
  clientVersion: string;
  /** What comes is on disk before it is acknowledged, so the hub may be told that it will be. */
  reliable: boolean;
  streaming: boolean;
  deliveryReceipts: boolean;
  /** Nothing is written to a chat whose id does not begin with `cnv_`. */
  strictChatIds: boolean;
  outputVisibility: "minimal" | "normal" | "full";
  /** Which messages of an answer show the one they reply to, where the agent does not say so itself. */
  replyToMode: "off" | "first" | "all";
  /** ms the hub has to acknowledge a message. */
  ackMs: number;
  resendsUnanswered: boolean;
  /** ms for which typing is shown without a pause. */
  typingMaxMs: number;
  /** Code points of a received text; what is longer is cut. */
  contentChars: number;
  /** Code points of one message that is sent. */
  chunkChars: number;
  /** Each member of a group has a session of its own. */
  sessionsPerMember: boolean;
  /** Nobody on the way can speak in the hub's place. */
  verifiesSenders: boolean;
  /** What addresses of files are relative to. */
  mediaOrigin: string;
}

/** What makes ids: pure code is given both. */
export interface Ports {
  /** Random, unlike any other. */
  newId(): string;
  /** The id of a message; later ones are greater (CC-31). */
  mint(now: number): string;
}

type SessionConfig = Pick<
  ClawchatAccount,
  "reliableDelivery" | "streaming" | "deliveryReceipts" | "strictChatIds" | "textChunkLimit" | "outputVisibility" | "replyToMode" | "ack" | "typingMaxContinuousMs" | "limits" | "groupSessionsPerUser"
>;

/** All but the login. `rest`: what the configuration does not say. */
export function profileOf(config: SessionConfig, rest: Pick<Profile, "clientVersion" | "verifiesSenders" | "mediaOrigin">): Omit<Profile, "login"> {
  return {
    ...rest,
    reliable: config.reliableDelivery,
    // What of a turn is shown is decided before it gets here.
    streaming: config.streaming !== false,
    deliveryReceipts: config.deliveryReceipts,
    strictChatIds: config.strictChatIds,
    outputVisibility: config.outputVisibility,
    replyToMode: config.replyToMode,
    ackMs: config.ack.timeoutMs,
    resendsUnanswered: config.ack.resendOnTimeout,
    typingMaxMs: config.typingMaxContinuousMs,
    contentChars: config.limits.contentChars,
    chunkChars: config.textChunkLimit ?? limits.chunkChars,
    sessionsPerMember: config.groupSessionsPerUser,
  };
}

/** What the plugin tells the hub it can do; the second generation of reliable delivery asks for the first too (CC-7). */
export function capabilitiesOf({ reliable, deliveryReceipts }: Pick<Profile, "reliable" | "deliveryReceipts">): Capabilities {
  return {
    device_replay: true,
    chat_meta_events: true,
    notify_signals: true,
    permission_events: true,
    ...(deliveryReceipts && { delivery_receipt: true }),
    ...(reliable && { reliable_delivery: true, reliable_delivery_v2: true }),
  };
}

/**
 * Of what a reply may cost, in times of its text: its deltas, the last `message.add`, the end of the stream and the reply
 * itself have one share each, and what stands beside the text in every frame has three. The rest may be spent on repeating.
 */
const OTHER_SHARES = 7;
/** Bytes of a `message.add` beside its texts: while a text is short they are most of the frame. */
const FRAME_BYTES = 512;

/** How a growing reply is paced (CC-70). */
export const turnBounds: TurnBounds = {
  streamEveryMs: limits.streamEveryMs,
  repetition: { times: limits.repetitionTimes - OTHER_SHARES, freeBytes: limits.repetitionBytes - 2 * FRAME_BYTES, frameBytes: FRAME_BYTES },
  answerCodePoints: ours.answerCodePoints,
  errorCodePoints: ours.errorCodePoints,
};

/** The numbers one account dials with (CC-6, CC-11, CC-12). No close code changes when the next dial comes: 4001 too comes to a session that was ready (CC-13). */
export function linkProfileOf(config: Pick<ClawchatAccount, "reconnect" | "heartbeat" | "limits">): LinkProfile {
  const { reconnect, heartbeat } = config;
  return {
    backoff: {
      baseMs: reconnect.initialDelayMs,
      maxMs: reconnect.maxDelayMs,
      jitterMs: 0,
      jitter: "outside",
      jitterRatio: reconnect.jitterRatio,
      floorMs: limits.floorMs,
    },
    provenMs: limits.provenMs,
    handshakeMs: limits.handshakeMs,
    readyMs: limits.handshakeMs,
    pingMs: heartbeat.intervalMs,
    deadAfterMs: heartbeat.intervalMs + heartbeat.timeoutMs,
    maxPayload: config.limits.maxPayload,
    binary: "ignore",
    ...(reconnect.maxRetries > 0 && { maxAttempts: reconnect.maxRetries }),
    refusals: [{ code: 4001, then: "back-off", fault: "takeover", text: "another connection of the same user and device has taken over (4001)" }],
  };
}
