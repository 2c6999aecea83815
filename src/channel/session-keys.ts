import { buildAgentSessionKey, resolveThreadSessionKeys } from "openclaw/plugin-sdk/routing";
import type { Conversation } from "../protocols/inbound.ts";
import { decodeId, encodeId, readGroupPeerId, sessionPeerId } from "./identity.ts";

/** How the host's scope of direct sessions is overruled: one session per sender (WS-23). */
export type DmScope = "per-channel-peer" | "per-account-channel-peer";

export type Peer = Pick<Conversation, "kind" | "id"> & {
  scope?: string;
  /** Of a group whose members each have a session of their own: whose it is. */
  member?: string;
};

/** Whose session it is. */
export interface KeyOwner {
  agentId: string;
  channelId: string;
  accountId: string;
  /** The account whose name stands in no key. */
  plainAccount: string;
}

/** A channel's form of session keys: one key per account and conversation, which leads back to both. */
export interface SessionForm {
  write(owner: KeyOwner, peer: Peer): string;
  /** What stands behind `agent:<agent>:<channel>:`; without the account where that is the plain one. */
  read(rest: readonly string[]): { accountId?: string; peer: Peer } | undefined;
}

/** The key with its thread, which every form has at its end. */
export function writeSessionKey(form: SessionForm, owner: KeyOwner, conversation: Peer & { threadId?: string }): string {
  return threadSessionKey(form.write(owner, conversation), conversation.threadId);
}

/** The host's own form: `[<account>:]direct:<peer>`, `group:<peer>`, and `group:<peer>~~<member>` for one member's session. */
export const hostForm: SessionForm = {
  write: ({ agentId, channelId, accountId, plainAccount }, peer) =>
    buildAgentSessionKey({
      agentId,
      channel: channelId,
      accountId,
      peer: { kind: peer.kind, id: peerIdOf(peer, accountId) },
      dmScope: accountId === plainAccount ? "per-channel-peer" : "per-account-channel-peer",
    }),
  read(rest) {
    // An account makes the number of parts odd; a thread adds two. Accounts may be called like kinds.
    const [accountId, kind, peerId] = rest.length % 2 === 0 ? [undefined, ...rest] : rest;
    if (peerId === undefined) return undefined;
    if (kind === "group") {
      const { group: groupId, member } = splitMember(peerId);
      const group = readGroupPeerId(groupId);
      const id = member === undefined ? undefined : decodeId(member);
      if (!group || (member !== undefined && id === undefined)) return undefined;
      return { accountId: group.accountId, peer: { kind, id: group.id, ...(id !== undefined && { member: id }) } };
    }
    const id = kind === "direct" ? decodeId(peerId) : undefined;
    return id === undefined ? undefined : { ...(accountId !== undefined && { accountId }), peer: { kind: "direct", id } };
  },
};

/** Encoded ids hold no `~`, and none is empty: the first pair of them stands before the member. */
const MEMBER_MARK = "~~";

function peerIdOf(peer: Peer, accountId: string): string {
  const id = sessionPeerId(peer, accountId);
  return peer.kind === "group" && peer.member !== undefined ? `${id}${MEMBER_MARK}${encodeId(peer.member)}` : id;
}

function splitMember(peerId: string): { group: string; member?: string } {
  const mark = peerId.indexOf(MEMBER_MARK);
  return mark === -1 ? { group: peerId } : { group: peerId.slice(0, mark), member: peerId.slice(mark + MEMBER_MARK.length) };
}

/** `<scope>:[<account>.]<peer>`, and `group:` in the same way. No dot of an id can be taken for the one behind the account. */
export function scopedForm(scopes: readonly string[]): SessionForm {
  const [usual = ""] = scopes;
  return {
    write({ agentId, channelId, accountId, plainAccount }, { kind, id, scope = usual }) {
      const account = accountId === plainAccount ? "" : `${encodeDotted(accountId)}.`;
      return `agent:${agentId}:${channelId}:${kind === "group" ? kind : scope}:${account}${encodeDotted(id)}`;
    },
    read([kind, peerId]) {
      if (kind === undefined || peerId === undefined || (kind !== "group" && !scopes.includes(kind))) return undefined;
      const parts = peerId.split(".").map(decodeDotted);
      const id = parts.at(-1);
      const accountId = parts.length === 2 ? parts[0] : undefined;
      if (id === undefined || parts.length > 2 || (parts.length === 2 && accountId === undefined)) return undefined;
      const peer: Peer = kind === "group" ? { kind, id } : { kind: "direct", id, scope: kind };
      return { ...(accountId !== undefined && { accountId }), peer };
    },
  };
}

function encodeDotted(id: string): string {
  return encodeId(id).replaceAll(".", "%2e");
}

function decodeDotted(encoded: string): string | undefined {
  return encoded.includes(".") ? undefined : decodeId(encoded.replaceAll(/%2e/g, "."));
}

/** The conversation's key, extended by its thread. */
export function threadSessionKey(baseSessionKey: string, threadId: string | undefined): string {
  return resolveThreadSessionKeys({ baseSessionKey, ...(threadId !== undefined && { threadId: encodeId(threadId) }) }).sessionKey;
}
