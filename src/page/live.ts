import { ChatError, connect, type Chat, type SendMessage, type State } from "../client/index.ts";
import type { Extension } from "../../generated/websocket/types.ts";
import { web } from "../core/web.ts";
import { type Frame, happened, judge } from "./frames.ts";
import type { FileNote, Quote, RoomEvent } from "./state.ts";
import { tapSockets } from "./tap.ts";

/** Who speaks: a token says it to the gateway, or the person to the page. */
export interface Who {
  readonly senderId?: string;
  readonly token?: string;
}

export interface Saying {
  readonly talk: string;
  readonly text: string;
  readonly files: readonly FileNote[];
  readonly quote?: Quote | undefined;
  /** Of a message that the page has shown before, and says again. */
  readonly messageId?: string;
  readonly sent?: SendMessage["sent"];
}

export interface Ears {
  room(event: RoomEvent): void;
  state(state: State): void;
  frame(frame: Frame): void;
  /** Something went wrong that is about no message. */
  fault(text: string): void;
}

/** One chat with the gateway, as long as one person speaks. */
export interface Live extends Pick<Chat, "join" | "leave" | "react" | "edit" | "remove" | "close"> {
  say(saying: Saying): void;
  stop(messageId: string): void;
  /** Says a frame by hand. */
  sayRaw(text: string): boolean;
  /** Dials now instead of later. */
  hurry(): void;
}

const extensions: readonly Extension[] = ["activity", "auth", "cancel", "edit", "groups", "media", "pairing", "reactions", "thoughts", "threads"];

export function openLive(url: string, who: Who, ears: Ears): Live {
  let frames = 0;
  const now = web.now;
  const tap = tapSockets({
    sent: (text) => ears.frame(judge((frames += 1), "sent", text, now())),
    received: (data) => ears.frame(judge((frames += 1), "received", data, now())),
    opened: () => ears.frame(happened((frames += 1), "connected", url, now())),
    closed: (code, reason) => ears.frame(happened((frames += 1), `closed ${code}`, reason, now())),
  });
  const chat = connect({ url, extensions, WebSocket: tap.Socket, ...(who.token === undefined ? { senderId: who.senderId ?? "you" } : { token: who.token }) });
  const running = new Map<string, { abort(): void }>();
  const joined = new Set<string>();
  hear(chat, ears, now);
  queueMicrotask(() => ears.state(chat.state));

  return {
    join(group) {
      if (!joined.has(group)) chat.join(group);
      joined.add(group);
    },
    leave(group) {
      chat.leave(group);
      joined.delete(group);
    },
    react: chat.react,
    edit: chat.edit,
    remove: chat.remove,
    close: chat.close,
    sayRaw: tap.say,
    // The client dials at once when the browser says that it is online again.
    hurry: () => void dispatchEvent(new Event("online")),
    stop: (messageId) => running.get(messageId)?.abort(),
    say({ talk, text, files, quote, messageId: known, sent }) {
      const messageId = known ?? `page-${web.newId()}`;
      if (known === undefined) ears.room({ on: "said", talk, messageId, text, files, quote, at: now() });
      const media = files.flatMap(({ data, mimeType, name }) => (data === undefined ? [] : [{ data, name, ...(mimeType !== "" && { mimeType }) }]));
      const reply = chat.send(text, { messageId, media, sent, ...(talk !== "" && { group: talk }), ...(quote && { replyTo: quote.messageId }) });
      running.set(messageId, reply);
      const follow = async (): Promise<void> => {
        try {
          for await (const part of reply) ears.room({ on: "grew", messageId, text: part.text, group: talk, at: now() });
          const { text: whole, media: addresses, replyTo } = await reply.done;
          ears.room({ on: "answered", messageId, text: whole, media: addresses, replyTo, group: talk, at: now() });
        } catch (thrown) {
          const { code, message } = thrown instanceof ChatError ? thrown : { code: "error", message: String(thrown) };
          // The page goes, or somebody else speaks: what was kept of the message is asked for again.
          if (code !== "closed" || chat.state.kind !== "closed" || chat.state.why !== "closed") ears.room({ on: "failed", messageId, code, text: message });
        }
        running.delete(messageId);
      };
      void follow();
    },
  };
}

function hear(chat: Chat, ears: Ears, now: () => number): void {
  const { room } = ears;
  chat.on("state", ears.state);
  chat.on("fault", ({ text }) => ears.fault(text));
  chat.on("failure", ({ messageId, code, text }) => room({ on: "failed", messageId, code, text }));
  chat.on("typing", ({ messageId, groupId }) => messageId !== undefined && room({ on: "typing", messageId, group: groupId, at: now() }));
  chat.on("thought", ({ messageId, content, groupId }) => room({ on: "thought", messageId, text: content, group: groupId, at: now() }));
  chat.on("activity", ({ messageId, activityId, tool, status, groupId }) => room({ on: "activity", messageId, use: { id: activityId, tool, status }, group: groupId, at: now() }));
  chat.on("stream", ({ messageId, content, groupId }) => room({ on: "grew", messageId, text: content, group: groupId, at: now() }));
  chat.on("media", ({ messageId, url }) => room({ on: "file", messageId, url, at: now() }));
  chat.on("reaction", ({ messageId, emoji, op, senderId }) => room({ on: "reacted", messageId, emoji, isOff: op === "remove", by: senderId }));
  chat.on("edited", ({ messageId, content, senderId }) => room({ on: "edited", messageId, text: content, byAgent: senderId === "agent" }));
  chat.on("deleted", ({ messageId, senderId }) => room({ on: "deleted", messageId, byAgent: senderId === "agent" }));
  chat.on("message", ({ messageId, from, fromName, text, media, group, replyTo }) => {
    if (from === "agent") room({ on: "answered", messageId, text, media, replyTo, group, at: now() });
    else room({ on: "posted", messageId, from: fromName ?? from, text, group, replyTo, at: now() });
  });
}
