import path from "node:path";
import { describeThrown } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";

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

interface LoadedMedia {
  buffer: Buffer;
  contentType?: string;
  fileName?: string;
}

type Load = (url: string, options: { maxBytes: number } & MediaAccess) => Promise<LoadedMedia>;

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

async function readInline(url: string, access: MediaAccess, log: Log): Promise<string | undefined> {
  try {
    // @ts-expect-error the host publishes this subpath without types
    const { loadOutboundMediaFromUrl } = (await import("openclaw/plugin-sdk/outbound-media")) as { loadOutboundMediaFromUrl: Load };
    const { buffer, contentType = "application/octet-stream" } = await loadOutboundMediaFromUrl(url, { ...access, maxBytes: INLINE_BYTES });
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
