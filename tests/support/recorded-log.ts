import type { Log } from "../../src/core/ports.ts";

/** A log that keeps its lines. */
export interface RecordedLog extends Log {
  lines: string[];
}

export function recordLog(): RecordedLog {
  const lines: string[] = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}
