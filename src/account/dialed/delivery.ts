import { describeThrown } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { Log, System } from "../../core/ports.ts";
import { forLog } from "../../core/redact.ts";
import type { DialedProtocol } from "../../protocols/dialed.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { Terminal } from "../../protocols/turn.ts";
import type { EntryKey, Journal, Known } from "../../store/journal.ts";
import { readEntries } from "../stored.ts";
import type { Outlet } from "../switchboard.ts";
import type { Correspondent, Outcome } from "./correspondent.ts";

/**
 * Brings what turns say to the one peer of an account. A finished reply is on disk before it leaves, marked as leaving
 * while it does, and done with only when the peer has proven that it came; so after any drop or crash it is known
 * which replies never left, which go out again, and which may be lost.
 */
export interface DialedDelivery<Origin> extends Outlet<Origin> {
  /** A new link is ready: what waits goes out, oldest first. */
  linked(): void;
  /** A message came again: its reply goes out once more unless it has arrived. */
  repeated(inbound: Inbound<Origin>, known: Known): void;
  /** Forgets its timer; settles when it is written what became of the replies that were on their way. */
  stop(): Promise<void>;
  /** The last reply of which nobody knows whether it arrived. */
  lastLoss(): string | undefined;
}

export interface DialedDeliveryDeps<Origin> {
  correspondent: Correspondent<Origin>;
  protocol(): Pick<DialedProtocol<unknown, Origin>, "identify" | "repeatMs" | "mostWrites">;
  isCongested(): boolean;
  journal: Journal;
  system: System;
  log: Log;
}

export function createDialedDelivery<Origin>(deps: DialedDeliveryDeps<Origin>): DialedDelivery<Origin> {
  const { correspondent, protocol, isCongested, journal, system, log } = deps;
  /** Replies that have been given to the link and are not settled, and when they are. */
  const leaving = new Map<string, Promise<void>>();
  /** Replies that have left on this link and are not proven, and when: none goes out on it again. */
  const left = new Map<string, number>();
  /** Replies that have arrived, and could not be noted as such. */
  const proven = new Set<string>();
  let lastAt: number | undefined;
  let lastLoss: string | undefined;
  /** Something could not leave although the link is there; what comes after it waits behind it. */
  let cancelRetry: (() => void) | undefined;

  function later(): void {
    cancelRetry ??= system.after(limits.replyAgainMs, () => {
      cancelRetry = undefined;
      if (correspondent.ready) catchUp();
    });
  }

  /**
   * Up to where the frames are with the link this runs at once, so replies that are handed over one after the other
   * leave in that order; `writes` is how often it may have left before. Never rejects.
   */
  async function handOver(inbound: Inbound<Origin>, terminal: Terminal, writes: number): Promise<void> {
    const key = protocol().identify(inbound);
    const id = JSON.stringify(key);
    if (leaving.has(id)) return;
    if (!correspondent.ready) {
      log.info(`the reply to ${forLog(inbound.messageId)} waits for the link`);
      return;
    }
    // A reply never overtakes one that waits.
    if (cancelRetry || isCongested()) return later();
    const over = Promise.withResolvers<void>();
    leaving.set(id, over.promise);
    left.set(id, system.now());
    forgetOld();
    try {
      journal.handing(key, system.now());
      settle(inbound, key, await correspondent.sayFinally({ say: "terminal", of: inbound, terminal, isRepeat: writes > 0 }), writes);
    } catch (thrown) {
      left.delete(id);
      later();
      log.error(`what became of the reply to ${forLog(inbound.messageId)} could not be written down: ${describeThrown(thrown)}`);
    } finally {
      leaving.delete(id);
      over.resolve();
    }
  }

  function settle(inbound: Inbound<Origin>, key: EntryKey, outcome: Outcome, writes: number): void {
    const id = JSON.stringify(key);
    const { mostWrites } = protocol();
    if (typeof outcome === "object") {
      left.delete(id);
      giveUp(key, `the server has refused the reply to ${forLog(inbound.messageId)}: ${forLog(outcome.refused)}`);
    } else if (outcome === "arrived") {
      lastAt = system.now();
      lastLoss = undefined;
      proven.add(id);
      left.delete(id);
      noteProven(key);
    } else if (outcome === "unsent") {
      left.delete(id);
      if (correspondent.ready) later();
      journal.kept(key);
      if (writes >= mostWrites) return giveUpUnproven(inbound, key);
      log.info(`the reply to ${forLog(inbound.messageId)} waits for the link`);
    } else if (outcome === "silent" || writes + 1 >= mostWrites) {
      giveUpUnproven(inbound, key);
    }
  }

  /** A server that answers no ping proves nothing: what is too old to go out again need not be remembered. */
  function forgetOld(): void {
    for (const [id, at] of left) {
      if (system.now() - at <= protocol().repeatMs) return;
      left.delete(id);
    }
  }

  function noteProven(key: EntryKey): void {
    journal.delivered(key, system.now());
    proven.delete(JSON.stringify(key));
  }

  /** Never called sent: the operator hears of it, and the peer may ask again. */
  function giveUp(key: EntryKey, why: string): void {
    journal.lost(key, system.now());
    lastLoss = why;
    log.warn(why);
  }

  function giveUpUnproven(inbound: Inbound<Origin>, key: EntryKey): void {
    const reply = `the reply to ${forLog(inbound.messageId)}`;
    const what = correspondent.ready ? `the server has not confirmed ${reply}` : `the link was lost while ${reply} was on its way`;
    giveUp(key, `${what}: it may have arrived or not, and is not sent again`);
  }

  /** A row that cannot be read, or a disk that is full, must not cost the link (it would break every next one too). */
  function catchUp(): void {
    cancelRetry?.();
    cancelRetry = undefined;
    let handed = 0;
    try {
      const now = system.now();
      for (const { entry: { handings }, inbound, terminal } of readEntries<Origin>(journal.undelivered("", now - protocol().repeatMs), journal, now, log)) {
        const key = protocol().identify(inbound);
        const id = JSON.stringify(key);
        if (proven.has(id)) noteProven(key);
        else if (terminal === undefined || leaving.has(id) || left.has(id)) continue;
        else if (handings >= protocol().mostWrites) giveUpUnproven(inbound, key);
        // More at once than a peer can acknowledge would be taken for its silence.
        else if (handed >= limits.repliesAtOnce) return later();
        else {
          handed += 1;
          void handOver(inbound, terminal, handings);
        }
      }
    } catch (thrown) {
      log.error(`what waits for the link could not be looked up: ${describeThrown(thrown)}`);
      // The next link may be days away.
      later();
    }
  }

  return {
    lastAt: () => lastAt,
    lastLoss: () => lastLoss,
    show(inbound, says, attempt) {
      // Only what a later frame repeats may be left out.
      if (!correspondent.ready || ((says.say === "stream" || says.say === "thought") && isCongested())) return;
      correspondent.say(says.say === "typing" ? { say: "typing", of: inbound } : { ...says, of: inbound, attempt });
    },
    conclude: (inbound, terminal) => handOver(inbound, terminal, 0),
    linked() {
      left.clear();
      catchUp();
    },
    sweep: (isWritten) => void (isWritten && catchUp()),
    async stop() {
      await Promise.all(leaving.values());
      cancelRetry?.();
    },
    repeated(inbound, { terminal, handings, wasDelivered, wasLost }) {
      // A peer that acknowledges has refused what was given up, or got it as often as it may be written.
      const isOver = wasLost === true && protocol().mostWrites > 1;
      const isProven = wasDelivered || isOver || proven.has(JSON.stringify(protocol().identify(inbound)));
      if (terminal === undefined || isProven) correspondent.say({ say: "repeated", of: inbound });
      // Whoever asks again has not got it.
      else void handOver(inbound, JSON.parse(terminal) as Terminal, handings);
    },
  };
}
