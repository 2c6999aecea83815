/** A part of a longer text, and what stands around it so that Markdown of its own is whole. */
export interface Piece {
  /** Opens the code fence again in which the text was cut. */
  before: string;
  text: string;
  /** Closes the fence that goes on in the next piece. */
  after: string;
}

interface Fence {
  /** The whole line that opens it. */
  line: string;
  mark: string;
}

/** A line longer than this opens no fence here: repeating it would leave no room for the code. */
const LONGEST_FENCE = 64;
const LONGEST_MARK = 16;
/** Room for the line that closes one. */
const CLOSING = LONGEST_MARK + 1;
/** How far back a cut looks for the beginning of a character that is made of several code points. */
const LONGEST_CHARACTER = 64;

/**
 * Pieces of at most `most` code points (of which there have to be 100 at least), all of whose texts together are the
 * text: cut before a code fence, at the end of a line, or of a word where one is near, and in no character.
 */
export function cutMarkdown(text: string, most: number): Piece[] {
  const pieces: Piece[] = [];
  let fence: Fence | undefined;
  for (let start = 0; start < text.length; ) {
    const before = fence ? `${fence.line}\n` : "";
    const piece = cutPiece(text, start, most - lengthOf(before), fence);
    pieces.push({ before, text: text.slice(start, piece.end), after: piece.after });
    fence = piece.fence;
    start = piece.end;
  }
  return pieces;
}

/** The same as what is written on the wire. */
export function cutMarkdownTexts(text: string, most: number): string[] {
  return cutMarkdown(text, most).map((piece) => piece.before + piece.text + piece.after);
}

function cutPiece(text: string, start: number, room: number, open: Fence | undefined): { end: number; after: string; fence: Fence | undefined } {
  const rest = pointsFrom(text, start, room);
  if (rest === text.length) return { end: rest, after: "", fence: undefined };
  const plain = cutAt(text, start, rest);
  const { fence, since } = fenceAt(text, start, plain, open);
  if (!fence) return { end: plain, after: "", fence: undefined };
  // A piece under half the size would make many messages of one answer.
  if (since > start + (rest - start) / 2) return { end: since, after: "", fence: undefined };
  const end = cutAt(text, start, pointsFrom(text, start, room - CLOSING));
  // Cut sooner it may be outside of the fence, or in another one.
  const cut = fenceAt(text, start, end, open).fence;
  return { end, after: cut ? `${text[end - 1] === "\n" ? "" : "\n"}${cut.mark}` : "", fence: cut };
}

/** The fence that is open at `end`, and where its line begins; what was open at `start` counts as begun before. */
function fenceAt(text: string, start: number, end: number, open: Fence | undefined): { fence: Fence | undefined; since: number } {
  let fence = open;
  let since = start;
  for (let at = start; at < end; ) {
    const newline = text.indexOf("\n", at);
    // A line that would open or close a fence does neither where it is cut in the middle.
    if (newline === -1 || newline > end) break;
    const next = follow(fence, text.slice(at, newline));
    if (next && !fence) since = at;
    fence = next;
    at = newline + 1;
  }
  return { fence, since };
}

function follow(open: Fence | undefined, line: string): Fence | undefined {
  // With a backtick further on it is code within the line.
  const mark = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
  if (mark === undefined || mark.length > LONGEST_MARK) return open;
  if (!open) return line.length > LONGEST_FENCE ? undefined : { line, mark };
  const isClosing = mark[0] === open.mark[0] && mark.length >= open.mark.length && line.trim() === mark;
  return isClosing ? undefined : open;
}

/** Behind so many code points from `start`, or at the end. */
function pointsFrom(text: string, start: number, most: number): number {
  let end = start;
  for (let count = 0; count < most && end < text.length; count += 1) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return end;
}

function cutAt(text: string, start: number, end: number): number {
  const soonest = start + (end - start) / 2;
  for (const mark of ["\n", " "]) {
    const at = text.lastIndexOf(mark, end - 1) + 1;
    if (at > soonest && startsCharacter(text, at)) return at;
  }
  return characterAt(text, start, end);
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The last beginning of a character up to `end`: no half of a family, and no letter without its accent. */
function characterAt(text: string, start: number, end: number): number {
  let from = Math.max(start, end - LONGEST_CHARACTER);
  // Flags are pairs: which two belong together is known from the first one.
  while (from - 2 >= start && /\p{Regional_Indicator}/u.test(text.slice(from - 2, from))) from -= 2;
  const window = text.slice(from, end + LONGEST_CHARACTER);
  const at = from + (characters.segment(window).containing(end - from)?.index ?? end - from);
  return at > start ? at : end;
}

function startsCharacter(text: string, at: number): boolean {
  return characterAt(text, 0, at) === at;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
