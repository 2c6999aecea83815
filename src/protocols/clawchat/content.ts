import type { MediaReference } from "../inbound.ts";

/** The fragments of a message, as an agent reads them. */
export interface Content {
  text: string;
  media: readonly MediaReference[];
}

type Json = Readonly<Record<string, unknown>>;

const MEDIA: ReadonlySet<unknown> = new Set(["image", "video", "audio", "file"]);

/** Renders fragments in their order; what cannot be shown is named, and nothing in them is an error (CC-36). */
export function readContent(fragments: readonly unknown[], mediaOrigin: string): Content {
  const blocks: string[] = [];
  const media: MediaReference[] = [];
  let line: string | undefined;
  for (const fragment of fragments) {
    if (!isFragment(fragment)) continue;
    const file = MEDIA.has(fragment.kind) ? readMedia(fragment, mediaOrigin) : undefined;
    if (!file) {
      line = `${line ?? ""}${renderInline(fragment)}`;
      continue;
    }
    // A file stands on a line of its own.
    if (line !== undefined) blocks.push(line);
    line = undefined;
    blocks.push(file.text);
    if (file.reference) media.push(file.reference);
  }
  if (line !== undefined) blocks.push(line);
  return { text: blocks.join("\n"), media };
}

/** Who is mentioned, in the body or beside it, each once in the order of the first mention; `all` is everyone (CC-37). */
export function readMentions(fragments: readonly unknown[], beside: unknown): string[] {
  const inBody = fragments.filter((fragment) => isFragment(fragment) && fragment.kind === "mention");
  const ids = [...inBody, ...(Array.isArray(beside) ? beside : [])].map((mention: unknown) => (isJson(mention) ? mention["user_id"] : mention));
  return [...new Set(ids.filter((id) => typeof id === "string" && id !== ""))] as string[];
}

export const EVERYONE = "all";

/** What an answer may say of the text of a quoted message: the text fragments alone. */
export function readQuoted(fragments: unknown): string | undefined {
  if (!Array.isArray(fragments)) return undefined;
  const texts = fragments.flatMap((fragment: unknown) => (isFragment(fragment) && fragment.kind === "text" && typeof fragment["text"] === "string" ? [fragment["text"]] : []));
  return texts.length === 0 ? undefined : texts.join("");
}

function renderInline(fragment: Json & { kind: string }): string {
  const { kind, text } = fragment;
  if (kind === "mention") {
    const name = wordIn(fragment["display"]) ?? wordIn(fragment["user_id"]);
    return name === undefined ? "" : `@${name}`;
  }
  if (typeof text === "string") return text;
  return kind === "text" ? "" : `[unsupported content: ${kind}]`;
}

/** A file where it can be fetched; an address that is none, or not of the web, is shown and not followed. */
function readMedia({ kind, url, name, mime }: Json, mediaOrigin: string): { text: string; reference?: MediaReference } | undefined {
  if (typeof url !== "string" || url === "") return undefined;
  const resolved = URL.parse(url, mediaOrigin);
  const isFetchable = resolved?.protocol === "https:" || resolved?.protocol === "http:";
  const address = isFetchable ? resolved.href : url;
  const [label, mimeType] = [wordIn(name), wordIn(mime)];
  return {
    text: `${kind === "image" ? "!" : ""}[${label ?? address}](${address})`,
    ...(isFetchable && {
      reference: { from: "url", url: address, ...(mimeType !== undefined && { mimeType }), ...(label !== undefined && { name: label }) },
    }),
  };
}

function wordIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isFragment(value: unknown): value is Json & { kind: string } {
  return isJson(value) && typeof value["kind"] === "string" && value["kind"] !== "";
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
