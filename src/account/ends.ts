import type { System } from "../core/ports.ts";
import type { Inbound } from "../protocols/inbound.ts";
import type { Terminal } from "../protocols/turn.ts";
import type { EntryKey, Journal } from "../store/journal.ts";

/** What one turn is for. */
export interface TurnMessages<Origin> {
  /** The message that stands for the turn, and is answered: the only one or the last one. */
  of: Inbound<Origin>;
  /** Those that came before it. */
  earlier: readonly Inbound<Origin>[];
}

/** Writes down how turns ended. */
export interface Ends<Origin> {
  /** Whether it is written; if not, it is kept in mind until it can be. Never throws. */
  write(turn: TurnMessages<Origin>, terminal: Terminal): boolean;
  /** Writes what a full disk has kept out of the journal, and returns whether there was any. */
  writeLate(): boolean;
}

export interface EndsDeps<Origin> {
  identify(inbound: Inbound<Origin>): EntryKey;
  journal: Journal;
  system: System;
  noteError(what: string, thrown: unknown): void;
}

export function createEnds<Origin>({ identify, journal, system, noteError }: EndsDeps<Origin>): Ends<Origin> {
  const unwritten = new Map<string, { turn: TurnMessages<Origin>; terminal: Terminal }>();

  function write(turn: TurnMessages<Origin>, terminal: Terminal): boolean {
    const key = identify(turn.of);
    const id = JSON.stringify(key);
    try {
      journal.finish(key, JSON.stringify(terminal), system.now(), turn.earlier.map(identify));
      unwritten.delete(id);
      return true;
    } catch (thrown) {
      noteError("an answer could not be written down", thrown);
      unwritten.set(id, { turn, terminal });
      return false;
    }
  }

  return {
    write,
    writeLate() {
      const late = [...unwritten.values()];
      for (const { turn, terminal } of late) write(turn, terminal);
      return late.length > 0;
    },
  };
}

/** The end of a turn that the account could not run. */
export function failure(detail: string): Terminal {
  return { type: "error", code: "agent_error", error: `Failed to process message: ${detail}` };
}
