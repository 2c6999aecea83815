/** A text that grows, and how it stands between the quotes of JSON, so that only what is new of it need be looked at. */
export interface Grown {
  readonly text: string;
  readonly json: string;
  /** Whether its end may be half a character, which is written differently once the other half is there. */
  readonly isHalf: boolean;
}

/** What a text has become. */
export function grow(before: Grown | undefined, text: string): Grown {
  if (before === undefined || before.isHalf || !continues(text, before.text)) return grownTo(text, escape(text));
  const added = text.slice(before.text.length);
  const json = escape(added);
  return grownTo(text, json === added && before.json === before.text ? text : before.json + json);
}

/** As `startsWith`, which compares unit by unit and takes a long text twenty times as long. */
export function continues(text: string, start: string): boolean {
  return text.slice(0, start.length) === start;
}

function grownTo(text: string, json: string): Grown {
  // Reading from the end also puts together what was only strung together, which every frame to come would do again.
  const isHalf = json.charCodeAt(json.length - 6) === BACKSLASH && json.charCodeAt(json.length - 5) === LETTER_U;
  return { text, json, isHalf };
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** What a text is between the quotes of JSON, where that is not known yet. */
export function known(grown: Grown | undefined, text: string): string {
  return grown !== undefined && grown.text === text ? grown.json : escape(text);
}

/** Longer texts are looked through faster by JSON.stringify. */
const SHORT = 96;

/** What stands between the quotes when a text is written as JSON. */
export function escape(text: string): string {
  if (text.length <= SHORT && isPlain(text)) return text;
  const json = JSON.stringify(text);
  return json.length === text.length + 2 ? text : json.slice(1, -1);
}

/** Escapes, and knows the last text again: ids are the same in all frames of a reply. */
export function remembering(write: (text: string) => string): (text: string) => string {
  let last = "";
  let json = "";
  return (text) => {
    if (text === last) return json;
    if (text.length > SHORT) return write(text);
    json = write(text);
    last = text;
    return json;
  };
}

/** The same of a text inside of a text. */
export function escapeTwice(text: string): string {
  return text.length <= SHORT && isPlain(text) ? text : escape(escape(text));
}

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x22 || unit === BACKSLASH || (unit >= 0xd800 && unit <= 0xdfff)) return false;
  }
  return true;
}
