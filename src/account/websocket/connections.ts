import type { ErrorCode } from "../../../generated/websocket/index.ts";
import { describeThrown } from "../../core/errors.ts";
import type { Log, System } from "../../core/ports.ts";
import type { Connection, ConnectionHandler } from "../../edge/accept.ts";
import type { Rooms } from "../../edge/rooms.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { Terminal } from "../../protocols/turn.ts";
import { aboutOf } from "../../protocols/websocket/frames.ts";
import type { Peer } from "../../protocols/websocket/identity.ts";
import { profileOf } from "../../protocols/websocket/profile.ts";
import { type ConnectionSession, createSession, type Origin, type Request } from "../../protocols/websocket/session.ts";
import type { Acts } from "../acts.ts";
import type { Agent } from "../agent.ts";
import type { Asker, Pairing, Switchboard } from "../switchboard.ts";
import { hasCarrier, passOn } from "./acting.ts";
import { showToken, type Verify } from "./admission.ts";
import type { ResolvedAccount } from "./config.ts";
import type { Delivery } from "./delivery.ts";
import { Member, type MemberHome } from "./member.ts";
import { createTokens } from "./tokens.ts";

export interface ConnectionsDeps {
  /** Read at every use: it may change while the account runs. */
  config(): ResolvedAccount;
  rooms: Rooms<Member>;
  switchboard: Switchboard<Origin>;
  delivery: Delivery;
  acts: Acts<Origin>;
  agent: Agent;
  verify: Verify;
  system: System;
  log: Log;
  changed(): void;
}

export interface Connections {
  opened(connection: Connection, peer: Peer): ConnectionHandler;
  /** The configuration may say otherwise now who reads along in groups. Never rejects. */
  review(): Promise<void>;
}

/** Opens connections, and carries out what their frames ask of the account. */
export function createConnections(deps: ConnectionsDeps): Connections {
  const { config, rooms, switchboard, delivery, acts, agent, verify, system, log, changed } = deps;

  /** Settles when what was asked for is on disk or refused. Never rejects. */
  async function asked(member: Member, request: Request): Promise<void> {
    try {
      if (request.ask === "turn") return await switchboard.admit(request.inbound, askerOf(member, request));
      if (request.ask === "verify") return await renew(member, request.token);
      if (request.ask === "join") return await join(member, request.groupId);
      if (request.ask === "act") return await act(member, request);
      if (request.ask === "cancel") cancel(member, request.messageId);
      else rooms.leave(member.connection.id, request.groupId);
      member.admitted(request);
    } catch (thrown) {
      log.error(`request ${request.ask} failed: ${describeThrown(thrown)}`);
      refuse(member, undefined, "agent_error", `Failed to process message: ${request.ask} is not possible at the moment`);
    }
  }

  function askerOf(member: Member, request: Extract<Request, { ask: "turn" }>): Asker {
    const { inbound } = request;
    return {
      welcomed: () => meet(member, inbound.sender.id),
      admitted() {
        if (hasCarrier(rooms, inbound)) acts.heard(inbound, inbound.messageId);
        member.admitted(request);
        delivery.post(inbound, member);
      },
      refused: ({ code, error }) => refuse(member, inbound.messageId, code, error),
      pairing: (pairing) => turnAway(member, inbound, pairing),
      repeated: (entry) => answerRepeat(member, JSON.parse(entry.inbound) as Inbound<Origin>, entry.terminal),
    };
  }

  function answerRepeat(member: Member, inbound: Inbound<Origin>, terminal: string | undefined): void {
    if (terminal === undefined) return;
    member.say({ say: "terminal", of: aboutOf(inbound), terminal: JSON.parse(terminal) as Terminal });
    delivery.delivered(inbound);
  }

  function turnAway(member: Member, inbound: Inbound<Origin>, { code, text, expiresAt }: Pairing): void {
    const of = aboutOf(inbound);
    member.say({ say: "pairing", of, code, expiresAt });
    member.say({ say: "terminal", of, terminal: { type: "response", content: text } });
  }

  /** A sender's first frame on a connection: what waited for it goes out first. */
  async function meet(member: Member, senderId: string): Promise<void> {
    if (rooms.speakAs(member.connection.id, senderId)) await delivery.catchUp(senderId, switchboard.isOpen);
  }

  async function join(member: Member, groupId: string): Promise<void> {
    if (!(await agent.mayFollow(member.state.peer.sender, groupId))) return refuse(member, undefined, "forbidden", "Sender not allowed in this group");
    if (!rooms.join(member.connection.id, groupId)) return refuse(member, undefined, "rate_limited", "Too many groups on this connection");
    member.admitted({ ask: "join", groupId });
  }

  /** Whether a connection goes on following a group; one of which that cannot be found out does not. */
  async function follows({ connection, state }: Member, groupId: string): Promise<boolean> {
    const isAllowed = await agent.mayFollow(state.peer.sender, groupId).catch((thrown: unknown) => {
      log.error(`whether a group may still be followed could not be decided: ${describeThrown(thrown)}`);
      return false;
    });
    if (!isAllowed) rooms.leave(connection.id, groupId);
    return isAllowed;
  }

  async function review(): Promise<void> {
    for (const member of rooms.all()) {
      const kept = await Promise.all(rooms.groupsOf(member.connection.id).map((groupId) => follows(member, groupId)));
      if (kept.includes(false)) refuse(member, undefined, "forbidden", "Sender not allowed any more in a group that was joined");
    }
  }

  /** An error names no message: that one may be over, or still be answered (WS-13). */
  async function act(member: Member, request: Extract<Request, { ask: "act" }>): Promise<void> {
    const { act: what, actor } = request.heard;
    const { peer } = member.state;
    const received = await acts.receive(request.heard, ({ origin }) => peer.speaksForOthers && origin.connectionId === member.connection.id);
    switch (received.is) {
      case "done":
        member.admitted(request);
        return passOn(rooms, received.place, member, { act: what, messageId: received.name, senderId: actor.id });
      case "nothing":
        return member.admitted(request);
      case "foreign":
        return refuse(member, undefined, "invalid_field", `Invalid field messageId: expected ${what.act === "react" ? "a message of the agent" : "a message of your own"}`);
      case "rate_limited":
        return refuse(member, undefined, "rate_limited", "Too many messages. Try again later");
      case "failed":
        return refuse(member, undefined, "not_stored", "Failed to process message: it could not be stored");
    }
  }

  function cancel(member: Member, messageId: string): void {
    switchboard.cancel(
      ({ messageId: id, origin, sender }) =>
        id === messageId && (origin.connectionId === member.connection.id || sender.id === member.state.peer.sender.id),
    );
  }

  async function renew(member: Member, token: string): Promise<void> {
    const { peer } = member.state;
    // Nobody vouched for this connection, so there is nothing to renew and nobody to ask.
    if (!peer.asked) return refuse(member, undefined, "unsupported", "chat.auth is not offered on a connection without a verified user");
    const shown = await showToken(peer, peer.asked, token, config().auth, (request) => verify(request, new AbortController().signal));
    if (!shown.ok) return member.say({ say: "expelled", why: shown.code });
    member.say({ say: "renewed", peer: shown.peer });
    tokens.watch(member);
  }

  const tokens = createTokens({
    recheckMs: () => config().auth.recheckSeconds * 1000,
    show: ({ state: { peer } }, token, signal) => showToken(peer, peer.asked ?? {}, token, config().auth, (request) => verify(request, signal, true)),
    system,
    log,
  });

  const home: MemberHome = {
    system,
    log,
    asked,
    left(member) {
      rooms.remove(member.connection.id);
      tokens.forget(member);
      changed();
    },
  };
  let session: { readonly of: ResolvedAccount; readonly is: ConnectionSession } | undefined;

  /** Connections keep what the configuration said when they came; those that came under the same one share a session. */
  function sessionOf(now: ResolvedAccount): ConnectionSession {
    if (session?.of !== now) session = { of: now, is: createSession(profileOf(now), () => system.uuid()) };
    return session.is;
  }

  return {
    review,
    opened(connection, peer) {
      const member = new Member(connection, peer, sessionOf(config()), home);
      rooms.add(connection.id, member);
      tokens.watch(member);
      changed();
      member.greet(meet(member, peer.sender.id).catch((thrown: unknown) => log.error(`what waited for a sender could not be read: ${describeThrown(thrown)}`)));
      return member;
    },
  };
}

function refuse(member: Member, messageId: string | undefined, code: ErrorCode, error: string): void {
  member.say({ say: "refused", refusal: { code, error, ...(messageId !== undefined && { messageId }) } });
}
