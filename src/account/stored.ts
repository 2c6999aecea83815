import { describeThrown } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import type { Inbound } from "../protocols/inbound.ts";
import type { Terminal } from "../protocols/turn.ts";
import type { Entry, Journal } from "../store/journal.ts";

/** A row of the journal, read. */
export interface Stored<Origin> {
  entry: Entry;
  inbound: Inbound<Origin>;
  terminal?: Terminal;
}

/**
 * The rows that can be read. SQLite does not notice when a disk spoils a text, and one such row would stand in the way of
 * all behind it: it is put aside, and not looked at again.
 */
export function readEntries<Origin>(entries: readonly Entry[], journal: Journal, now: number, log: Log): Stored<Origin>[] {
  return entries.flatMap((entry) => {
    try {
      const inbound = readInbound<Origin>(entry.inbound);
      return [{ entry, inbound, ...(entry.terminal !== undefined && { terminal: readTerminal(entry.terminal) }) }];
    } catch (thrown) {
      const why = describeThrown(thrown);
      log.error(`message ${forLog(entry.messageId)} of ${forLog(entry.sender)} cannot be read any more and is put aside: ${forLog(why)}`);
      journal.quarantine(`${entry.inbound}\n${entry.terminal ?? ""}`, why, now);
      if (entry.terminal === undefined) journal.finish(entry, JSON.stringify(SPOILT), now);
      journal.lost(entry, now);
      return [];
    }
  });
}

const SPOILT: Terminal = { type: "error", code: "agent_error", error: "Failed to process message: it cannot be read any more" };

function readInbound<Origin>(json: string): Inbound<Origin> {
  const value: unknown = JSON.parse(json);
  const isWhole =
    isRecord(value) && typeof value["messageId"] === "string" && typeof value["content"] === "string" && typeof value["receivedAt"] === "number" && Array.isArray(value["media"]) && value["origin"] !== undefined &&
    isRecord(value["sender"]) && typeof value["sender"]["id"] === "string" && isRecord(value["conversation"]) && typeof value["conversation"]["id"] === "string";
  if (!isWhole) throw new TypeError("what is written down is not a message");
  return value as unknown as Inbound<Origin>;
}

function readTerminal(json: string): Terminal {
  const value: unknown = JSON.parse(json);
  const isWhole = isRecord(value) && ((value["type"] === "response" && typeof value["content"] === "string") || (value["type"] === "error" && typeof value["error"] === "string"));
  if (!isWhole) throw new TypeError("what is written down is not the end of an answer");
  return value as unknown as Terminal;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
