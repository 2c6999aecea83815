import { type ChatSend, validateId, type VerifiedUser } from "../../../generated/websocket/index.ts";
import type { Sender } from "../inbound.ts";

/** What the query string says of a connection. */
export interface Parameters {
  senderId?: string;
  senderName?: string;
  tokenType: string;
}

/** Who is at the other end of a connection, and for whom its frames may speak (WS-4). */
export interface Peer {
  sender: Sender;
  /** A frame may name any sender: auth is off, or the verifier delegated. */
  speaksForOthers: boolean;
  /** What the verifier was asked, without the token; absent where nobody vouched. `chat.auth` asks the same again. */
  asked?: Readonly<Record<string, string | undefined>>;
  /** When the token ends, in ms since the epoch (WS-37). */
  endsAt?: number;
  /** The token, where it will be shown again (WS-38). A function, so that nothing which prints a peer prints it. */
  token?(): string;
}

export type ParametersRead = { ok: true; parameters: Parameters } | { ok: false; why: string };

/** Reads `senderId`, `senderName` and `tokenType`; a repeated or malformed one refuses the connection (WS-2). */
export function readParameters(query: Pick<URLSearchParams, "get" | "getAll">): ParametersRead {
  for (const key of ["senderId", "senderName", "token"]) {
    if (query.getAll(key).length > 1) return { ok: false, why: `${key} is given more than once` };
  }
  const senderId = query.get("senderId") ?? undefined;
  const senderName = query.get("senderName") ?? undefined;
  const tokenType = query.get("tokenType") ?? "local";
  // An id and a name are bound alike.
  for (const [key, value] of Object.entries({ senderId, senderName, tokenType })) {
    if (value !== undefined && !validateId(value)) return { ok: false, why: `${key} must be 1 to 128 characters, none of them a control character` };
  }
  return {
    ok: true,
    parameters: { tokenType, ...(senderId !== undefined && { senderId }), ...(senderName !== undefined && { senderName }) },
  };
}

/** The peer the verifier vouched for: its id and name win over everything else (WS-4). */
export function verifiedPeer(user: VerifiedUser, parameters: Parameters, allowDelegation: boolean): Peer {
  const name = user.username ?? parameters.senderName;
  return {
    sender: {
      id: user.userId,
      verified: true,
      ...(name !== undefined && { name }),
      ...(user.avatar !== undefined && { avatar: user.avatar }),
      ...(user.extra !== undefined && { extra: user.extra }),
    },
    speaksForOthers: allowDelegation && user.delegate === true,
    ...(user.exp !== undefined && { endsAt: user.exp * 1000 }),
  };
}

/** The peer of a connection that showed no good token where one is not required: it cannot choose its id. */
export function anonymousPeer(parameters: Parameters, uuid: string): Peer {
  return { sender: unverified(`anon-${uuid}`, parameters.senderName), speaksForOthers: false };
}

/** The peer where auth is off: it is whoever it says. */
export function selfNamedPeer(parameters: Parameters, uuid: string): Peer {
  return { sender: unverified(parameters.senderId ?? uuid, parameters.senderName), speaksForOthers: true };
}

/** Who speaks in one frame; `undefined` when the frame names somebody it may not speak for. */
export function settleSender(peer: Peer, frame: Pick<ChatSend, "senderId" | "senderName">): Sender | undefined {
  const own = peer.sender;
  if (frame.senderId === undefined || frame.senderId === own.id) {
    return own.verified || frame.senderName === undefined ? own : { ...own, name: frame.senderName };
  }
  return peer.speaksForOthers ? unverified(frame.senderId, frame.senderName) : undefined;
}

function unverified(id: string, name: string | undefined): Sender {
  return { id, verified: false, ...(name !== undefined && { name }) };
}
