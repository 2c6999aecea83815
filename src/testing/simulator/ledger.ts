import type { System } from "../../core/ports.ts";
import type { ServerLink, SimulatorLink } from "./link.ts";
import type { RemoteProtocol, RemoteServer } from "./protocol.ts";
import type { CallRecord, Check, FrameRecord, Reply, Violation } from "./record.ts";
import type { RefusalKind } from "./server.ts";
import { Waiters } from "./waiters.ts";

export type News =
  | { news: "opened" | "closed"; link: SimulatorLink }
  | { news: "refused"; how: RefusalKind; why: string }
  | { news: "frame"; frame: FrameRecord }
  | { news: "call"; call: CallRecord }
  | { news: "note"; text: string }
  | { news: "reply"; reply: Reply }
  | { news: "violation"; violation: Violation };

/** Everything that has happened, and what the protocol says about it. */
export class Ledger {
  readonly frames: FrameRecord[] = [];
  readonly calls: CallRecord[] = [];
  readonly violations: Violation[] = [];
  readonly refusals: { how: RefusalKind; why: string }[] = [];
  readonly #protocol: Pick<RemoteProtocol, "checkFromPlugin" | "checkFromServer" | "mask">;
  readonly #system: System;
  readonly #listener: ((news: News) => void) | undefined;
  readonly #waiters: Waiters;
  #stopped = false;

  constructor(protocol: Pick<RemoteProtocol, "checkFromPlugin" | "checkFromServer" | "mask">, system: System, listener: ((news: News) => void) | undefined) {
    this.#protocol = protocol;
    this.#system = system;
    this.#listener = listener;
    this.#waiters = new Waiters(system);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  heard(server: RemoteServer, link: ServerLink, data: Buffer, binary: boolean): void {
    const raw = data.toString(binary ? "base64" : "utf8");
    const text = binary ? raw : (this.#protocol.mask?.(raw) ?? raw);
    const check: Check = binary ? { ok: false, path: "", detail: "expected a text frame, got a binary one" } : this.#protocol.checkFromPlugin(raw);
    const frame = this.#record(link, "plugin", { text, binary, check });
    if (!check.ok) this.#violated(frame, check.detail);
    const { reply, faults } = server.heard(frame, link, raw);
    for (const fault of faults) this.#violated(frame, fault, reply);
    if (reply) this.tell({ news: "reply", reply });
  }

  sent(server: RemoteServer, link: SimulatorLink, data: string | Buffer, messageId?: string): void {
    const binary = typeof data !== "string";
    const check: Check = binary ? { ok: false, path: "", detail: "a binary frame" } : this.#protocol.checkFromServer(data);
    const text = binary ? data.toString("base64") : data;
    server.sent(this.#record(link, "server", { text, binary, check, ...(messageId !== undefined && { messageId }) }));
  }

  refused(how: RefusalKind, why: string): void {
    this.refusals.push({ how, why });
    this.tell({ news: "refused", how, why });
  }

  called(call: CallRecord): void {
    this.calls.push(call);
    this.tell({ news: "call", call });
  }

  /** Something against the rules that no frame says by itself. */
  violated(text: string, link?: SimulatorLink): void {
    this.#violated({ at: this.#system.now(), account: link?.account ?? "", link: link?.number ?? 0 }, text);
  }

  tell(news: News): void {
    if (!this.#stopped) this.#listener?.(news);
    this.#waiters.look();
  }

  async until<Found>(look: () => Found | undefined, what: string, timeoutMs: number): Promise<Found> {
    return this.#waiters.until(look, () => `${what}; the last frames: ${this.#lastFrames()}`, timeoutMs);
  }

  async pause(ms: number): Promise<void> {
    return this.#waiters.pause(ms);
  }

  /** Nobody is told anything any more, and nobody waits. */
  stop(): void {
    this.#stopped = true;
    this.#waiters.stop();
  }

  #record(link: SimulatorLink, from: FrameRecord["from"], what: Pick<FrameRecord, "text" | "binary" | "check" | "messageId">): FrameRecord {
    const frame: FrameRecord = { at: this.#system.now(), from, account: link.account, link: link.number, ...what };
    this.frames.push(frame);
    this.tell({ news: "frame", frame });
    return frame;
  }

  #violated({ at, account, link }: Pick<FrameRecord, "at" | "account" | "link">, text: string, reply?: Reply): void {
    const violation: Violation = { at, account, link, text, ...(reply?.messageId !== undefined && { messageId: reply.messageId }) };
    this.violations.push(violation);
    this.tell({ news: "violation", violation });
  }

  #lastFrames(): string {
    return this.frames.slice(-5).map(({ from, text }) => `${from}: ${text.slice(0, 200)}`).join(" | ") || "none";
  }
}
