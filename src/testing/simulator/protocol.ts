import type { IncomingHttpHeaders } from "node:http";
import type { Check, FrameRecord, Reply } from "./record.ts";

/** What the simulator of a remote server has to know of its protocol. */
export interface RemoteProtocol {
  /** The key of the channel in OpenClaw's configuration. */
  channel: string;
  /** The ways to put a message on the wire; the first one is the documented one. */
  shapes: readonly string[];
  /** Frames with a name of their own, such as a ping. */
  controls: Readonly<Record<string, Control>>;
  /** Decides who dials, by the facts of the request that opens the link. */
  admit(request: UpgradeRequest, secrets: Secrets | undefined): Admission;
  /** The frames of one message, in order. */
  compose(message: Message, now: number, newId: () => string): string[];
  /** The frame that tells the plugin which extensions it may use. */
  announce(extensions: readonly string[], newId: () => string): string;
  /** Strict: a field that the document does not name is a fault. */
  checkFromPlugin(text: string): Check;
  checkFromServer(text: string): Check;
  follow(): Follower;
  /** What an operator configures to let the channel dial this address; everybody may talk to the agent then. */
  configFor(url: string, accounts: Secrets): Readonly<Record<string, unknown>>;
}

/** One message of the remote user. */
export interface Message {
  messageId: string;
  text: string;
  account: string;
  user: string | undefined;
  session: string | undefined;
  conversation: string | undefined;
  shape: string;
  /** Further fields of the wire's own. */
  more: Readonly<Record<string, unknown>>;
}

export interface Control {
  summary: string;
  /** `argument` is what was written behind the name. */
  compose(argument: string, now: number, newId: () => string): string;
}

/** What a client says before the link is open. */
export interface UpgradeRequest {
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

/** The secret of each account; absent where everybody may come who says what the protocol wants said. */
export type Secrets = Readonly<Record<string, string>>;

export type Admission = { ok: true; account: string } | { ok: false; status: number; why: string };

/** Puts replies together as a correct peer does, and notices what breaks the rules. Frames of all links go in. */
export interface Follower {
  readonly replies: readonly Reply[];
  /** A frame of the server, whatever it is. */
  sent(frame: FrameRecord): void;
  /** A frame of the plugin that passed the check. */
  heard(frame: FrameRecord): Heard;
}

export interface Heard {
  /** The reply it belongs to. */
  reply?: Reply;
  /** What it does against the rules. */
  faults: readonly string[];
}
