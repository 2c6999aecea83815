import type { Inbound } from "../protocols/inbound.ts";
import { readId } from "./identity.ts";
import type { AccessConfig } from "./sender-policy.ts";

/** What is done with a message: a bot's is left alone, or answered under the host's bound on what two bots say to each other. */
export type BotRule = { speaker: "person" } | { speaker: "bot"; answered: true } | { speaker: "bot"; answered: false; why: "bot_not_allowed" | "bot_did_not_mention" };

export interface BotFacts {
  /** Ids of the agents that other accounts here are. */
  isAgent(senderId: string): boolean;
  isMentioned: boolean;
}

/**
 * No wire says who is a bot: it is who the operator names, and whoever is known to be another account here. A message that
 * people have a part in is a person's.
 */
export function judgeBot(config: Pick<AccessConfig, "bots" | "allowBots">, inbound: Pick<Inbound, "sender" | "others" | "conversation">, { isAgent, isMentioned }: BotFacts): BotRule {
  const { bots = [], allowBots = false } = config;
  const named = new Set(bots.map((entry) => readId(String(entry))));
  const speakers = [inbound.sender, ...(inbound.others ?? [])];
  if (!speakers.every(({ id }) => named.has(id) || isAgent(id))) return { speaker: "person" };
  if (allowBots === false) return { speaker: "bot", answered: false, why: "bot_not_allowed" };
  const mustMention = allowBots === "mentions" && inbound.conversation.kind === "group";
  return mustMention && !isMentioned ? { speaker: "bot", answered: false, why: "bot_did_not_mention" } : { speaker: "bot", answered: true };
}
