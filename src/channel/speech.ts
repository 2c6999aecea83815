import type { Reply } from "../account/agent.ts";
import type { Activity, Attachment, Said, StreamingMode } from "../protocols/turn.ts";
import { createGlue, restBehind } from "./glue.ts";

/** What the host says of one piece it delivers. */
export interface Spoken {
  text?: string;
  mediaUrls?: readonly string[];
  attachments?: readonly Attachment[];
  replyToMessageId?: string;
  isError?: boolean;
  /** Cut out of a message that goes on. */
  isBlock?: boolean;
  /** Of a tool, such as a request for approval: no message of the agent is delivered with it. */
  isAside?: boolean;
}

/** How one turn is told. */
export interface Telling {
  mode: StreamingMode;
  showsTools: boolean;
  /** What the host puts before what it delivers, and not before what it shows of it; it is known when the model is. */
  prefix?(): string | undefined;
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
  activity(activity: Activity): void;
  /** How what follows is told. */
  tell(telling: Telling): void;
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
  let telling: Telling = { mode: "partial", showsTools: false };
  let glue = createGlue();
  let isFirstMessage = true;
  /** What stands before the first message stands nowhere else. */
  let isPrefixed = false;
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

  /** A piece of the answer without the prefix, which goes before the first one. */
  const sayText = (text: string, rest: Omit<Said, "text"> = {}) => {
    say({ ...rest, text: isPrefixed ? text : prefixed(text) });
    isPrefixed = true;
  };

  /** Says the message before a tool, which the host will hardly deliver. */
  const keep = () => {
    if (!isWhole || current.trim() === "" || wasDelivered) return;
    kept.add(current.trim());
    sayText(current);
    wasDelivered = true;
  };

  /** Blocks come in order, but may come late: of what is said already the next one is known. */
  const wasKept = (block: string): boolean => {
    const [next = ""] = kept;
    const rest = restBehind(next, block);
    if (rest === undefined) return false;
    const others = [...kept].slice(1);
    kept.clear();
    for (const text of [...(rest.trim() === "" ? [] : [rest.trim()]), ...others]) kept.add(text);
    return true;
  };

  const prefixed = (text: string): string => {
    const prefix = telling.prefix?.();
    return prefix ? `${prefix} ${text}` : text;
  };

  const bare = (text: string): string => {
    const prefix = telling.prefix?.();
    return prefix && text.startsWith(prefix) ? text.slice(prefix.length).trimStart() : text;
  };

  return {
    runStarted() {
      if (!started) reply.started();
      started = true;
    },
    tell(next) {
      telling = next;
      glue = createGlue();
      reply.mode(next.mode);
    },
    partial(text) {
      current = bare(text);
      glue.heard(current);
      reply.partial(isFirstMessage && current.trim() !== "" ? prefixed(current) : current);
    },
    activity(activity) {
      if (telling.showsTools) reply.activity(activity);
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
      keep();
      if (isWhole || wasDelivered) {
        reply.nextMessage();
        isFirstMessage = false;
      }
      glue.next();
      current = "";
      isWhole = false;
      wasDelivered = false;
    },
    delivered({ text, isBlock = false, isAside = false, ...rest }) {
      if (isAside) keep();
      if (isAside) return say({ ...rest, ...(text !== undefined && { text: bare(text) }) });
      wasDelivered = true;
      if (text === undefined || rest.isError) return say({ ...rest, ...(text !== undefined && { text }) });
      const piece = bare(text);
      // The host knows best what gets none.
      if (piece === text) isPrefixed = true;
      if (kept.delete(piece.trim()) || (isBlock && wasKept(piece))) {
        if (rest.mediaUrls ?? rest.attachments) say(rest);
      } else {
        const { text: placed, ...place } = isBlock ? glue.place(piece) : { text: piece };
        sayText(placed, { ...rest, ...place });
      }
    },
    spoke: () => pieces > 0,
  };
}
