import { emptyRoom, type Entry, type Room, unanswered } from "./state.ts";

/** When the page heard its gateway last, and as whom it was connected: by that a repeat is known to run twice or not (WS-14). */
export interface Contact {
  readonly at: number;
  readonly senderId?: string | undefined;
}

/** What a page keeps for itself when it is loaded anew. */
export interface Kept {
  readonly room: Room;
  /** Absent before the first connection: nothing has been sent then. */
  readonly contact?: Contact | undefined;
}

/** A message that has to be asked for again. */
export interface Again {
  readonly talk: string;
  readonly entry: Entry;
  /** What is known of the first time; the client sends nothing that could run twice. */
  readonly sent?: { readonly heardAt: number; readonly senderId?: string | undefined };
}

export function write({ room, contact }: Kept): string {
  return JSON.stringify({ version: 2, room, contact });
}

/** Where there is no more room: without the older half. */
export function shorten(room: Room): Room {
  return { ...room, talks: room.talks.map((talk) => ({ ...talk, entries: talk.entries.slice(Math.ceil(talk.entries.length / 2)) })) };
}

/** What was kept, and which messages have no answer yet. */
export function read(text: string | null): Kept & { readonly again: readonly Again[] } {
  const kept = parse(text);
  if (!kept) return { room: emptyRoom, again: [] };
  const { contact } = kept;
  const again = unanswered(kept.room).map((open) => (contact ? { ...open, sent: { heardAt: Math.max(contact.at, open.entry.at), senderId: contact.senderId } } : open));
  return { room: quiet(kept.room), contact, again };
}

/** An answer to somebody else that the page has missed the end of. */
function quiet(room: Room): Room {
  const mine = new Set(unanswered(room).map(({ entry }) => entry.messageId));
  const settle = (entry: Entry): Entry => (entry.by === "agent" && entry.state === "writing" && !mine.has(entry.messageId) ? { ...entry, state: "done" } : entry);
  return { ...room, talks: room.talks.map((talk) => ({ ...talk, entries: talk.entries.map(settle) })) };
}

function parse(text: string | null): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? "null") as (Kept & { version?: unknown }) | null;
    return kept?.version === 2 ? kept : undefined;
  } catch {
    return undefined;
  }
}
