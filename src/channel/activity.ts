import type { Activity } from "../protocols/turn.ts";

/** What the host tells of a step of its work, as far as it is looked at. */
export interface WorkItem {
  toolCallId?: string;
  kind?: string;
  name?: string;
  phase?: string;
  status?: string;
}

/** What a peer may know of a tool in use; undefined for other steps, and for what is between a beginning and its end. Names are what a model has written. */
export function readActivity({ toolCallId, kind, name, phase, status }: WorkItem): Activity | undefined {
  const about = { id: printable(toolCallId), tool: printable(name) };
  if (about.id === "" || about.tool === "" || (kind !== undefined && kind !== "tool")) return undefined;
  if (phase === "start") return { ...about, status: "started" };
  if (phase !== "end") return undefined;
  return { ...about, status: status === "completed" ? "completed" : "failed" };
}

function printable(text = ""): string {
  return text.replaceAll(/\p{Cc}/gu, "");
}
