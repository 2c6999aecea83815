/** What a ClawChat server can be set to. */
export interface ClawchatOptions {
  /** What it grants to those who ask for it; "v2" unless said. */
  reliable?: "legacy" | "v1" | "v2";
  /** ms that an access token lives; 24 h. */
  accessTtlMs?: number;
  /** ms that a refresh token lives; 60 days. */
  refreshTtlMs?: number;
  /** ms for `connect` after the challenge; 10 s. */
  handshakeMs?: number;
  /** ms without an ack while there is something to acknowledge; 135 s. */
  ackSilenceMs?: number;
  /** Unacknowledged frames of one link; 4096. */
  ackDepth?: number;
  /** Unacknowledged frames at which a replay waits; 3500. */
  replayDepth?: number;
  /** A `sync.mark` follows this many rows of the inbox; 8. 0 sends none. */
  syncMarkEvery?: number;
  /** ms between the server's WebSocket pings; 30 s. 0 sends none. */
  pingMs?: number;
  /** ms without a pong before the end; 70 s. */
  pongMs?: number;
  /** Bytes of one upload; 100 MiB. */
  mediaBytes?: number;
  /** MIME types that are not taken; none. */
  mediaRefused?: readonly string[];
}

export type ClawchatSettings = Required<ClawchatOptions>;

const minute = 60_000;
const day = 24 * 60 * minute;

export const defaults: ClawchatSettings = {
  reliable: "v2",
  accessTtlMs: day,
  refreshTtlMs: 60 * day,
  handshakeMs: 10_000,
  ackSilenceMs: 135_000,
  ackDepth: 4096,
  replayDepth: 3500,
  syncMarkEvery: 8,
  pingMs: 30_000,
  pongMs: 70_000,
  mediaBytes: 100 * 1024 * 1024,
  mediaRefused: [],
};

/** Bytes. */
export const frameLimits = { beforeHello: 64 * 1024, inbound: 8 * 1024 * 1024, downlink: 1_000_000, messageId: 512, emoji: 64, deviceId: 128, subscriptions: 16 } as const;

const rows: Readonly<Record<keyof ClawchatOptions, string>> = {
  reliable: "legacy, v1 or v2: what is granted to those who ask for it (v2)",
  accessTtlMs: "ms that an access token lives (24 h)",
  refreshTtlMs: "ms that a refresh token lives (60 days)",
  handshakeMs: "ms for connect after the challenge (10 s)",
  ackSilenceMs: "ms without an ack before a kick (135 s)",
  ackDepth: "unacknowledged frames before a kick (4096)",
  replayDepth: "unacknowledged frames at which a replay waits (3500)",
  syncMarkEvery: "a sync.mark follows so many messages (8); 0 sends none",
  pingMs: "ms between the server's WebSocket pings (30 s); 0 sends none",
  pongMs: "ms without a pong before the end (70 s)",
  mediaBytes: "bytes of one upload (100 MiB)",
  mediaRefused: "MIME types that are not taken, with commas (none)",
};

export const settingRows = Object.entries(rows);

/** `NAME=VALUE` each; throws where that is no setting. */
export function readSettings(given: readonly string[]): ClawchatOptions {
  return Object.fromEntries(given.map((text) => readSetting(text)));
}

function readSetting(text: string): [string, unknown] {
  const [name = "", ...rest] = text.split("=");
  const value = rest.join("=");
  if (!Object.hasOwn(rows, name)) throw new Error(`there is no setting "${name}"; there are ${Object.keys(rows).join(", ")}`);
  if (name === "mediaRefused") return [name, value.split(",").filter((mime) => mime !== "")];
  if (name === "reliable" ? ["legacy", "v1", "v2"].includes(value) : /^\d{1,12}$/.test(value)) return [name, name === "reliable" ? value : Number(value)];
  throw new Error(`${name} takes ${name === "reliable" ? "legacy, v1 or v2" : "a whole number"}, not "${value}"`);
}
