/** What a valid `chat.send` means, with its sender settled. Plain data: the journal keeps it as JSON. */
export interface Inbound {
  /** Of the wire, or made up; unique per sender (WS-14). */
  messageId: string;
  /** The connection that asked; it may be gone when the answer is ready. */
  connectionId: string;
  sender: Sender;
  conversation: Conversation;
  content: string;
  quote?: Quote;
  media: readonly MediaReference[];
  /** Untrusted (WS-9). */
  customData?: Readonly<Record<string, unknown>>;
  mentioned?: boolean;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

export interface Sender {
  id: string;
  name?: string;
  /** The verifier vouched for this id. */
  verified: boolean;
  avatar?: string;
  /** Further data of the verifier, untrusted. */
  extra?: Readonly<Record<string, unknown>>;
}

export type Conversation =
  | { kind: "direct"; id: string; threadId?: string }
  | { kind: "group"; id: string; subject: string; threadId?: string };

export interface Quote {
  messageId?: string;
  body?: string;
}

export type MediaReference =
  | { from: "path"; path: string; mimeType?: string }
  | { from: "url"; url: string; mimeType?: string; name?: string }
  | { from: "data"; base64: string; mimeType?: string; name?: string };
