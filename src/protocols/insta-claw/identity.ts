import type { Headers, Metadata } from "../../../generated/insta-claw/index.ts";
import type { Conversation, Inbound, Sender } from "../inbound.ts";

/** What only this wire reads of a message: in which form the answer goes out, and what has to be echoed in it. */
export interface Origin {
  framing: "envelope" | "bare";
  /** A bare request that asked for one whole response. */
  whole?: true;
  /** The `messageId` of the envelope that brought it. */
  envelopeId?: string;
  /** The message's own id, where the server gave one. */
  requestId?: string;
  sessionId?: string;
  groupId?: string;
  threadId?: string;
  /** The mark of the process that read it (IC-23). */
  process?: string;
}

/** Who a message says it is from, in the words of all generations of the wire. */
export interface Told {
  metadata: Metadata;
  headers: Headers;
  userId?: string | undefined;
  sessionId?: string | undefined;
  senderName?: string | undefined;
  group?: { id: string; subject?: string | undefined; mentioned?: boolean | undefined } | undefined;
}

/** The one sender of a server that names none (IC-17). */
export const NOBODY = "default";

type Identity = Pick<Inbound<Origin>, "sender" | "conversation"> & { origin: Pick<Origin, "sessionId" | "groupId" | "threadId">; mentioned?: boolean };

/** Settles who speaks and where (IC-17, IC-18). */
export function identityOf(told: Told): Identity {
  const { metadata } = told;
  const sessionId = metadata.session_id ?? told.sessionId;
  const sender = senderOf(told, sessionId);
  const group = groupOf(told);
  // A session beside a user is one of the user's several conversations.
  const threadId = metadata.thread_id ?? (group === undefined && sessionId !== sender.id ? sessionId : undefined);
  const thread = threadId === undefined ? {} : { threadId };
  const conversation: Conversation = group
    ? { kind: "group", id: group.id, subject: group.subject ?? group.id, ...thread }
    : { kind: "direct", id: sender.id, ...thread };
  return {
    sender,
    conversation,
    origin: { ...(sessionId !== undefined && { sessionId }), ...(group && { groupId: group.id }), ...(metadata.thread_id !== undefined && thread) },
    ...(group?.mentioned !== undefined && { mentioned: group.mentioned }),
  };
}

function senderOf({ metadata, headers, userId, senderName }: Told, sessionId: string | undefined): Sender {
  const named = metadata.sender_id ?? metadata.user_id ?? userId;
  const name = metadata.sender_name ?? senderName;
  return {
    id: named ?? sessionId ?? headers.senderId ?? NOBODY,
    // A session or a header is not a person the server has let in.
    verified: named !== undefined,
    ...(name !== undefined && name !== "" && { name }),
  };
}

function groupOf({ metadata, group }: Told): Told["group"] {
  const { chat_type: type, group_id: id, group_name: subject, mentioned } = metadata;
  if (type !== "group" || id === undefined) return group;
  return { id, subject: subject === "" ? undefined : subject, mentioned: mentioned === undefined ? undefined : mentioned === true || mentioned === "true" };
}

/** What every event of a reply says about the message it answers (IC-24). */
export function echoOf({ requestId, sessionId, groupId, threadId }: Origin): Metadata {
  return {
    ...(requestId !== undefined && { request_message_id: requestId }),
    ...placeOf({ sessionId, groupId, threadId }),
  };
}

/** Where a message that nobody asked for goes: to whoever wrote `to` (IC-25). */
export function recipientOf({ sender, origin }: Inbound<Origin>): Metadata {
  return { recipient_id: sender.id, ...placeOf(origin) };
}

export function placeOf({ sessionId, groupId, threadId }: { [Key in "sessionId" | "groupId" | "threadId"]?: string | undefined }): Metadata {
  return {
    ...(sessionId !== undefined && { session_id: sessionId }),
    ...(groupId !== undefined && { group_id: groupId }),
    ...(threadId !== undefined && { thread_id: threadId }),
  };
}
