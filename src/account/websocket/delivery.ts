import type { Log, System } from "../../core/ports.ts";
import { forLog } from "../../core/redact.ts";
import type { Rooms } from "../../edge/rooms.ts";
import { aboutOf } from "../../protocols/websocket/frames.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { Terminal } from "../../protocols/turn.ts";
import type { Origin } from "../../protocols/websocket/session.ts";
import type { EntryKey, Journal } from "../../store/journal.ts";
import { readEntries } from "../stored.ts";
import type { Outlet } from "../switchboard.ts";
import type { Member } from "./member.ts";

/** Brings what a turn says to the connections it is for. A terminal frame stays in the journal while its sender is away (WS-20). */
export interface Delivery extends Outlet<Origin> {
  /** Another member's post, to those who joined the group. */
  post(inbound: Inbound<Origin>, except: Member): void;
  /** What ended while this sender was away, to whichever connection of it is open now. */
  catchUp(senderId: string, isOpen: (inbound: Inbound<Origin>) => boolean): Promise<void>;
}

export interface DeliveryDeps {
  rooms: Rooms<Member>;
  journal: Journal;
  /** ms for which an answer waits for its sender. */
  waitMs: number;
  system: System;
  log: Log;
}

export function createDelivery({ rooms, journal, waitMs, system, log }: DeliveryDeps): Delivery {
  let lastAt: number | undefined;

  /** The connections of the sender, first the one that asked. */
  const askers = (inbound: Inbound<Origin>): Member[] => rooms.forSender(inbound.sender.id, inbound.origin.connectionId);

  /** The connections that joined the group and did not ask (WS-24). */
  function followers(inbound: Inbound<Origin>): Member[] {
    if (inbound.conversation.kind === "direct") return [];
    const asker = askers(inbound)[0];
    return rooms.forGroup(inbound.conversation.id).filter((member) => member !== asker);
  }

  async function handOver(inbound: Inbound<Origin>, terminal: Terminal): Promise<void> {
    for (const member of askers(inbound)) {
      if (await member.sayFinally({ say: "terminal", of: aboutOf(inbound), terminal })) {
        lastAt = system.now();
        journal.delivered(keyOf(inbound), lastAt);
        return;
      }
    }
    log.info(`the answer to ${forLog(inbound.messageId)} waits for its sender to come back`);
  }

  return {
    lastAt: () => lastAt,
    show(inbound, says) {
      const of = aboutOf(inbound);
      for (const member of [...askers(inbound).slice(0, 1), ...followers(inbound)]) {
        if (says.say === "typing") member.say({ say: "typing", of });
        else if (says.say === "activity") member.say({ say: "activity", of, activity: says.activity });
        // Only what a later frame repeats may be left out (WS-22).
        else if (!member.connection.congested) member.say({ say: says.say, of, content: says.content });
      }
    },
    post(inbound, except) {
      for (const member of followers(inbound)) if (member !== except) member.say({ say: "post", inbound });
    },
    async conclude(inbound, terminal) {
      for (const member of followers(inbound)) member.say({ say: "terminal", of: aboutOf(inbound), terminal });
      await handOver(inbound, terminal);
    },
    async catchUp(senderId, isOpen) {
      const now = system.now();
      for (const { inbound, terminal } of readEntries<Origin>(journal.undelivered(senderId, now - waitMs), journal, now, log)) {
        // While a turn is open its own end is about to be handed over.
        if (terminal !== undefined && !isOpen(inbound)) await handOver(inbound, terminal);
      }
    },
  };
}

export function keyOf(inbound: Inbound<Origin>): EntryKey {
  return { sender: inbound.sender.id, messageId: inbound.messageId };
}
