import type { ServerLink } from "./link.ts";
import type { Follower, Heard, Message, PlayedProtocol, RemoteServer, Saying, ServerHost } from "./protocol.ts";
import type { FrameRecord, Reply } from "./record.ts";

/** A server that does nothing by itself: it sends what it is told to, and follows what comes back. */
export class PlayedServer implements RemoteServer {
  readonly #protocol: PlayedProtocol;
  readonly #host: ServerHost;
  readonly #follower: Follower;
  /** The frames of every message, as they went out. */
  readonly #said = new Map<string, readonly string[]>();
  #lastSaid: string | undefined;

  constructor(protocol: PlayedProtocol, host: ServerHost) {
    this.#protocol = protocol;
    this.#host = host;
    this.#follower = protocol.follow();
    if (host.extensions && !protocol.announce) throw new Error(`${protocol.channel} has no extensions, so none can be announced: leave "extensions" out`);
  }

  get replies(): readonly Reply[] {
    return this.#follower.replies;
  }

  opened(link: ServerLink, account: string): void {
    this.#host.admitted(link, account);
    const { extensions, system } = this.#host;
    const hello = extensions && this.#protocol.announce?.(extensions, () => system.uuid());
    if (hello !== undefined) this.#host.send(link, hello);
  }

  heard(frame: FrameRecord): Heard {
    return frame.check.ok ? this.#follower.heard(frame) : { faults: [] };
  }

  sent(frame: FrameRecord): void {
    this.#follower.sent(frame);
  }

  closed(): void {}

  say({ text, messageId = this.#host.system.uuid(), account, user, session, conversation, shape = this.#protocol.shapes[0] ?? "", more = {} }: Saying): string {
    const { system } = this.#host;
    const link = this.#host.connected(account);
    const message: Message = { messageId, text, account: link.account, user, session, conversation, shape, more };
    const frames = this.#protocol.compose(message, system.now(), () => system.uuid());
    this.#said.set(messageId, frames);
    this.#lastSaid = messageId;
    for (const frame of frames) this.#host.send(link, frame, messageId);
    return messageId;
  }

  /** Byte for byte. */
  duplicate(account?: string): void {
    this.redeliver(this.#lastSaid, account);
  }

  /** Byte for byte. */
  redeliver(messageId = this.#unanswered() ?? this.#lastSaid, account?: string): void {
    if (messageId === undefined) throw new Error("nothing was said yet");
    const frames = this.#said.get(messageId);
    if (!frames) throw new Error(`there was no message "${messageId}"`);
    const link = this.#host.connected(account);
    for (const frame of frames) this.#host.send(link, frame, messageId);
  }

  control(name: string, argument: string, account?: string): void {
    const { system } = this.#host;
    const control = this.#protocol.controls[name];
    if (control) this.#host.send(this.#host.connected(account), control.compose(argument, system.now(), () => system.uuid()));
  }

  configFor(url: string): Readonly<Record<string, unknown>> {
    return this.#protocol.configFor(url, this.#host.accounts ?? {});
  }

  hints(): readonly string[] {
    return [];
  }

  stop(): void {}

  #unanswered(): string | undefined {
    const answered = new Set(this.replies.flatMap(({ messageId, end }) => (messageId !== undefined && end ? [messageId] : [])));
    return [...this.#said.keys()].find((id) => !answered.has(id));
  }
}
