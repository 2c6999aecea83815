import type { System } from "../core/ports.ts";
import type { Conversation, Inbound } from "../protocols/inbound.ts";
import type { Journal } from "../store/journal.ts";

/** What was said in each conversation, for those who quote it by its id alone (WS-25). */
export interface Quotes {
  /** Never throws: that it cannot be quoted is no reason to refuse a message. */
  remember(lane: string, messageId: string, text: string): void;
  /** The message with the text it quotes, where that is remembered. */
  recall<Origin>(lane: string, inbound: Inbound<Origin>): Inbound<Origin>;
  /** A message of a group was answered, and the answer has its id. */
  answered(inbound: Inbound): void;
  /** The message with the word that it quotes the agent, where it is known to. */
  attribute<Origin>(inbound: Inbound<Origin>): Inbound<Origin>;
}

export function createQuotes(journal: Journal, system: System, noteError: (what: string, thrown: unknown) => void): Quotes {
  return {
    remember(lane, messageId, text) {
      if (text.trim() === "") return;
      try {
        journal.remember(lane, messageId, text, system.now());
      } catch (thrown) {
        noteError("what was said could not be kept for quotes", thrown);
      }
    },
    answered({ conversation, messageId }) {
      try {
        journal.remember(answeredIn(conversation), messageId, "", system.now());
      } catch (thrown) {
        noteError("what was answered could not be kept for quotes", thrown);
      }
    },
    attribute(inbound) {
      const { quote, conversation } = inbound;
      if (quote?.messageId === undefined || quote.isAgents || conversation.kind === "direct") return inbound;
      return journal.recall(answeredIn(conversation), quote.messageId) === undefined ? inbound : { ...inbound, quote: { ...quote, isAgents: true } };
    },
    recall(lane, inbound) {
      const { quote } = inbound;
      if (quote?.messageId === undefined || quote.body !== undefined) return inbound;
      const body = journal.recall(lane, quote.messageId);
      return body === undefined ? inbound : { ...inbound, quote: { ...quote, body } };
    },
  };
}

function answeredIn({ kind, id }: Pick<Conversation, "kind" | "id">): string {
  return `answered ${JSON.stringify([kind, id])}`;
}
