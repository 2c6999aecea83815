import type { ChatSend, MediaItem } from "../../generated/websocket/types.ts";
import type { Attachment, Outgoing } from "./model.ts";

/** The frame of a message, or what this server lacks for it. */
export type Encoded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly lacks: string };

/** A server without the extension `media` still takes paths and addresses. */
export function encodeSend({ messageId, text, options }: Outgoing, extensions: readonly string[]): Encoded {
  const { group, groupSubject, mentioned, thread, replyTo, media = [], customData } = options;
  const takesItems = extensions.includes("media");
  const paths: string[] = [];
  const items: MediaItem[] = [];
  for (const each of media) {
    if (typeof each === "string") paths.push(each);
    else if (takesItems) items.push(itemOf(each));
    else if ("url" in each && each.url !== undefined) paths.push(each.url);
    else return { ok: false, lacks: "media" };
  }
  const frame: Sparse<ChatSend> = {
    type: "chat.send",
    messageId,
    content: text,
    chatType: group === undefined ? undefined : "group",
    groupId: group,
    groupSubject,
    mentioned,
    threadId: thread,
    replyToMessageId: replyTo,
    mediaPaths: paths.length > 0 ? paths : undefined,
    media: items.length > 0 ? items : undefined,
    customData,
  };
  return { ok: true, text: JSON.stringify(frame) };
}

/** JSON leaves out what is undefined. */
type Sparse<Frame> = { [Name in keyof Frame]: Frame[Name] | undefined };

function itemOf(item: Exclude<Attachment, string>): MediaItem {
  if (!("bytes" in item)) return item;
  const { bytes, ...about } = item;
  return { data: base64(bytes), ...about };
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  // One character at a time: the arguments of a call are bounded.
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
