import { type Kept, read, shorten, write } from "./keep.ts";
import type { Who } from "./live.ts";

/** The page's own memory: gone with the tab, but for light and dark. */

const whoKey = (url: string): string => `clawwire who ${url}`;
/** Whose a token is, the page does not know before it is connected: it keeps one conversation for whoever brings one. */
const roomKey = (url: string, { senderId = "", token }: Who): string => `clawwire room ${url} ${token === undefined ? `id ${senderId}` : "token"}`;

export function recall(url: string): Who | undefined {
  try {
    const who = JSON.parse(sessionStorage.getItem(whoKey(url)) ?? "null") as Who | null;
    return who ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(url: string, who: Who): void {
  sessionStorage.setItem(whoKey(url), JSON.stringify(who));
}

/** The next token may be somebody else's, who must not see what was said. Another id is another conversation. */
export function forget(url: string, who: Who): void {
  sessionStorage.removeItem(whoKey(url));
  if (who.token !== undefined) sessionStorage.removeItem(roomKey(url, who));
}

export function loadRoom(url: string, who: Who): ReturnType<typeof read> {
  return read(sessionStorage.getItem(roomKey(url, who)));
}

/** A browser gives a page five million characters or so. Also without a word in it a room is written: which groups there are is in it. */
export function saveRoom(url: string, who: Who, { room, contact }: Kept): void {
  for (let kept = room; ; kept = shorten(kept)) {
    try {
      return sessionStorage.setItem(roomKey(url, who), write({ room: kept, contact }));
    } catch (thrown) {
      if (!(thrown instanceof DOMException)) throw thrown;
    }
    if (kept.talks.every(({ entries }) => entries.length === 0)) return;
  }
}

export type Scheme = "light" | "dark";

export function readScheme(): Scheme | undefined {
  const scheme = localStorage.getItem("clawwire scheme");
  return scheme === "light" || scheme === "dark" ? scheme : undefined;
}

export function writeScheme(scheme: Scheme): void {
  localStorage.setItem("clawwire scheme", scheme);
}
