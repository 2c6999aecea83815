import type { IncomingHttpHeaders } from "node:http";
import type { System } from "../../core/ports.ts";
import type { ServerLink } from "./link.ts";
import type { CallRecord, Check, FrameRecord, Reply } from "./record.ts";

/** What the simulator of a remote server has to know of its protocol. */
export type RemoteProtocol = PlayedProtocol | ServedProtocol;

export interface ProtocolFacts {
  /** The key of the channel in OpenClaw's configuration. */
  channel: string;
  /** Where the plugin dials; "/" unless said. */
  path?: string;
  /** The ways to put a message on the wire; the first one is the documented one. */
  shapes: readonly string[];
  /** Decides who dials, by the facts of the request that opens the link. */
  admit(request: UpgradeRequest, secrets: Secrets | undefined): Admission;
  /** Strict: a field that the document does not name is a fault. */
  checkFromPlugin(text: string): Check;
  checkFromServer(text: string): Check;
  /** A frame of the plugin as it may be seen, where it holds a secret. */
  mask?(text: string): string;
}

/** A server without a memory: each frame is said by whoever plays it. */
export interface PlayedProtocol extends ProtocolFacts {
  /** Frames with a name of their own, such as a ping. */
  controls: Readonly<Record<string, Control>>;
  /** The frames of one message, in order. */
  compose(message: Message, now: number, newId: () => string): string[];
  /** The frame that tells the plugin which extensions it may use; absent where the wire has none. */
  announce?(extensions: readonly string[], newId: () => string): string;
  follow(): Follower;
  /** What an operator configures to let the channel dial this address; everybody may talk to the agent then. */
  configFor(url: string, accounts: Secrets): Readonly<Record<string, unknown>>;
}

/** A server with a memory, which answers by itself. */
export interface ServedProtocol extends ProtocolFacts {
  controls: Readonly<Record<string, Deed>>;
  /** What it can be set to, in words. */
  settings: readonly (readonly [name: string, summary: string])[];
  /** Reads `NAME=VALUE`; throws where that is no setting. */
  readSettings(given: readonly string[]): object;
  serve(host: ServerHost): RemoteServer;
}

/** What the remote user says. What is left out is made up, or not sent where the wire can do without. */
export interface Saying {
  text: string;
  messageId?: string;
  user?: string;
  session?: string;
  conversation?: string;
  /** Whose link it goes over; by default that of the link opened last. */
  account?: string;
  /** How it is put on the wire, one of `RemoteProtocol.shapes`. */
  shape?: string;
  /** Further fields of the wire's own. */
  more?: Readonly<Record<string, unknown>>;
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

/** Something that a server with a memory can be told to do. */
export interface Deed {
  summary: string;
  /** It is about a link, so there has to be one. */
  needsLink?: true;
}

/** What happens on the links of a simulator, and what can be done there. */
export interface RemoteServer {
  /** What the agent has answered or said by itself, in the order in which it began. */
  readonly replies: readonly Reply[];
  /** A socket is open. Where nothing else is to happen first, it is admitted here. */
  opened(link: ServerLink, account: string): void;
  /** A frame of the plugin, whether or not it passed the check. `text` is all of it, secrets too. */
  heard(frame: FrameRecord, link: ServerLink, text: string): Heard;
  /** A frame that has gone out, whatever it is. */
  sent(frame: FrameRecord): void;
  closed(link: ServerLink): void;
  /** Says a message and returns its id. */
  say(saying: Saying): string;
  /** Sends the last message once more. */
  duplicate(account?: string): void;
  /** Sends a message once more; by default the oldest one without a complete answer, else the last one. */
  redeliver(messageId?: string, account?: string): void;
  control(name: string, argument: string, account?: string): void;
  configFor(url: string): Readonly<Record<string, unknown>>;
  /** What a person has to know beside the configuration. */
  hints(url: string): readonly string[];
  /** Answers an HTTP request that is no upgrade; without it every one is told to upgrade. */
  request?(request: HttpRequest): Promise<HttpAnswer>;
  stop(): void;
}

/** The simulator as its server sees it. */
export interface ServerHost {
  readonly system: System;
  readonly accounts: Secrets | undefined;
  readonly extensions: readonly string[] | undefined;
  /** What belongs to the protocol alone. */
  readonly options: unknown;
  /** The newest open link of an account that is through its handshake; throws where there is none. */
  connected(account: string | undefined): ServerLink;
  /** The link is through its handshake, and known by this account from here on. */
  admitted(link: ServerLink, account: string): void;
  /** `messageId`: the message it says, or is a part of. */
  send(link: ServerLink, data: string | Buffer, messageId?: string): void;
  /** Sends this, and ends the connection without a close frame. */
  sendLast(link: ServerLink, data: string): void;
  /** The plugin did what the protocol forbids; without a link, over HTTP. */
  violated(text: string, link?: ServerLink): void;
  called(call: CallRecord): void;
  /** For whoever plays the server. */
  note(text: string): void;
}

/** What a client says before the link is open. */
export interface UpgradeRequest {
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

export interface HttpRequest extends UpgradeRequest {
  method: string;
  body: Buffer;
}

/** `drop` ends the connection without an answer, `hang` keeps it open without one. */
export type HttpAnswer = { status: number; type: string; body: string | Buffer } | "drop" | "hang";

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
