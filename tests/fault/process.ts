import type { Agent, TurnOutcome } from "../../src/account/agent.ts";
import type { System } from "../../src/core/ports.ts";
import { system } from "../../src/core/system.ts";
import type { StreamingMode } from "../../src/protocols/turn.ts";
import { type Journal, openJournal } from "../../src/store/journal.ts";
import type { Event } from "./checker.ts";
import { calmWorld, type Troubles } from "./troubles.ts";

/** One run of a turn, in whichever life of the process. */
export interface Run {
  messageId: string;
  life: number;
  end?: "completed" | "cut";
}

/** What all lives of a process leave behind for the test to look at. */
export interface Record {
  runs: Run[];
  warnings: string[];
}

/**
 * One life of a process around a journal file. `kill` is the end that nobody hears of: timers never fire, nothing more is
 * written, turns are never heard of again. What `kill -9` leaves is what is on disk.
 */
export interface Life {
  system: System;
  journal: Journal;
  agent: Agent;
  readonly isAlive: boolean;
  /** Writes to the journal so far. */
  readonly writes: number;
  /** What the system does for a process that has ended. */
  onKill(run: () => void): void;
  kill(): void;
}

export interface Pace {
  pieces: number;
  everyMs: number;
  /** `partial` where absent. */
  mode?: StreamingMode;
}

export interface LifeOptions {
  number: number;
  file: string;
  record: Record;
  /** How long the agent takes for one message, and in how many pieces it answers. */
  pace(messageId: string): Pace;
  troubles?: Troubles;
  happened?(event: Event): void;
  /** The process is killed around this write to its journal, counted from 1. */
  crash?: { at: number; when: "before" | "after" };
}

const reads: readonly (string | symbol)[] = ["find", "unfinished", "undelivered", "recall", "lastOf", "recent", "close"] satisfies (keyof Journal)[];

export function beginLife({ number, file, record, pace, crash, troubles = calmWorld, happened = () => {} }: LifeOptions): Life {
  let isAlive = true;
  let writes = 0;
  const opened = openJournal(file, { remembered: 10 });
  const journal = new Proxy(opened, {
    get(target, property: keyof Journal) {
      return (...args: unknown[]) => {
        if (!isAlive) throw new Error("this process was killed");
        if (!reads.includes(property)) writes += 1;
        const isLast = writes === crash?.at && !reads.includes(property);
        if (isLast && crash.when === "before") return kill();
        troubles.refuse(property, !reads.includes(property));
        const result = (target[property] as (...given: unknown[]) => unknown)(...args);
        for (const event of eventsOf(property, args)) happened(event);
        return isLast ? kill() : result;
      };
    },
  });
  function kill(): never {
    end();
    throw new Error("this process was killed");
  }
  const ends = new Set<() => void>();
  function end(): void {
    if (!isAlive) return;
    isAlive = false;
    for (const each of ends) each();
    for (const run of record.runs) if (run.life === number) run.end ??= "cut";
    happened({ is: "killed", life: number });
    opened.close();
  }
  return {
    journal,
    system: { ...system, now: () => system.now() + troubles.clockMs, after: (ms, run) => system.after(troubles.hasten(ms), () => isAlive && run()) },
    agent: createPacedAgent(number, record, pace, () => isAlive, happened),
    get isAlive() {
      return isAlive;
    },
    get writes() {
      return writes;
    },
    onKill(run) {
      if (isAlive) ends.add(run);
      else run();
    },
    kill: end,
  };
}

/** What a write to the journal that has succeeded says of messages. */
function eventsOf(property: keyof Journal, args: readonly unknown[]): Event[] {
  if (property === "admit") return [{ is: "admitted", id: (JSON.parse((args[0] as { inbound: string }).inbound) as { messageId: string }).messageId }];
  if (property !== "finish") return [];
  const [key, , , earlier = []] = args as Parameters<Journal["finish"]>;
  return [key, ...earlier].map(({ messageId }) => ({ is: "written", id: messageId }));
}

/** The text an agent gives to a message: long enough to stream, and naming what it answers. */
export function answerTo(messageId: string, pieces: number): string {
  return `answer to ${messageId}: ${Array.from({ length: pieces }, (_, index) => `part ${index} "quoted" ✓`).join(" ")}`;
}

/** Whether the agent has said this, or the plugin in its place. */
export function isAnswer(text: string): boolean {
  return text.startsWith("answer to ");
}

/** What is visible in a conversation and answers no frame: it is for the message that it names. */
export function unasked(to: string, text: string): Event {
  const [, id] = /^answer to (m-\d+-\d+):/.exec(text) ?? [];
  return id === undefined ? { is: "unasked", to, text } : { is: "seen", id, to, how: "whole", text };
}

function createPacedAgent(life: number, record: Record, pace: LifeOptions["pace"], isAlive: () => boolean, happened: (event: Event) => void): Agent {
  return {
    access: async ({ conversation }) => ({ admitted: true, lane: `${conversation.kind}:${conversation.id}` }),
    mayFollow: async () => true,
    heeds: async () => true,
    tell() {},
    isControlCommand: ({ content }) => content.startsWith("/"),
    async run({ inbound: { messageId } }, reply, signal): Promise<TurnOutcome> {
      const run: Run = { messageId, life };
      record.runs.push(run);
      happened({ is: "began", id: messageId, life });
      const { pieces, everyMs, mode = "partial" } = pace(messageId);
      const whole = answerTo(messageId, pieces);
      let blocks = 0;
      reply.mode(mode);
      reply.started();
      reply.activity({ id: messageId, tool: "read", status: "started" });
      for (let piece = 1; piece <= pieces; piece += 1) {
        await new Promise<void>((resolve) => void system.after(everyMs, resolve));
        if (!isAlive()) return await new Promise<never>(() => {});
        if (signal.aborted) {
          run.end = "cut";
          return { ended: "aborted" };
        }
        const end = Math.ceil((whole.length * piece) / pieces);
        reply.partial(whole.slice(0, end));
        if (mode === "block") reply.payload({ text: whole.slice(blocks, end), glue: "" });
        blocks = end;
      }
      if (mode !== "block") reply.payload({ text: whole });
      run.end = "completed";
      happened({ is: "completed", id: messageId, life, text: whole });
      return { ended: "completed" };
    },
  };
}
