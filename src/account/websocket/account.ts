import { closeCodes, encodeChatSent, limits as wire } from "../../../generated/websocket/index.ts";
import { every } from "../../core/every.ts";
import { bracketed, reachable } from "../../core/host-names.ts";
import { limits } from "../../core/limits.ts";
import type { Log } from "../../core/ports.ts";
import { type Admitted, type Closing, type EdgeClosings, openEdge, type UpgradeFacts } from "../../edge/accept.ts";
import { createRooms } from "../../edge/rooms.ts";
import { createVerifier } from "../../edge/verify.ts";
import { dialSocket } from "../../link/shell.ts";
import type { Conversation, Inbound } from "../../protocols/inbound.ts";
import type { Peer } from "../../protocols/websocket/identity.ts";
import type { Origin } from "../../protocols/websocket/session.ts";
import type { AccountOptions, AccountStatus, Recipient, RunningAccount } from "../account.ts";
import { actIn, carriedIn } from "./acting.ts";
import { admitConnection, type Verify } from "./admission.ts";
import type { ResolvedAccount } from "./config.ts";
import { createDoor, type Visitor } from "./door.ts";
import type { Member } from "./member.ts";
import { createWebsocketSwitchboard } from "./switchboard.ts";

/**
 * Runs one account of the websocket channel.
 * @throws ClawwireError `port-taken` or `path-taken` when the edge cannot listen.
 */
export async function openWebsocketAccount(options: AccountOptions<ResolvedAccount>): Promise<RunningAccount<ResolvedAccount>> {
  const { accountId, agent, journal, system, log } = options;
  let config = options.config;
  const rooms = createRooms<Member>(() => config.limits.maxConnectionsPerSender);
  const changed = () => options.changed(status());
  const askVerifier = createVerifier(system);
  const verify: Verify = async (body, signal, isFresh = false) => {
    const { endpoint, timeout: timeoutMs, cacheSeconds } = config.auth;
    const verified = await askVerifier({ endpoint, timeoutMs, cacheSeconds, isFresh, body }, signal);
    door.verified(body.token, verified);
    return verified;
  };
  const door = createDoor({
    url: () => `ws://${reachable(edge.address.host)}:${edge.address.port}${config.path}`,
    auth: () => config.auth,
    ask: (token, signal) => verify({ token, tokenType: "local" }, signal),
    dial: dialSocket,
    system,
  });
  const switchboard = createWebsocketSwitchboard({ config: () => config, rooms, agent, journal, verify, system, log, changed });
  const admit = async (facts: UpgradeFacts, signal: AbortSignal, toldTo: Log): Promise<Admitted<Peer>> => {
    const admitted = await admitConnection(facts, config, { verify, newId: () => system.uuid(), log: toldTo }, signal);
    return admitted.ok && !rooms.hasRoom("", admitted.peer.sender.id) ? { ok: false, ...closings.crowded } : admitted;
  };
  const edge = await openEdge<Peer | Visitor>(
    {
      ...edgeBounds(accountId, config),
      ...(config.playground && options.page && { page: { read: options.page, settings: { auth: config.auth.enabled ? (config.auth.required ? "required" : "optional") : "off" } } }),
      // Whom we ourselves send to be refused is nothing to tell the operator.
      admit: (facts, signal) => door.admit(facts, () => admit(facts, signal, { ...log, info: log.debug })) ?? admit(facts, signal, log),
      opened: (connection, peer) => ("visitor" in peer ? door.opened() : switchboard.opened(connection, peer)),
    },
    system,
    log,
  );
  // What does not run must not listen either: the next try would find its own place taken.
  try {
    switchboard.resume();
  } catch (thrown) {
    await Promise.all([switchboard.stop(0), edge.stop()]);
    throw thrown;
  }
  const cancelSweep = every(system, limits.sweepEveryMs, switchboard.sweep);

  function status(): AccountStatus {
    return { connected: true, connections: Math.max(0, edge.connections() - door.visitors()), senders: rooms.senders(), ...switchboard.activity() };
  }

  return {
    url: `ws://${bracketed(edge.address.host)}:${edge.address.port}${config.path}`,
    status,
    probe: door.probe,
    reconfigure(next) {
      config = next;
      void switchboard.review();
    },
    carries: (to) => carriedIn(rooms, to),
    act: (to, messageId, act) => actIn(rooms, switchboard.acts, to, messageId, act),
    async send({ kind, id, threadId }, { text, ...rest }) {
      // Nobody asked, so the plugin makes the id (WS-27).
      const messageId = `srv_${system.uuid()}`;
      const of = { messageId, ...(kind === "group" && { groupId: id }), ...(threadId !== undefined && { threadId }) };
      const members = kind === "group" ? rooms.forGroup(id) : rooms.forSender(id).slice(0, 1);
      // The host tries again for as long as nobody is there: nothing that was never said is to crowd out what was.
      if (members.length === 0) return "away";
      switchboard.acts.said(messageId, messageId, placeOf(messageId, { kind, id, ...(threadId !== undefined && { threadId }) }, system.now()));
      const said = members.map(async (member) => await member.sayFinally({ say: "terminal", of, terminal: { type: "response", content: text, ...rest } }));
      return (await Promise.all(said)).includes(true) ? { messageId } : "away";
    },
    async stop() {
      cancelSweep();
      await Promise.all([switchboard.stop(wire.closeSeconds * 1000), edge.stop()]);
      journal.close();
    },
  };
}

/** Where something stands that answers nobody. */
function placeOf(messageId: string, { kind, id, threadId }: Recipient, receivedAt: number): Inbound<Origin> {
  const thread = threadId === undefined ? {} : { threadId };
  const conversation: Conversation = kind === "group" ? { kind, id, subject: id, ...thread } : { kind, id, ...thread };
  return { messageId, origin: { connectionId: "" }, sender: { id: kind === "group" ? "" : id, verified: false }, conversation, content: "", media: [], receivedAt };
}

/** The words of the document's table of close codes, for those the edge itself closes with. */
const closings: EdgeClosings = {
  stopping: closing(1001),
  binary: closing(1003),
  origin: closing(1008),
  crowded: closing(1013),
  late: { code: 4401, reason: "Authentication failed", frames: [encodeChatSent({ type: "chat.error", error: "Authentication failed: timeout" })] },
  flooded: closing(4429),
  idle: closing(4408),
  fault: closing(1011),
};

function closing(code: (typeof closeCodes)[number]["code"]): Closing {
  return { code, reason: closeCodes.find((row) => row.code === code)?.reason ?? "" };
}

function edgeBounds(account: string, config: ResolvedAccount) {
  return {
    account,
    closings,
    host: config.host,
    port: config.port,
    path: config.path,
    allowedOrigins: config.allowedOrigins,
    subprotocol: "openclaw.chat.v1",
    maxPayload: config.limits.maxPayload,
    maxConnections: config.limits.maxConnections,
    handshakeMs: wire.handshakeSeconds * 1000,
    pingMs: wire.pingSeconds * 1000,
    deadAfterMs: config.limits.deadAfterSeconds * 1000,
    closeMs: wire.closeSeconds * 1000,
    preAuthFrames: wire.preAuthFrames,
    preAuthBytes: wire.preAuthBytes,
    stalledBytes: wire.stalledBytes,
    stalledMs: wire.stalledSeconds * 1000,
    coalesceBytes: wire.streamCoalesceBytes,
  };
}
