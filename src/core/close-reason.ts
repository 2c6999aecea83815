/** A control frame holds 125 bytes, two of them the close code (RFC 6455, section 5.5). */
const REASON_BYTES = 123;

/** As much of a close reason as fits into a close frame, never half a character. */
export function clipReason(reason: string): string {
  return reason.slice(0, new TextEncoder().encodeInto(reason, new Uint8Array(REASON_BYTES)).read);
}
