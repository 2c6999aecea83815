import type { Log, System } from "../core/ports.ts";
import type { LinkFault } from "../link/fault.ts";
import type { LinkStatus } from "../link/link.ts";
import type { Act, ActName } from "../protocols/acts.ts";
import type { Attachment } from "../protocols/turn.ts";
import type { Journal } from "../store/journal.ts";
import type { Agent } from "./agent.ts";
import type { Activity } from "./switchboard.ts";

/** What every account is run with, whatever its wire. */
export interface AccountOptions<Config> {
  accountId: string;
  config: Config;
  agent: Agent;
  /** Closed by `stop`. */
  journal: Journal;
  system: System;
  log: Log;
  /** Called at every change; the caller thins it out. */
  changed(status: AccountStatus): void;
  /** The page for people, packed with brotli, where the build has made one. */
  page?(): Promise<Uint8Array>;
}

export interface AccountStatus extends Activity {
  /** Whether messages can come: the edge listens, or the link is ready. */
  connected: boolean;
  /** Open connections of applications, where we listen. */
  connections?: number;
  /** Senders with an open connection, where we listen. */
  senders?: number;
  /** Where we dial. */
  link?: LinkStatus;
  /** Where an account has to be logged in: whether it is, for the operator. */
  login?: string;
  /** Where we dial: what the server has said of itself on this connection, such as its extensions. */
  hello?: Readonly<Record<string, unknown>>;
}

/** What is wrong with an account that answers a probe. `door`: our own listener; `verifier`: who vouches for its callers. */
export type ProbeFault = LinkFault | "stopped" | "door" | "verifier" | "verifier-answer" | "account";

/**
 * What a look at an account has shown, from the outside wherever that disturbs nobody. Holds no secret.
 * `checked`: what was found good, in order; `error`: for the operator.
 */
export type Probed = { ok: true; checked: readonly string[]; roundTripMs: number } | { ok: false; checked: readonly string[]; error: string; fault?: ProbeFault };

export interface RunningAccount<Config> {
  /** Where applications connect, or where we dial; without secrets. */
  readonly url: string;
  status(): AccountStatus;
  /** The user whose agent the account is by its login, which the configuration may not know yet. */
  readonly owner?: string | undefined;
  /** The user the account itself is, where the wire says so. */
  readonly userId?: string | undefined;
  /** Says something nobody asked for. */
  send(to: Recipient, message: Announcement): Promise<Sent>;
  /** Authenticates where that can be done, and makes a round trip, within `withinMs`. Never rejects. */
  probe(withinMs: number): Promise<Probed>;
  /** What can be done to messages that were said before: with whom, where it depends on the peer. */
  carries(to?: Recipient): readonly ActName[];
  /** Edits or deletes what this account has said, or reacts to a message. */
  act(to: Recipient, messageId: string, act: Act): Promise<Acted>;
  /** Puts a file where the peer can fetch it; on wires that have a place for files. Rejects where it cannot be put there. */
  upload?(file: UploadedFile): Promise<Attachment>;
  /** What has to be sent along to read a file of the peer; empty for addresses that are not the peer's own. */
  credentialsFor?(url: string): Readonly<Record<string, string>>;
  /** Takes over what can change without a restart. */
  reconfigure(config: Config): void;
  /** Closes what is open; what ran is run again at the next start. */
  stop(): Promise<void>;
}

/** Who an announcement is for. */
export interface Recipient {
  kind: "direct" | "group";
  id: string;
  /** Of a direct conversation, where the wire has several kinds of them. */
  scope?: string;
  /** A conversation inside the conversation, where the wire has them. */
  threadId?: string;
}

export interface Announcement {
  text: string;
  mediaUrls?: readonly string[];
  attachments?: readonly Attachment[];
  replyToMessageId?: string;
}

export interface UploadedFile {
  bytes: Uint8Array<ArrayBuffer>;
  name?: string;
  mimeType?: string;
}

/**
 * `unsupported`: the peer has not said that it understands this. `foreign`: no message of this id is known there, or
 * not one that this account has said. `refused`: the peer does not want it; the text is for the operator.
 */
export type Acted = { is: "done" | "unsupported" | "foreign" | "away" | "unknown" } | { is: "refused"; why: string };

/** `away`: certainly nobody got it. `unknown`: it left, and may have been lost with its link. */
export type Sent = { messageId: string } | "away" | "unknown";
