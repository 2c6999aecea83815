/** One frame that crossed a link, either way. */
export interface FrameRecord {
  /** ms since the epoch. */
  at: number;
  from: "plugin" | "server";
  account: string;
  /** `SimulatorLink.number`. */
  link: number;
  /** Of a binary frame, its bytes in base64. */
  text: string;
  binary: boolean;
  check: Check;
  /** Of a frame from the server: the message it says, or is a part of. */
  messageId?: string;
}

/** What the protocol's document says about a frame. */
export type Check =
  | { ok: true; name: string }
  /** `path` is the field at fault, empty for the whole frame. */
  | { ok: false; path: string; detail: string };

/** The plugin did what the protocol forbids. */
export interface Violation {
  at: number;
  account: string;
  /** 0 where it came over none. */
  link: number;
  /** The message whose answer it spoils. */
  messageId?: string;
  text: string;
}

/** The answer to one message, as far as it has come. */
export interface Reply {
  /** Absent where the agent spoke by itself. */
  messageId?: string;
  account: string;
  /** The whole text so far. */
  text: string;
  /** The whole of what the agent thought so far. */
  thought: string;
  end?: ReplyEnd;
  /** How often it was said from its beginning; 1 unless it was said again for a lost link. */
  attempts: number;
  /** The frames it came in, of all links. */
  frames: FrameRecord[];
}

export type ReplyEnd = { how: "completed" | "incomplete" } | { how: "failed"; code?: string; error: string };

/** One HTTP request that was answered, or was not. */
export interface CallRecord {
  /** ms since the epoch. */
  at: number;
  method: string;
  path: string;
  /** Absent where no answer left. */
  status?: number;
  /** What the answer said in its envelope. */
  code?: number;
  /** The fault that was asked for. */
  fault?: string;
}
