import { placeOf } from "../core/place.ts";

/** An address that may be used, without a slash at its end, or what is wrong with it, for the operator. */
export type ReadUrl = { ok: true; url: string } | { ok: false; why: string };

/** `field` is its name in the configuration. */
interface Reading {
  field: string;
  schemes: readonly [secure: string, insecure: string];
  allowInsecure: boolean;
}

/** Reads the address of a REST server. */
export function readBaseUrl(written: string, { field = "baseUrl", allowInsecure = false }: { field?: string; allowInsecure?: boolean } = {}): ReadUrl {
  return readUrl(written, { field, schemes: ["https", "http"], allowInsecure });
}

/** Reads an address as an operator writes it. */
export function readUrl(written: string, { field, schemes: [secure, insecure], allowInsecure }: Reading): ReadUrl {
  const refuse = (why: string): ReadUrl => ({ ok: false, why: `${field} ${why}` });
  const text = written.trim();
  const scheme = text.split("://", 1)[0]?.toLowerCase();
  const url = text.includes("://") && (scheme === secure || scheme === insecure) ? URL.parse(text) : null;
  if (!url) return refuse(`must be a URL that begins with ${secure}:// or ${insecure}://`);
  if (url.username !== "" || url.password !== "") return refuse("must not hold a user name or password");
  if (url.search !== "" || url.hash !== "") return refuse("must end with its path, without ? or #");
  if (scheme === insecure && !allowInsecure && placeOf(url.hostname) === "elsewhere") {
    return refuse(`must be ${secure}://, for ${url.hostname} is neither this machine nor a private address; allowInsecure permits ${insecure}:// all the same`);
  }
  return { ok: true, url: url.href.replace(/\/+$/, "") };
}

/** Where the socket is, if nothing else is said: the same host, `/ws`. */
export function socketUrlOf(baseUrl: string): string {
  const url = new URL(baseUrl);
  return `${url.protocol === "https:" ? "wss:" : "ws:"}//${url.host}/ws`;
}

/** Where media are, if nothing else is said: the origin of the socket. */
export function mediaUrlOf(socketUrl: string): string {
  const url = new URL(socketUrl);
  return `${url.protocol === "wss:" || url.protocol === "https:" ? "https:" : "http:"}//${url.host}`;
}

/** The URL of an endpoint; each part of the path is one segment, whatever is in it. */
export function endpoint(baseUrl: string, ...path: readonly string[]): string {
  return [baseUrl, ...path.map(segment)].join("/");
}

/** A segment of dots would be taken for a way up, encoded or not: encoded twice it is an id that nobody has. */
function segment(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return /^\.{1,2}$/.test(encoded) ? encoded.replaceAll(".", "%252E") : encoded;
}
