import { type ReplyContext } from "../../../generated/clawchat/index.ts";
import { limits } from "../../core/limits.ts";
import type { DialedCommand } from "../dialed.ts";
import type { RefusalCode } from "../inbound.ts";
import type { Attachment, Terminal } from "../turn.ts";
import { awaitAck, countAwaited } from "./acks.ts";
import { sayReaction } from "./acts.ts";
import { barrierOf, type ConnectionState, type HubEffect, type HubStep, isOpenChat, isReady, mayWrite, note, send } from "./connection.ts";
import { deliveredFrame, typingFrame } from "./frames.ts";
import { isDissolved } from "./gates.ts";
import { type About, isOwnersChat, keyOf, type Origin } from "./identity.ts";
import { followingId, IDS_PER_ANSWER } from "./ids.ts";
import { replyTo, writeAnswer } from "./messages.ts";
import type { Ports, Profile } from "./profile.ts";
import { recall, remember } from "./recent.ts";
import { besideMedia, mayBeSilence, spoken } from "./silence.ts";
import { concludeAsShown, conclude, failAll, grow, type Opening, type Shown } from "./streams.ts";
import { clean } from "./text.ts";
import { beginTyping, endAllTyping, endTyping, showTyping } from "./typing.ts";

export interface Voice {
  obey(state: ConnectionState, command: DialedCommand<Origin>, now: number): HubStep;
  /** Shows where the agent types, as far as it is time to. */
  type(state: ConnectionState, now: number, only?: string): HubStep;
  /** Tells the author of a message that it is here. */
  receipt(state: ConnectionState, inbound: About, now: number): HubStep;
}

/** What the account has the agent say; what is said in a chat that is closed to it goes nowhere. */
export function createVoice(profile: Profile, { newId, mint }: Ports): Voice {
  function obey(state: ConnectionState, command: DialedCommand<Origin>, now: number): HubStep {
    switch (command.say) {
      case "typing":
        return type({ ...state, typing: beginTyping(state.typing, command.of.origin.chatId, command.of.messageId, now) }, now, command.of.origin.chatId);
      case "stream":
        return mayBeSilence(command.content) ? { state, effects: [] } : show(state, command.of, command.attempt, textKey(command.of), () => openText(command.of), command.content, now);
      case "thought":
        if (profile.outputVisibility !== "full") return { state, effects: [] };
        return show(state, command.of, command.attempt, thoughtKey(command.of), () => ({ id: mint(now), chatId: command.of.origin.chatId, mode: "thinking" }), command.content, now);
      case "terminal":
        return conclusion(state, command.of, command.terminal, now);
      case "refused":
        return refusal(state, command.of, command.refusal.code, command.refusal.error, now);
      case "pairing":
        return hush(state, command.of, now, (next) => say(next, command.of, answerOf(command.of, command.text), now));
      // The wire has no place for tools.
      case "activity":
      case "repeated":
        return { state, effects: [] };
      case "announce":
        return announce(state, command, now);
      case "act":
        return sayReaction(state, command.act, command.target, profile, `trace-${newId()}`, now);
      case "goodbye":
        return leave(state, now);
    }
  }

  /** Shows more of a text that grows, where that is wanted and can be done; else the end says it all. */
  function show(state: ConnectionState, of: About, attempt: number | undefined, key: string, opening: () => Opening, content: string, now: number): HubStep {
    if (!profile.streaming || (attempt ?? 1) !== 1 || !isReady(state) || barrierOf(state, of, now, profile) !== undefined) return { state, effects: [] };
    return written(state, grow(state.streams, key, opening, content, now));
  }

  /** The end of an answer: its streams end, typing ends, and then it is said as a whole (CC-67). */
  function conclusion(state: ConnectionState, of: About, terminal: Terminal, now: number): HubStep {
    const answer = terminal.type === "response" ? answerIn(of, terminal, profile) : undefined;
    const thought = terminal.type === "response" ? concludeAsShown(state.streams, thoughtKey(of), now) : conclude(state.streams, thoughtKey(of), undefined, now);
    // What was shown as one message ends as one, also after a connection was lost, so that a repeat is the same (CC-69).
    const isWhole = thought.streams.open.has(textKey(of)) || recall(thought.streams.over, textKey(of)) === true;
    const text = conclude(thought.streams, textKey(of), answer?.text, now);
    const shown = { streams: text.streams, texts: [...thought.texts, ...text.texts] };
    const isOpen = isReady(state) && barrierOf(state, of, now, profile) === undefined;
    const ended = written(state, isOpen ? shown : { streams: shown.streams, texts: [] });
    const step = hush(ended.state, of, now, (next) => (answer ? say(next, of, { ...answer, isWhole }, now) : failure(next, of, terminal, now)));
    return { state: step.state, effects: [...ended.effects, ...step.effects] };
  }

  /** Of a turn that came to nothing only the one who asked, and alone, is told; under an id of its own (CC-69). */
  function failure(state: ConnectionState, of: About, terminal: Terminal, now: number): HubStep {
    const isTold = terminal.type === "error" && terminal.code !== "cancelled" && of.origin.chatType === "direct" && profile.outputVisibility !== "minimal";
    if (!isTold) return { state, effects: [] };
    const id = followingId(of.origin.answerId, IDS_PER_ANSWER - 1);
    return say(state, of, { ...answerOf(of, FAILURES[terminal.code]), id }, now);
  }

  function refusal(state: ConnectionState, of: About, code: RefusalCode, error: string, now: number): HubStep {
    const isTold = of.origin.chatType === "direct" && TOLD.has(code);
    return hush(state, of, now, (next) => (isTold ? say(next, of, answerOf(of, error), now) : { state: next, effects: [] }));
  }

  function announce(state: ConnectionState, command: Extract<DialedCommand<Origin>, { say: "announce" }>, now: number): HubStep {
    const { messageId: id, to, replyToMessageId } = command;
    const { text, attachments } = sayable(command.text, command.mediaUrls, command.attachments ?? []);
    return say(state, to, { id, text, attachments, reply: replyTo(replyToMessageId, to.origin), isWhole: false }, now);
  }

  /** Writes whole messages, each of which the hub will acknowledge. */
  function say(state: ConnectionState, { origin, sender }: Pick<About, "origin" | "sender">, said: Said, now: number): HubStep {
    const messages = writeAnswer({ ...said, chatId: origin.chatId }, profile.chunkChars, now);
    const [first] = messages;
    if (!first) return { state, effects: [] };
    const why = barrierOf(state, { origin, sender }, now, profile);
    // An earlier writing of the same may still be answered: this one has a name that nobody waits for.
    if (why !== undefined) {
      return { state, effects: [note("warn", "chat-closed", { messageId: first.messageId, why }), { do: "settle", receipt: `unsent ${first.traceId}`, how: { is: "refused", why } }] };
    }
    if (!mayWrite(state)) return { state, effects: [note("debug", "not-ready", { messageId: first.messageId })] };
    let { awaited } = state;
    const isOwners = isOwnersChat({ origin, sender }, profile.login());
    for (const { traceId, messageId, text } of messages) {
      awaited = awaitAck(awaited, { traceId, messageId, chatId: origin.chatId, isOwners, ...(profile.resendsUnanswered && { text }) }, now, profile.ackMs);
    }
    const effects: HubEffect[] = messages.map(({ traceId, text }) => ({ do: "send", text, receipt: traceId }));
    if (countAwaited(awaited) <= limits.awaitedAcks) return { state: { ...state, awaited }, effects };
    // A hub that acknowledges nothing would be written to for ever.
    return { state: { ...state, awaited, phase: { is: "lost", wasReady: true } }, effects: [...effects, note("warn", "nothing-acknowledged", { messages: limits.awaitedAcks }), { do: "close", code: 1000, reason: "nothing is acknowledged" }] };
  }

  /** Typing for a message ends before whatever is said of it. */
  function hush(state: ConnectionState, of: About, now: number, then: (state: ConnectionState) => HubStep): HubStep {
    const typed = type({ ...state, typing: endTyping(state.typing, of.origin.chatId, of.messageId) }, now, of.origin.chatId);
    const step = then(typed.state);
    return { state: step.state, effects: [...typed.effects, ...step.effects] };
  }

  function type(state: ConnectionState, now: number, only?: string): HubStep {
    if (!isReady(state) || state.typing.size === 0) return { state, effects: [] };
    const { typing, updates } = showTyping(state.typing, now, profile.typingMaxMs, (chatId) => !isDissolved(state.gates, chatId) && isOpenChat(state, chatId, now, profile), only);
    return { state: { ...state, typing }, effects: updates.map(({ chatId, isTyping }) => send(typingFrame(chatId, isTyping, `trace-${newId()}`, now))) };
  }

  function receipt(state: ConnectionState, inbound: About, now: number): HubStep {
    const { chatId, messageId } = inbound.origin;
    if (messageId === undefined || [messageId, inbound.sender.id].some((id) => id !== clean(id)) || !isReady(state) || barrierOf(state, inbound, now, profile) !== undefined) return { state, effects: [] };
    if (recall(state.known.receipted, keyOf(inbound))) return { state, effects: [] };
    const receipted = remember(state.known.receipted, keyOf(inbound), true, limits.finalIds);
    return { state: { ...state, known: { ...state.known, receipted } }, effects: [send(deliveredFrame(chatId, messageId, inbound.sender.id, `trace-${newId()}`, now))] };
  }

  function leave(state: ConnectionState, now: number): HubStep {
    if (!isReady(state)) return { state, effects: [] };
    const ended = written(state, failAll(state.streams, (chatId) => isOpenChat(state, chatId, now, profile), now));
    const typed = type({ ...ended.state, typing: endAllTyping(ended.state.typing) }, now);
    return { state: typed.state, effects: [...ended.effects, ...typed.effects] };
  }

  return { obey, type, receipt };
}

type Said = Omit<Parameters<typeof writeAnswer>[0], "chatId">;

/** What may be told to somebody who is alone with the agent. */
const TOLD: ReadonlySet<RefusalCode> = new Set(["agent_error", "media_rejected", "not_stored", "queue_full", "rate_limited"]);

const FAILURES = { agent_error: "Something went wrong, and there is no answer. Please try again.", timeout: "The answer took too long and was given up. Please try again.", cancelled: "" } as const;

function answerIn(of: About, { content, mediaUrls = [], attachments = [], replyToMessageId }: Extract<Terminal, { type: "response" }>, { replyToMode }: Profile): Omit<Said, "isWhole"> | undefined {
  const said = sayable(content, mediaUrls, attachments);
  if (said.text === "" && said.attachments.length === 0) return undefined;
  const asked = replyToMode === "off" ? undefined : of.origin.messageId;
  return { ...said, id: of.origin.answerId, reply: replyTo(replyToMessageId ?? asked, of.origin), repliesThroughout: replyToMode === "all" };
}

function answerOf({ origin }: About, text: string): Said {
  const reply: ReplyContext | null = replyTo(origin.messageId, origin);
  return { id: origin.answerId, text, attachments: [], reply, isWhole: false };
}

/** What the model chose to leave unsaid stays so; files that could not be put where the hub keeps them are links. */
function sayable(content: string, mediaUrls: readonly string[], attachments: readonly Attachment[]): { text: string; attachments: readonly Attachment[] } {
  const hasMedia = attachments.length > 0 || mediaUrls.length > 0;
  const text = hasMedia ? besideMedia(content) : (spoken(content) ?? "");
  return { text: [text, ...mediaUrls].filter((part) => part !== "").join("\n\n"), attachments };
}

function textKey({ origin }: About): string {
  return origin.answerId;
}

function thoughtKey({ origin }: About): string {
  return `thought ${origin.answerId}`;
}

function openText({ origin }: About): Opening {
  return { id: origin.answerId, chatId: origin.chatId, mode: "normal" };
}

function written(state: ConnectionState, { streams, texts }: Shown): HubStep {
  return { state: { ...state, streams }, effects: texts.map((text) => ({ do: "send", text })) };
}
