import { stripVTControlCharacters } from "node:util";
import { unobeyed } from "../core/redact.ts";

/** What a stranger wrote, made safe for one line of a terminal. */
export function plain(text: string): string {
  return unobeyed(stripVTControlCharacters(text));
}
