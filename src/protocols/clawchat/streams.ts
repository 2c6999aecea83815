import { encodeHubSent, encodeMessageAdd, type HubSent, limits } from "../../../generated/clawchat/index.ts";
import { continues, grow as growText, type Grown } from "../../../generated/escape.ts";
import { limits as ours } from "../../core/limits.ts";
import { addFrame, createdFrame, endFrame } from "./frames.ts";
import { noneYet, type Recent, recall, remember } from "./recent.ts";
import { clean, cleanStart } from "./text.ts";

/** Texts that are shown while they grow, each under a key of ours (CC-67, CC-68). */
export interface Streams {
  /** Begun on this connection and not ended. */
  open: ReadonlyMap<string, Stream>;
  /** Ended, whoever ended them: of these nothing grows any more. */
  over: Recent<true>;
}

interface Stream {
  id: string;
  chatId: string;
  /** Frames that added something, so far. */
  adds: number;
  /** What they add up to. */
  said: Grown;
}

export interface Shown {
  streams: Streams;
  /** On the wire. */
  texts: readonly string[];
}

export interface Opening {
  id: string;
  chatId: string;
  mode: "normal" | "thinking";
}

export const noStreams: Streams = { open: new Map(), over: noneYet() };

/** Nothing that was open when a connection was lost goes on: only the whole answer follows (CC-69). */
export function cutStreams({ open, over }: Streams): Streams {
  return { open: new Map(), over: [...open.keys()].reduce((sum, key) => remember(sum, key, true, ours.openStreams), over) };
}

/** Adds what is new of a text; one that takes back what was shown ends its stream (CC-69). */
export function grow(streams: Streams, key: string, opening: () => Opening, content: string, now: number): Shown {
  const known = streams.open.get(key);
  const text = cleanStart(content);
  if (recall(streams.over, key) || (!known && streams.open.size >= ours.openStreams)) return { streams, texts: [] };
  if (known && !continues(text, known.said.text)) return end(streams, key, known, "failed", now);
  const added = text.slice(known?.said.text.length ?? 0);
  if (added === "") return { streams, texts: [] };
  const begun = known ?? { ...opening(), adds: 0 };
  const { id, chatId, adds } = begun;
  const said = growText(known?.said, text);
  const frame = encodeMessageAdd(addFrame({ id, chatId, sequence: adds, text }, added, now), said);
  // The hub would cut the connection.
  if (Buffer.byteLength(frame) > limits.uplinkBytes) return known ? end(streams, key, known, "failed", now) : { streams: close(streams, key), texts: [] };
  const open = new Map(streams.open).set(key, { id, chatId, adds: adds + 1, said });
  return { streams: { ...streams, open }, texts: [...("mode" in begun ? [encodeHubSent(createdFrame(begun, begun.mode, now))] : []), frame] };
}

/** Ends a stream with the whole text, or as failed where that is undefined or does not continue what was shown. */
export function conclude(streams: Streams, key: string, content: string | undefined, now: number): Shown {
  const known = streams.open.get(key);
  if (!known) return { streams, texts: [] };
  const text = content === undefined ? undefined : clean(content);
  if (text === undefined || !continues(text, known.said.text)) return end(streams, key, known, "failed", now);
  const grown = grow(streams, key, () => ({ ...known, mode: "normal" }), text, now);
  const last = grown.streams.open.get(key);
  if (!last) return grown;
  const ended = end(grown.streams, key, last, "done", now);
  return { streams: ended.streams, texts: [...grown.texts, ...ended.texts] };
}

/** What has been shown so far is all there is. */
export function concludeAsShown(streams: Streams, key: string, now: number): Shown {
  return conclude(streams, key, streams.open.get(key)?.said.text, now);
}

/** The account stops. */
export function failAll(streams: Streams, mayWrite: (chatId: string) => boolean, now: number): Shown {
  let left = streams;
  const texts: string[] = [];
  for (const [key, stream] of streams.open) {
    const shown = end(left, key, stream, "failed", now);
    left = shown.streams;
    if (mayWrite(stream.chatId)) texts.push(...shown.texts);
  }
  return { streams: left, texts };
}

/** The open stream of this id. */
export function keyOfStream({ open }: Streams, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  for (const [key, stream] of open) if (stream.id === id) return key;
  return undefined;
}

/** Nobody listens any more: nothing is written. */
export function close({ open, over }: Streams, key: string): Streams {
  const left = new Map(open);
  left.delete(key);
  return { open: left, over: remember(over, key, true, ours.openStreams) };
}

function end(streams: Streams, key: string, stream: Stream, status: "done" | "failed", now: number): Shown {
  const frame: HubSent = endFrame({ ...stream, sequence: Math.max(0, stream.adds - 1), text: stream.said.text }, status, now);
  return { streams: close(streams, key), texts: [encodeHubSent(frame)] };
}
