/** What a model writes when nothing is to be said: a token of this wire, anywhere in the text. */
const TOKEN = /(?<![\p{L}\p{N}])clawchat:(?:no[-_ ]?reply|silent)(?![\p{L}\p{N}])/iu;
/** The same written loosely, as the whole text: in a sentence it is only a name and what is said of it. */
const LOOSE = /^[^\p{L}\p{N}]*clawchat\s*:\s*(?:no[-_\s]?reply|silent)[^\p{L}\p{N}]*$/iu;
/** The same with its decoration. */
const DECORATED = new RegExp(`[^\\p{L}\\p{N}\\s]{0,8}${TOKEN.source}[^\\p{L}\\p{N}\\s]{0,8}`, "giu");
/** A marker of the host, as the whole text. */
const MARKER = /^[\p{P}\s`^~|<>=+$]*(?:NO[_ ]REPLY|SILENT)[\p{P}\s`^~|<>=+$]*$/u;
const MARKERS = ["NO_REPLY", "NO REPLY", "SILENT"];
const MARKER_CHARACTERS = 64;
/** The start of a token, at the end of a text that still grows. */
const BEGUN = /claw(?:c(?:h(?:a(?:t(?:\s{0,4}:[-_\s\p{L}]{0,12})?)?)?)?)?$/iu;

/** What is left to be said of a text; undefined where the model chose to say nothing (CC-34). */
export function spoken(text: string): string | undefined {
  return text.trim() === "" || isMarker(text) || isToken(text) ? undefined : text;
}

/** The text beside files, which are sent whatever is said of them. */
export function besideMedia(text: string): string {
  const left = TOKEN.test(text) ? text.replace(DECORATED, "").trim() : text;
  return spoken(left) ?? "";
}

/** Whether a text that still grows may turn out to be silence. */
export function mayBeSilence(text: string): boolean {
  if (isToken(text) || BEGUN.test(text)) return true;
  if (text.length > MARKER_CHARACTERS) return false;
  const core = text.replace(/^[\p{P}\s`^~|<>=+$]+/u, "").replace(/[\p{P}\s`^~|<>=+$]+$/u, "");
  return MARKERS.some((marker) => marker.startsWith(core)) || "clawchat".startsWith(core.toLowerCase());
}

function isToken(text: string): boolean {
  return TOKEN.test(text) || (text.length <= MARKER_CHARACTERS && LOOSE.test(text));
}

function isMarker(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= MARKER_CHARACTERS && MARKER.test(trimmed);
}
