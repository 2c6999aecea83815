import { limits as wire } from "../../../generated/websocket/index.ts";
import type { Log, System } from "../../core/ports.ts";
import type { Rooms } from "../../edge/rooms.ts";
import { turnBounds } from "../../protocols/websocket/profile.ts";
import type { Origin } from "../../protocols/websocket/session.ts";
import type { Journal } from "../../store/journal.ts";
import { type Acts, createActs } from "../acts.ts";
import type { Agent } from "../agent.ts";
import { createSwitchboard, type Switchboard, type SwitchboardLimits } from "../switchboard.ts";
import type { Verify } from "./admission.ts";
import type { ResolvedAccount } from "./config.ts";
import { type Connections, createConnections } from "./connections.ts";
import { createDelivery, keyOf } from "./delivery.ts";
import { hasCarrier } from "./acting.ts";
import type { Member } from "./member.ts";

export interface WebsocketSwitchboard extends Switchboard<Origin>, Connections {
  acts: Acts<Origin>;
}

export interface WebsocketSwitchboardDeps {
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

/** An account's switchboard with the connections of its applications: everything but the sockets. */
export function createWebsocketSwitchboard(deps: WebsocketSwitchboardDeps): WebsocketSwitchboard {
  const { config, rooms, agent, journal, system, log, changed } = deps;
  const repeatMs = wire.repeatSeconds * 1000;
  const delivery = createDelivery({ rooms, journal, waitMs: repeatMs, system, log });
  const switchboard = createSwitchboard({
    limits: () => limitsOf(config()),
    identify: keyOf,
    turn: turnBounds,
    repeatMs,
    answersShareIds: true,
    outlet: {
      ...delivery,
      async conclude(inbound, terminal) {
        // Known before it leaves: the sender may react to it at once.
        if (terminal.type === "response" && hasCarrier(rooms, inbound)) acts.said(inbound.messageId, inbound.messageId, inbound);
        await delivery.conclude(inbound, terminal);
      },
    },
    agent,
    journal,
    system,
    log,
    changed,
  });
  const acts = createActs({ agent, journal, switchboard, oneEmoji: false, system, log });
  const connections = createConnections({ ...deps, switchboard, delivery, acts });
  return { ...switchboard, ...connections, acts };
}

function limitsOf({ limits: chosen }: ResolvedAccount): SwitchboardLimits {
  const { messagesPerMinute, messageBurst, queuedPerSession, turnSeconds } = chosen;
  return { messagesPerMinute, messageBurst, queuedPerSession, turnMs: turnSeconds * 1000 };
}
