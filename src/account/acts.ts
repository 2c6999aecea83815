import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import type { Act, HeardAct } from "../protocols/acts.ts";
import type { Inbound } from "../protocols/inbound.ts";
import type { Journal } from "../store/journal.ts";
import type { Posted } from "../store/posted.ts";
import type { Recipient } from "./account.ts";
import type { ActEvent, Agent } from "./agent.ts";
import type { Switchboard } from "./switchboard.ts";

/** What is done to messages that were said before, in either direction. */
export interface Acts<Origin> {
  /** A person's message is on disk; `name` is what the peer calls it. */
  heard(inbound: Inbound<Origin>, name: string | undefined): void;
  /** The agent says something in the conversation of this message. */
  said(messageId: string, name: string | undefined, place: Inbound<Origin>): void;
  /** The message that the agent means; undefined where there is none of which it may do this. */
  find(to: Recipient, messageId: string, act: Act): (Posted & { place: string; inbound: Inbound<Origin> }) | undefined;
  /** The agent has deleted it. */
  retract(message: Posted): void;
  /** A person does something; never rejects. `speaksFor`: whether he may do it for whom this message is from. */
  receive(heard: HeardAct, speaksFor?: SpeaksFor<Origin>): Promise<Received<Origin>>;
}

type SpeaksFor<Origin> = (place: Inbound<Origin>) => boolean;

export type Received<Origin> =
  /** The agent was told, or the message was changed before it ran. `place` is where the message stands, `name` what the peer calls it. */
  | { is: "done"; place: Inbound<Origin>; name: string }
  /** It was done before, or nobody wants to hear of it. */
  | { is: "nothing" }
  /** There is no such message, or it is another person's. */
  | { is: "foreign" }
  | { is: "rate_limited" }
  | { is: "failed" };

export interface ActsDeps<Origin> {
  agent: Agent;
  journal: Journal;
  switchboard: Switchboard<Origin>;
  /** Who reacts with another emoji has taken the first one back. */
  oneEmoji: boolean;
  system: System;
  log: Log;
}

/** The agent's messages have no author. */
const AGENT = "";

export function createActs<Origin>({ agent, journal, switchboard, oneEmoji, system, log }: ActsDeps<Origin>): Acts<Origin> {
  function post(message: Omit<Posted, "conversation" | "place">, place: Inbound<Origin>): void {
    try {
      const { customData: _data, quote: _quote, earlier: _earlier, ...rest } = place;
      const bare: Inbound<Origin> = { ...rest, content: "", media: [] };
      journal.post({ ...message, conversation: conversationKey(place.conversation), place: JSON.stringify(bare) }, system.now());
    } catch (thrown) {
      // It only cannot be edited or reacted to.
      log.warn(`message ${forLog(message.messageId)} could not be kept for what is done to it later: ${describeThrown(thrown)}`);
    }
  }

  const placeOf = ({ place }: Posted) => JSON.parse(place) as Inbound<Origin>;

  async function receive({ act, name, actor, at }: HeardAct, speaksFor: SpeaksFor<Origin>): Promise<Received<Origin>> {
    if (switchboard.spend(actor.id) > 0) return { is: "rate_limited" };
    const found = act.act === "react" ? reactedTo(name, actor, speaksFor) : ownOf(name, actor, speaksFor);
    if (!found) return { is: "foreign" };
    const { message, place } = found;
    const event: ActEvent = { act, inbound: { ...place, content: "", sender: found.actor, messageId: message.messageId, receivedAt: at }, messageId: message.messageId, isOwn: message.author === AGENT };
    if (!(await heeds(event))) return { is: "nothing" };
    if (act.act === "react") return react(message, act, event) ? { is: "done", place, name: message.name } : { is: "nothing" };
    // What comes again says nothing new.
    if (act.act === "edit" && act.content === place.content) return { is: "nothing" };
    change(message, place, act, event);
    return { is: "done", place, name: message.name };
  }

  /** The answer before the message that has the same name: nobody reacts to himself. */
  function reactedTo(name: string, actor: HeardAct["actor"], speaksFor: SpeaksFor<Origin>) {
    const own = journal.posted(name, { ownDirect: conversationKey({ kind: "direct", id: actor.id }) }).flatMap((message) => {
      const place = placeOf(message);
      const { kind, id, scope = "user" } = { scope: undefined, ...place.conversation };
      return kind === "group" || scope !== "user" || id === actor.id ? [{ message, place, actor }] : [];
    });
    const open = own.length > 0 ? own : spokenFor(name, speaksFor);
    return open.find(({ message }) => message.author === AGENT) ?? open[0];
  }

  function ownOf(name: string, actor: HeardAct["actor"], speaksFor: SpeaksFor<Origin>) {
    const [message] = actor.id === AGENT ? [] : journal.posted(name, { author: actor.id });
    return message ? { message, place: placeOf(message), actor } : spokenFor(name, speaksFor).find((found) => found.message.author !== AGENT);
  }

  /** Where one connection speaks for many. */
  function spokenFor(name: string, speaksFor: SpeaksFor<Origin>) {
    return journal.posted(name).flatMap((message) => {
      const place = placeOf(message);
      return speaksFor(place) ? [{ message, place, actor: place.sender }] : [];
    });
  }

  function react({ conversation, name }: Posted, { emoji, isRemoval }: Extract<Act, { act: "react" }>, event: ActEvent): boolean {
    const reaction = { conversation, name, actor: event.inbound.sender.id, emoji };
    const isNew = isRemoval ? journal.unreact(reaction) : journal.react(reaction, system.now(), oneEmoji);
    if (isNew) agent.tell(event);
    return isNew;
  }

  /** On disk first: what was confirmed stays so. What waits is changed without a word; of the rest the agent is told. */
  function change(message: Posted, place: Inbound<Origin>, act: Exclude<Act, { act: "react" }>, event: ActEvent): void {
    const isMeant = ({ messageId, sender }: Inbound<Origin>) => messageId === message.messageId && sender.id === message.author;
    if (act.act === "delete") journal.retract(message);
    const isOver = act.act === "edit" ? switchboard.amend(isMeant, act.content) === "over" : !switchboard.withdraw(isMeant);
    if (act.act === "edit") journal.repost({ ...message, place: JSON.stringify({ ...place, content: act.content }) });
    if (isOver) agent.tell(event);
  }

  /** A host that does not decide must not keep a connection waiting. */
  async function heeds(event: ActEvent): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const cancel = system.after(limits.accessMs, () => late.resolve(false));
    return await Promise.race([agent.heeds(event), late.promise]).finally(cancel);
  }

  return {
    heard(inbound, name) {
      if (name !== undefined) post({ author: inbound.sender.id, messageId: inbound.messageId, name }, inbound);
    },
    said(messageId, name, place) {
      if (name !== undefined) post({ author: AGENT, messageId, name }, place);
    },
    find(to, messageId, act) {
      const there = journal.posted(messageId, { conversation: conversationKey(to) });
      const own = there.find(({ author }) => author === AGENT);
      const message = act.act === "react" ? (there.find(({ author }) => author !== AGENT) ?? own) : own;
      return message && { ...message, inbound: placeOf(message) };
    },
    retract: (message) => journal.retract(message),
    async receive(heard, speaksFor = () => false) {
      try {
        return await receive(heard, speaksFor);
      } catch (thrown) {
        log.error(`what ${forLog(heard.actor.id)} did to message ${forLog(heard.name)} was lost: ${describeThrown(thrown)}`);
        return { is: "failed" };
      }
    },
  };
}

/** A conversation whatever its thread and its title are. */
export function conversationKey({ kind, id, ...rest }: Recipient): string {
  const scope = "scope" in rest && typeof rest.scope === "string" ? rest.scope : "";
  return JSON.stringify([kind, scope, id]);
}
