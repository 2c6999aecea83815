import { type ErrorCode, limits as wire, type WebsocketAccount } from "../../generated/websocket/index.ts";
import { ClawwireError, describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Log, System } from "../core/ports.ts";
import { forLog } from "../core/redact.ts";
import { openEdge } from "../edge/accept.ts";
import { createRooms } from "../edge/rooms.ts";
import { verifyToken } from "../edge/verify.ts";
import { aboutOf } from "../protocols/websocket/frames.ts";
import { verifiedPeer } from "../protocols/websocket/identity.ts";
import type { Inbound } from "../protocols/websocket/inbound.ts";
import { profileOf } from "../protocols/websocket/profile.ts";
import { createSession, type Request } from "../protocols/websocket/session.ts";
import type { Terminal } from "../protocols/websocket/turn.ts";
import type { Entry, Journal } from "../store/journal.ts";
import { admitConnection, type Verify } from "./admission.ts";
import type { Access, Agent } from "./agent.ts";
import { createLanes } from "./lanes.ts";
import { type Member, openMember } from "./member.ts";
import { createRateLimiter } from "./rate.ts";
import { type AbortCause, runTurn } from "./turns.ts";

export interface AccountOptions {
  accountId: string;
  /** Resolved: every default is filled in. */
  config: ResolvedAccount;
  agent: Agent;
  journal: Journal;
  system: System;
  log: Log;
  /** Called at every change; the caller thins it out. */
  changed(status: AccountStatus): void;
}

/** An account's configuration with the defaults that depend on others settled. */
export type ResolvedAccount = WebsocketAccount & { host: string; path: string };

export interface RunningAccount {
  /** Where applications connect. */
  readonly url: string;
  status(): AccountStatus;
  /**
   * Says something nobody asked for to a connected sender (`ws:user:<id>`) or a joined group (`ws:group:<id>`).
   * @returns the id it went out with, or `away` when nobody is there to get it.
   */
  send(to: string, message: { text: string; mediaUrls?: readonly string[]; replyToMessageId?: string }): Promise<{ messageId: string } | "away">;
  /** Takes over what can change without a restart. */
  reconfigure(config: ResolvedAccount): void;
  stop(): Promise<void>;
}

export interface AccountStatus {
  connections: number;
  senders: number;
  running: number;
  waiting: number;
  lastInboundAt?: number;
  lastOutboundAt?: number;
  lastError?: string;
}

/** An admitted message without a terminal frame: it waits in its lane or runs. */
interface Open {
  inbound: Inbound;
  lane: string;
  abort: AbortController;
}

/**
 * Runs one account of the websocket channel: the edge's connections, their sessions, the journal, the lanes, and the
 * agent that answers. The way of a message: `asked` → `admit` → `run` → `answer` → `conclude` → `deliver`.
 * @throws ClawwireError `port-taken` or `path-taken` when the edge cannot listen.
 */
export async function openWebsocketAccount(options: AccountOptions): Promise<RunningAccount> {
  const { accountId, agent, journal, system, log } = options;
  let config = options.config;
  let stopping = false;
  const rooms = createRooms<Member>();
  const lanes = createLanes(() => config.limits.queuedPerSession);
  const rate = createRateLimiter(() => ({ perMinute: config.limits.messagesPerMinute, burst: config.limits.messageBurst }));
  const open = new Map<string, Open>();
  const turns = new Set<Promise<void>>();
  const seen: { lastInboundAt?: number; lastOutboundAt?: number; lastError?: string } = {};

  const verify: Verify = (body, signal) =>
    verifyToken({ endpoint: config.auth.endpoint, timeoutMs: config.auth.timeout, cacheSeconds: config.auth.cacheSeconds, body }, signal);
  const changed = () => options.changed(status());

  async function asked(member: Member, request: Request): Promise<void> {
    try {
      if (request.ask === "turn") return await admit(member, request);
      if (request.ask === "verify") return await renew(member, request.token);
      if (request.ask === "cancel") cancel(member, request.messageId);
      else if (request.ask === "join") rooms.join(member.connection.id, request.groupId);
      else rooms.leave(member.connection.id, request.groupId);
      member.admitted(request);
    } catch (thrown) {
      seen.lastError = describeThrown(thrown);
      log.error(`request ${request.ask} failed: ${seen.lastError}`);
      const messageId = request.ask === "turn" ? request.inbound.messageId : undefined;
      refuse(member, messageId, "agent_error", "Failed to process message: the message could not be stored");
    }
  }

  async function admit(member: Member, request: Extract<Request, { ask: "turn" }>): Promise<void> {
    const { inbound } = request;
    const { messageId, sender } = inbound;
    seen.lastInboundAt = inbound.receivedAt;
    changed();
    if (stopping) return refuse(member, messageId, "shutting_down", "Failed to process message: the gateway is restarting");
    const access = await agent.access(inbound);
    if (!access.admitted) return turnAway(member, inbound, access);
    await meet(member, sender.id);

    const key = { sender: sender.id, messageId };
    const repeat = journal.find(key);
    if (repeat) return answerRepeat(member, inbound, repeat.terminal);
    const wait = rate.take(sender.id, system.now());
    if (wait > 0) return refuse(member, messageId, "rate_limited", `Too many messages. Try again in ${Math.ceil(wait / 1000)} s`);
    const control = agent.isControlCommand(inbound.content);
    if (!control && !lanes.hasRoom(access.lane)) {
      return refuse(member, messageId, "queue_full", "Too many messages are waiting in this conversation");
    }
    const quoted = recallQuote(access.lane, inbound);
    journal.admit({ ...key, lane: access.lane, inbound: JSON.stringify(quoted), at: inbound.receivedAt });
    if (inbound.content.trim() !== "") journal.remember(access.lane, messageId, inbound.content);

    member.admitted(request);
    tellGroup(member, inbound);
    const message = track(quoted, access.lane);
    if (control) void run(message);
    else lanes.run(access.lane, () => run(message));
  }

  function track(inbound: Inbound, lane: string): Open {
    const message = { inbound, lane, abort: new AbortController() };
    open.set(openKey(inbound), message);
    return message;
  }

  async function run(message: Open): Promise<void> {
    if (stopping) return;
    const { inbound, abort } = message;
    const done = Promise.withResolvers<void>();
    turns.add(done.promise);
    changed();
    try {
      const terminal = await answer(inbound, abort);
      if (terminal) await conclude(message, terminal);
    } catch (thrown) {
      seen.lastError = describeThrown(thrown);
      log.error(`turn ${forLog(inbound.messageId)} could not be concluded: ${seen.lastError}`);
    } finally {
      open.delete(openKey(inbound));
      turns.delete(done.promise);
      done.resolve();
      changed();
    }
  }

  /** The terminal frame of a message; undefined when the account stops first and the next start must run it again. */
  async function answer(inbound: Inbound, abort: AbortController): Promise<Terminal | undefined> {
    if (abort.signal.aborted) return { type: "error", code: "cancelled", error: "Cancelled" };
    const attempt = journal.start(keyOf(inbound));
    if (attempt > limits.turnAttempts) return failure("the gateway was restarted too often while it was answered");
    const turnMs = () => config.limits.turnSeconds * 1000;
    return await runTurn(inbound, attempt, abort, { agent, system, log, turnMs, say: show });
  }

  function show(inbound: Inbound, says: { say: "typing" } | { say: "stream"; content: string }): void {
    const of = aboutOf(inbound);
    for (const member of [...askers(inbound).slice(0, 1), ...followers(inbound)]) {
      if (says.say === "typing") member.say({ say: "typing", of });
      // Only what a later frame repeats may be left out (WS-22).
      else if (!member.connection.congested) member.say({ say: "stream", of, content: says.content });
    }
  }

  /** Writes the terminal frame down, then hands it to whoever is there; the journal keeps what nobody took (WS-20). */
  async function conclude({ inbound, lane }: Open, terminal: Terminal): Promise<void> {
    journal.finish(keyOf(inbound), JSON.stringify(terminal), system.now());
    // An answer shares its message's id: who quotes it in a direct conversation means the answer (WS-25).
    if (terminal.type === "response" && inbound.conversation.kind === "direct") journal.remember(lane, inbound.messageId, terminal.content);
    const of = aboutOf(inbound);
    for (const member of followers(inbound)) member.say({ say: "terminal", of, terminal });
    await deliver(inbound, terminal);
  }

  async function deliver(inbound: Inbound, terminal: Terminal): Promise<void> {
    for (const member of askers(inbound)) {
      if (await member.sayFinally({ say: "terminal", of: aboutOf(inbound), terminal })) {
        journal.delivered(keyOf(inbound), system.now());
        seen.lastOutboundAt = system.now();
        return;
      }
    }
    log.info(`the answer to ${forLog(inbound.messageId)} waits for its sender to come back`);
  }

  /** The connections of the sender, first the one that asked. */
  function askers(inbound: Inbound): Member[] {
    return rooms.forSender(inbound.sender.id, inbound.connectionId);
  }

  /** The connections that joined the group and did not ask (WS-24). */
  function followers(inbound: Inbound): Member[] {
    if (inbound.conversation.kind === "direct") return [];
    const asker = askers(inbound)[0];
    return rooms.forGroup(inbound.conversation.id).filter((member) => member !== asker);
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

  /** The first frame of a sender on a connection: what waited for it is delivered now. */
  async function meet(member: Member, senderId: string): Promise<void> {
    if (!rooms.speakAs(member.connection.id, senderId)) return;
    for (const entry of journal.undelivered(senderId, system.now() - wire.repeatSeconds.value * 1000)) {
      const inbound = JSON.parse(entry.inbound) as Inbound;
      // While it is in the table its own run is about to deliver it.
      if (entry.terminal !== undefined && !open.has(openKey(inbound))) await deliver(inbound, JSON.parse(entry.terminal) as Terminal);
    }
  }

  function cancel(member: Member, messageId: string): void {
    const isOwn = ({ inbound }: Open) =>
      inbound.messageId === messageId && (inbound.connectionId === member.connection.id || inbound.sender.id === member.state.peer.sender.id);
    open.values().find(isOwn)?.abort.abort("cancelled" satisfies AbortCause);
  }

  async function renew(member: Member, token: string): Promise<void> {
    const { sender } = member.state.peer;
    const verified = await verify({ token, tokenType: "local", senderId: sender.id }, AbortSignal.timeout(config.auth.timeout));
    if (verified.ok && verified.user.userId === sender.id) {
      member.say({ say: "renewed", peer: verifiedPeer(verified.user, { tokenType: "local" }, config.auth.allowDelegation) });
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

  function tellGroup(member: Member, inbound: Inbound): void {
    for (const other of followers(inbound)) if (other !== member) other.say({ say: "post", inbound });
  }

  function resume(entry: Entry): void {
    const inbound = JSON.parse(entry.inbound) as Inbound;
    if (system.now() - entry.at > limits.replayMaxAgeMs) {
      journal.finish(entry, JSON.stringify(failure("the gateway was down for too long")), system.now());
      return;
    }
    log.info(`message ${forLog(inbound.messageId)} was cut by a restart and runs again`);
    const message = track(inbound, entry.lane);
    lanes.run(entry.lane, () => run(message));
  }

  const edge = await openEdge(
    {
      ...edgeBounds(config),
      admit: (facts, signal) => admitConnection(facts, config, { verify, newId: () => system.uuid(), log }, signal),
      opened(connection, peer) {
        const session = createSession(profileOf(config), peer, connection.id, () => system.uuid());
        const member = openMember(connection, { session, system, log, asked });
        rooms.add(connection.id, member);
        changed();
        // What waited for the sender goes out before anything new is said.
        let met: Promise<void> | undefined = meet(member, peer.sender.id).finally(() => (met = undefined));
        return {
          frame: (text) => (met ? met.then(() => member.frame(text)) : member.frame(text)),
          closed() {
            rooms.remove(connection.id);
            changed();
          },
        };
      },
    },
    system,
    log,
  );

  for (const entry of journal.unfinished()) resume(entry);
  const cancelSweep = every(limits.sweepEveryMs, () => {
    journal.sweep(system.now() - wire.repeatSeconds.value * 1000);
    rate.sweep(system.now());
  });

  function every(ms: number, work: () => void): () => void {
    let cancelNext = () => {};
    const arm = () => {
      cancelNext = system.after(ms, () => {
        work();
        arm();
      });
    };
    arm();
    return () => cancelNext();
  }

  function status(): AccountStatus {
    const waiting = lanes.waiting();
    return { connections: edge.connections(), senders: rooms.senders(), running: open.size - waiting, waiting, ...seen };
  }

  return {
    url: `ws://${edge.address.host}:${edge.address.port}${config.path}`,
    status,
    reconfigure(next) {
      config = next;
    },
    async send(to, message) {
      const messageId = `srv_${system.uuid()}`;
      const { kind, id } = readAddress(to, accountId);
      const members = kind === "group" ? rooms.forGroup(id) : rooms.forSender(id).slice(0, 1);
      const of = { messageId, ...(kind === "group" && { groupId: id }) };
      const { text, ...rest } = message;
      const sent = await Promise.all(
        members.map((member) => member.sayFinally({ say: "terminal", of, terminal: { type: "response", content: text, ...rest } })),
      );
      if (!sent.includes(true)) return "away";
      seen.lastOutboundAt = system.now();
      changed();
      return { messageId };
    },
    async stop() {
      stopping = true;
      cancelSweep();
      lanes.clear();
      for (const { abort } of open.values()) abort.abort("stop" satisfies AbortCause);
      await edge.stop();
      await Promise.race([Promise.all(turns), new Promise<void>((resolve) => void system.after(wire.closeSeconds.value * 1000, resolve))]);
      journal.close();
    },
  };
}

function edgeBounds(config: ResolvedAccount) {
  return {
    host: config.host,
    port: config.port,
    path: config.path,
    allowedOrigins: config.allowedOrigins,
    subprotocol: "openclaw.chat.v1",
    maxPayload: config.limits.maxPayload,
    maxConnections: config.limits.maxConnections,
    handshakeMs: wire.handshakeSeconds.value * 1000,
    pingMs: wire.pingSeconds.value * 1000,
    deadAfterMs: config.limits.deadAfterSeconds * 1000,
    closeMs: wire.closeSeconds.value * 1000,
    preAuthFrames: wire.preAuthFrames.value,
    preAuthBytes: wire.preAuthBytes.value,
    stalledBytes: wire.stalledBytes.value,
    stalledMs: wire.stalledSeconds.value * 1000,
    coalesceBytes: wire.streamCoalesceBytes.value,
  };
}

function failure(detail: string): Terminal {
  return { type: "error", code: "agent_error", error: `Failed to process message: ${detail}` };
}

function keyOf(inbound: Inbound): { sender: string; messageId: string } {
  return { sender: inbound.sender.id, messageId: inbound.messageId };
}

function openKey(inbound: Inbound): string {
  return JSON.stringify([inbound.sender.id, inbound.messageId]);
}

/** Reads `ws:user:<id>` and `ws:group:<id>`. */
function readAddress(to: string, account: string): { kind: "user" | "group"; id: string } {
  const [, kind, id] = /^ws:(user|group):(.+)$/s.exec(to) ?? [];
  if (id === undefined) {
    throw new ClawwireError("host-unavailable", `"${forLog(to)}" is no address: expected ws:user:<sender id> or ws:group:<group id>`, { account });
  }
  return { kind: kind === "group" ? "group" : "user", id };
}
