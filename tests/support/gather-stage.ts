import { createSwitchboard, type Switchboard } from "../../src/account/switchboard.ts";
import type { GatherPlan } from "../../src/protocols/gather.ts";
import type { Inbound } from "../../src/protocols/inbound.ts";
import type { Terminal } from "../../src/protocols/turn.ts";
import { type EntryKey, type Journal, type NewEntry, openJournal } from "../../src/store/journal.ts";
import { recordLog } from "./recorded-log.ts";
import { createScriptedAgent, type ScriptedAgent } from "./scripted-agent.ts";
import { createVirtualSystem, settle } from "./virtual.ts";

export interface Life {
  switchboard: Switchboard<string>;
  agent: ScriptedAgent;
  isAlive: boolean;
}

export interface Crash {
  /** The process is killed around this write to its journal, counted from now. */
  write: number;
  when: "before" | "after";
}

export interface GatherStageOptions {
  queuedPerSession?: number;
  /** Each member of a group has a lane of its own. */
  perMember?: boolean;
  merge?(inbounds: readonly Inbound<string>[]): Inbound<string>;
}

const reads: readonly (keyof Journal)[] = ["find", "unfinished", "undelivered", "recall", "recent", "lastOf", "close"];

/**
 * A switchboard that gathers what is said in groups, over several lives of its process around one journal. The content
 * of a message is its id; of one that begins with "!" it has a turn of its own, with "/" it is a control command.
 */
export function createGatherStage({ queuedPerSession = 1_000, perMember = false, merge = mergeContents }: GatherStageOptions = {}) {
  const system = createVirtualSystem();
  const journal = openJournal(":memory:", { remembered: 10 });
  const log = recordLog();
  /** In order of admission. */
  const admitted: string[] = [];
  /** The lane of each. */
  const lanes = new Map<string, string>();
  const refused: string[] = [];
  const repeated: string[] = [];
  /** Turns whose end was written, by the ids in them. */
  const ended: { ids: string[]; end: string }[] = [];
  const shown: string[] = [];
  const concluded: string[] = [];
  /** Every run: the ids the agent was asked for, and which attempt it was. */
  const runs: { ids: string[]; attempt: number }[] = [];
  const wrong: string[] = [];
  let decide = (plan: GatherPlan): GatherPlan => plan;
  let crash: Crash | undefined;
  let life: Life = begin();

  const laneOf = ({ conversation, sender }: Inbound): string => (perMember ? `${conversation.id}:${sender.id}` : conversation.id);

  function begin(): Life {
    const agent = createScriptedAgent({ access: (inbound) => ({ admitted: true, lane: laneOf(inbound) }) });
    const { run } = agent;
    agent.run = async (request, reply, signal) => {
      const ids = request.inbound.content.split(" ");
      const endedBefore = ended.flatMap((turn) => turn.ids).filter((id) => ids.includes(id));
      if (endedBefore.length > 0) wrong.push(`${endedBefore.join()} ran after its end`);
      const isControl = request.inbound.content.startsWith("/");
      if (!isControl && agent.running.some(({ request: { inbound } }) => !inbound.content.startsWith("/") && laneOf(inbound) === laneOf(request.inbound))) wrong.push(`${ids.join()} overlapped`);
      runs.push({ ids, attempt: request.attempt });
      return await run(request, reply, signal);
    };
    const born: Life = { agent, isAlive: true, switchboard: createLife() };
    return born;

    function createLife(): Switchboard<string> {
      const isAlive = (): boolean => born.isAlive;
      return createSwitchboard<string>({
        limits: () => ({ messagesPerMinute: 1e6, messageBurst: 1e6, queuedPerSession, turnMs: 600_000 }),
        identify: keyOf,
        turn: { streamEveryMs: 50, answerCodePoints: 1_000, errorCodePoints: 300 },
        gather: { plan: (inbound) => (inbound.content.startsWith("!") ? undefined : decide(planOf(inbound))), merge },
        repeatMs: 300_000,
        keepsWhileStopping: true,
        outlet: {
          show: (inbound, says, attempt) => void shown.push(`${says.say} for ${inbound.messageId}, attempt ${attempt}`),
          async conclude(inbound, terminal) {
            if (!isAlive()) return;
            concluded.push(`${inbound.messageId}: ${textOf(terminal)}`);
            journalOf(isAlive).delivered(keyOf(inbound), system.now());
          },
          sweep() {},
          lastAt: () => undefined,
        },
        agent,
        journal: journalOf(isAlive),
        system: { ...system, after: (ms, run) => system.after(ms, () => isAlive() && run()) },
        log,
        changed() {},
      });
    }
  }

  /** What a process that is killed around a write leaves behind is what is on disk. */
  function journalOf(isAlive: () => boolean): Journal {
    return new Proxy(journal, {
      get: (target, name: keyof Journal) =>
        (...args: unknown[]): unknown => {
          if (!isAlive()) throw new Error("this process was killed");
          const isLast = !reads.includes(name) && crash !== undefined && --crash.write <= 0;
          if (isLast && crash?.when === "before") return kill();
          const result = (target[name] as (...given: unknown[]) => unknown)(...args);
          if (name === "admit") {
            const { messageId, lane } = args[0] as NewEntry;
            admitted.push(messageId);
            lanes.set(messageId, lane);
          }
          if (name === "finish") {
            const [key, terminal, , earlier = []] = args as [EntryKey, string, number, EntryKey[]?];
            ended.push({ ids: [...earlier, key].map(({ messageId }) => messageId), end: textOf(JSON.parse(terminal) as Terminal) });
          }
          return isLast ? kill() : result;
        },
    });
  }

  function kill(): never {
    life.isAlive = false;
    throw new Error("this process was killed");
  }

  return {
    system,
    journal,
    log,
    admitted,
    lanes,
    refused,
    repeated,
    ended,
    shown,
    concluded,
    runs,
    wrong,
    life: () => life,
    async say(id: string, { sender = "ann", group = "g", mentioned = false, receivedAt = system.now() } = {}): Promise<void> {
      const inbound: Inbound<string> = {
        messageId: id,
        origin: "wire",
        sender: { id: sender, verified: true },
        conversation: { kind: "group", id: group, subject: group },
        content: id,
        media: [],
        mentioned,
        receivedAt,
      };
      await life.switchboard.admit(inbound, {
        admitted() {},
        refused: ({ code }) => void refused.push(`${id} ${code}`),
        pairing() {},
        repeated: ({ wasDelivered }) => void repeated.push(`${id} ${wasDelivered ? "has ended" : "runs"}`),
      });
      await settle();
    },
    async answer(nth = 0): Promise<void> {
      const turn = life.agent.running[nth % Math.max(1, life.agent.running.length)];
      turn?.reply.payload({ text: `to ${turn.request.inbound.content}` });
      turn?.end();
      await settle();
    },
    /** The process is killed, now or around a write to come. */
    crash(when?: Crash): void {
      if (when) crash = when;
      else life.isAlive = false;
    },
    /** The next life of the process. */
    async restart(): Promise<void> {
      crash = undefined;
      life.isAlive = false;
      life = begin();
      life.switchboard.resume();
      await settle();
    },
    /** The wire decides anew how messages wait. */
    plan(newly: typeof decide): void {
      decide = newly;
    },
  };
}

export const IDLE_MS = 10_000;
export const CEILING_MS = 30_000;

const keyOf = ({ messageId }: Inbound): EntryKey => ({ sender: "", messageId });

function planOf({ conversation, mentioned = false }: Inbound): GatherPlan {
  return { key: conversation.id, idleMs: IDLE_MS, ceilingMs: CEILING_MS, flush: mentioned };
}

function mergeContents(inbounds: readonly Inbound<string>[]): Inbound<string> {
  const last = inbounds.at(-1);
  if (!last) throw new Error("nothing to merge");
  return { ...last, messageId: "merged", origin: "merged", content: inbounds.map(({ content }) => content).join(" "), mentioned: inbounds.some(({ mentioned }) => mentioned) };
}

function textOf(terminal: Terminal): string {
  return terminal.type === "response" ? terminal.content : terminal.error;
}
