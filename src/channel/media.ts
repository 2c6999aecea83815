import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, realpath } from "node:fs/promises";
import path from "node:path";
import { describeThrown } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import type { MediaReference } from "../protocols/inbound.ts";
import type { ChannelRuntime } from "./host.ts";

export interface MediaBounds {
  /** Absolute; a relative path is below the first. */
  roots: readonly string[];
  maxBytes: number;
  /** Where the peer itself keeps files, on wires that have such a place. */
  place?: MediaPlace;
  /** What cannot be read is left out, with a note for the agent; else it fails the message. */
  skipsUnreadable?: boolean;
}

/** The operator has named it: it may be in a private network, and it alone is sent credentials. */
export interface MediaPlace {
  /** Addresses without a host are below it. */
  url: string;
  /** What has to be sent along to read this address there. */
  credentialsFor(url: string): Readonly<Record<string, string>>;
}

/** Attachments in the host's media store, in order, and a line for the agent about each that is not there. */
export interface StoredAttachments {
  stored: readonly StoredMedia[];
  notes: readonly string[];
}

/** An attachment in the host's media store. */
export interface StoredMedia {
  path: string;
  contentType?: string;
  fileName?: string;
}

/** Something is wrong with an attachment; the text is for its sender. */
export class MediaRejection extends Error {
  override readonly name = "MediaRejection";
}

/** The first attachment for which the message is refused, in words for its sender (WS-26). Fetches nothing. */
export async function findRejected(media: readonly MediaReference[], bounds: MediaBounds): Promise<string | undefined> {
  if (bounds.skipsUnreadable) return undefined;
  for (const reference of media) {
    try {
      await check(reference, bounds);
    } catch (thrown) {
      if (thrown instanceof MediaRejection) return thrown.message;
      throw thrown;
    }
  }
  return undefined;
}

/** Where no schema bounds what one message may point at: a member must not send us to a thousand addresses. */
const MOST_SKIPPABLE = 16;

/**
 * Brings attachments into the host's store; the agent reads nothing else.
 * @throws MediaRejection when one may not be read or cannot be fetched, unless such are skipped.
 */
export async function storeMedia(media: readonly MediaReference[], bounds: MediaBounds, store: ChannelRuntime["media"], log: Pick<Log, "info">): Promise<StoredAttachments> {
  const stored: StoredMedia[] = [];
  const notes: string[] = [];
  const fetched = bounds.skipsUnreadable ? media.slice(0, MOST_SKIPPABLE) : media;
  for (const reference of fetched) {
    try {
      stored.push(await storeOne(reference, bounds, store));
    } catch (thrown) {
      if (!bounds.skipsUnreadable || !(thrown instanceof MediaRejection)) throw thrown;
      const { name = "file" } = "name" in reference ? reference : {};
      log.info(`attachment ${forLog(name)} was left out: ${thrown.message}`);
      notes.push(`[An attachment is missing, ${thrown.message}: ${forLog(name)}]`);
    }
  }
  if (fetched.length < media.length) notes.push(`[${media.length - fetched.length} more attachments are missing: no more than ${MOST_SKIPPABLE} of a turn are fetched]`);
  return { stored, notes };
}

/** Creates the directory that is read from when the operator names none. */
export async function prepareMediaRoot(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/**
 * Opens a file under one of the roots. The name is resolved before and after the opening and must mean the opened file
 * both times, so a link that is swapped in between is found.
 * @throws MediaRejection
 */
export async function openBelow(name: string, { roots, maxBytes }: MediaBounds): Promise<{ file: FileHandle; size: number; realPath: string }> {
  const [first] = roots;
  if (first === undefined || name.includes("\0")) throw outside();
  const wanted = path.resolve(first, name);
  const realPath = await resolveBelow(wanted, roots);
  const file = await open(realPath, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(() => undefined);
  if (!file) throw new MediaRejection("it cannot be read");
  try {
    const opened = await file.stat();
    if (!opened.isFile()) throw new MediaRejection("it is not a file");
    const named = await lstat(await resolveBelow(wanted, roots)).catch(() => undefined);
    if (named?.ino !== opened.ino || named.dev !== opened.dev) throw new MediaRejection("it changed while it was read");
    if (opened.size > maxBytes) throw tooLarge(maxBytes);
    return { file, size: opened.size, realPath };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** The file's path without links, when it is below a root. Says nothing about what is elsewhere. */
async function resolveBelow(wanted: string, roots: readonly string[]): Promise<string> {
  const real = await realpath(wanted).catch(() => undefined);
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  if (real !== undefined && realRoots.some((root) => root !== undefined && isBelow(real, root))) return real;
  const mayBeNamed = real === undefined && roots.some((root) => isBelow(wanted, path.resolve(root)));
  throw mayBeNamed ? new MediaRejection("there is no such file") : outside();
}

async function check(reference: MediaReference, bounds: MediaBounds): Promise<void> {
  const meant = readReference(reference);
  if (meant.from === "data") decodeBase64(meant.base64, bounds.maxBytes);
  else if (meant.from === "url") readAddress(meant.url, bounds.place);
  else await (await openBelow(meant.path, bounds)).file.close();
}

async function storeOne(given: MediaReference, bounds: MediaBounds, store: ChannelRuntime["media"]): Promise<StoredMedia> {
  const reference = readReference(given);
  if (reference.from === "url") return await fetchUrl(reference, bounds, store);
  const { bytes, fileName } = reference.from === "data" ? dataOf(reference, bounds) : await readBelow(reference.path, bounds);
  // The host looks at the bytes; a claimed type only helps where they say nothing.
  const saved = await store.saveMediaBuffer(bytes, reference.mimeType, "inbound", bounds.maxBytes, fileName);
  return describeSaved(saved, fileName);
}

/** A path may also be an address; one of another scheme than https is refused as such. */
function readReference(reference: MediaReference): MediaReference {
  if (reference.from !== "path" || !/^[a-z][a-z0-9+.-]+:/i.test(reference.path)) return reference;
  return { from: "url", url: reference.path, ...(reference.mimeType !== undefined && { mimeType: reference.mimeType }) };
}

async function fetchUrl({ url, name }: Extract<MediaReference, { from: "url" }>, { maxBytes, place }: MediaBounds, store: ChannelRuntime["media"]): Promise<StoredMedia> {
  const address = readAddress(url, place);
  const whole = { url: address.href, subdir: "inbound", maxBytes, ...(name !== undefined && { filePathHint: name }) };
  try {
    return describeSaved(await (isAt(address, place) ? fetchFromPlace(whole, place, store) : store.saveRemoteMedia(whole)), name);
  } catch (thrown) {
    throw new MediaRejection("it could not be fetched", { cause: describeThrown(thrown) });
  }
}

/** Credentials go nowhere but there: where the place leads elsewhere, what is there is fetched without them. */
async function fetchFromPlace(whole: Fetch, place: MediaPlace, store: ChannelRuntime["media"]): ReturnType<typeof store.saveRemoteMedia> {
  const guarded = { ...whole, ssrfPolicy: { allowedOrigins: [new URL(place.url).origin] } };
  const headers = place.credentialsFor(whole.url);
  if (Object.keys(headers).length === 0) return await store.saveRemoteMedia(guarded);
  try {
    return await store.saveRemoteMedia({ ...guarded, maxRedirects: 0, requestInit: { headers } });
  } catch (thrown) {
    if (!isRedirect(thrown)) throw thrown;
    return await store.saveRemoteMedia(guarded);
  }
}

type Fetch = Parameters<ChannelRuntime["media"]["saveRemoteMedia"]>[0];

function isRedirect(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.cause instanceof Error && thrown.cause.message.startsWith("Too many redirects");
}

function readAddress(written: string, place: MediaPlace | undefined): URL {
  const address = URL.parse(written, place && `${place.url}/`);
  if (address && (address.protocol === "https:" || isAt(address, place))) return address;
  throw new MediaRejection("only https addresses are fetched");
}

function isAt(address: URL, place: MediaPlace | undefined): place is MediaPlace {
  return place !== undefined && address.username === "" && address.password === "" && address.origin === new URL(place.url).origin;
}

async function readBelow(name: string, bounds: MediaBounds): Promise<{ bytes: Buffer; fileName: string }> {
  const { file, size, realPath } = await openBelow(name, bounds);
  try {
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { bytes: bytes.subarray(0, filled), fileName: path.basename(realPath) };
  } finally {
    await file.close();
  }
}

function dataOf({ base64, name }: Extract<MediaReference, { from: "data" }>, { maxBytes }: MediaBounds): { bytes: Buffer; fileName: string | undefined } {
  return { bytes: decodeBase64(base64, maxBytes), fileName: name };
}

function decodeBase64(base64: string, maxBytes: number): Buffer {
  const text = base64.replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw new MediaRejection("it is not base64");
  const bytes = Buffer.from(text, "base64");
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/** Whether `target` is inside `root`, both absolute and free of links. */
export function isBelow(target: string, root: string): boolean {
  const relative = path.relative(root, target);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function outside(): MediaRejection {
  return new MediaRejection("it is not in an allowed directory");
}

function tooLarge(maxBytes: number): MediaRejection {
  return new MediaRejection(`it is larger than ${maxBytes} bytes`);
}

function describeSaved(saved: { path: string; contentType?: string }, fileName: string | undefined): StoredMedia {
  const { path: stored, contentType } = saved;
  return { path: stored, ...(contentType !== undefined && { contentType }), ...(fileName !== undefined && { fileName }) };
}
