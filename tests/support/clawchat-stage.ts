import { afterEach } from "vitest";
import { system } from "../../src/core/system.ts";
import { openJournal } from "../../src/store/journal.ts";
import { openLogins } from "../../src/store/logins.ts";
import type { ClawchatOptions } from "../../src/testing/simulator/clawchat/options.ts";
import { startSimulator } from "../../src/testing/simulator/simulator.ts";
import { openClawchatFor, type ClawchatParts } from "./clawchat-account.ts";
import { recordLog } from "./recorded-log.ts";
import { createScriptedAgent, type Script } from "./scripted-agent.ts";

/** What a test leaves behind is stopped after it, the newest first. */
export const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export const answers: NonNullable<Script["answer"]> = ({ request: { inbound }, reply }) => {
  reply.started();
  reply.payload({ text: `you said: ${inbound.content}` });
  return { ended: "completed" };
};

export const hasten: NonNullable<ClawchatParts["hasten"]> = (link) => ({ ...link, backoff: { ...link.backoff, baseMs: 10, maxMs: 200, floorMs: 20 } });

export interface Setting extends Partial<Omit<ClawchatParts, "block" | "agent">> {
  server?: ClawchatOptions;
  block?: Record<string, unknown>;
  script?: Script;
}

/** A ClawChat server. */
export async function serve(server: ClawchatOptions = {}) {
  const simulator = await startSimulator("clawchat", { server });
  cleanups.push(() => simulator.stop());
  return simulator;
}

/** An account at a server, with an agent that answers by itself. */
export async function play({ server, block = {}, script = { answer: answers }, ...parts }: Setting = {}, simulator?: Awaited<ReturnType<typeof serve>>) {
  simulator ??= await serve(server);
  const agent = createScriptedAgent(script);
  const journal = parts.journal ?? openJournal(":memory:", { remembered: 100 });
  const logins = parts.logins ?? openLogins(":memory:", system);
  const log = recordLog();
  const account = await openClawchatFor({
    log,
    hasten,
    ...parts,
    agent,
    block: { ...(simulator.config["clawchat"] as object), greeting: false, ...block },
    journal,
    logins,
  });
  cleanups.push(() => account.stop());
  return { simulator, server: simulator.server, agent, journal, logins, log, account };
}

export const soon = { timeout: 10_000, interval: 20 };
