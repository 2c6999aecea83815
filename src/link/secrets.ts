import type { LinkTarget } from "./link.ts";

/** Shorter ones would blot out ordinary words. */
const SHORTEST = 6;

/**
 * A text of the peer or the platform without what we sent as a secret: a server may well answer "unknown token abc".
 * Header values count, each of their words, the URL's password and the values of its query, and what is said on the link.
 */
export function hideSecrets(text: string, target: LinkTarget): string {
  return secretsOf(target).reduce((left, secret) => left.replaceAll(secret, "***"), text);
}

function secretsOf({ url, headers, said }: LinkTarget): string[] {
  const parsed = URL.parse(url);
  const inUrl = parsed ? [parsed.password, decoded(parsed.password), basicOf(parsed), parsed.search.slice(1), ...parsed.searchParams.values()] : [url];
  const inHeaders = Object.values(headers).flatMap((value) => [value, ...value.split(/[\s,;=]+/)]);
  // Longest first: a part must not break up the whole.
  return [...new Set([...inUrl, ...inHeaders, ...(said?.() ?? [])])].filter(({ length }) => length >= SHORTEST).toSorted((a, b) => b.length - a.length);
}

/** What goes out as the credentials of an address, which a server may say back as it came. */
function basicOf({ username, password }: URL): string {
  return password === "" ? "" : Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
}

/** A part of an address without its escapes; as it is, where these are none. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
