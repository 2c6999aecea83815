import { forLog } from "../core/redact.ts";
import { faultOf, type LastLoss } from "./fault.ts";
import type { LinkRefusal } from "./link.ts";

/** How a socket ended by itself. */
export type LossCause =
  /** It was open; `error` is what was wrong on our side of it. */
  | { kind: "closed"; code: number; reason: string; error?: string }
  /** The upgrade was answered with this HTTP status. */
  | { kind: "refused"; status: number }
  | { kind: "failed"; error: string };

export interface Verdict {
  then: LinkRefusal["then"];
  /** For the operator. */
  text: string;
  /** The same for losses of the same kind, whatever the peer says to each. */
  kind: string;
  loss: LastLoss;
}

/** What an end means: the protocol's table decides, and what is not in it is tried again. */
export function judgeLoss(cause: LossCause, refusals: readonly LinkRefusal[]): Verdict {
  const code = codeOf(cause);
  const refusal = refusals.find((each) => each.code === code);
  const text = describe(cause);
  const told = refusal ? `${refusal.text} (${text})` : text;
  const loss: LastLoss = { fault: refusal?.fault ?? faultOf(cause), text: told, ...(code !== undefined && { code }) };
  return { then: refusal?.then ?? "back-off", text: told, kind: `${cause.kind} ${code ?? ""}`, loss };
}

function codeOf(cause: LossCause): number | undefined {
  if (cause.kind === "closed") return cause.code;
  return cause.kind === "refused" ? cause.status : undefined;
}

function describe(cause: LossCause): string {
  if (cause.kind === "refused") return `the server refuses the connection with HTTP status ${cause.status}`;
  if (cause.kind === "failed") return `cannot connect: ${forLog(cause.error)}`;
  const detail = cause.reason || cause.error;
  return `connection lost (${cause.code}${detail ? `, ${forLog(detail)}` : ""})`;
}
