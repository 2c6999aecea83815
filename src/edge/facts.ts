import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { UpgradeFacts } from "./edge.ts";

/** The part of an HTTP request that is looked at; all of it is the peer's word. */
export interface UpgradeHead {
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** What the admission may know of an upgrade request. Total: a malformed URL or header yields facts too. */
export function readFacts(head: UpgradeHead, subprotocol: string): UpgradeFacts {
  const { path, query } = splitTarget(head.url);
  const parameters = new URLSearchParams(query);
  const origin = readOrigin(head.headers);
  const token = readToken(head.headers, parameters, subprotocol);
  return {
    path,
    query: parameters,
    remoteAddress: head.socket.remoteAddress ?? "",
    ...(origin !== undefined && { origin }),
    ...(token && { token }),
  };
}

/** Cut by hand: a URL parser would need a base, and would let `//host/path` and `/a/../ws` name our path. */
export function splitTarget(target: string | undefined): { path: string; query: string } {
  const text = target ?? "";
  const mark = text.indexOf("?");
  return mark < 0 ? { path: text, query: "" } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

/** WS-3: header, then subprotocol, then query. The subprotocol counts only beside ours, or nothing could be echoed. */
function readToken(headers: IncomingHttpHeaders, query: URLSearchParams, subprotocol: string): UpgradeFacts["token"] {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization?.trim() ?? "")?.[1];
  if (bearer !== undefined) return { value: bearer, from: "header" };
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const carried = offered.includes(subprotocol) && offered.find((name) => name.length > 7 && name.startsWith("bearer."));
  if (carried) return { value: carried.slice(7), from: "subprotocol" };
  const given = query.get("token");
  return given ? { value: given, from: "query" } : undefined;
}

function readOrigin(headers: IncomingHttpHeaders): string | undefined {
  const older = headers["sec-websocket-origin"];
  return headers.origin ?? (Array.isArray(older) ? older.join(", ") : older);
}

/** Decides over `Origin` headers (WS-2). */
export function createOriginCheck(allowedOrigins: readonly string[], boundHost: string): (head: UpgradeHead) => boolean {
  const allowed = new Set(allowedOrigins.map(normalizeOrigin));
  return ({ headers }) => {
    const origin = readOrigin(headers);
    return origin === undefined || allowed.has(normalizeOrigin(origin)) || isOwnOrigin(origin, headers.host, boundHost);
  };
}

/**
 * The page came from the host and port it now dials. A name is our own only if we were bound to it: any name can be
 * made to point at this machine (DNS rebinding), so a foreign one has to be listed.
 */
function isOwnOrigin(origin: string, dialled: string | undefined, boundHost: string): boolean {
  const page = URL.parse(origin);
  const here = page && dialled ? URL.parse(`${page.protocol}//${dialled}`) : null;
  if (!page || !here || page.host === "" || page.host !== here.host) return false;
  return isOwnName(page.hostname, boundHost);
}

/** The host and port of a `Host` header that names this machine by nobody else's name, or by one of an origin that its operator has listed. */
export function ownHost(dialled: string | undefined, boundHost: string, allowedOrigins: readonly string[]): string | undefined {
  const here = dialled ? URL.parse(`http://${dialled}`) : null;
  if (!here || here.href !== `http://${here.host}/`) return undefined;
  return isOwnName(here.hostname, boundHost) || allowedOrigins.some((origin) => isAt(origin, here.hostname)) ? here.host : undefined;
}

/** Whatever the port: a proxy may listen on another one than it names. What follows `chrome-extension:` is the name of no host. */
function isAt(origin: string, hostname: string): boolean {
  const page = URL.parse(origin);
  return page !== null && /^https?:$/.test(page.protocol) && page.hostname === hostname;
}

function isOwnName(hostname: string, boundHost: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, "");
  return isIP(name) !== 0 || name === "localhost" || name === boundHost.toLowerCase();
}

function normalizeOrigin(text: string): string {
  const parsed = URL.parse(text)?.origin;
  return parsed === undefined || parsed === "null" ? text.toLowerCase() : parsed;
}
