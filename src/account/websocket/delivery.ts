import { describeThrown } from "../../core/errors.ts";
import type { Log, System } from "../../core/ports.ts";
import { limits } from "../../core/limits.ts";
import { forLog } from "../../core/redact.ts";
import type { Rooms } from "../../edge/rooms.ts";
import { type About, aboutOf } from "../../protocols/websocket/frames.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { Showing, Terminal } from "../../protocols/turn.ts";
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
  /** The sender has the answer. Never throws: a full disk must not make an error of what was said (WS-13). */
  delivered(inbound: Inbound<Origin>): void;
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
  /** Answers that were handed over, and could not be noted as such: they do not go out again by themselves. */
  const unnoted = new Map<string, EntryKey>();

  function note(key: EntryKey): void {
    const id = JSON.stringify(key);
    try {
      journal.delivered(key, system.now());
      unnoted.delete(id);
    } catch (thrown) {
      // Said once, and not at every try.
      if (!unnoted.has(id)) log.error(`that the answer to ${forLog(key.messageId)} was handed over could not be written down, and after a crash it goes out again: ${describeThrown(thrown)}`);
      unnoted.set(id, key);
    }
  }

  const delivered = (inbound: Inbound<Origin>): void => note(keyOf(inbound));

  function noteLate(): void {
    for (const key of unnoted.values()) note(key);
  }

  /** The connections of the sender, first the one that asked. */
  const askers = (inbound: Inbound<Origin>): Member[] => rooms.forSender(inbound.sender.id, inbound.origin.connectionId);

  const askerOf = ({ sender, origin }: Inbound<Origin>): Member | undefined => rooms.oneForSender(sender.id, origin.connectionId);

  /** The connections that joined the group and did not ask (WS-24). */
  function followers(inbound: Inbound<Origin>, asker = askerOf(inbound)): Member[] {
    const { conversation } = inbound;
    return conversation.kind === "direct" ? [] : rooms.forGroup(conversation.id).filter((member) => member !== asker);
  }

  async function handOver(inbound: Inbound<Origin>, terminal: Terminal): Promise<void> {
    for (const member of askers(inbound)) {
      const sent = member.sayFinally({ say: "terminal", of: aboutOf(inbound), terminal });
      // With no await where it has left: the agent's process may do half a second of other work first, and a crash in
      // between sends the answer again.
      if (sent === true || (await sent)) {
        lastAt = system.now();
        return delivered(inbound);
      }
    }
    log.info(`the answer to ${forLog(inbound.messageId)} waits for its sender to come back`);
  }

  function showTo(member: Member, of: About, says: Showing): void {
    if (says.say === "typing") member.say({ say: "typing", of });
    else if (says.say === "activity") member.say({ say: "activity", of, activity: says.activity });
    // Only what a later frame repeats may be left out (WS-22).
    else if (!member.connection.congested) member.say({ say: says.say, of, content: says.content });
  }

  return {
    delivered,
    lastAt: () => lastAt,
    show(inbound, says) {
      const of = aboutOf(inbound);
      const asker = askerOf(inbound);
      if (asker) showTo(asker, of, says);
      for (const member of followers(inbound, asker)) showTo(member, of, says);
    },
    post(inbound, except) {
      for (const member of followers(inbound)) if (member !== except) member.say({ say: "post", inbound });
    },
    async conclude(inbound, terminal) {
      for (const member of followers(inbound)) member.say({ say: "terminal", of: aboutOf(inbound), terminal });
      await handOver(inbound, terminal);
    },
    catchUp,
    sweep: noteLate,
  };

  /** A disk that cannot be read now may be in a moment: what waits must not wait for another connection. */
  async function catchUp(senderId: string, isOpen: (inbound: Inbound<Origin>) => boolean): Promise<void> {
    try {
      await handOverAll(senderId, isOpen);
    } catch (thrown) {
      log.error(`what waits for a sender could not be read: ${describeThrown(thrown)}`);
      system.after(limits.replyAgainMs, () => void (rooms.forSender(senderId).length > 0 && catchUp(senderId, isOpen)));
    }
  }

  async function handOverAll(senderId: string, isOpen: (inbound: Inbound<Origin>) => boolean): Promise<void> {
    const now = system.now();
    for (const { inbound, terminal } of readEntries<Origin>(journal.undelivered(senderId, now - waitMs), journal, now, log)) {
      if (unnoted.has(JSON.stringify(keyOf(inbound)))) delivered(inbound);
      // While a turn is open its own end is about to be handed over.
      else if (terminal !== undefined && !isOpen(inbound)) await handOver(inbound, terminal);
    }
  }
}

export function keyOf(inbound: Inbound<Origin>): EntryKey {
  return { sender: inbound.sender.id, messageId: inbound.messageId };
}
