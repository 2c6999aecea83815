import path from "node:path";
import type { RunningAccount, UploadedFile } from "../account/account.ts";
import { describeThrown } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import type { Attachment } from "../protocols/turn.ts";

/** What the host lends an outbound call for reading files. */
export interface MediaAccess {
  mediaAccess?: object | undefined;
  mediaLocalRoots?: readonly string[] | undefined;
  mediaReadFile?: ((filePath: string) => Promise<Buffer>) | undefined;
}

/** What of the agent's files can be put on the wire, and a line of text for each that cannot. */
export interface WireMedia {
  mediaUrls: string[];
  notes: string[];
}

export interface LoadedMedia {
  buffer: Buffer;
  contentType?: string;
  fileName?: string;
}

export type Load = (url: string, options: { maxBytes: number } & MediaAccess) => Promise<LoadedMedia>;

/** `mediaUrls` holds addresses of at most this many characters. */
const URL_CHARACTERS = 4096;
/** The largest file whose `data:` address may fit. */
const INLINE_BYTES = 3 * (URL_CHARACTERS / 4);

/**
 * An application gets addresses, not files: what is on the web goes as it is, a small file goes inside its address, and
 * of a larger one the text says that it exists. Local files are read by the host's loader, which refuses what it has
 * not made or been allowed to send.
 */
export async function toWireMedia(urls: readonly string[], access: MediaAccess, log: Log): Promise<WireMedia> {
  const media: WireMedia = { mediaUrls: [], notes: [] };
  for (const url of urls) {
    if (URL.parse(url)?.protocol === "https:" && url.length <= URL_CHARACTERS) {
      media.mediaUrls.push(url);
      continue;
    }
    const inline = await readInline(url, access, log);
    if (inline === undefined) media.notes.push(`[A file belongs here that cannot be sent over this connection: ${nameOf(url)}]`);
    else media.mediaUrls.push(inline);
  }
  return media;
}

/** Where a wire has a place for files: puts one there. */
export type Upload = (file: UploadedFile) => Promise<Attachment>;

/** A file of the agent could not be put where the peer can fetch it; what it belongs to is not said without it. */
export class UploadFailed extends Error {
  override readonly name = "UploadFailed";
  /** Said in its place. */
  readonly note: string;

  constructor(url: string, cause: unknown) {
    super(`a file of the agent could not be sent: ${describeThrown(cause)}`, { cause });
    this.note = `[A file could not be sent: ${nameOf(url)}]`;
  }
}

/**
 * Puts the agent's files where the peer can fetch them, in order. The host's loader reads them, which refuses what it
 * has not made or been allowed to send, and fetches what is on the web.
 * @throws UploadFailed at the first one that cannot be sent.
 */
export async function uploadMedia(urls: readonly string[], access: MediaAccess, maxBytes: number, upload: Upload, load: Load = hostLoad): Promise<Attachment[]> {
  const attachments: Attachment[] = [];
  for (const url of urls) {
    try {
      const { buffer, contentType, fileName } = await load(url, { ...access, maxBytes });
      if (buffer.length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
      attachments.push(await upload({ bytes: new Uint8Array(buffer), name: fileName ?? nameOf(url), ...(contentType !== undefined && { mimeType: contentType }) }));
    } catch (thrown) {
      throw new UploadFailed(url, thrown);
    }
  }
  return attachments;
}

/** What becomes of the agent's files on a wire: addresses, or attachments where the wire has a place for files. */
export interface SentFiles {
  mediaUrls?: readonly string[];
  attachments?: readonly Attachment[];
  /** Lines of text for what is left out. */
  notes: readonly string[];
}

export interface FileWay {
  log: Log;
  /** Bytes of the largest file that may be uploaded. */
  maxBytes: number;
  upload?: Upload;
}

/** @throws UploadFailed where the wire has a place for files and one cannot be put there. */
export async function filesFor(urls: readonly string[], access: MediaAccess, { log, maxBytes, upload }: FileWay): Promise<SentFiles> {
  if (urls.length === 0) return { notes: [] };
  if (upload) return { attachments: await uploadMedia(urls, access, maxBytes, upload), notes: [] };
  const { mediaUrls, notes } = await toWireMedia(urls, access, log);
  return { notes, ...(mediaUrls.length > 0 && { mediaUrls }) };
}

export function uploadOf(account: Pick<RunningAccount<unknown>, "upload">): { upload?: Upload } {
  const upload = account.upload?.bind(account);
  return upload ? { upload } : {};
}

async function hostLoad(url: string, options: Parameters<Load>[1]): Promise<LoadedMedia> {
  // @ts-expect-error the host publishes this subpath without types
  const { loadOutboundMediaFromUrl } = (await import("openclaw/plugin-sdk/outbound-media")) as { loadOutboundMediaFromUrl: Load };
  return await loadOutboundMediaFromUrl(url, options);
}

async function readInline(url: string, access: MediaAccess, log: Log): Promise<string | undefined> {
  try {
    const { buffer, contentType = "application/octet-stream" } = await hostLoad(url, { ...access, maxBytes: INLINE_BYTES });
    const inline = `data:${contentType};base64,${buffer.toString("base64")}`;
    return inline.length <= URL_CHARACTERS ? inline : undefined;
  } catch (thrown) {
    log.info(`a file of the agent was left out: ${describeThrown(thrown)}`);
    return undefined;
  }
}

/** The file's own name: where it lies is nobody's business. */
function nameOf(url: string): string {
  const name = path.posix.basename((URL.parse(url)?.pathname ?? url).replaceAll("\\", "/"));
  return name === "" ? "file" : name.slice(0, 128);
}
