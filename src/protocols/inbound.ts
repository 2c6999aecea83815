/**
 * One message of a peer with its sender settled, whatever wire it came over. Plain data: the journal keeps it as JSON.
 * `Origin` is what only the wire's own protocol reads: where the answer goes, and what has to be echoed in it.
 */
export interface Inbound<Origin = unknown> {
  /** Of the wire, or made up; a repeat has the same. */
  messageId: string;
  origin: Origin;
  sender: Sender;
  /** Who else speaks in it, where it was made of several messages: a turn may do what all of them may. */
  others?: readonly Sender[];
  conversation: Conversation;
  content: string;
  quote?: Quote;
  media: readonly MediaReference[];
  /** Untrusted (WS-9). */
  customData?: Readonly<Record<string, unknown>>;
  mentioned?: boolean;
  /** What was said in a group since the agent last heard of it; oldest first. */
  earlier?: readonly string[];
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

export interface Sender {
  id: string;
  name?: string;
  /** Somebody the operator trusts vouched for this id. */
  verified: boolean;
  avatar?: string;
  /** Further data of the verifier, untrusted. */
  extra?: Readonly<Record<string, unknown>>;
}

export type Conversation =
  | { kind: "direct"; id: string; scope?: string; threadId?: string }
  /** `member` is set where each member of the group has a session of its own: whose it is. */
  | { kind: "group"; id: string; subject: string; threadId?: string; member?: string };

export interface Quote {
  messageId?: string;
  body?: string;
  /** It is known that the agent said it. */
  isAgents?: true;
}

export type MediaReference =
  | { from: "path"; path: string; mimeType?: string }
  | { from: "url"; url: string; mimeType?: string; name?: string }
  | { from: "data"; base64: string; mimeType?: string; name?: string };

/** Why a message was not run. Every wire says it in its own words. */
export interface Refusal {
  code: RefusalCode;
  /** For the sender. */
  error: string;
}

export type RefusalCode = "agent_error" | "forbidden" | "media_rejected" | "not_stored" | "queue_full" | "rate_limited" | "shutting_down";
