import type { ChatCancel, ChatDelete, ChatEdit, ChatJoin, ChatLeave, ChatReact, ChatAuth, CustomData, MediaItem, MimeType, Name } from "../../generated/websocket/types.ts";
import type { ChatError } from "./error.ts";
import type { Heard } from "./frames.ts";

/** Why a chat is not, or no longer, connected. */
export type Why =
  | "start"
  | "retry"
  /** The network or the other end has ended the connection. */
  | "lost"
  /** No connection came about: nobody there, a wrong path, a certificate, a browser that is offline. */
  | "unreachable"
  /** The gateway stops or restarts. */
  | "restarting"
  /** Nothing came for too long. */
  | "silent"
  /** Too many connections of this sender, or of all. */
  | "crowded"
  /** The server has cut us off: too many frames that it refused, or a failure of its own. */
  | "cut"
  /** A frame was larger than the server takes. */
  | "too_large"
  /** The verifier could not be asked, or the application's own `token` function failed. */
  | "token_unavailable"
  /** Ends for good, as all that follow: the token is missing, wrong or over. */
  | "token_refused"
  | "origin_refused"
  | "parameters_refused"
  | "sender_refused"
  /** The application has closed it. */
  | "closed";

/** What a chat is at the moment. `text` is for people. */
export type State =
  | { readonly kind: "connecting"; readonly why: Why; readonly text: string }
  /** `senderId` and `extensions` are what the server says; an older one says nothing. */
  | { readonly kind: "open"; readonly senderId?: string; readonly extensions: readonly string[] }
  /** Dials again at `until`, in ms since the epoch. */
  | { readonly kind: "waiting"; readonly why: Why; readonly text: string; readonly until: number }
  /** For good. */
  | { readonly kind: "closed"; readonly why: Why; readonly text: string };

/** A file that goes with a message: a path or `https:` URL that the server may read, or the bytes themselves. */
export type Attachment = string | MediaItem | { readonly bytes: Uint8Array; readonly mimeType?: MimeType; readonly name?: Name };

/** What is said beside the text. */
export interface SendOptions {
  /** Says it in this group instead of directly. */
  readonly group?: string;
  readonly groupSubject?: string;
  /** Needs the extension `groups`: whether the agent was addressed. */
  readonly mentioned?: boolean;
  /** Needs the extension `threads`. */
  readonly thread?: string;
  /** The message that this one answers. */
  readonly replyTo?: string;
  readonly media?: readonly Attachment[];
  readonly customData?: CustomData;
}

/** A message on its way to the server. */
export interface Outgoing {
  readonly messageId: string;
  readonly text: string;
  readonly options: SendOptions;
  /** Absent before it was sent. The last moment at which the server had it, or was about to, and had not lost its answer. */
  readonly knownAt?: number | undefined;
  /** Whom the server took us for then; another sender's repeat would be a new message (WS-14). */
  readonly sentAs?: string | undefined;
}

/** One that has no answer yet. */
export interface Pending extends Outgoing {
  /** On which connection it was sent last. */
  readonly sentOn?: number;
  /** The server has shown that it has it. */
  readonly isTaken: boolean;
  readonly isAborted: boolean;
  /** What the agent has said so far. */
  readonly said: string;
  /** What was said of it on one connection, where each frame may hold the new part alone. */
  readonly heard: { readonly on: number; readonly text: string };
}

export interface Answer {
  readonly messageId: string;
  /** All of it; empty when the agent chose to say nothing. */
  readonly text: string;
  /** Addresses of files that belong to it. */
  readonly media: readonly string[];
  /** The message that the agent quotes. */
  readonly replyTo?: string | undefined;
}

/** Something that is not the answer to a message of this chat: said unasked, by another member of a group, or in another tab. */
export interface Post {
  readonly messageId: string;
  /** Who says it; `agent` for the agent. */
  readonly from: string;
  readonly fromName?: string | undefined;
  readonly text: string;
  /** Addresses of files that belong to it. */
  readonly media: readonly string[];
  readonly group?: string | undefined;
  readonly thread?: string | undefined;
  readonly replyTo?: string | undefined;
}

/** There is no answer to a message that is not of this chat: another member of a group has sent it, or another tab. */
export interface Failure extends Fault {
  readonly messageId: string;
}

/** A frame that has no answer of its own. */
export type Act = ChatAuth | ChatCancel | ChatDelete | ChatEdit | ChatJoin | ChatLeave | ChatReact;

/** Something that went wrong: as the event `fault`, about no message in particular. */
export interface Fault {
  readonly code: string;
  readonly text: string;
}

/** What an application may listen to. */
export interface ChatEvents {
  state: State;
  message: Post;
  fault: Fault;
  failure: Failure;
  typing: Extract<Heard, { type: "chat.typing" }>;
  /** The agent's growing answer to somebody else, in a group that was joined. */
  stream: Extract<Heard, { type: "chat.stream" }>;
  thought: Extract<Heard, { type: "chat.thought" }>;
  activity: Extract<Heard, { type: "chat.activity" }>;
  reaction: Extract<Heard, { type: "chat.reaction" }>;
  edited: Extract<Heard, { type: "chat.edited" }>;
  deleted: Extract<Heard, { type: "chat.deleted" }>;
  pairing: Extract<Heard, { type: "chat.pairing" }>;
  media: Extract<Heard, { type: "chat.media" }>;
}

export type ChatEventName = keyof ChatEvents;

/** `name` and `event` of one of them. */
export type Told = { [Name in ChatEventName]: { readonly name: Name; readonly event: ChatEvents[Name] } }[ChatEventName];

export type Timer = "dial" | "open" | "greet" | "silent" | "hold";

/** All there is to know of a chat between two events. */
export interface Model {
  readonly state: State;
  readonly phase: "new" | "token" | "dialing" | "greeting" | "open" | "waiting" | "closed";
  /** Of the connection; what comes from an older one is nobody's. */
  readonly generation: number;
  /** Since the last connection that has proven itself. */
  readonly losses: number;
  readonly isProven: boolean;
  readonly readyAt: number;
  /** The last connection ended because of its token, and another one was asked for. */
  readonly wasRefused: boolean;
  /** The last error of this connection that was about no message. */
  readonly complaint: string;
  readonly welcome?: { readonly senderId: string; readonly extensions: readonly string[] };
  readonly heardAt: number;
  readonly isProbed: boolean;
  /** How many messages may be on their way that the server has not taken yet. */
  readonly window: number;
  /** What the server has refused one for; the others wait. */
  readonly held: "nothing" | "rate" | "room";
  /** In the order in which they were said. */
  readonly pending: ReadonlyMap<string, Pending>;
  /** Ids whose answer was told: a second one says nothing new. */
  readonly ended: readonly string[];
  readonly groups: readonly string[];
  readonly acts: readonly Act[];
}

export type Event =
  | { readonly on: "start" }
  | { readonly on: "token"; readonly generation: number; readonly token: unknown }
  | { readonly on: "no-token"; readonly generation: number; readonly text: string }
  | { readonly on: "opened"; readonly generation: number }
  | { readonly on: "heard"; readonly generation: number; readonly data: unknown }
  | { readonly on: "ended"; readonly generation: number; readonly code: number; readonly reason: string }
  | { readonly on: "timer"; readonly timer: Timer }
  /** The network may be another one now. */
  | { readonly on: "nudge" }
  | { readonly on: "send"; readonly message: Outgoing }
  | { readonly on: "abort"; readonly messageId: string }
  | { readonly on: "act"; readonly act: Act }
  | { readonly on: "close" };

export type Effect =
  | { readonly do: "ask-token"; readonly generation: number }
  | { readonly do: "dial"; readonly generation: number; readonly token: string | undefined }
  | { readonly do: "write"; readonly text: string }
  | { readonly do: "hang-up"; readonly code: number }
  | { readonly do: "arm"; readonly timer: Timer; readonly ms: number }
  | { readonly do: "disarm"; readonly timer: Timer }
  | { readonly do: "grow"; readonly messageId: string; readonly text: string }
  | { readonly do: "answer"; readonly answer: Answer }
  | { readonly do: "fail"; readonly messageId: string; readonly error: ChatError }
  | ({ readonly do: "tell" } & Told);

export interface Moment {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** What does not change in the life of a chat. */
export interface Setting {
  /** Without what may be secret in it. */
  readonly place: string;
  readonly extensions: readonly string[];
  /** A `fixed` token that was refused will be refused again. */
  readonly token: "none" | "fixed" | "asked";
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

export interface Step {
  readonly model: Model;
  readonly effects: readonly Effect[];
}

/** A step while it is being made. */
export interface Draft {
  model: Model;
  readonly effects: Effect[];
  readonly moment: Moment;
  readonly setting: Setting;
}
