import type { Reply } from "../account/agent.ts";
import type { Attachment, Said } from "../protocols/turn.ts";

/** What the host says of one piece it delivers. */
export interface Spoken {
  text?: string;
  mediaUrls?: readonly string[];
  attachments?: readonly Attachment[];
  replyToMessageId?: string;
  isError?: boolean;
}

/** Turns the host's callbacks of one turn into what the sender is told. */
export interface Speech {
  runStarted(): void;
  partial(text: string): void;
  /** The whole of what the agent thinks before its next message. */
  thought(text: string): void;
  /** What is thought next is a thought of its own. */
  thoughtEnded(): void;
  toolStarted(): void;
  messageStarted(): void;
  delivered(piece: Spoken): void;
  /** Whether anything was delivered. */
  spoke(): boolean;
}

/**
 * The host delivers the agent's last message of a turn and shows those before it in partials only. An earlier message
 * is part of the answer when the agent went on to use a tool; when it did not, its model was cut off and asked again,
 * and what it had said is void.
 */
export function createSpeech(reply: Reply): Speech {
  let current = "";
  let isWhole = false;
  let wasDelivered = false;
  let pieces = 0;
  let started = false;
  const kept = new Set<string>();
  const thoughts: string[] = [];
  let thoughtIsWhole = true;

  const say = (payload: Said) => {
    pieces += 1;
    reply.payload(payload);
  };

  return {
    runStarted() {
      if (!started) reply.started();
      started = true;
    },
    partial(text) {
      current = text;
      reply.partial(text);
    },
    thought(text) {
      const last = thoughts.at(-1);
      // The host may tell a thought once more when its message is over.
      if (text.trim() === "" || (last !== undefined && last.startsWith(text))) return;
      const grows = last !== undefined && !thoughtIsWhole && text.startsWith(last);
      thoughts.splice(grows ? -1 : thoughts.length, 1, text);
      thoughtIsWhole = false;
      reply.thought(thoughts.join("\n\n"));
    },
    thoughtEnded() {
      thoughtIsWhole = true;
    },
    toolStarted() {
      isWhole = true;
    },
    messageStarted() {
      if (isWhole && current.trim() !== "" && !wasDelivered) {
        kept.add(current.trim());
        say({ text: current });
      }
      if (isWhole || wasDelivered) reply.nextMessage();
      current = "";
      isWhole = false;
      wasDelivered = false;
    },
    delivered({ text, ...rest }) {
      wasDelivered = true;
      const repeated = text !== undefined && kept.delete(text.trim());
      if (!repeated) say({ ...rest, ...(text !== undefined && { text }) });
      else if (rest.mediaUrls ?? rest.attachments) say(rest);
    },
    spoke: () => pieces > 0,
  };
}
