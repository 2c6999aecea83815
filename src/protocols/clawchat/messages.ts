import { encodeHubSent, type Fragment, limits, type ReplyContext, validateFragment } from "../../../generated/clawchat/index.ts";
import { clip } from "../../core/redact.ts";
import { cutMarkdownTexts } from "../chunks.ts";
import type { Attachment } from "../turn.ts";
import { messageFrame } from "./frames.ts";
import type { Origin } from "./identity.ts";
import { followingId } from "./ids.ts";
import { clean } from "./text.ts";

/** One or more messages that make up an answer. */
export interface Answer {
  /** Of the first message; the others follow it. */
  id: string;
  chatId: string;
  text: string;
  attachments: readonly Attachment[];
  reply: ReplyContext | null;
  /** Every message of the answer replies to it, not the first one alone. */
  repliesThroughout?: boolean;
  /** The text was shown while it grew, as one message: it ends as one, which is a reply whatever it replies to. */
  isWhole: boolean;
}

export interface Written {
  traceId: string;
  messageId: string;
  text: string;
}

/** Bytes of a frame beside its fragments: the envelope, and a quotation. */
const ENVELOPE_BYTES = 65_536;
const BUDGET = limits.uplinkBytes - ENVELOPE_BYTES;
const FRAGMENTS = 256;
const LABEL_CHARACTERS = 256;

/** The frames of an answer, the same whenever it is written; none where there is nothing to be said (CC-31, CC-33). `most`: code points of one. */
export function writeAnswer({ id, chatId, text, attachments, reply, repliesThroughout = false, isWhole }: Answer, most: number, now: number): Written[] {
  const groups = pack(cutAnswer(clean(text), isWhole, most), attachments.map(fragmentOf).filter((fragment) => validateFragment(fragment)));
  return groups.map((fragments, index) => {
    const messageId = followingId(id, index);
    const traceId = `trace-${id}-${index}`;
    const frame = messageFrame({ messageId, chatId, traceId, fragments, reply: index === 0 || repliesThroughout ? reply : null, isReply: (index === 0 && isWhole) || (reply !== null && (index === 0 || repliesThroughout)) }, now);
    return { traceId, messageId, text: encodeHubSent(frame) };
  });
}

/** What an answer shows of the message it replies to; nothing of one that is not this one. */
export function replyTo(messageId: string | undefined, { messageId: own, preview }: Origin): ReplyContext | null {
  if (messageId === undefined || messageId === "" || messageId.length > limits.messageIdBytes || messageId !== clean(messageId)) return null;
  if (messageId !== own || !preview) return { reply_to_msg_id: messageId, reply_preview: null };
  return {
    reply_to_msg_id: messageId,
    reply_preview: { id: clean(preview.id), nick_name: clip(clean(preview.name ?? ""), LABEL_CHARACTERS), fragments: [{ kind: "text", text: clean(preview.text) }] },
  };
}

function cutAnswer(text: string, isWhole: boolean, most: number): string[] {
  if (text.trim() === "") return [];
  const fits = bytesOf(text) <= BUDGET;
  return isWhole && fits ? [text] : cutMarkdownTexts(text, most);
}

/** Each piece of text is a message; files go with the first one, as long as it has room. */
function pack(pieces: readonly string[], files: readonly Fragment[]): Fragment[][] {
  const groups: Fragment[][] = pieces.map((text) => [{ kind: "text", text }]);
  let [group] = groups;
  let room = BUDGET - bytesOf(group);
  for (const file of files) {
    const bytes = bytesOf(file);
    if (!group || bytes > room || group.length >= FRAGMENTS) {
      group = [];
      groups.push(group);
      room = BUDGET;
    }
    group.push(file);
    room -= bytes;
  }
  return groups;
}

function bytesOf(part: unknown): number {
  return part === undefined ? 0 : Buffer.byteLength(JSON.stringify(part)) + 1;
}

function fragmentOf({ kind, url, name, mimeType, size }: Attachment): Fragment {
  return {
    kind,
    url,
    ...(name !== undefined && { name: clip(clean(name), LABEL_CHARACTERS) }),
    ...(mimeType !== undefined && { mime: clip(clean(mimeType), LABEL_CHARACTERS) }),
    ...(size !== undefined && Number.isSafeInteger(size) && size >= 0 && { size }),
  };
}
