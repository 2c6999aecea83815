import { type Deleted, type Done, type Edited, type Failure, type ImSent, limits, type Reaction, type Stream, type Thought } from "../../../../generated/local-im/index.ts";
import type { FrameRecord, Reply } from "../record.ts";

/** A frame of an answer. */
export type Part = Thought | Stream | Done | Failure;

/** What the agent does to a message that was said before. */
export type Acting = Reaction | Edited | Deleted;

export function isAct(frame: ImSent): frame is Acting {
  return frame.type === "reaction" || frame.type === "edited" || frame.type === "deleted";
}

export function isPart(frame: ImSent): frame is Part {
  return frame.type === "thought" || frame.type === "stream" || frame.type === "done" || frame.type === "error";
}

/** What every frame of an answer repeats of its message. */
export interface Echo {
  messageId: string | undefined;
  conversationId: string | undefined;
  sessionId: string | undefined;
}

/** A reply with what is needed to judge its next frame. */
export interface LocalReply extends Reply {
  /** The texts of its stream frames. */
  streamed: string[];
  /** Bytes of all snapshots, as JSON. */
  spent: { stream: number; thought: number };
  onLink: Map<number, OnLink>;
}

interface OnLink {
  frames: number;
  /** A reply keeps the form in which it began: with `seq` and `replyTo`, or without. */
  extended: boolean;
  /** The newest thought told there. */
  thought: string;
}

/** The names in the server's hello; absent before it. */
type Extensions = ReadonlySet<string> | undefined;

export function beginReply(messageId: string | undefined, account: string): LocalReply {
  return { ...(messageId !== undefined && { messageId }), account, text: "", thought: "", attempts: 1, frames: [], streamed: [], spent: { stream: 0, thought: 0 }, onLink: new Map() };
}

/** Extensions that the server did not ask for. */
export function undue(frame: ImSent, extensions: Extensions): string[] {
  if (frame.type === "ack" || frame.type === "typing" || frame.type === "activity") {
    return extensions?.has(frame.type) ? [] : [`${frame.type} is an extension, and no hello of the server named it`];
  }
  if (isAct(frame)) {
    const extension = frame.type === "reaction" ? "reactions" : "edit";
    return extensions?.has(extension) ? [] : [`${frame.type} is of the extension ${extension}, and no hello of the server named it`];
  }
  if (extensions) return [];
  const early = (["replyTo", "seq", "code", "proactive", "messageId"] as const).filter((field) => field in frame);
  return early.map((field) => `${frame.type} has ${field}, and the server said no hello`);
}

/** Whether this is how the reply ended already. */
export function isEndOf(part: Part, { end, text }: Reply): boolean {
  if (part.type === "done") return end?.how === "completed" && part.content === text;
  return part.type === "error" && end?.how === "failed" && part.error === end.error;
}

/** Adds a frame to its reply and tells what is wrong with it. `asked` is absent where nobody asked. */
export function take(part: Part, frame: FrameRecord, reply: LocalReply, asked: (Echo & { extended: boolean }) | undefined, extensions: Extensions): string[] {
  reply.frames.push(frame);
  if (reply.end) return [`${part.type} came after the ${reply.end.how === "failed" ? "error" : "done"} of its message`];
  const onLink = reply.onLink.get(frame.link) ?? { frames: 0, extended: extensions !== undefined && ("seq" in part || asked?.extended === true), thought: "" };
  reply.onLink.set(frame.link, onLink);
  const faults = [...misechoed(part, asked, onLink), ...(extensions ? miscounted(part, onLink) : []), ...grow(part, reply, onLink)];
  onLink.frames += 1;
  return faults;
}

function misechoed(part: Part, asked: Echo | undefined, { extended }: OnLink): string[] {
  if (!asked) return [];
  const fields = ["conversationId", "sessionId"] as const;
  const wrong = fields.filter((field) => part[field] !== asked[field]).map((field) => `${part.type} has ${show(part[field])} as ${field}, its message had ${show(asked[field])}`);
  const nameless = extended && asked.messageId !== undefined && part.replyTo === undefined;
  return nameless ? [...wrong, `${part.type} has no replyTo, and the server said hello`] : wrong;
}

function miscounted(part: Part, { frames, extended }: OnLink): string[] {
  const expected = extended ? frames : undefined;
  return part.seq === expected ? [] : [`${part.type} has ${show(part.seq)} as seq, expected ${show(expected)}`];
}

function grow(part: Part, reply: LocalReply, onLink: OnLink): string[] {
  switch (part.type) {
    case "thought":
      return think(part, reply, onLink);
    case "stream":
      reply.streamed.push(part.content);
      reply.text = part.content;
      return overspent(part, reply);
    case "done":
      return complete(part, reply);
    case "error":
      reply.end = { how: "failed", error: part.error, ...(part.code !== undefined && { code: part.code }) };
      return [];
  }
}

function think(part: Thought, reply: LocalReply, onLink: OnLink): string[] {
  const { content, delta } = part;
  // What was thought between two links was told on neither.
  const fits = onLink.thought === "" ? content.endsWith(delta) : content === onLink.thought + delta;
  onLink.thought = content;
  reply.thought = content;
  return [...overspent(part, reply), ...(fits ? [] : ["thought: content is not what it was before with delta added"])];
}

/** Snapshots that repeat the whole text are rationed (LI-17). */
function overspent({ type, content }: Thought | Stream, { spent }: LocalReply): string[] {
  const size = Buffer.byteLength(JSON.stringify(content));
  spent[type] += size;
  const ration = limits.repetitionTimes * size + limits.repetitionBytes;
  return spent[type] <= ration ? [] : [`${type}: all contents together are ${spent[type]} bytes, at most ${ration} are allowed`];
}

function complete({ content, thought }: Done, reply: LocalReply): string[] {
  const { streamed } = reply;
  const last = streamed.at(-1) ?? "";
  const faults: string[] = [];
  if (content.length < last.length && last.startsWith(content)) faults.push("done: content is shorter than what was streamed");
  const jumps = streamed.some((text, index) => !text.startsWith(streamed[index - 1] ?? ""));
  if (jumps && content.startsWith(streamed.join(""))) faults.push("stream: content holds what is new, not everything so far");
  if (thought === "" && reply.thought !== "") faults.push("done: thought is empty, and there were thoughts");
  Object.assign(reply, { text: content, thought, end: { how: "completed" } });
  return faults;
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
