/** What may stand on the wire: the hub deletes U+0000, and half a character is none (CC-30). */
export function clean(text: string): string {
  return text.replaceAll("\u0000", "").toWellFormed();
}

/** The same of a text that still grows: half a character at its end waits for its other half. */
export function cleanStart(text: string): string {
  const kept = text.replaceAll("\u0000", "");
  return (/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept).toWellFormed();
}
