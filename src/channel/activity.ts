import type { Activity } from "../protocols/turn.ts";

/** What the host tells of a step of its work, as far as it is looked at. */
export interface WorkItem {
  toolCallId?: string;
  kind?: string;
  name?: string;
  phase?: string;
  status?: string;
}

/** What a peer may know of a tool in use; undefined for other steps, and for what is between a beginning and its end. */
export function readActivity({ toolCallId, kind, name, phase, status }: WorkItem): Activity | undefined {
  if (toolCallId === undefined || name === undefined || (kind !== undefined && kind !== "tool")) return undefined;
  const about = { id: toolCallId, tool: name };
  if (phase === "start") return { ...about, status: "started" };
  if (phase !== "end") return undefined;
  return { ...about, status: status === "completed" ? "completed" : "failed" };
}
