import { instaClaw } from "./insta-claw/insta-claw.ts";
import { localIm } from "./local-im/local-im.ts";
import type { RemoteProtocol } from "./protocol.ts";

export const protocols = { "insta-claw": instaClaw, "local-im": localIm } as const satisfies Readonly<Record<string, RemoteProtocol>>;

export type ProtocolName = keyof typeof protocols;
