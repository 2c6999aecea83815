import type { LossCause } from "./close-policy.ts";

/** What is wrong with a link that was lost, or never came about. Closed: for each of them there is advice for the operator. */
export type LinkFault =
  /** The server's name is not known. */
  | "name-unknown"
  /** Nobody answers at its address. */
  | "unreachable"
  /** The encryption cannot be agreed on, or the certificate is not good. */
  | "tls"
  /** The upgrade was answered with an HTTP status that says nothing about us. */
  | "http-status"
  /** Something answers that is no WebSocket server. */
  | "not-websocket"
  /** The server does not take who we say we are. */
  | "credentials"
  /** It knows us and does not let us in. */
  | "forbidden"
  /** Another connection of the same account has pushed this one out. */
  | "takeover"
  | "dial-timeout"
  /** The socket is open, and the server does not complete the handshake. */
  | "handshake-timeout"
  /** It speaks another protocol, or another version of ours. */
  | "incompatible"
  /** What a dial needs could not be had in time. */
  | "prepare-timeout"
  /** There is nothing to dial with. */
  | "login"
  | "silent"
  | "stuck"
  /** Ended by the server or the network. */
  | "closed"
  /** A fault of ours. */
  | "internal";

/** The last way in which a link was lost; nothing of it is a secret. */
export interface LastLoss {
  readonly fault: LinkFault;
  readonly text: string;
  /** A close code or an HTTP status. */
  readonly code?: number;
}

/** What an end means where the protocol's table says nothing about it. */
export function faultOf(cause: LossCause): LinkFault {
  if (cause.kind === "closed") return cause.code === 1002 || cause.code === 1003 || cause.code === 1007 ? "incompatible" : "closed";
  if (cause.kind === "refused") return cause.status === 401 ? "credentials" : cause.status === 403 ? "forbidden" : "http-status";
  return causes.find(([pattern]) => pattern.test(cause.error))?.[1] ?? "unreachable";
}

/** By the words of the platform: there is nothing else. */
const causes: readonly (readonly [RegExp, LinkFault])[] = [
  [/ENOTFOUND|EAI_|getaddrinfo/, "name-unknown"],
  [/certificate|altnames|CERT_|SSL|TLS|EPROTO|self.signed/i, "tls"],
  [/Sec-WebSocket|Upgrade header|Parse Error|subprotocol|HPE_/i, "not-websocket"],
];
