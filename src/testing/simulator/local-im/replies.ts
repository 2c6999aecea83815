import { decodeImReceived, decodeImSent, errorCodes, type GivenId } from "../../../../generated/local-im/index.ts";
import type { Follower, Heard } from "../protocol.ts";
import type { FrameRecord, Reply } from "../record.ts";
import { type Acting, beginReply, type Echo, isAct, isEndOf, isPart, type LocalReply, type Part, take, undue } from "./reply.ts";

/** A message of the server, and what came back. */
interface Asked extends Echo {
  id: string | undefined;
  account: string;
  reply: LocalReply | undefined;
  /** It was said on this link, after a hello. */
  extendedOn: number | undefined;
  /** How often it went out, and how often it was turned away so that it might come again (LI-10). */
  sendings: number;
  refusals: number;
}

/** Puts answers together as a server does: by `replyTo`, and without it by conversation and order. */
export function followReplies(): Follower {
  const asked: Asked[] = [];
  /** Frames of the server that were no good; the plugin may say so. */
  const strays: (Echo & { account: string })[] = [];
  const replies: Reply[] = [];
  /** What the agent has said unasked, and has given a name. */
  const named = new Set<string>();
  /** What the hellos of the server named, by link; frames that cross a later one still follow the earlier one. */
  const hellos = new Map<number, ReadonlySet<string>>();

  function sent(frame: FrameRecord): void {
    const decoded = decodeImReceived(frame.text);
    if (!decoded.ok) return void strays.push({ account: frame.account, ...echoIn(decoded.input) });
    if (decoded.value.type === "hello") hellos.set(frame.link, new Set([...(hellos.get(frame.link) ?? []), ...decoded.value.extensions]));
    if (decoded.value.type !== "message" && decoded.value.type !== undefined) return;
    const echo = echoIn(decoded.value);
    const known = asked.find((one) => one.account === frame.account && echo.messageId !== undefined && one.messageId === echo.messageId);
    const extendedOn = hellos.has(frame.link) ? frame.link : undefined;
    if (known) Object.assign(known, { extendedOn, sendings: known.sendings + 1 });
    else asked.push({ ...echo, id: frame.messageId ?? echo.messageId, account: frame.account, reply: undefined, extendedOn, sendings: 1, refusals: 0 });
  }

  function heard(frame: FrameRecord): Heard {
    const decoded = decodeImSent(frame.text);
    if (!decoded.ok) return { faults: [] };
    const extensions = hellos.get(frame.link);
    const faults = undue(decoded.value, extensions);
    if (isAct(decoded.value)) return { faults: [...faults, ...misnamed(decoded.value, frame.account)] };
    if (!isPart(decoded.value)) return { faults };
    const part = decoded.value;
    if (part.type === "error" && forgetStray(part, frame.account)) return { faults };
    if (part.type === "done" && part.messageId !== undefined) named.add(`${frame.account} ${part.messageId}`);
    const one = part.type === "done" && part.proactive ? undefined : find(part, frame.account);
    if (!one) return unasked(part, frame, faults);
    if (isOwed(one) && one.reply) {
      replies.splice(replies.indexOf(one.reply), 1);
      one.reply = undefined;
    }
    one.reply ??= begin(one.id, frame.account);
    if (part.type === "error" && mayComeAgain(part)) one.refusals += 1;
    return { reply: one.reply, faults: [...faults, ...take(part, frame, one.reply, { ...one, extended: one.extendedOn === frame.link }, extensions)] };
  }

  /** It is about a message of this account, or what the agent has said (LI-30, LI-31). */
  function misnamed(act: Acting, account: string): string[] {
    const name = act.type === "reaction" ? String(act.messageId) : act.replyTo;
    const isKnown = named.has(`${account} ${name}`) || asked.some((one) => one.account === account && one.messageId === name);
    return isKnown ? [] : [`${act.type} is about the message "${name}", and there was none`];
  }

  function begin(id: string | undefined, account: string): LocalReply {
    const reply = beginReply(id, account);
    replies.push(reply);
    return reply;
  }

  function find(part: Part, account: string): Asked | undefined {
    const mine = asked.filter((one) => one.account === account);
    if (part.replyTo !== undefined) return mine.find((one) => one.messageId === part.replyTo);
    const fitting = mine.filter((one) => isEcho(part, one));
    return fitting.find((one) => !one.reply?.end || isOwed(one)) ?? (part.type === "done" ? undefined : fitting.at(-1));
  }

  function forgetStray(part: Part, account: string): boolean {
    const index = strays.findIndex((stray) => stray.account === account && isEcho(part, stray) && (part.replyTo === undefined || part.replyTo === stray.messageId));
    return index >= 0 && strays.splice(index, 1).length > 0;
  }

  /** Said by the agent itself, or wrongly. */
  function unasked(part: Part, frame: FrameRecord, faults: string[]): Heard {
    if (part.replyTo !== undefined) return { faults: [...faults, `${part.type} answers the message "${part.replyTo}", and there was none`] };
    if (part.type !== "done") return { faults: [...faults, `${part.type} answers no message: none had its conversationId and sessionId`] };
    const twin = asked.find((one) => one.account === frame.account && isEcho(part, one) && one.reply && isEndOf(part, one.reply));
    if (twin && !part.proactive) return { faults: [...faults, `a second done for the message "${twin.messageId ?? ""}"`] };
    const reply = begin(undefined, frame.account);
    return { reply, faults: [...faults, ...take(part, frame, reply, undefined, hellos.get(frame.link))] };
  }

  return { replies, sent, heard };
}

/** What may be said again at once, by code and by the words that stand for it before any hello (LI-10). */
const passing = errorCodes.filter(({ code }) => code === "queue_full" || code === "not_stored");

function mayComeAgain({ code, error }: { code?: string | undefined; error?: string | undefined }): boolean {
  return passing.some((row) => row.code === code || row.error === error);
}

/** It was turned away for now, and went out more often than that: who was asked twice may refuse once and answer once. */
function isOwed({ reply, sendings, refusals }: Asked): boolean {
  return reply?.end?.how === "failed" && mayComeAgain(reply.end) && sendings > refusals;
}

function isEcho(part: Part, { conversationId, sessionId }: Echo): boolean {
  return part.conversationId === conversationId && part.sessionId === sessionId;
}

function echoIn(input: unknown): Echo {
  const fields = typeof input === "object" && input !== null ? (input as Partial<Record<keyof Echo, GivenId>>) : {};
  return { messageId: echoOf(fields.messageId), conversationId: echoOf(fields.conversationId), sessionId: echoOf(fields.sessionId) };
}

/** LI-8: a number is taken for its digits, and nothing for absent. */
function echoOf(id: unknown): string | undefined {
  return (typeof id === "string" && id !== "") || typeof id === "number" ? String(id) : undefined;
}
