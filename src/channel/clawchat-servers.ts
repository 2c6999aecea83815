import { placeOf } from "../core/place.ts";
import { mediaUrlOf, readBaseUrl, readUrl, socketUrlOf } from "../rest/urls.ts";

/** What of an account says where its server is. */
export interface WrittenServers {
  baseUrl: string;
  websocketUrl?: string;
  mediaBaseUrl?: string;
  allowInsecure: boolean;
}

/** Where the parts of a ClawChat server are, or what is wrong with an address, for the operator. */
export type Servers =
  | {
      ok: true;
      /** Of the REST calls, without a slash at the end. */
      baseUrl: string;
      socketUrl: string;
      /** Without a slash at the end. */
      mediaUrl: string;
      /** Encrypted, or on this machine: nobody on the way can speak in the server's place, or say who the owner is. */
      isTrusted: boolean;
    }
  | { ok: false; why: string };

/** Makes whole addresses of what the operator wrote; what is absent follows from what is there (CC-2). */
export function readServers({ baseUrl, websocketUrl, mediaBaseUrl, allowInsecure }: WrittenServers): Servers {
  const base = readBaseUrl(baseUrl, { allowInsecure });
  if (!base.ok) return base;
  const socket = websocketUrl === undefined ? ({ ok: true, url: socketUrlOf(base.url) } as const) : readUrl(websocketUrl, { field: "websocketUrl", schemes: ["wss", "ws"], allowInsecure });
  if (!socket.ok) return socket;
  const media = mediaBaseUrl === undefined ? ({ ok: true, url: mediaUrlOf(socket.url) } as const) : readBaseUrl(mediaBaseUrl, { field: "mediaBaseUrl", allowInsecure });
  if (!media.ok) return media;
  return { ok: true, baseUrl: base.url, socketUrl: socket.url, mediaUrl: media.url, isTrusted: isTrusted(base.url) && isTrusted(socket.url) };
}

function isTrusted(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || protocol === "wss:" || placeOf(hostname) === "this machine";
}
