import { placeOf } from "../../core/place.ts";
import { withoutSecrets } from "../../core/redact.ts";
import type { LinkTarget } from "../../link/link.ts";
import { OFFERED } from "./profile.ts";

/** Where the server of an account is, or what is wrong with its address, for the operator. */
export type Server =
  | {
      ok: true;
      url: string;
      /** Encrypted, or on this machine: nobody on the way can speak in the server's place (LI-4). */
      isTrusted: boolean;
    }
  | { ok: false; why: string };

export const MISSING_URL = "Missing required configuration: serverUrl must be provided and non-empty";

/** Makes the address to dial of what the operator wrote (LI-1, LI-2, LI-4). */
export function readServer(written: string | undefined, accountId: string, allowInsecure: boolean): Server {
  const text = written?.trim() ?? "";
  if (text === "") return refuse(MISSING_URL);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "ws" && scheme !== "wss") return refuse(`serverUrl must begin with ws:// or wss://, not with ${scheme}://`);
  const url = URL.parse(scheme === undefined ? `ws://${text}` : text);
  if (!url) return refuse("serverUrl is not a WebSocket URL such as ws://192.168.100.168:8080");
  const place = placeOf(url.hostname);
  if (scheme === undefined && place === "elsewhere") {
    return refuse(`serverUrl needs wss:// in front: ${url.hostname} is neither this machine nor a private address`);
  }
  if (url.protocol === "ws:" && place === "elsewhere" && !allowInsecure) {
    return refuse(`serverUrl must be wss://, for ${url.hostname} is neither this machine nor a private address; allowInsecure permits ws:// all the same`);
  }
  url.hash = "";
  url.search = withAccount(url.search, accountId);
  return { ok: true, url: url.href, isTrusted: url.protocol === "wss:" || place === "this machine" };
}

/** The request that opens a connection (LI-3). */
export function targetOf(url: string, token: string | undefined): LinkTarget {
  return {
    url,
    headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), "x-local-im-extensions": `${OFFERED.join(",")};v=1` },
  };
}

/** An address for logs: of its query only the account is shown (LI-3). */
export function showUrl(url: string): string {
  const account = partsOf(URL.parse(url)?.search ?? "").find(isAccount);
  return account === undefined ? withoutSecrets(url) : `${withoutSecrets(url)}?${account}`;
}

/** The query with `accountId` in it once; every other part stays as it was written. */
function withAccount(search: string, accountId: string): string {
  const parts = partsOf(search);
  const at = parts.findIndex(isAccount);
  const others = parts.filter((part) => !isAccount(part));
  const own = `accountId=${encodeURIComponent(accountId.toWellFormed())}`;
  return others.toSpliced(at === -1 ? others.length : at, 0, own).join("&");
}

function partsOf(search: string): string[] {
  return search.replace(/^\?/, "").split("&").filter((part) => part !== "");
}

function isAccount(part: string): boolean {
  return new URLSearchParams(part).has("accountId");
}

function refuse(why: string): Server {
  return { ok: false, why };
}
