import { expect, it } from "vitest";
import type { Agent, TurnOutcome } from "../../../src/account/agent.ts";
import { runTurn } from "../../../src/account/turns.ts";
import { limits } from "../../../src/core/limits.ts";
import { system } from "../../../src/core/system.ts";
import { silentLog } from "../../support/virtual.ts";
import { inboundOf } from "../channel/fake-host.ts";

const outcomes = { run: "the agent ran", late: "the host went on" } as const;

async function end(attempt: number, giveUp?: () => Promise<TurnOutcome | undefined>) {
  const agent = {
    async run(_turn, reply) {
      reply.payload({ text: outcomes.run });
      return { ended: "completed" };
    },
    ...(giveUp && {
      async giveUp(_turn, reply) {
        const outcome = await giveUp();
        if (outcome) reply.payload({ text: outcomes.late });
        return outcome;
      },
    }),
  } satisfies Partial<Agent> as unknown as Agent;
  return await runTurn({ inbound: inboundOf(), attempt }, new AbortController(), { agent, system, log: silentLog, turnMs: () => 60_000, bounds: { streamEveryMs: 0, answerCodePoints: 1_000, errorCodePoints: 300 }, show() {} });
}

it("runs a turn as often as it may be cut, and no more", async () => {
  expect(await end(limits.turnAttempts)).toMatchObject({ type: "response", content: outcomes.run });
  expect(await end(limits.turnAttempts + 1)).toMatchObject({ type: "error", error: "Failed to process message: the gateway was restarted too often while it was answered" });
});

it("answers a turn that may not run again with what the host makes of it, and says so where that is nothing (issue 7)", async () => {
  expect(await end(limits.turnAttempts + 1, async () => ({ ended: "completed" }))).toMatchObject({ type: "response", content: outcomes.late });
  expect(await end(limits.turnAttempts + 1, async () => undefined)).toMatchObject({ type: "error" });
});
