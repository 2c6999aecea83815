import { closeCodes, encodeChatSent, limits as wire } from "../../../generated/websocket/index.ts";
import { ClawwireError } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { Log, System } from "../../core/ports.ts";
import { forLog } from "../../core/redact.ts";
import { type Closing, type EdgeClosings, openEdge } from "../../edge/accept.ts";
import { createRooms } from "../../edge/rooms.ts";
import { createVerifier } from "../../edge/verify.ts";
import type { Journal } from "../../store/journal.ts";
import type { Agent } from "../agent.ts";
import type { Activity } from "../switchboard.ts";
import { admitConnection, type Verify } from "./admission.ts";
import type { ResolvedAccount } from "./config.ts";
import type { Member } from "./member.ts";
import { createWebsocketSwitchboard } from "./switchboard.ts";

export interface AccountOptions {
  accountId: string;
  config: ResolvedAccount;
  agent: Agent;
  /** Closed by `stop`. */
  journal: Journal;
  system: System;
  log: Log;
  /** Called at every change; the caller thins it out. */
  changed(status: AccountStatus): void;
}

export interface AccountStatus extends Activity {
  connections: number;
  senders: number;
}

export interface RunningAccount {
  /** Where applications connect. */
  readonly url: string;
  status(): AccountStatus;
  /**
   * Says something nobody asked for to a connected sender (`ws:user:<id>`) or to who joined a group (`ws:group:<id>`).
   * @returns the id it went out with, or `away` when nobody is there to get it.
   */
  send(to: string, message: Announcement): Promise<{ messageId: string } | "away">;
  /** Takes over what can change without a restart. */
  reconfigure(config: ResolvedAccount): void;
  /** Closes every connection and frees the port; what ran is run again at the next start. */
  stop(): Promise<void>;
}

export interface Announcement {
  text: string;
  mediaUrls?: readonly string[];
  replyToMessageId?: string;
}

/**
 * Runs one account of the websocket channel.
 * @throws ClawwireError `port-taken` or `path-taken` when the edge cannot listen.
 */
export async function openWebsocketAccount(options: AccountOptions): Promise<RunningAccount> {
  const { accountId, agent, journal, system, log } = options;
  let config = options.config;
  const rooms = createRooms<Member>(() => config.limits.maxConnectionsPerSender);
  const changed = () => options.changed(status());
  const askVerifier = createVerifier(system);
  const verify: Verify = (body, signal) =>
    askVerifier({ endpoint: config.auth.endpoint, timeoutMs: config.auth.timeout, cacheSeconds: config.auth.cacheSeconds, body }, signal);
  const switchboard = createWebsocketSwitchboard({ config: () => config, rooms, agent, journal, verify, system, log, changed });
  const edge = await openEdge(
    {
      ...edgeBounds(accountId, config),
      async admit(facts, signal) {
        const admitted = await admitConnection(facts, config, { verify, newId: () => system.uuid(), log }, signal);
        return admitted.ok && !rooms.hasRoom("", admitted.peer.sender.id) ? { ok: false, ...closings.crowded } : admitted;
      },
      opened: switchboard.opened,
    },
    system,
    log,
  );
  switchboard.resume();
  const cancelSweep = repeat(system, limits.sweepEveryMs, switchboard.sweep);

  function status(): AccountStatus {
    return { connections: edge.connections(), senders: rooms.senders(), ...switchboard.activity() };
  }

  return {
    url: `ws://${edge.address.host}:${edge.address.port}${config.path}`,
    status,
    reconfigure(next) {
      config = next;
    },
    async send(to, { text, ...rest }) {
      const { kind, id } = readAddress(to, accountId);
      // Nobody asked, so the plugin makes the id (WS-27).
      const messageId = `srv_${system.uuid()}`;
      const of = { messageId, ...(kind === "group" && { groupId: id }) };
      const members = kind === "group" ? rooms.forGroup(id) : rooms.forSender(id).slice(0, 1);
      const said = members.map((member) => member.sayFinally({ say: "terminal", of, terminal: { type: "response", content: text, ...rest } }));
      return (await Promise.all(said)).includes(true) ? { messageId } : "away";
    },
    async stop() {
      cancelSweep();
      await Promise.all([switchboard.stop(wire.closeSeconds.value * 1000), edge.stop()]);
      journal.close();
    },
  };
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

function readAddress(to: string, account: string): { kind: "user" | "group"; id: string } {
  const [, kind, id] = /^ws:(user|group):(.+)$/s.exec(to) ?? [];
  if (id === undefined) {
    throw new ClawwireError("address-invalid", `"${forLog(to)}" is no address: expected ws:user:<sender id> or ws:group:<group id>`, { account });
  }
  return { kind: kind === "group" ? "group" : "user", id };
}

function repeat(system: System, ms: number, work: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = system.after(ms, () => {
      work();
      arm();
    });
  };
  arm();
  return () => cancel();
}
