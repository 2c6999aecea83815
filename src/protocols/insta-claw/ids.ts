/** What makes ids: pure code is given both. */
export interface Ids {
  /** Random; any text with 12 hexadecimal digits or more in it. */
  newId(): string;
  /** In hexadecimal. */
  sha256(text: string): string;
}

/**
 * The id of the first response to a message. It can be made again after a crash, so that what is said again names what
 * it says again (IC-23).
 */
export function firstResponseId(about: { messageId: string; receivedAt: number }, { sha256 }: Pick<Ids, "sha256">): string {
  return `resp_${about.receivedAt}_${compact(sha256(about.messageId))}`;
}

export function freshResponseId(now: number, { newId }: Pick<Ids, "newId">): string {
  return `resp_${now}_${compact(newId())}`;
}

/** The id of the one item of a response. */
export function itemIdOf(responseId: string): string {
  return responseId.replace(/^resp/, "item");
}

/** Unique like the response's id, of which it is made. */
export function numberedId(prefix: "evt" | "msg", responseId: string, sequence: number, now: number): string {
  return `${prefix}_${now}_${responseId.slice(responseId.lastIndexOf("_") + 1)}${sequence.toString(36)}`;
}

/** 48 bits in ten letters and digits. */
function compact(hex: string): string {
  return parseInt(hex.replace(/[^0-9a-f]/gi, "").slice(0, 12), 16).toString(36).padStart(10, "0");
}
