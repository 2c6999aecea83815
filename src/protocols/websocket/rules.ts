import type { ChatSend, MediaItem } from "../../../generated/websocket/index.ts";
import type { MediaReference } from "../inbound.ts";

/** A broken rule that no schema can say: which field, and what was expected of it. */
export interface Broken {
  field: string;
  expectation: string;
  tooLarge?: boolean;
}

export interface CustomDataBounds {
  bytes: number;
  levels: number;
}

/** Checks WS-8 and WS-9 on a frame the schema has accepted. */
export function findBrokenRule(frame: ChatSend, bounds: CustomDataBounds): Broken | undefined {
  if (frame.mediaTypes && frame.mediaTypes.length !== (frame.mediaPaths?.length ?? 0)) {
    return { field: "mediaTypes", expectation: `expected one type for each of the ${frame.mediaPaths?.length ?? 0} mediaPaths, got ${frame.mediaTypes.length}` };
  }
  for (const [index, item] of (frame.media ?? []).entries()) {
    if ((item.url === undefined) === (item.data === undefined)) {
      return { field: `media[${index}]`, expectation: "expected exactly one of url and data" };
    }
  }
  return frame.customData ? findOversize(frame.customData, bounds) : undefined;
}

/** Whether there is something to answer: text that is not blank, or an attachment (WS-7). */
export function saysSomething(frame: ChatSend): boolean {
  return frame.content.trim() !== "" || listMedia(frame).length > 0;
}

/** The attachments of a frame: `mediaPath` first, then `mediaPaths`, then `media`; a repeated path counts once. */
export function listMedia(frame: ChatSend): MediaReference[] {
  const named = new Map<string, MediaReference>();
  const add = (path: string, mimeType: string | undefined) => {
    if (!named.has(path)) named.set(path, referTo(path, mimeType));
  };
  if (frame.mediaPath !== undefined) add(frame.mediaPath, frame.mediaType);
  for (const [index, path] of (frame.mediaPaths ?? []).entries()) add(path, frame.mediaTypes?.[index]);
  return [...named.values(), ...(frame.media ?? []).flatMap(referToItem)];
}

function referTo(path: string, mimeType: string | undefined): MediaReference {
  const type = mimeType === undefined ? {} : { mimeType };
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? { from: "url", url: path, ...type } : { from: "path", path, ...type };
}

function referToItem(item: MediaItem): MediaReference[] {
  const about = {
    ...(item.mimeType !== undefined && { mimeType: item.mimeType }),
    ...(item.name !== undefined && { name: item.name }),
  };
  if (item.url !== undefined) return [{ from: "url", url: item.url, ...about }];
  if (item.data !== undefined) return [{ from: "data", base64: item.data, ...about }];
  return [];
}

function findOversize(customData: object, bounds: CustomDataBounds): Broken | undefined {
  const field = "customData";
  if (isDeeperThan(customData, bounds.levels)) return { field, expectation: `expected at most ${bounds.levels} levels of nesting`, tooLarge: true };
  const bytes = Buffer.byteLength(JSON.stringify(customData));
  return bytes > bounds.bytes ? { field, expectation: `expected at most ${bounds.bytes} bytes of JSON, got ${bytes}`, tooLarge: true } : undefined;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
