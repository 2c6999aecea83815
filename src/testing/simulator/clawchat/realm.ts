import type { ServerHost } from "../protocol.ts";
import type { Reply } from "../record.ts";
import { Delivery } from "./delivery.ts";
import { Faults } from "./faults.ts";
import { type Envelope, Pen } from "./frames.ts";
import { Grants } from "./grants.ts";
import { type ClawchatOptions, type ClawchatSettings, defaults } from "./options.ts";
import { isReady, type ReadySession, type Session } from "./session.ts";
import { View } from "./view.ts";
import { type Conversation, World } from "./world.ts";

/** Everything that the parts of the server share. */
export interface Realm {
  readonly host: ServerHost;
  readonly settings: ClawchatSettings;
  readonly world: World;
  readonly grants: Grants;
  readonly faults: Faults;
  readonly pen: Pen;
  readonly delivery: Delivery;
  readonly view: View;
  readonly sessions: Session[];
  readonly replies: Reply[];
}

export function createRealm(host: ServerHost): Realm {
  const settings = { ...defaults, ...(host.options as ClawchatOptions | undefined) };
  const pen = new Pen(host.system);
  const faults = new Faults();
  return {
    host,
    settings,
    world: new World(host.accounts, host.system),
    grants: new Grants(host.system, settings),
    faults,
    pen,
    delivery: new Delivery(host, { settings, pen, faults }),
    view: new View(),
    sessions: [],
    replies: [],
  };
}

/** Those that are through their handshake, of one agent or of all. */
export function readySessions({ sessions }: Realm, agentId?: string): ReadySession[] {
  return sessions.filter(isReady).filter(({ agent }) => agentId === undefined || agent.id === agentId);
}

export function post({ host }: Realm, { link }: Session, frame: Envelope, messageId?: string): void {
  if (link.open) host.send(link, JSON.stringify(frame), messageId);
}

/** Kept for the agents in a conversation, save its sender, and brought to those that are there. */
export function store(realm: Realm, chat: Conversation, key: string, frame: Envelope, needs?: string): void {
  for (const agent of realm.world.agents) {
    if (!chat.members.has(agent.id) || agent.id === frame.sender?.id) continue;
    const row = realm.delivery.inbox(agent).put(key, frame, needs);
    for (const session of readySessions(realm, agent.id)) realm.delivery.deliver(session, row);
  }
}

/** For those that are there now, and for nobody later. */
export function broadcast(realm: Realm, chat: Conversation, frame: Envelope, needs?: string): void {
  for (const session of readySessions(realm)) {
    if (!chat.members.has(session.agent.id) || session.agent.id === frame.sender?.id) continue;
    if (needs === undefined || session.capabilities.has(needs)) post(realm, session, frame);
  }
}
