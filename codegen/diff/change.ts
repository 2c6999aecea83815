import type { Direction, Place } from "../ir.ts";

/** What a change means for a peer that keeps to the older document. */
export type Verdict = "breaking" | "compatible" | "note";

/** Which of the two documents a place is in. */
export type Side = "old" | "new";

/** One difference of two documents, as one peer meets it. */
export interface Change {
  readonly verdict: Verdict;
  /** As seen from the application the document describes; absent where nothing travels. */
  readonly direction?: Direction;
  /** The key of the channel and the wire name of the message; absent where the change is of neither. */
  readonly channel?: string;
  readonly message?: string;
  /** JSON pointer into the message, with * for what has any index or name. */
  readonly path: string;
  readonly what: string;
  readonly was: string;
  readonly is: string;
  readonly side: Side;
  readonly place: Place;
  /** Whom it breaks and by what, or why nobody. */
  readonly why: string;
}

/** A difference of two schemas before anybody has said which way the values travel. */
export interface Edit {
  readonly path: string;
  readonly what: string;
  readonly was: string;
  readonly is: string;
  readonly side: Side;
  readonly place: Place;
  /** Why the new document refuses a value of the old one; absent where it refuses none. */
  readonly refusedNow?: string;
  /** Why the old document refuses a value of the new one. */
  readonly refusedBefore?: string;
}

/** What we receive breaks when we refuse what we took; what we send, when the peer refuses what it now gets. */
export function changeOf(edit: Edit, direction: Direction, where: Pick<Change, "channel" | "message">): Change {
  const { refusedNow, refusedBefore, ...rest } = edit;
  const reason = direction === "received" ? refusedNow : refusedBefore;
  return { verdict: reason === undefined ? "compatible" : "breaking", direction, ...where, ...rest, why: whyOf(reason, direction) };
}

function whyOf(reason: string | undefined, direction: Direction): string {
  if (direction === "received")
    return reason === undefined ? "whatever an old peer sends is still accepted" : `an old peer may send what is refused now: ${reason}`;
  return reason === undefined ? "an old peer accepts whatever is sent now" : `an old peer that reads strictly may get what it refuses: ${reason}`;
}

/** A step of a JSON pointer. */
export function step(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
