import type { Emoji, Extension, GroupId, Id, Text } from "../../generated/websocket/types.ts";
import { clientLimits } from "../core/limits.ts";
import { web, type Web } from "../core/web.ts";
import { ChatError } from "./error.ts";
import type { Act, ChatEventName, ChatEvents, SendOptions, State } from "./model.ts";
import { PendingReply, type Reply } from "./reply.ts";
import { Shell, type SocketClass } from "./shell.ts";
import { faultOfToken } from "./token.ts";

export interface ConnectOptions {
  /** Where the channel listens: `ws://127.0.0.1:18800/ws`, `wss://…`. */
  readonly url: string | URL;
  /** A token, or a function that gets one, such as a ticket that is good for one time; it is asked before each connection. */
  readonly token?: string | (() => string | Promise<string>);
  /** Who speaks, where the server does not know it from the token. Without it, and without a token, an id is made up for the life of this chat. */
  readonly senderId?: string;
  readonly senderName?: string;
  /** What to ask the server for. `activity` and `thoughts` are not asked for by default. */
  readonly extensions?: readonly Extension[];
  /** ms between two attempts to connect, at first (250) and at most (30,000). */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number };
  /** In place of the platform's own. */
  readonly WebSocket?: SocketClass;
}

export interface SendMessage extends SendOptions {
  /** An id of your own, so that a message which is said again, after a crash for instance, runs once. */
  readonly messageId?: Id;
  /** Of a message that an earlier page or process may have sent: when it heard the server last, and as whom it was connected. What could run twice then is not sent. */
  readonly sent?: { readonly heardAt: number; readonly senderId?: Id | undefined } | undefined;
  /** Aborts the reply. */
  readonly signal?: Signal;
}

/** An `AbortSignal`. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A conversation with an agent, over one connection after the other. */
export interface Chat {
  readonly state: State;
  /** Calls back for each event of this name, until the function that it returns is called. */
  on<Name extends ChatEventName>(name: Name, listener: (event: ChatEvents[Name]) => void): () => void;
  /** Says something. Without a connection it waits for one; what had no answer when a connection was lost is asked again, and runs once. */
  send(text: Text, options?: SendMessage): Reply;
  /** Follows a group, also on later connections: its members' posts come as `message`. */
  join(group: GroupId): void;
  leave(group: GroupId): void;
  /** Reacts to an answer, by the id of its message, or to something the agent said unasked. */
  react(messageId: Id, emoji: Emoji, options?: { readonly remove?: boolean }): void;
  /** Gives a message of one's own another text. Confirmed by `edited`. */
  edit(messageId: Id, text: Text): void;
  /** Takes a message of one's own back. Confirmed by `deleted`. */
  remove(messageId: Id): void;
  /** Shows the server a newer token before the old one ends: this one, or one from the token function. The answer is another `open`. */
  renew(token?: string): Promise<void>;
  /** For good. What has no answer fails with `closed`. */
  close(): void;
}

const usual: readonly Extension[] = ["auth", "cancel", "edit", "groups", "media", "pairing", "reactions", "threads"];

/**
 * Connects to the WebSocket channel of an OpenClaw gateway, and goes on connecting until it is closed.
 * @throws ChatError `bad_option`
 */
export function connect(options: ConnectOptions): Chat {
  return openChat(options, web);
}

/** The same on any clock. */
export function openChat(options: ConnectOptions, system: Web): Chat {
  const { token, extensions = usual, backoff = {} } = options;
  const url = addressOf(options, system);
  let newest = token;
  if (typeof newest === "string") checkToken(newest);
  const askToken = async (): Promise<string> => (typeof newest === "function" ? newest() : (newest ?? ""));
  const shell = new Shell({
    url: url.href,
    setting: {
      place: `${url.protocol}//${url.host}${url.pathname}`,
      extensions,
      token: token === undefined ? "none" : typeof token === "string" ? "fixed" : "asked",
      backoff: { ...clientLimits.backoff, ...backoff },
    },
    token: askToken,
    Socket: options.WebSocket ?? platformSocket(),
    system,
  });
  const act = (asked: Act): void => shell.take({ on: "act", act: asked });
  const nudge = (): void => shell.take({ on: "nudge" });
  // Browsers only.
  const page = globalThis as { addEventListener?(type: string, listener: () => void): void; removeEventListener?(type: string, listener: () => void): void };
  page.addEventListener?.("online", nudge);
  shell.listen("state", ({ kind }) => kind === "closed" && page.removeEventListener?.("online", nudge));
  shell.take({ on: "start" });

  return {
    get state() {
      return shell.state;
    },
    on: (name, listener) => shell.listen(name, listener),
    send(text, { messageId = system.newId(), signal, sent, ...rest } = {}) {
      const abort = (): void => shell.take({ on: "abort", messageId });
      const reply = new PendingReply(messageId, abort);
      shell.send(reply, { messageId, text, options: rest, knownAt: sent?.heardAt, sentAs: sent?.senderId });
      if (signal) obey(signal, reply);
      return reply;
    },
    join: (groupId) => act({ type: "chat.join", groupId }),
    leave: (groupId) => act({ type: "chat.leave", groupId }),
    react: (messageId, emoji, { remove = false } = {}) => act({ type: "chat.react", messageId, emoji, op: remove ? "remove" : "add" }),
    edit: (messageId, content) => act({ type: "chat.edit", messageId, content }),
    remove: (messageId) => act({ type: "chat.delete", messageId }),
    async renew(next) {
      if (next !== undefined) checkToken(next);
      if (next !== undefined && typeof newest !== "function") newest = next;
      const shown = next ?? (await askToken());
      if (shell.state.kind === "open") act({ type: "chat.auth", token: shown });
    },
    close: () => shell.take({ on: "close" }),
  };
}

function obey(signal: Signal, reply: Reply): void {
  if (signal.aborted) return reply.abort();
  signal.addEventListener("abort", reply.abort);
  const over = (): void => signal.removeEventListener("abort", reply.abort);
  void reply.done.then(over, over);
}

/** Who has no name would be another sender on each connection, and a repeat a new message (WS-4, WS-14). */
function addressOf({ url: given, token, senderId, senderName }: ConnectOptions, system: Web): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol)) throw bad("url has to be an address such as ws://127.0.0.1:18800/ws.");
  url.hash = "";
  const parameters = url.searchParams;
  const isNamed = token !== undefined || parameters.has("senderId") || parameters.has("token");
  const id = senderId ?? (isNamed ? undefined : `client-${system.newId()}`);
  if (id !== undefined) parameters.set("senderId", id);
  if (senderName !== undefined) parameters.set("senderName", senderName);
  return url;
}

function checkToken(token: string): void {
  const fault = faultOfToken(token);
  if (fault !== undefined) throw bad(fault);
}

function platformSocket(): SocketClass {
  const { WebSocket } = globalThis as { WebSocket?: SocketClass };
  if (!WebSocket) throw bad("This platform has no WebSocket: pass one as the option WebSocket.");
  return WebSocket;
}

function bad(text: string): ChatError {
  return new ChatError("bad_option", text);
}
