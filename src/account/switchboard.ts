import { type ErrorCode, limits as wire } from "../../generated/websocket/index.ts";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import type { Connection, ConnectionHandler } from "../edge/accept.ts";
import type { Rooms } from "../edge/rooms.ts";
import { aboutOf } from "../protocols/websocket/frames.ts";
import { type Peer, verifiedPeer } from "../protocols/websocket/identity.ts";
import type { Inbound } from "../protocols/websocket/inbound.ts";
import { profileOf } from "../protocols/websocket/profile.ts";
import { createSession, type Request } from "../protocols/websocket/session.ts";
import type { Terminal } from "../protocols/websocket/turn.ts";
import type { Entry, Journal } from "../store/journal.ts";
import type { Verify } from "./admission.ts";
import type { Access, Agent } from "./agent.ts";
import type { ResolvedAccount } from "./config.ts";
import { createDelivery, keyOf } from "./delivery.ts";
import { createLanes } from "./lanes.ts";
import { type Member, openMember } from "./member.ts";
import { createRateLimiter } from "./rate.ts";
import { type AbortCause, runTurn } from "./turns.ts";

/** Joins connections and agent: every message of an account goes through here, once. */
export interface Switchboard {
  opened(connection: Connection, peer: Peer): ConnectionHandler;
  /** Runs what a crash cut, and forgets what is old. Call `sweep` now and then. */
  resume(): void;
  sweep(): void;
  activity(): Activity;
  /** Takes no more messages, aborts the running ones and settles when they have ended or `graceMs` have passed. */
  stop(graceMs: number): Promise<void>;
}

export interface Activity {
  senders: number;
  running: number;
  waiting: number;
  lastInboundAt?: number;
  lastOutboundAt?: number;
  lastError?: string;
}

export interface SwitchboardDeps {
  /** Read at every use: it may change while the account runs. */
  config(): ResolvedAccount;
  rooms: Rooms<Member>;
  agent: Agent;
  journal: Journal;
  verify: Verify;
  system: System;
  log: Log;
  changed(): void;
}

/** An admitted message without a terminal frame: it waits in its lane or runs. */
interface Open {
  inbound: Inbound;
  lane: string;
  abort: AbortController;
}

/** The way of a message: `asked` → `admit` → `run` → `answer` → `finish`. */
export function createSwitchboard(deps: SwitchboardDeps): Switchboard {
  const { config, rooms, agent, journal, verify, system, log, changed } = deps;
  const delivery = createDelivery({ rooms, journal, system, log });
  const lanes = createLanes(() => config().limits.queuedPerSession);
  const rate = createRateLimiter(() => ({ perMinute: config().limits.messagesPerMinute, burst: config().limits.messageBurst }));
  const open = new Map<string, Open>();
  const works = new Set<Promise<void>>();
  let stopping = false;
  let lastInboundAt: number | undefined;
  let lastError: string | undefined;

  /** What a session asks for; settles when it is on disk or refused. Never rejects. */
  async function asked(member: Member, request: Request): Promise<void> {
    try {
      if (request.ask === "turn") return await admit(member, request);
      if (request.ask === "verify") return await renew(member, request.token);
      if (request.ask === "join") return await join(member, request.groupId);
      if (request.ask === "cancel") cancel(member, request.messageId);
      else rooms.leave(member.connection.id, request.groupId);
      member.admitted(request);
    } catch (thrown) {
      noteError(`request ${request.ask} failed`, thrown);
      const messageId = request.ask === "turn" ? request.inbound.messageId : undefined;
      refuse(member, messageId, "agent_error", "Failed to process message: it could not be stored");
    }
  }

  /** Access, repeats, rate and room in the lane (WS-7); then the journal; only then does the sender hear of it (WS-13). */
  async function admit(member: Member, request: Extract<Request, { ask: "turn" }>): Promise<void> {
    const { messageId, sender } = request.inbound;
    lastInboundAt = request.inbound.receivedAt;
    changed();
    if (stopping) return refuse(member, messageId, "shutting_down", "Failed to process message: the gateway is restarting");
    const access = await agent.access(request.inbound);
    if (!access.admitted) return turnAway(member, request.inbound, access);
    await meet(member, sender.id);

    const known = journal.find(keyOf(request.inbound));
    if (known) return answerRepeat(member, JSON.parse(known.inbound) as Inbound, known.terminal);
    const wait = rate.take(sender.id, system.now());
    if (wait > 0) return refuse(member, messageId, "rate_limited", `Too many messages. Try again in ${Math.ceil(wait / 1000)} s`);
    const isControl = agent.isControlCommand(request.inbound.content);
    if (!isControl && !lanes.hasRoom(access.lane)) {
      return refuse(member, messageId, "queue_full", "Too many messages are waiting in this conversation");
    }

    const inbound = recallQuote(access.lane, request.inbound);
    journal.admit({ ...keyOf(inbound), lane: access.lane, inbound: JSON.stringify(inbound), at: inbound.receivedAt });
    remember(access.lane, messageId, inbound.content);
    member.admitted(request);
    delivery.post(inbound, member);
    const message = track(inbound, access.lane);
    if (isControl) void run(message);
    else lanes.run(access.lane, () => run(message));
  }

  /** One turn of a lane; what it said is handed over outside of the lane, for a peer that does not read must not hold it up. */
  async function run(message: Open): Promise<void> {
    if (stopping) return;
    const { inbound, abort } = message;
    await pending(async () => {
      changed();
      const terminal = await answer(inbound, abort).catch((thrown: unknown) => noteError("a turn could not be run", thrown));
      if (terminal) finish(message, terminal);
      else open.delete(openKey(inbound));
    });
  }

  /** The terminal frame of a message; undefined when the account stops first and the next start must run it again. */
  async function answer(inbound: Inbound, abort: AbortController): Promise<Terminal | undefined> {
    if (abort.signal.aborted) return { type: "error", code: "cancelled", error: "Cancelled" };
    const attempt = journal.start(keyOf(inbound));
    if (attempt > limits.turnAttempts) return failure("the gateway was restarted too often while it was answered");
    const turnMs = () => config().limits.turnSeconds * 1000;
    return await runTurn(inbound, attempt, abort, { agent, system, log, turnMs, say: delivery.show });
  }

  function finish({ inbound, lane }: Open, terminal: Terminal): void {
    try {
      journal.finish(keyOf(inbound), JSON.stringify(terminal), system.now());
      // An answer shares its message's id: who quotes it in a direct conversation means the answer (WS-25).
      if (terminal.type === "response" && inbound.conversation.kind === "direct") remember(lane, inbound.messageId, terminal.content);
    } catch (thrown) {
      // The sender gets its answer all the same.
      noteError("an answer could not be written down", thrown);
    }
    void pending(async () => {
      await delivery.conclude(inbound, terminal).finally(() => open.delete(openKey(inbound)));
      changed();
    });
  }

  /** Work that `stop` waits for. Never rejects. */
  async function pending(work: () => Promise<void>): Promise<void> {
    const done = work().catch((thrown: unknown) => noteError("a turn could not be concluded", thrown));
    works.add(done);
    await done;
    works.delete(done);
  }

  function remember(lane: string, messageId: string, text: string): void {
    if (text.trim() !== "") journal.remember(lane, messageId, text, system.now());
  }

  function answerRepeat(member: Member, inbound: Inbound, terminal: string | undefined): void {
    if (terminal === undefined) return;
    member.say({ say: "terminal", of: aboutOf(inbound), terminal: JSON.parse(terminal) as Terminal });
    journal.delivered(keyOf(inbound), system.now());
  }

  function turnAway(member: Member, inbound: Inbound, access: Exclude<Access, { admitted: true }>): void {
    if (!("pairing" in access)) return refuse(member, inbound.messageId, access.code, access.error);
    const of = aboutOf(inbound);
    const { code, text, expiresAt } = access.pairing;
    member.say({ say: "pairing", of, code, expiresAt });
    member.say({ say: "terminal", of, terminal: { type: "response", content: text } });
  }

  /** A sender's first frame on a connection: what waited for it goes out first. */
  async function meet(member: Member, senderId: string): Promise<void> {
    if (!rooms.speakAs(member.connection.id, senderId)) return;
    await delivery.catchUp(senderId, system.now() - wire.repeatSeconds.value * 1000, (inbound) => open.has(openKey(inbound)));
  }

  async function join(member: Member, groupId: string): Promise<void> {
    if (!(await agent.mayFollow(member.state.peer.sender, groupId))) return refuse(member, undefined, "forbidden", "Sender not allowed in this group");
    if (!rooms.join(member.connection.id, groupId)) return refuse(member, undefined, "rate_limited", "Too many groups on this connection");
    member.admitted({ ask: "join", groupId });
  }

  function cancel(member: Member, messageId: string): void {
    const isOwn = ({ inbound }: Open) =>
      inbound.messageId === messageId && (inbound.connectionId === member.connection.id || inbound.sender.id === member.state.peer.sender.id);
    open.values().find(isOwn)?.abort.abort("cancelled" satisfies AbortCause);
  }

  async function renew(member: Member, token: string): Promise<void> {
    const { sender, asked } = member.state.peer;
    // Nobody vouched for this connection, so there is nothing to renew and nobody to ask.
    if (!asked) return refuse(member, undefined, "unsupported", "chat.auth is not offered on a connection without a verified user");
    const tokenType = asked["tokenType"] ?? "local";
    const verified = await verify({ ...asked, tokenType, token }, new AbortController().signal);
    if (verified.ok && verified.user.userId === sender.id) {
      const parameters = { tokenType, ...(sender.name !== undefined && { senderName: sender.name }) };
      member.say({ say: "renewed", peer: { ...verifiedPeer(verified.user, parameters, config().auth.allowDelegation), asked } });
      return;
    }
    refuse(member, undefined, "auth_failed", `Authentication failed: ${verified.ok ? "other_user" : verified.code}`);
    member.connection.close(4401, "Authentication failed");
  }

  function refuse(member: Member, messageId: string | undefined, code: ErrorCode, error: string): void {
    member.say({ say: "refused", refusal: { code, error, ...(messageId !== undefined && { messageId }) } });
  }

  function recallQuote(lane: string, inbound: Inbound): Inbound {
    const { quote } = inbound;
    if (quote?.messageId === undefined || quote.body !== undefined) return inbound;
    const body = journal.recall(lane, quote.messageId);
    return body === undefined ? inbound : { ...inbound, quote: { ...quote, body } };
  }

  function track(inbound: Inbound, lane: string): Open {
    const message = { inbound, lane, abort: new AbortController() };
    open.set(openKey(inbound), message);
    return message;
  }

  function resumeEntry(entry: Entry): void {
    const inbound = JSON.parse(entry.inbound) as Inbound;
    if (system.now() - entry.at > limits.replayMaxAgeMs) {
      journal.finish(entry, JSON.stringify(failure("the gateway was down for too long")), system.now());
      return;
    }
    log.info(`message ${forLog(inbound.messageId)} was cut by a restart and runs again`);
    const message = track(inbound, entry.lane);
    lanes.run(entry.lane, () => run(message));
  }

  function noteError(what: string, thrown: unknown): undefined {
    lastError = describeThrown(thrown);
    log.error(`${what}: ${lastError}`);
  }

  return {
    opened(connection, peer) {
      const session = createSession(profileOf(config()), peer, connection.id, () => system.uuid());
      const member = openMember(connection, { session, system, log, asked });
      rooms.add(connection.id, member);
      changed();
      let met: Promise<void> | undefined = meet(member, peer.sender.id)
        .catch((thrown: unknown) => noteError("what waited for a sender could not be read", thrown))
        .finally(() => (met = undefined));
      return {
        frame: (text) => (met ? met.then(() => member.frame(text)) : member.frame(text)),
        closed() {
          rooms.remove(connection.id);
          changed();
        },
      };
    },
    resume() {
      for (const entry of journal.unfinished()) resumeEntry(entry);
    },
    sweep() {
      const now = system.now();
      const dropped = journal.sweep({ finishedBefore: now - wire.repeatSeconds.value * 1000, saidBefore: now - limits.rememberMs });
      if (dropped > 0) log.warn(`${dropped} answers were dropped: their senders did not come back within ${wire.repeatSeconds.value} s`);
      rate.sweep(now);
    },
    activity() {
      const lastOutboundAt = delivery.lastAt();
      return {
        senders: rooms.senders(),
        waiting: lanes.waiting(),
        running: open.size - lanes.waiting(),
        ...(lastInboundAt !== undefined && { lastInboundAt }),
        ...(lastOutboundAt !== undefined && { lastOutboundAt }),
        ...(lastError !== undefined && { lastError }),
      };
    },
    async stop(graceMs) {
      stopping = true;
      lanes.clear();
      for (const { abort } of open.values()) abort.abort("stop" satisfies AbortCause);
      const graceOver = Promise.withResolvers<void>();
      const cancelGrace = system.after(graceMs, graceOver.resolve);
      await Promise.race([Promise.all(works), graceOver.promise]);
      cancelGrace();
    },
  };
}

function failure(detail: string): Terminal {
  return { type: "error", code: "agent_error", error: `Failed to process message: ${detail}` };
}

function openKey(inbound: Inbound): string {
  return JSON.stringify(keyOf(inbound));
}
