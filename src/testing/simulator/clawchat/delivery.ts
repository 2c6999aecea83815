import type { ServerHost } from "../protocol.ts";
import type { Faults } from "./faults.ts";
import type { Envelope, Pen } from "./frames.ts";
import { Inbox, type Row } from "./inbox.ts";
import type { ClawchatSettings } from "./options.ts";
import type { ReadySession } from "./session.ts";
import type { Agent } from "./world.ts";

/** Why the server ended a link by itself. */
export interface Kick {
  link: number;
  why: "ack silence" | "too much unacknowledged" | "cursor reset" | "told to";
}

/** Brings what waits in the inboxes to the devices, and hears what they acknowledge. */
export class Delivery {
  readonly kicks: Kick[] = [];
  readonly #host: ServerHost;
  readonly #settings: ClawchatSettings;
  readonly #pen: Pen;
  readonly #faults: Faults;
  readonly #inboxes = new Map<string, Inbox>();

  constructor(host: ServerHost, { settings, pen, faults }: { settings: ClawchatSettings; pen: Pen; faults: Faults }) {
    this.#host = host;
    this.#settings = settings;
    this.#pen = pen;
    this.#faults = faults;
  }

  inbox({ id }: Agent): Inbox {
    const known = this.#inboxes.get(id) ?? new Inbox(() => this.#host.system.random());
    this.#inboxes.set(id, known);
    return known;
  }

  /** Everything the device has not acknowledged, and then the end of it. */
  replay(session: ReadySession): void {
    const inbox = this.inbox(session.agent);
    const oldest = inbox.truncatedFor(session.deviceId);
    if (oldest !== undefined && session.mode !== "legacy") this.#post(session, this.#pen.frame("history.truncated", { oldest_seq: oldest }));
    const rows = inbox.after(session.deviceId);
    session.backlog = this.#faults.take("replay-twice") === undefined ? rows : [...rows, ...rows];
    this.#pump(session);
  }

  deliver(session: ReadySession, row: Row): void {
    if (session.backlog) session.backlog.push(row);
    else this.#deliver(session, row);
  }

  /** What comes twice is a sign of life and no more. */
  syncAck(session: ReadySession, dseq: number, epoch: string): string[] {
    if (session.mode !== "v2") return ["message.sync_ack came though hello-ok did not grant it"];
    if (epoch !== session.epoch) return [`message.sync_ack has the epoch "${epoch}", expected "${session.epoch}"`];
    if (dseq < 1 || dseq > session.dseq) return [`message.sync_ack acknowledges ${dseq}, and ${session.dseq} is the last that was sent`];
    if (dseq < session.acked) return [`message.sync_ack acknowledges ${dseq} after ${session.acked}`];
    session.acked = dseq;
    for (const { seq } of session.unacked.filter((entry) => entry.dseq <= dseq)) if (seq !== undefined) this.inbox(session.agent).advance(session.deviceId, seq);
    session.unacked = session.unacked.filter((entry) => entry.dseq > dseq);
    this.#listen(session);
    this.#pump(session);
    return [];
  }

  cursorAck(session: ReadySession, seq: number): string[] {
    if (session.mode !== "v1") return [`message.cursor_ack came on a ${session.mode} link`];
    if (seq < 1 || seq > session.lastSeq) return [`message.cursor_ack has ${seq}, and ${session.lastSeq} is the last seq that was sent`];
    if (seq < session.cursorAck) return [`message.cursor_ack has ${seq} after ${session.cursorAck}`];
    session.cursorAck = seq;
    this.inbox(session.agent).advance(session.deviceId, seq);
    return [];
  }

  kick(session: ReadySession, why: Kick["why"]): void {
    this.kicks.push({ link: session.link.number, why });
    session.link.close();
  }

  /** Waits with the rest where too much is unacknowledged: a backlog must not end the link. */
  #pump(session: ReadySession): void {
    const { backlog } = session;
    if (!backlog) return;
    while (session.unacked.length < this.#settings.replayDepth) {
      const row = backlog.shift();
      if (row) this.#deliver(session, row);
      else {
        session.backlog = undefined;
        return this.#post(session, this.#stamped(session, this.#pen.frame("replay.done", {})));
      }
    }
  }

  #deliver(session: ReadySession, row: Row): void {
    // The older generations replay whatever there is.
    const isWanted = row.needs === undefined || session.capabilities.has(row.needs) || (session.mode !== "v2" && session.backlog !== undefined);
    if (!isWanted) return this.#passOver(session, row);
    if (session.mode === "v2" && this.#faults.take("gap") !== undefined) session.dseq += 1;
    this.#post(session, this.#stamped(session, row.frame, row.seq), row.key);
    if (session.mode === "legacy") this.inbox(session.agent).advance(session.deviceId, row.seq);
    session.lastSeq = Math.max(session.lastSeq, row.seq);
    session.rowsSinceMark += 1;
    if (session.mode !== "v2" || session.rowsSinceMark !== this.#settings.syncMarkEvery) return;
    session.rowsSinceMark = 0;
    const { trace_id: _, ...mark } = this.#pen.frame("sync.mark", { covers_seq: row.seq });
    this.#post(session, this.#stamped(session, mark));
  }

  #stamped(session: ReadySession, frame: Envelope, seq?: number): Envelope {
    const { payload, ...head } = frame;
    if (session.mode === "legacy") return frame;
    const place = seq === undefined ? {} : { seq };
    if (session.mode === "v1") return { ...head, ...place, payload };
    session.dseq += 1;
    session.unacked.push({ dseq: session.dseq, ...place });
    if (session.unacked.length > this.#settings.ackDepth) this.kick(session, "too much unacknowledged");
    else if (!session.stopSilence) this.#listen(session);
    return { ...head, ...place, dseq: session.dseq, payload };
  }

  /** A row that this device never sees must not stand in its way. */
  #passOver(session: ReadySession, row: Row): void {
    if (session.unacked.length === 0) this.inbox(session.agent).advance(session.deviceId, row.seq);
  }

  #post({ link }: ReadySession, frame: Envelope, messageId?: string): void {
    if (link.open) this.#host.send(link, JSON.stringify(frame), messageId);
  }

  #listen(session: ReadySession): void {
    session.stopSilence?.();
    session.stopSilence = undefined;
    if (session.unacked.length === 0) return;
    session.stopSilence = this.#host.system.after(this.#settings.ackSilenceMs, () => {
      // Whoever is not read cannot be heard.
      if (session.link.stalled) return this.#listen(session);
      session.stopSilence = undefined;
      if (session.link.open) this.kick(session, "ack silence");
    });
  }
}
