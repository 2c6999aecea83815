import type { Access, Agent, Reply, TurnOutcome, TurnRequest } from "../../src/account/agent.ts";

/** A turn that waits for the test to say what the agent does. */
export interface ScriptedTurn {
  request: TurnRequest;
  reply: Reply;
  signal: AbortSignal;
  end(outcome?: TurnOutcome): void;
}

export interface ScriptedAgent extends Agent {
  /** Turns that run now, oldest first. */
  running: ScriptedTurn[];
  /** Message ids in the order their turns began. */
  began: string[];
  /** Message ids whose turn began while another one ran in the same lane. */
  overlapped: string[];
}

export interface Script {
  access?(inbound: TurnRequest["inbound"]): Access;
  /** When given, turns answer by themselves. */
  answer?(turn: ScriptedTurn): Promise<TurnOutcome> | TurnOutcome;
}

/** The lane a real host would give: one per direct sender, one per group. */
export function laneOf({ conversation }: TurnRequest["inbound"]): string {
  return `${conversation.kind}:${conversation.id}`;
}

export function createScriptedAgent(script: Script = {}): ScriptedAgent {
  const agent: ScriptedAgent = {
    running: [],
    began: [],
    overlapped: [],
    access: async (inbound) => script.access?.(inbound) ?? { admitted: true, lane: laneOf(inbound) },
    mayFollow: async () => true,
    heeds: async () => true,
    tell() {},
    isControlCommand: ({ content }) => content.startsWith("/"),
    async run(request, reply, signal) {
      const { promise, resolve } = Promise.withResolvers<TurnOutcome>();
      const turn: ScriptedTurn = { request, reply, signal, end: (outcome = { ended: "completed" }) => resolve(outcome) };
      agent.began.push(request.inbound.messageId);
      const isOverlap = agent.running.some(({ request: other }) => laneOf(other.inbound) === laneOf(request.inbound));
      if (isOverlap) agent.overlapped.push(request.inbound.messageId);
      agent.running.push(turn);
      signal.addEventListener("abort", () => resolve({ ended: "aborted" }));
      if (signal.aborted) resolve({ ended: "aborted" });
      if (script.answer) resolve(script.answer(turn));
      const outcome = await promise;
      agent.running.splice(agent.running.indexOf(turn), 1);
      return outcome;
    },
  };
  return agent;
}
