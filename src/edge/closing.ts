/** RFC 6455 section 5.5: a control frame holds 125 bytes, two of them the code. */
const REASON_BYTES = 123;

/** As much of a close reason as fits into a close frame, never half a character. */
export function clipReason(reason: string): string {
  // A code unit is at least one byte, so what is over the bound here is over it in bytes too.
  const bytes = Buffer.from(reason.slice(0, REASON_BYTES + 1), "utf8");
  if (bytes.length <= REASON_BYTES) return reason;
  let end = REASON_BYTES;
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return bytes.toString("utf8", 0, end);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
