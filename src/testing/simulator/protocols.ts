import { clawchat } from "./clawchat/clawchat.ts";
import type { ClawchatOptions } from "./clawchat/options.ts";
import type { ClawchatServer } from "./clawchat/server.ts";
import { instaClaw } from "./insta-claw/insta-claw.ts";
import { localIm } from "./local-im/local-im.ts";
import type { RemoteProtocol, RemoteServer } from "./protocol.ts";

export const protocols = { "insta-claw": instaClaw, "local-im": localIm, clawchat } as const satisfies Readonly<Record<string, RemoteProtocol>>;

export type ProtocolName = keyof typeof protocols;

/** What can be done with the server, beyond what every one can. */
export type ServerOf<Name extends ProtocolName> = Name extends "clawchat" ? ClawchatServer : RemoteServer;

export type OptionsOf<Name extends ProtocolName> = Name extends "clawchat" ? ClawchatOptions : unknown;
