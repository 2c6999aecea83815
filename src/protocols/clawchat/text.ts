/** What may stand on the wire: the hub deletes U+0000, and half a character is none (CC-30). */
export function clean(text: string): string {
  return text.replaceAll("\u0000", "").toWellFormed();
}

/** The same of a text that still grows: half a character at its end waits for its other half. */
export function cleanStart(text: string): string {
  const kept = text.replaceAll("\u0000", "");
  return (/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept).toWellFormed();
}

/** Pieces of at most `most` code points that add up to the text, cut at the end of a line or else of a word where one is near (CC-33). */
export function cutText(text: string, most: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = cutAt(text, start, most);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function cutAt(text: string, start: number, most: number): number {
  let end = start;
  for (let count = 0; count < most && end < text.length; count++) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  if (end === text.length) return end;
  // A piece under half the size would make many messages of one answer.
  const soonest = start + (end - start) / 2;
  for (const mark of ["\n", " "]) {
    const at = text.lastIndexOf(mark, end - 1) + 1;
    if (at > soonest) return at;
  }
  return end;
}
