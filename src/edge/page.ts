import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { ownHost } from "./facts.ts";

const pack = promisify(brotliCompress);
const unpack = promisify(brotliDecompress);

/** A page beside the WebSocket, for people who open its address in a browser. */
export interface PageSource {
  /** One HTML file without anything beside it, packed with brotli. */
  read(): Promise<Uint8Array>;
  /** What the page has to know of its account: becomes `data-…` of its `<html>`. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Page {
  /** Where it is. */
  readonly path: string;
  answer(request: IncomingMessage, response: ServerResponse): void;
}

/** A page as it is sent. */
interface Made {
  readonly plain: Buffer;
  readonly packed: Buffer;
  readonly tag: string;
  /** The only scripts and styles that a browser may obey, by their hashes. */
  readonly scripts: string;
  readonly styles: string;
}

/** The page of the account that listens on this path. */
export function createPage({ read, settings }: PageSource, where: { host: string; path: string; allowedOrigins: readonly string[] }, { sha256, after }: Pick<System, "sha256" | "after">, log: Log): Page {
  const path = `${where.path.replace(/\/+$/, "")}/playground`;
  let made: Promise<Made> | undefined;

  const make = async (): Promise<Made> => {
    const html = settle((await unpack(await read())).toString(), settings);
    const plain = Buffer.from(html);
    const packed = await pack(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    const hashes = (element: string): string => insideOf(html, element).map((text) => `'sha256-${Buffer.from(sha256(text), "hex").toString("base64")}'`).join(" ");
    return { plain, packed, tag: `"${sha256(html).slice(0, 32)}"`, scripts: hashes("script"), styles: hashes("style") };
  };

  return {
    path,
    answer(request, response) {
      // Whoever does not read what was asked for holds a socket.
      response.once("close", after(limits.edgePageMs, () => response.destroy()));
      // A name of others may be made to point at this machine (DNS rebinding): its pages must not read this one.
      const host = ownHost(request.headers.host, where.host, where.allowedOrigins);
      if (host === undefined) return say(response, 421, "This page answers where the address has an IP address, localhost, the configured host or one of allowedOrigins.");
      if (request.method !== "GET" && request.method !== "HEAD") return say(response, 405, "This page can only be read.", { Allow: "GET, HEAD" });
      made ??= make();
      made.then(
        (page) => send(page, host, request, response),
        (thrown: unknown) => {
          made = undefined;
          log.error(`the page at ${path} could not be read: ${describeThrown(thrown)}`);
          say(response, 500, "The page is missing from this installation. Install the plugin again.");
        },
      );
    },
  };
}

function send({ plain, packed, tag, scripts, styles }: Made, host: string, { method, headers }: IncomingMessage, response: ServerResponse): void {
  const isKnown = (headers["if-none-match"] ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
  const isPacked = takesBrotli(headers["accept-encoding"]);
  const body = isPacked ? packed : plain;
  response.writeHead(isKnown ? 304 : 200, {
    "Content-Type": "text/html; charset=utf-8",
    ...(!isKnown && { "Content-Length": body.length }),
    ...(isPacked && { "Content-Encoding": "br" }),
    Vary: "Accept-Encoding",
    ETag: tag,
    "Cache-Control": "no-cache",
    "Content-Security-Policy": policy(scripts, styles, host),
    ...guards,
    Connection: "close",
  });
  response.end(isKnown || method === "HEAD" ? undefined : body);
}

/** Of every answer about a page: no other site may frame it, load it, or share a process with it. */
const guards = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** Nothing is loaded, nothing becomes HTML from text, and nobody but this very listener is dialed. */
function policy(scripts: string, styles: string, host: string): string {
  // 'self' is also right where a proxy has put another name in `Host`, but older browsers do not take it for a WebSocket;
  // no browser takes an IPv6 address.
  const named = host.startsWith("[") ? "" : ` ws://${host} wss://${host}`;
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    `connect-src 'self'${named}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** Leads from `/` to a page, so that the port alone is an address for people. */
export function redirect(response: ServerResponse, path: string): void {
  response.writeHead(302, { Location: path, "Cache-Control": "no-store", ...guards, Connection: "close" });
  response.end();
}

function say(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", ...guards, ...headers, Connection: "close" });
  response.end(`${text}\n`);
}

/** Words of ours only: letters, digits and dashes. */
function settle(html: string, settings: PageSource["settings"]): string {
  const attributes = Object.entries(settings).map(([name, value]) => ` data-${name}="${value.replaceAll(/[^\w-]/g, "")}"`);
  return html.replace(/<html\b/, `<html${attributes.join("")}`);
}

function insideOf(html: string, element: string): string[] {
  return [...html.matchAll(new RegExp(`<${element}\\b[^>]*>([^]*?)</${element}>`, "g"))].map(([, text = ""]) => text);
}

function takesBrotli(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? "").split(",").some((each) => /^\s*br\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(each));
}
