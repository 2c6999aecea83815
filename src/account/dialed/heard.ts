import { describeThrown } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { Log, System } from "../../core/ports.ts";
import { forLog } from "../../core/redact.ts";
import type { Conversation, Inbound, Sender } from "../../protocols/inbound.ts";
import type { Journal } from "../../store/journal.ts";
import type { Agent } from "../agent.ts";

/** What was said and not answered, by its conversation. Whatever returns a boolean says whether the disk has taken it. */
export interface Heard<Origin> {
  /** Keeps a message for an agent that is asked about it later, if its sender may talk there. */
  keep(inbound: Inbound<Origin>): Promise<boolean>;
  /** The same for one whose sender was let in. */
  note(inbound: Inbound<Origin>): boolean;
  /** Keeps what nobody can make anything of, out of the way of all that comes after it. */
  putAside(text: string, why: string): boolean;
  /** With the text of what it quotes, where that was only kept: it is in no session. */
  withQuote(inbound: Inbound<Origin>): Inbound<Origin>;
}

export interface HeardDeps<Origin> {
  agent: Agent;
  journal: Journal;
  system: System;
  log: Log;
  /** Whether what is kept of the same message already stays, instead of this (CC-54). */
  yields(inbound: Inbound<Origin>): boolean;
}

export function createHeard<Origin>({ agent, journal, system, log, yields }: HeardDeps<Origin>): Heard<Origin> {
  /** Of whom that cannot be found out nothing is kept: to ask again would hold up all that comes after it. */
  async function mayFollow(sender: Sender, groupId: string): Promise<boolean> {
    const late = Promise.withResolvers<never>();
    const cancel = system.after(limits.accessMs, () => late.reject(new Error("the host does not answer")));
    return await Promise.race([agent.mayFollow(sender, groupId), late.promise])
      .catch((thrown: unknown) => failed(log, "whether a sender may be followed could not be found out", thrown))
      .finally(cancel);
  }

  function note(inbound: Inbound<Origin>): boolean {
    const { messageId, conversation, sender, content } = inbound;
    const place = heardIn(conversation);
    return attempt(log, `message ${forLog(messageId)} could not be kept`, () => {
      if (yields(inbound) && journal.recall(place, messageId) !== undefined) return;
      journal.remember(place, messageId, `${sender.name ?? sender.id}: ${content}`, system.now());
    });
  }

  return {
    note,
    async keep(inbound) {
      const { sender, conversation } = inbound;
      // Nothing of whom the operator does not let in reaches the agent, not even as what was said before.
      if (conversation.kind === "group" && !(await mayFollow(sender, conversation.id))) return true;
      return note(inbound);
    },
    putAside: (text, why) => attempt(log, "what cannot be read could not be put aside", () => journal.quarantine(text, why, system.now())),
    withQuote(inbound) {
      const { quote } = inbound;
      if (quote?.messageId === undefined || quote.body !== undefined) return inbound;
      const body = journal.recall(heardIn(inbound.conversation), quote.messageId);
      return body === undefined ? inbound : { ...inbound, quote: { ...quote, body } };
    },
  };
}

/** Where the journal keeps what was said in a conversation and not answered. */
export function heardIn({ kind, id }: Pick<Conversation, "kind" | "id">): string {
  return `heard ${JSON.stringify([kind, id])}`;
}

export function failed(log: Log, what: string, thrown: unknown): false {
  log.error(`${what}: ${describeThrown(thrown)}`);
  return false;
}

function attempt(log: Log, failure: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (thrown) {
    return failed(log, failure, thrown);
  }
}
