import type { HttpRequest } from "../protocol.ts";
import type { ClawchatSettings } from "./options.ts";

export interface Uploaded {
  url: string;
  kind: "image" | "video" | "audio" | "file";
  name: string;
  mime: string;
  size: number;
}

export interface MediaFault {
  status: number;
  code: number;
  msg: string;
}

/** Files that were uploaded. */
export class Media {
  /** By their path. */
  readonly #files = new Map<string, { mime: string; bytes: Buffer }>();
  readonly #settings: ClawchatSettings;
  readonly #newId: () => string;

  constructor(settings: ClawchatSettings, newId: () => string) {
    this.#settings = settings;
    this.#newId = newId;
  }

  file(path: string): { mime: string; bytes: Buffer } | undefined {
    return this.#files.get(path);
  }

  async upload({ headers, body }: HttpRequest): Promise<Uploaded | MediaFault> {
    const part = await partOf(headers["content-type"] ?? "", body);
    if (!part) return { status: 400, code: 40001, msg: "no part named file" };
    const { name, type, bytes } = part;
    if (bytes.length === 0) return { status: 400, code: 40002, msg: "the file is empty" };
    if (bytes.length > this.#settings.mediaBytes) return { status: 413, code: 41301, msg: `the file has more than ${this.#settings.mediaBytes} bytes` };
    const mime = sniffed(type, name);
    if (this.#settings.mediaRefused.includes(mime)) return { status: 415, code: 41501, msg: `${mime} is not taken` };
    return this.put(bytes, { name, mime, origin: `http://${headers.host ?? "127.0.0.1"}` });
  }

  put(bytes: Buffer, { name, mime, origin }: { name: string; mime: string; origin: string }): Uploaded {
    const path = `/media/${this.#newId()}/${encodeURIComponent(name)}`;
    this.#files.set(path, { mime, bytes });
    return { url: `${origin}${path}`, kind: kindOf(mime), name, mime, size: bytes.length };
  }
}

async function partOf(contentType: string, body: Buffer): Promise<{ name: string; type: string; bytes: Buffer } | undefined> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
    const file = form.get("file");
    if (file === null) return undefined;
    if (typeof file === "string") return { name: "file", type: "", bytes: Buffer.from(file) };
    return { name: file.name === "" || file.name === "blob" ? "file" : file.name, type: file.type, bytes: Buffer.from(await file.arrayBuffer()) };
  } catch {
    return undefined;
  }
}

const byEnding: Readonly<Record<string, string>> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", mp4: "video/mp4", mp3: "audio/mpeg", ogg: "audio/ogg", txt: "text/plain", pdf: "application/pdf" };

/** Only a type that says nothing is looked up. */
function sniffed(type: string, name: string): string {
  if (type !== "" && type !== "application/octet-stream" && !/[*,]/.test(type)) return type;
  return byEnding[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

function kindOf(mime: string): Uploaded["kind"] {
  return /^(image|video|audio)\//.exec(mime)?.[1] as Uploaded["kind"] | undefined ?? "file";
}
