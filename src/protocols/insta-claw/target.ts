import { placeOf } from "../../core/place.ts";
import type { LinkTarget } from "../../link/link.ts";

/** Where an account dials, or what is wrong with what the operator wrote. */
export type Server = { ok: true; target: LinkTarget } | { ok: false; why: string };

/** What an operator may write: secrets are resolved already. */
export interface Written {
  clientId?: string | undefined;
  clientSecret?: string | undefined;
  wsUrl: string;
  allowInsecure: boolean;
}

export const MISSING_ID = "Missing required configuration: clientId must be provided and non-empty";
export const MISSING_SECRET = "Missing required configuration: clientSecret must be provided and non-empty";
/** What the plugin understands of what the wire calls extensions. */
const EXTENSIONS = "edit,groups,media,reactions,threads;v=1";

/** The request that opens a connection; credentials travel in headers and nowhere else (IC-1, IC-2). */
export function readServer({ clientId = "", clientSecret = "", wsUrl, allowInsecure }: Written): Server {
  const [id, secret] = [clientId.trim(), clientSecret.trim()];
  if (id === "") return refuse(MISSING_ID);
  if (secret === "") return refuse(MISSING_SECRET);
  // A line break would end the header, and begin another.
  if (!isHeaderSafe(id)) return refuse("clientId may hold printable ASCII characters only");
  if (!isHeaderSafe(secret)) return refuse("clientSecret may hold printable ASCII characters only");
  const url = URL.parse(wsUrl.trim());
  if (!url || (url.protocol !== "ws:" && url.protocol !== "wss:")) return refuse("wsUrl must be a WebSocket URL such as wss://gateway.example/user-ws/");
  if (url.protocol === "ws:" && !allowInsecure && placeOf(url.hostname) !== "this machine") {
    return refuse("wsUrl must be wss://, for its host is not this machine; allowInsecure permits ws:// all the same");
  }
  url.hash = "";
  return { ok: true, target: { url: url.href, headers: { "x-app-key": id, "x-app-secret": secret, "x-claw-extensions": EXTENSIONS } } };
}

function isHeaderSafe(text: string): boolean {
  return /^[ -~]+$/.test(text);
}

function refuse(why: string): Server {
  return { ok: false, why };
}
