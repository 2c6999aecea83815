import type { FrameRecord, Reply } from "../../src/testing/simulator/record.ts";
import type { News, Simulator } from "../../src/testing/simulator/simulator.ts";
import type { Subject } from "../support/subjects.ts";
import type { Event } from "./checker.ts";
import { waitFor } from "./far-end.ts";
import { isAnswer, unasked } from "./process.ts";

export interface DialedPeerOptions {
  subject: Subject;
  /** Whether it sends again what has no complete answer, whenever a link opens; one that keeps what it said does so of itself. */
  redelivers: boolean;
  happened(event: Event): void;
  note(line: string): void;
}

/** The users of a server that plugins dial, who see what its simulator hears. */
export interface DialedPeer {
  /** For the simulator's options; it is made before there is one to `attach`. */
  hear(news: News): void;
  attach(simulator: Simulator): void;
  /** The server keeps what was said until the plugin acknowledges it. */
  readonly keeps: boolean;
  say(id: string, by: string): void;
  /** Says the last message once more. */
  duplicate(): void;
  isWaiting(): boolean;
  /** Where the wire has a way to do so: the server says everything again that it ever said, and all of it is known. */
  askAll?: (isSettled: () => boolean) => Promise<void>;
}

export function createDialedPeer({ subject, redelivers, happened, note }: DialedPeerOptions): DialedPeer {
  const { rewind } = subject;
  const keeps = rewind !== undefined;
  const said: string[] = [];
  /** What the users want to say waits with them while nobody is connected, unless the server keeps it. */
  const waiting: { id: string; by: string }[] = [];
  const onDisk = new Set<string>();
  const answered = new Set<string>();
  const told = new WeakSet<Reply>();
  /** Ids of messages by the link and the number they were sent with, on wires that acknowledge by numbers. */
  const numbered = new Map<string, string>();
  /** Whose conversation a chat is, on wires that name both. */
  const chats = new Map<string, string>();
  let attached: Simulator | undefined;

  const simulator = (): Simulator => {
    if (!attached) throw new Error("there is no simulator yet");
    return attached;
  };

  function hear(news: News): void {
    if (news.news === "opened") reconnected();
    if (news.news === "reply" && news.reply.end) see(news.reply);
    if (news.news === "violation") happened({ is: "broke", text: news.violation.text, ...(news.violation.messageId === undefined ? idIn(news.violation.text) : { id: news.violation.messageId }) });
    if (news.news !== "frame") return note(news.news);
    readNumbers(news.frame);
    note(`${news.frame.from} (link ${news.frame.link}) ${news.frame.text}`);
  }

  function see(reply: Reply): void {
    const { messageId: id, text, end, frames } = reply;
    if (!end || told.has(reply)) return;
    told.add(reply);
    // The whole of it must be in one place, with each of its parts.
    const places = new Set(frames.map((frame) => placeOf(frame, chats)));
    const to = places.size === 1 ? [...places][0] : [...places].join(" and ");
    // Local IM has no other place for what is said unasked than that of an answered message (LI-24).
    if (id === undefined || (answered.has(id) && end.how === "completed" && !isAnswer(text))) return happened(unasked(to ?? "", text));
    // It says which it is another attempt at, and takes its place (IC-23).
    if (reply.attempts > 1 && answered.has(id)) happened({ is: "replaced", id });
    answered.add(id);
    // ClawChat has no frame for an error: there it is a sentence.
    const isWhole = end.how === "completed" && isAnswer(text);
    happened({ is: "seen", id, to, how: isWhole ? "whole" : "error", text: end.how === "completed" ? text : JSON.stringify(end) });
  }

  /** What the plugin acknowledges it must have on disk: the server forgets it. */
  function readNumbers({ from, link, text }: FrameRecord): void {
    if (!text.startsWith("{")) return;
    const { event, dseq, chat_id: chat, sender, payload } = JSON.parse(text) as { event?: string; dseq?: number; chat_id?: string; sender?: { nick_name?: string }; payload?: { message_id?: string; dseq?: number } };
    if (from === "server" && chat !== undefined && sender?.nick_name !== undefined) chats.set(chat, sender.nick_name);
    if (from === "server" && dseq !== undefined && payload?.message_id !== undefined) numbered.set(`${link} ${dseq}`, payload.message_id);
    if (from === "server" || event !== "message.sync_ack") return;
    for (let number = payload?.dseq ?? 0; number > 0; number -= 1) {
      const id = numbered.get(`${link} ${number}`);
      if (id === undefined || !numbered.delete(`${link} ${number}`)) continue;
      onDisk.add(id);
      happened({ is: "acknowledged", id });
    }
  }

  function idIn(text: string): { id?: string } {
    const id = said.find((each) => text.includes(`"${each}"`) || text.endsWith(` ${each}`));
    return id === undefined ? {} : { id };
  }

  /** Some servers send again what was not answered. */
  function reconnected(): void {
    if (redelivers && !keeps) {
      for (const id of said) {
        if (answered.has(id)) continue;
        happened({ is: "asked-again", id });
        simulator().redeliver(id);
      }
    }
    if (attached) speak();
  }

  function speak(): void {
    const isHeard = (): boolean => keeps || simulator().connected;
    for (let next = waiting[0]; next && isHeard(); next = waiting[0]) {
      waiting.shift();
      const { id, by } = next;
      said.push(id);
      happened({ is: "said", id, by });
      subject.say(simulator(), { messageId: id, text: `question ${id}`, user: by });
    }
  }

  return {
    hear,
    attach(made) {
      attached = made;
      speak();
    },
    keeps,
    say(id, by) {
      waiting.push({ id, by });
      if (attached) speak();
    },
    duplicate() {
      const last = said.at(-1);
      if (last === undefined || !simulator().connected) return;
      happened({ is: "asked-again", id: last });
      simulator().duplicate();
    },
    isWaiting: () => waiting.length > 0 || (keeps && said.some((id) => !onDisk.has(id) && !answered.has(id))),
    ...(rewind && { askAll: (isSettled) => askAll(simulator(), rewind, isSettled, note) }),
  };
}

/** The server says everything again that it ever said: all of it is known. */
async function askAll(simulator: Simulator, rewind: NonNullable<Subject["rewind"]>, isSettled: () => boolean, note: (line: string) => void): Promise<void> {
  const isDone = (link: number, from: "plugin" | "server", part: string) => simulator.frames.some((frame) => frame.link === link && frame.from === from && frame.text.includes(part));
  note("everything is said again");
  rewind(simulator);
  const before = simulator.links.at(-1)?.number ?? 0;
  simulator.drop();
  const again = () => simulator.links.some(({ number, open }) => open && number > before && isDone(number, "server", '"replay.done"') && isDone(number, "plugin", '"message.sync_ack"'));
  if (!(await waitFor(() => again() && isSettled(), 10_000)) && !again()) throw new Error("nothing was said again");
}

/** In which conversation a frame of the plugin is visible. */
function placeOf({ text }: FrameRecord, chats: ReadonlyMap<string, string>): string | undefined {
  const fields = JSON.parse(text) as { sessionId?: string; chat_id?: string; data?: string };
  if (fields.chat_id !== undefined) return chats.get(fields.chat_id);
  if (fields.data === undefined) return fields.sessionId;
  return (JSON.parse(fields.data) as { metadata?: { session_id?: string } }).metadata?.session_id;
}
