import { clawchat } from "./clawchat/clawchat.ts";
import { instaClaw } from "./insta-claw/insta-claw.ts";
import { localIm } from "./local-im/local-im.ts";
import type { RemoteProtocol, RemoteServer, ServerHost } from "./protocol.ts";

export const protocols = { "insta-claw": instaClaw, "local-im": localIm, clawchat } as const satisfies Readonly<Record<string, RemoteProtocol>>;

export type ProtocolName = keyof typeof protocols;

/** One of ours by its name, or any other. */
export type AnyProtocol = ProtocolName | RemoteProtocol;

type Named<Protocol extends AnyProtocol> = Protocol extends ProtocolName ? (typeof protocols)[Protocol] : Protocol;

type ServerIn<Protocol> = Protocol extends { serve(host: ServerHost): infer Server extends RemoteServer } ? Server : RemoteServer;

type OptionsIn<Protocol> = Protocol extends { readSettings(given: readonly string[]): infer Options } ? Options : unknown;

/** What can be done with the server, beyond what every one can. */
export type ServerOf<Protocol extends AnyProtocol> = ServerIn<Named<Protocol>>;

export type OptionsOf<Protocol extends AnyProtocol> = OptionsIn<Named<Protocol>>;

export function protocolOf(protocol: AnyProtocol): RemoteProtocol {
  return typeof protocol === "string" ? protocols[protocol] : protocol;
}
