import { decodeChatSent, encodeChatReceived, type ChatSent } from "../../../generated/websocket/index.ts";
import type { ChatOptions } from "./options.ts";

/** The frame for one message; the same text with the same id may be sent again after a lost connection. */
export function messageFrame(messageId: string, content: string, { sender, name, group }: ChatOptions): string {
  return encodeChatReceived({
    type: "chat.send",
    messageId,
    content,
    senderId: sender,
    ...(name === undefined ? {} : { senderName: name }),
    ...(group === undefined ? {} : { chatType: "group", groupId: group }),
  });
}

export function readFrame(text: string): ChatSent | undefined {
  const decoded = decodeChatSent(text);
  return decoded.ok ? decoded.value : undefined;
}
