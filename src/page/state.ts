/** What was said, as the page shows it: a pure function from one event to the next picture. */

export interface FileNote {
  readonly name: string;
  readonly bytes: number;
  readonly mimeType: string;
  /** Base64, for as long as the message may have to be said again. */
  readonly data?: string;
}

export interface Quote {
  readonly messageId: string;
  readonly from: string;
  readonly text: string;
}

export interface ToolUse {
  readonly id: string;
  readonly tool: string;
  readonly status: string;
}

/**
 * `sending`: the gateway has not shown that it has it. `taken`: it has. `writing`: an answer grows. `failed`: there is no
 * answer, or no more of it.
 */
export type EntryState = "sending" | "taken" | "writing" | "done" | "failed";

export interface Entry {
  /** Of the message; an answer has that of its question. */
  readonly messageId: string;
  readonly by: "me" | "agent" | "other";
  /** Who, where it is neither. */
  readonly from?: string;
  readonly text: string;
  readonly at: number;
  readonly state: EntryState;
  readonly failure?: { readonly code: string; readonly text: string };
  readonly quote?: Quote;
  readonly files: readonly FileNote[];
  /** Addresses of files of an answer. */
  readonly media: readonly string[];
  readonly thought: string;
  readonly tools: readonly ToolUse[];
  readonly reactions: readonly { readonly emoji: string; readonly by: string }[];
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
}

/** A conversation: the direct one has no id, a group its own. */
export interface Talk {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly unread: number;
}

export interface Room {
  readonly talks: readonly Talk[];
  readonly current: string;
  /** Groups that were left: what still comes of them is not shown. */
  readonly left: readonly string[];
}

export type RoomEvent =
  | { readonly on: "opened"; readonly talk: string }
  | { readonly on: "left"; readonly talk: string }
  | { readonly on: "said"; readonly talk: string; readonly messageId: string; readonly text: string; readonly at: number; readonly files: readonly FileNote[]; readonly quote?: Quote | undefined }
  | { readonly on: "typing"; readonly messageId: string; readonly group?: string | undefined; readonly at: number }
  | { readonly on: "grew"; readonly messageId: string; readonly text: string; readonly group?: string | undefined; readonly at: number }
  | { readonly on: "thought"; readonly messageId: string; readonly text: string; readonly group?: string | undefined; readonly at: number }
  | { readonly on: "activity"; readonly messageId: string; readonly use: ToolUse; readonly group?: string | undefined; readonly at: number }
  | { readonly on: "answered"; readonly messageId: string; readonly text: string; readonly media: readonly string[]; readonly replyTo?: string | undefined; readonly group?: string | undefined; readonly at: number }
  | { readonly on: "failed"; readonly messageId: string; readonly code: string; readonly text: string }
  | { readonly on: "posted"; readonly messageId: string; readonly from: string; readonly text: string; readonly group?: string | undefined; readonly replyTo?: string | undefined; readonly at: number }
  | { readonly on: "file"; readonly messageId: string; readonly url: string; readonly at: number }
  | { readonly on: "reacted"; readonly messageId: string; readonly emoji: string; readonly isOff: boolean; readonly by: string }
  | { readonly on: "edited"; readonly messageId: string; readonly text: string; readonly byAgent: boolean }
  | { readonly on: "deleted"; readonly messageId: string; readonly byAgent: boolean };

export const emptyRoom: Room = { talks: [{ id: "", entries: [], unread: 0 }], current: "", left: [] };

/** Entries of one conversation that are kept. */
const MOST = 500;

const blank = { text: "", files: [], media: [], thought: "", tools: [], reactions: [], isEdited: false, isDeleted: false } as const;

export function next(room: Room, event: RoomEvent): Room {
  switch (event.on) {
    case "opened":
      return inTalk({ ...room, current: event.talk, left: room.left.filter((id) => id !== event.talk) }, event.talk, (talk) => ({ ...talk, unread: 0 }));
    case "left":
      return event.talk === "" ? room : { talks: room.talks.filter(({ id }) => id !== event.talk), current: room.current === event.talk ? "" : room.current, left: [...room.left, event.talk].slice(-MOST) };
    case "said": {
      const { talk, messageId, text, at, files, quote } = event;
      return append(room, talk, { ...blank, messageId, by: "me", text, at, files, state: "sending", ...(quote && { quote }) });
    }
    case "typing":
      return inAnswer(room, event, (answer) => (isOpen(answer) ? { ...answer, state: "writing" } : answer));
    case "grew":
      return inAnswer(room, event, (answer) => ({ ...unfailed(answer), text: event.text, state: "writing" }));
    case "thought":
      return inAnswer(room, event, (answer) => ({ ...answer, thought: event.text }));
    case "activity":
      return inAnswer(room, event, (answer) => ({ ...answer, tools: [...answer.tools.filter(({ id }) => id !== event.use.id), event.use] }));
    case "answered":
      return settle(inAnswer(room, event, (answer) => answered(room, answer, event)), event.messageId, { state: "done" });
    case "failed":
      return failed(room, event);
    case "posted":
      return posted(room, event);
    case "file":
      return inAnswer(room, event, (answer) => ({ ...answer, media: [...answer.media.filter((url) => url !== event.url), event.url] }));
    case "reacted":
      return react(room, event);
    case "edited":
      return change(room, event.messageId, event.byAgent, (entry) => ({ ...entry, text: event.text, isEdited: true }));
    case "deleted":
      return change(room, event.messageId, event.byAgent, (entry) => ({ ...entry, text: "", files: [], media: [], thought: "", tools: [], isDeleted: true }));
  }
}

/** The message that an id means: of two with one id it is the question, or the answer where that is asked for. */
export function find(room: Room, messageId: string, wantsAnswer = false): Entry | undefined {
  const found = room.talks.flatMap(({ entries }) => entries).filter((entry) => entry.messageId === messageId);
  return found.find(({ by }) => (by === "agent") === wantsAnswer) ?? found[0];
}

/** My messages without an answer, oldest first: what a page that was loaded anew has to ask for again. */
export function unanswered(room: Room): readonly { readonly talk: string; readonly entry: Entry }[] {
  return room.talks.flatMap(({ id, entries }) => entries.filter((entry) => entry.by === "me" && isOpen(entry)).map((entry) => ({ talk: id, entry })));
}

export function quoteOf({ messageId, by, from, text }: Entry): Quote {
  return { messageId, from: by === "me" ? "You" : by === "agent" ? "Agent" : (from ?? ""), text: text.length > 200 ? `${text.slice(0, 200)}…` : text };
}

function isOpen({ state }: Entry): boolean {
  return state === "sending" || state === "taken" || state === "writing";
}

function answered(room: Room, answer: Entry, { text, media, replyTo }: Extract<RoomEvent, { on: "answered" }>): Entry {
  const quoted = replyTo === undefined ? undefined : find(room, replyTo);
  const all = [...answer.media, ...media.filter((url) => !answer.media.includes(url))];
  return { ...unfailed(answer), text, media: all, state: "done", ...(quoted && { quote: quoteOf(quoted) }) };
}

function posted(room: Room, event: Extract<RoomEvent, { on: "posted" }>): Room {
  const { messageId, from, text, group = "", replyTo, at } = event;
  if (talkOf(room, messageId) !== undefined && find(room, messageId)?.text === text) return room;
  const quoted = replyTo === undefined ? undefined : find(room, replyTo);
  return append(room, group, { ...blank, messageId, by: "other", from, text, at, state: "done", ...(quoted && { quote: quoteOf(quoted) }) });
}

function react(room: Room, { messageId, emoji, isOff, by }: Extract<RoomEvent, { on: "reacted" }>): Room {
  // The agent reacts to what was asked, everybody else to what it has answered.
  return change(room, messageId, by !== "agent", (entry) => {
    const others = entry.reactions.filter((each) => each.emoji !== emoji || each.by !== by);
    return { ...entry, reactions: isOff ? others : [...others, { emoji, by }] };
  });
}

/** Of somebody else's question, or one that another tab has asked, the answer says why; what has an answer already keeps it. */
function failed(room: Room, { messageId, code, text }: Extract<RoomEvent, { on: "failed" }>): Room {
  const failure = { code, text };
  const question = find(room, messageId);
  if (question?.by === "me") return question.state === "done" ? room : settle(endAnswer(room, messageId), messageId, { state: "failed", failure });
  return change(room, messageId, true, (entry) => (entry.by === "agent" && isOpen(entry) ? { ...entry, state: "failed", failure } : entry));
}

function talkOf(room: Room, messageId: string): string | undefined {
  return room.talks.find(({ entries }) => entries.some((entry) => entry.messageId === messageId))?.id;
}

function inTalk(room: Room, id: string, edit: (talk: Talk) => Talk): Room {
  const isKnown = room.talks.some((talk) => talk.id === id);
  const talks = isKnown ? room.talks : [...room.talks, { id, entries: [], unread: 0 }];
  return { ...room, talks: talks.map((talk) => (talk.id === id ? edit(talk) : talk)) };
}

function append(room: Room, id: string, entry: Entry): Room {
  if (room.left.includes(id)) return room;
  const isUnread = entry.by !== "me" && room.current !== id;
  return inTalk(room, id, (talk) => ({ ...talk, entries: [...talk.entries, entry].slice(-MOST), unread: talk.unread + (isUnread ? 1 : 0) }));
}

/** The answer to a message, which begins with the first that is heard of it. */
function inAnswer(room: Room, { messageId, group, at }: { messageId: string; group?: string | undefined; at: number }, edit: (answer: Entry) => Entry): Room {
  const id = talkOf(room, messageId) ?? group ?? "";
  const isThere = room.talks.some((talk) => talk.id === id && talk.entries.some((entry) => entry.by === "agent" && entry.messageId === messageId));
  if (room.left.includes(id)) return room;
  const begun = isThere ? room : append(room, id, { ...blank, messageId, by: "agent", at, state: "writing" });
  const mine = (entry: Entry): Entry => (entry.by === "me" && entry.state === "sending" ? { ...entry, state: "taken" } : entry);
  return inTalk(begun, id, (talk) => ({ ...talk, entries: talk.entries.map((entry) => (entry.messageId !== messageId ? entry : entry.by === "agent" ? edit(entry) : mine(entry))) }));
}

/** What there is of the answer stays; of one that never began nothing does. */
function endAnswer(room: Room, messageId: string): Room {
  const ended = (entry: Entry): readonly Entry[] => {
    if (entry.messageId !== messageId || entry.by !== "agent") return [entry];
    return entry.text === "" && entry.media.length === 0 ? [] : [{ ...entry, state: "failed" }];
  };
  return { ...room, talks: room.talks.map((talk) => ({ ...talk, entries: talk.entries.flatMap(ended) })) };
}

/** The question is over: what might have been needed to ask it again is not kept. */
function settle(room: Room, messageId: string, outcome: Pick<Entry, "state" | "failure">): Room {
  return change(room, messageId, false, (entry) => (entry.by === "me" ? { ...unfailed(entry), ...outcome, files: entry.files.map(({ data: _data, ...file }) => file) } : entry));
}

/** An answer that comes after all is none that failed. */
function unfailed({ failure: _failure, ...entry }: Entry): Entry {
  return entry;
}

function change(room: Room, messageId: string, wantsAnswer: boolean, edit: (entry: Entry) => Entry): Room {
  const target = find(room, messageId, wantsAnswer);
  if (!target) return room;
  return { ...room, talks: room.talks.map((talk) => ({ ...talk, entries: talk.entries.map((entry) => (entry === target ? edit(entry) : entry)) })) };
}
