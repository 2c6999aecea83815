import type { Inbound } from "../protocols/inbound.ts";
import { routeOf } from "./access.ts";
import { type HostAccount, isHostError } from "./host.ts";

/**
 * Sessions in which a turn waits for the answer to a question of the agent's (`ask_user`). The host takes what comes
 * next in the session for the answer, so that must not wait until the turn is over.
 */
export interface Questions {
  /** It was shown; the result ends it. */
  asked(sessionKey: string): () => void;
  isAnswer(host: HostAccount<unknown>, inbound: Pick<Inbound, "conversation">): boolean;
}

export function createQuestions(): Questions {
  const open = new Map<symbol, string>();
  return {
    asked(sessionKey) {
      const question = Symbol();
      open.set(question, sessionKey);
      return () => void open.delete(question);
    },
    isAnswer(host, inbound) {
      if (open.size === 0) return false;
      try {
        return [...open.values()].includes(routeOf(host, inbound).sessionKey);
      } catch (thrown) {
        if (isHostError(thrown, "AgentSelectionRequiredError")) return false;
        throw thrown;
      }
    },
  };
}
