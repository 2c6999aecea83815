import type { Conversation } from "../protocols/inbound.ts";
import { groupSetting } from "./sender-policy.ts";

/** What an operator tells the agent for one channel, and for single conversations of it. */
export interface PromptConfig {
  systemPrompt?: string;
  /** Absent where the wire has no groups. */
  groups?: Readonly<Record<string, ConversationPrompt>>;
  direct: Readonly<Record<string, ConversationPrompt>>;
}

interface ConversationPrompt {
  systemPrompt?: string;
  skills?: readonly string[];
}

type Place = Pick<Conversation, "kind" | "id">;

/** The channel's words and those of the conversation, the broader first; an empty text of a conversation silences those of `*`. */
export function promptFor(config: PromptConfig, { kind, id }: Place): string | undefined {
  const own = groupSetting(entriesFor(config, kind), id, "systemPrompt");
  const texts = [config.systemPrompt, own].filter((text) => text !== undefined && text.trim() !== "");
  return texts.length === 0 ? undefined : texts.join("\n\n");
}

/** The only skills the agent may use here; undefined where it may use all of its own. */
export function skillsFor(config: PromptConfig, { kind, id }: Place): readonly string[] | undefined {
  return groupSetting(entriesFor(config, kind), id, "skills");
}

function entriesFor({ groups = {}, direct }: PromptConfig, kind: Place["kind"]): Readonly<Record<string, ConversationPrompt>> {
  return kind === "group" ? groups : direct;
}
