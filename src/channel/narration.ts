import type { AccountStatus } from "../account/account.ts";
import type { Agent } from "../account/agent.ts";
import type { Log } from "../core/ports.ts";

/** Lines of the log that operators of an original plugin know, and look for. */
export interface Narration {
  connecting(url: string): string;
  connected(accountId: string, name: string | undefined): string;
  /** A message is being run. */
  started: string;
  /** The agent began to work. */
  replying: string;
  finished: string;
  idle: string;
  answered(answered: number, received: number): string;
}

export interface Narrator {
  agent(agent: Agent): Agent;
  status(status: AccountStatus): void;
}

/** Tells the log what an account does in the words of the original plugin. */
export function createNarrator(says: Narration, log: Log, about: { accountId: string; name(): string | undefined; url(): string }): Narrator {
  let received = 0;
  let answered = 0;
  let before: string | undefined;
  return {
    agent: (agent) => ({
      ...agent,
      async run(turn, reply, signal) {
        received += 1;
        log.info(says.started);
        const started = () => {
          log.info(says.replying);
          reply.started();
        };
        const outcome = await agent.run(turn, { ...reply, started }, signal);
        answered += 1;
        for (const line of [says.finished, says.idle, says.answered(answered, received)]) log.info(line);
        return outcome;
      },
    }),
    status({ link }) {
      if (!link || link.state === before) return;
      before = link.state;
      if (link.state === "connecting") log.info(says.connecting(about.url()));
      if (link.state === "ready") log.info(says.connected(about.accountId, about.name()));
    },
  };
}
