import { accountDefaults as instaClaw } from "../../generated/insta-claw/index.ts";
import { accountDefaults as localIm } from "../../generated/local-im/index.ts";
import type { RunningAccount } from "../../src/account/account.ts";
import type { Agent } from "../../src/account/agent.ts";
import { type Dialing, openDialedAccount } from "../../src/account/dialed/account.ts";
import type { SwitchboardLimits } from "../../src/account/switchboard.ts";
import type { Log, System } from "../../src/core/ports.ts";
import { system } from "../../src/core/system.ts";
import type { LinkProfile } from "../../src/link/link.ts";
import { openLink } from "../../src/link/shell.ts";
import type { Dial } from "../../src/link/socket.ts";
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
import { createHttp } from "../../src/rest/http.ts";
import type { Journal } from "../../src/store/journal.ts";
import { openLogins } from "../../src/store/logins.ts";
import type { ProtocolName } from "../../src/testing/simulator/protocols.ts";
import type { Simulator } from "../../src/testing/simulator/simulator.ts";
import { openClawchatFor } from "./clawchat-account.ts";

const limits: SwitchboardLimits = { messagesPerMinute: 60, messageBurst: 256, queuedPerSession: 256, maxConcurrent: 10, turnMs: 50_000 };

/** An account of local-im as its channel would run it, with the defaults, for tests that need no host. */
function dialLocalIm(url: string): Dialing<LocalImState, LocalImOrigin> {
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
function dialInstaClaw(wsUrl: string): Dialing<InstaClawState, InstaClawOrigin> {
  const server = readInstaClawServer({ clientId: "app", clientSecret: "secret", wsUrl, allowInsecure: false });
  if (!server.ok) throw new Error(server.why);
  return {
    protocol: createInstaClaw(profileOfInstaClaw(instaClaw, true), { newId: () => system.uuid(), sha256: (text) => system.sha256(text) }),
    link: linkOfInstaClaw(instaClaw),
    target: server.target,
    limits,
  };
}

/** A protocol that dials: its server, its account, and how a user of it says something. */
export interface Subject {
  name: ProtocolName;
  open(stage: SubjectStage): Promise<RunningAccount<unknown>>;
  /** Each user has a conversation of their own with the agent. */
  say(simulator: Simulator, said: { messageId: string; text: string; user: string }): string;
  /** The server keeps what was said until the plugin acknowledges it, and can say all of it again. */
  rewind?(simulator: Simulator): void;
}

/** What an account runs on, in one life of its process. */
export interface SubjectStage {
  simulator: Simulator;
  /** Where the server is, or a proxy before it; without a slash at the end. */
  address: string;
  /** Where its calls go, if elsewhere: a refresh token whose answer is lost on the way is spent, and the login with it. */
  restUrl?: string;
  agent: Agent;
  journal: Journal;
  system: System;
  log: Log;
  hasten(link: LinkProfile): LinkProfile;
  dial?: Dial;
  /** Where the account's login is kept, on wires that have one. */
  loginFile?: string;
  /** Whether the process is still there. */
  isAlive?(): boolean;
}

export const subjects: readonly Subject[] = [
  { name: "insta-claw", open: (stage) => openPlain(stage, dialInstaClaw), say: sayInSession },
  { name: "local-im", open: (stage) => openPlain(stage, dialLocalIm), say: sayInSession },
  {
    name: "clawchat",
    open: openClawchat,
    say: (simulator, said) => simulator.say(said),
    rewind: (simulator) => simulator.control("rewind"),
  },
];

async function openPlain({ address, hasten, dial: dialed, ...stage }: SubjectStage, dial: (url: string) => Dialing<unknown, unknown>): Promise<RunningAccount<unknown>> {
  const options = { accountId: "default", config: `${address}/`, ...stage, changed() {} };
  const dialing = (url: string): Dialing<unknown, unknown> => {
    const plain = dial(url);
    return { ...plain, link: hasten(plain.link) };
  };
  return await openDialedAccount<string, unknown, unknown>({ ...options, dial: dialing }, (link) => openLink(link, ...(dialed ? [dialed] : [])));
}

async function openClawchat({ simulator, address, restUrl = address.replace(/^ws/, "http"), loginFile = ":memory:", isAlive = () => true, ...stage }: SubjectStage): Promise<RunningAccount<unknown>> {
  const block = simulator.config["clawchat"] as Readonly<Record<string, unknown>>;
  const http = createHttp(stage.system);
  return await openClawchatFor({
    ...stage,
    // The login is that of the file once there is one: the simulator's configuration would name the tokens of now.
    block: { ...block, greeting: false, streaming: true, baseUrl: restUrl, websocketUrl: `${address}/ws` },
    logins: openLogins(loginFile, stage.system),
    // A process that was killed hears of no answer.
    http: async (request) => {
      const answer = await http(request);
      return isAlive() ? answer : await new Promise<never>(() => {});
    },
  });
}

/** What the wire echoes is different for each message, so that an answer tells what it answers. */
function sayInSession(simulator: Simulator, { user, ...said }: { messageId: string; text: string; user: string }): string {
  return simulator.say({ ...said, user, session: user, conversation: said.messageId });
}
