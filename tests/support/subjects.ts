import { accountDefaults as instaClaw } from "../../generated/insta-claw/index.ts";
import { accountDefaults as localIm } from "../../generated/local-im/index.ts";
import type { Dialing } from "../../src/account/dialed/account.ts";
import type { SwitchboardLimits } from "../../src/account/switchboard.ts";
import { system } from "../../src/core/system.ts";
import type { Origin as InstaClawOrigin } from "../../src/protocols/insta-claw/identity.ts";
import { linkProfileOf as linkOfInstaClaw, profileOf as profileOfInstaClaw } from "../../src/protocols/insta-claw/profile.ts";
import { createProtocol as createInstaClaw } from "../../src/protocols/insta-claw/protocol.ts";
import type { ConnectionState as InstaClawState } from "../../src/protocols/insta-claw/session.ts";
import { readServer as readInstaClawServer } from "../../src/protocols/insta-claw/target.ts";
import type { Origin as LocalImOrigin } from "../../src/protocols/local-im/identity.ts";
import { linkProfileOf, profileOf } from "../../src/protocols/local-im/profile.ts";
import { createProtocol as createLocalIm } from "../../src/protocols/local-im/protocol.ts";
import type { ConnectionState as LocalImState } from "../../src/protocols/local-im/session.ts";
import { readServer, targetOf } from "../../src/protocols/local-im/target.ts";

const limits: SwitchboardLimits = { messagesPerMinute: 60, messageBurst: 256, queuedPerSession: 256, maxConcurrent: 10, turnMs: 60_000 };

/** An account of local-im as its channel would run it, with the defaults, for tests that need no host. */
export function dialLocalIm(url: string): Dialing<LocalImState, LocalImOrigin> {
  const server = readServer(url, "default", false);
  if (!server.ok) throw new Error(server.why);
  return {
    protocol: createLocalIm(profileOf(localIm, "default", server.isTrusted), () => system.uuid()),
    link: linkProfileOf(localIm),
    target: targetOf(server.url, undefined),
    limits,
  };
}

/** The same of insta-claw. */
export function dialInstaClaw(wsUrl: string): Dialing<InstaClawState, InstaClawOrigin> {
  const server = readInstaClawServer({ clientId: "app", clientSecret: "secret", wsUrl, allowInsecure: false });
  if (!server.ok) throw new Error(server.why);
  return {
    protocol: createInstaClaw(profileOfInstaClaw(instaClaw, true), { newId: () => system.uuid(), sha256: (text) => system.sha256(text) }),
    link: linkOfInstaClaw(instaClaw),
    target: server.target,
    limits,
  };
}

/** A protocol that dials: how an account of it dials this address. */
export interface Subject {
  name: "insta-claw" | "local-im";
  dial(url: string): Dialing<unknown, unknown>;
}

export const subjects: readonly Subject[] = [
  { name: "insta-claw", dial: dialInstaClaw },
  { name: "local-im", dial: dialLocalIm },
];
