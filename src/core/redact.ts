import { limits } from "./limits.ts";

/** What a terminal would obey, or would turn a line around. */
const obeyed = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A peer's text made safe for one line of a log: no control characters, none that turn the line around, bounded. */
export function forLog(text: string): string {
  return unobeyed(clip(text, limits.loggedCodePoints));
}

/** A text of which a terminal would obey nothing, and that turns no line around. */
export function unobeyed(text: string): string {
  return text.replace(obeyed, "\uFFFD");
}

/** Data for one line of a log, as JSON, which by itself leaves some of these as they are. */
export function jsonForLog(data: unknown): string {
  return unobeyed(JSON.stringify(data));
}

/** At most `max` code points; what is cut is marked by an ellipsis within the bound. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  let count = 0;
  let keep = 0;
  for (const point of text) {
    if (count === max - 1) keep = end;
    end += point.length;
    count += 1;
    if (count > max) return `${text.slice(0, keep)}…`;
  }
  return text;
}

/** A URL without its query, fragment and credentials, for logs: any of them may hold a token (WS-3). */
export function withoutSecrets(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : "(not a URL)";
}

/** Whether an address has a user name, a password or a query; `ownQuery` is what is known to be none. */
export function mayHoldSecret(url: string, ownQuery: readonly string[] = []): boolean {
  const parsed = URL.parse(url);
  if (!parsed) return false;
  return parsed.username !== "" || parsed.password !== "" || [...parsed.searchParams.keys()].some((name) => !ownQuery.includes(name));
}
