import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import {
  beginTurn,
  type Showing,
  stepTurn,
  type Terminal,
  type TurnBounds,
  type TurnEnd,
  type TurnEvent,
} from "../protocols/turn.ts";
import type { Agent, Reply, TurnOutcome, TurnRequest } from "./agent.ts";

/** Why a turn was aborted; its `AbortSignal` carries it. */
export type AbortCause = "cancelled" | "timeout" | "stop";

export interface TurnDeps {
  agent: Agent;
  system: System;
  log: Log;
  /** Milliseconds one turn may take (WS-21). */
  turnMs(): number;
  bounds: TurnBounds;
  /** Shows something of the turn to whom it concerns. */
  show(says: Showing): void;
}

/**
 * Runs one turn and returns its terminal frame; `undefined` when it was stopped with the account and must run again.
 * Never rejects.
 */
export async function runTurn(request: TurnRequest, abort: AbortController, deps: TurnDeps): Promise<Terminal | undefined> {
  const { agent, system, log, bounds } = deps;
  let state = beginTurn();
  let terminal: Terminal | undefined;
  let cancelWake: (() => void) | undefined;
  let isOver = false;

  /** What an agent says that was given up is nobody's any more. */
  const hear = (event: TurnEvent): void => {
    if (!isOver) feed(event);
  };

  const feed = (event: TurnEvent): void => {
    const step = stepTurn(state, event, system.now(), bounds);
    state = step.state;
    for (const says of step.says) {
      if (says.say === "terminal") terminal = says.terminal;
      else deps.show(says);
    }
    if (step.wakeAt === undefined || cancelWake) return;
    cancelWake = system.after(step.wakeAt - system.now(), () => {
      cancelWake = undefined;
      feed({ on: "tick" });
    });
  };

  async function ask(): Promise<TurnOutcome> {
    try {
      if (request.attempt <= limits.turnAttempts) return await agent.run(request, reply, abort.signal);
      const outcome = await agent.giveUp?.(request, reply, abort.signal);
      return outcome ?? { ended: "failed", error: "the gateway was restarted too often while it was answered" };
    } catch (thrown) {
      log.error(`turn ${forLog(request.inbound.messageId)} failed: ${describeThrown(thrown)}`);
      return { ended: "failed", error: "the agent is not available" };
    }
  }

  const reply: Reply = {
    mode: (mode) => hear({ on: "mode", mode }),
    started: () => hear({ on: "started" }),
    partial: (text) => hear({ on: "partial", text }),
    thought: (text) => hear({ on: "thought", text }),
    nextMessage: () => hear({ on: "next-message" }),
    activity: (activity) => hear({ on: "activity", activity }),
    payload: (payload) => hear({ on: "payload", payload }),
  };

  // An agent that does not hear its abort must not keep its conversation waiting (LI-21).
  const deaf = Promise.withResolvers<TurnOutcome>();
  let cancelTimer = system.after(deps.turnMs(), () => abort.abort("timeout" satisfies AbortCause));
  const waitForEnd = (): void => {
    cancelTimer();
    cancelTimer = system.after(limits.abortMs, () => deaf.resolve({ ended: "aborted" }));
  };
  abort.signal.addEventListener("abort", waitForEnd);
  const outcome = await Promise.race([ask(), deaf.promise]);
  isOver = true;
  abort.signal.removeEventListener("abort", waitForEnd);
  cancelTimer();
  const how = endOf(outcome, abort.signal);
  if (how) feed({ on: "ended", how });
  cancelWake?.();
  return terminal;
}

function endOf(outcome: TurnOutcome, signal: AbortSignal): TurnEnd | undefined {
  if (outcome.ended === "completed" || outcome.ended === "failed") {
    // What ended while it was being aborted ended because of it.
    if (!signal.aborted || outcome.ended === "completed") return outcome;
  }
  if (outcome.ended === "shutting-down") return undefined;
  if (outcome.ended === "duplicate") return { ended: "failed", error: "it was answered before and the answer is lost" };
  switch (signal.reason as AbortCause | undefined) {
    case "timeout":
      return { ended: "timeout" };
    case "stop":
      return undefined;
    case "cancelled":
    case undefined:
      return { ended: "cancelled" };
  }
}
