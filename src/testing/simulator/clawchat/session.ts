import type { ServerLink } from "../link.ts";
import type { Row } from "./inbox.ts";
import type { Agent, Conversation } from "./world.ts";

/** What the server knows of one link. */
export interface Session {
  readonly link: ServerLink;
  phase: "challenged" | "ready" | "over";
  readonly nonce: string;
  deviceId: string;
  /** From `hello-ok` on. */
  agent: Agent | undefined;
  capabilities: ReadonlySet<string>;
  mode: "legacy" | "v1" | "v2";
  /** Empty unless v2 was granted. */
  epoch: string;
  /** Of the frame stamped last. */
  dseq: number;
  /** The highest one that was acknowledged. */
  acked: number;
  /** Stamped and not acknowledged, with the place in the inbox. */
  unacked: { dseq: number; seq?: number }[];
  /** v1: the highest cursor that came, and the highest seq that went. */
  cursorAck: number;
  lastSeq: number;
  rowsSinceMark: number;
  /** What is still to be replayed; undefined when that is done. */
  backlog: Row[] | undefined;
  /** User ids. */
  readonly subscriptions: Set<string>;
  /** Chats in which the plugin is typing. */
  readonly typing: Set<string>;
  readonly cancels: Set<() => void>;
  stopSilence: (() => void) | undefined;
}

export type ReadySession = Session & { agent: Agent };

export function beginSession(link: ServerLink, nonce: string): Session {
  return {
    link,
    phase: "challenged",
    nonce,
    deviceId: "",
    agent: undefined,
    capabilities: new Set(),
    mode: "legacy",
    epoch: "",
    dseq: 0,
    acked: 0,
    unacked: [],
    cursorAck: 0,
    lastSeq: 0,
    rowsSinceMark: 0,
    backlog: undefined,
    subscriptions: new Set(),
    typing: new Set(),
    cancels: new Set(),
    stopSilence: undefined,
  };
}

export function isReady(session: Session | undefined): session is ReadySession {
  return session?.phase === "ready" && session.agent !== undefined && session.link.open;
}

export function isMember({ agent }: ReadySession, chat: Conversation): boolean {
  return chat.members.has(agent.id);
}
