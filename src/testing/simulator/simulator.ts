import type { WebSocket } from "ws";
import type { System } from "../../core/ports.ts";
import { system as platform } from "../../core/system.ts";
import { ServerLink, type SimulatorLink } from "./link.ts";
import { type ProtocolName, protocols } from "./protocols.ts";
import type { Message, RemoteProtocol, Secrets } from "./protocol.ts";
import { Ledger, type News } from "./ledger.ts";
import type { FrameRecord, Reply, Violation } from "./record.ts";
import { nobody, perform, type Stage } from "./script.ts";
import { listen, type LinkServer, type RefusalKind } from "./server.ts";

export type { News } from "./ledger.ts";

export interface SimulatorOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** The secret of each account that may open a link; by default every account may, with any secret. */
  accounts?: Secrets;
  /** Announced on every new link; by default nothing is. */
  extensions?: readonly string[];
  system?: System;
  /** Told of everything, after it was recorded. */
  tell?: (news: News) => void;
}

/** What the remote user says. What is left out is made up, or not sent where the wire can do without. */
export interface Saying {
  text: string;
  messageId?: string;
  user?: string;
  session?: string;
  conversation?: string;
  /** Whose link it goes over; by default that of the link opened last. */
  account?: string;
  /** How it is put on the wire, one of `RemoteProtocol.shapes`. */
  shape?: string;
  /** Further fields of the wire's own. */
  more?: Readonly<Record<string, unknown>>;
}

export const garbage: Readonly<Record<string, string | Buffer>> = {
  text: "this is not JSON {",
  json: '{"type":12,"headers":"none","content":{"deep":[[]]}}',
  array: "[1,2,3]",
  null: "null",
  binary: Buffer.from([0xde, 0xad, 0xbe, 0xef]),
};

/** A remote server that a plugin dials: it speaks its protocol well, and badly when it is told to. */
export async function startSimulator(name: ProtocolName, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new Simulator(protocols[name], options);
  await simulator.start(options.port ?? 0);
  return simulator;
}

export class Simulator {
  readonly protocol: RemoteProtocol;
  /** All that ever opened, oldest first. */
  readonly links: SimulatorLink[] = [];
  readonly #options: SimulatorOptions;
  readonly #system: System;
  readonly #ledger: Ledger;
  /** The frames of every message, as they went out. */
  readonly #said = new Map<string, readonly string[]>();
  #lastSaid: string | undefined;
  #slowMs = 0;
  #server: LinkServer | undefined;

  constructor(protocol: RemoteProtocol, options: SimulatorOptions) {
    this.protocol = protocol;
    this.#options = options;
    this.#system = options.system ?? platform;
    this.#ledger = new Ledger(protocol, this.#system, options.tell);
  }

  async start(port: number): Promise<void> {
    this.#server = await listen(port, {
      admit: (request) => this.protocol.admit(request, this.#options.accounts),
      opened: (socket, account, request) => this.#opened(socket, { number: this.links.length + 1, account, request }),
      refused: (how, why) => this.#ledger.refused(how, why),
    });
  }

  /** Both ways, oldest first. */
  get frames(): readonly FrameRecord[] {
    return this.#ledger.frames;
  }

  /** Frames that the document does not allow, and what else the plugin did against the rules. */
  get violations(): readonly Violation[] {
    return this.#ledger.violations;
  }

  get refusals(): readonly { how: RefusalKind; why: string }[] {
    return this.#ledger.refusals;
  }

  get stopped(): boolean {
    return this.#ledger.stopped;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Where a plugin dials. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** The block for `channels` in OpenClaw's configuration that makes the plugin dial here. */
  get config(): Readonly<Record<string, unknown>> {
    return { [this.protocol.channel]: this.protocol.configFor(this.url, this.#options.accounts ?? {}) };
  }

  /** What the agent has answered or said by itself, in the order in which it began. */
  get replies(): readonly Reply[] {
    return this.#ledger.replies;
  }

  /** The newest open link, waited for where there is none; with `after`, one that is newer than it. */
  async link({ account, after, timeoutMs }: { account?: string; after?: SimulatorLink; timeoutMs?: number } = {}): Promise<SimulatorLink> {
    const since = after?.number ?? 0;
    return this.until(() => this.#linkOf(account, since), `a link${account === undefined ? "" : ` of ${account}`}`, timeoutMs);
  }

  /** Sends a message of the remote user and returns its id. */
  say({ text, messageId = this.#system.uuid(), account, user, session, conversation, shape = this.protocol.shapes[0] ?? "", more = {} }: Saying): string {
    if (!this.protocol.shapes.includes(shape)) throw new Error(`there is no shape "${shape}"; there are ${this.protocol.shapes.join(", ")}`);
    const link = this.#connected(account);
    const message: Message = { messageId, text, account: link.account, user, session, conversation, shape, more };
    const frames = this.protocol.compose(message, this.#system.now(), () => this.#system.uuid());
    this.#said.set(messageId, frames);
    this.#lastSaid = messageId;
    for (const frame of frames) this.#send(link, frame, messageId);
    return messageId;
  }

  /** Sends the last message once more, byte for byte. */
  duplicate(account?: string): void {
    this.redeliver(this.#lastSaid, account);
  }

  /** Sends a message once more, byte for byte; by default the oldest one without a complete answer, else the last one. */
  redeliver(messageId = this.#unanswered() ?? this.#lastSaid, account?: string): void {
    if (messageId === undefined) throw new Error("nothing was said yet");
    const frames = this.#said.get(messageId);
    if (!frames) throw new Error(`there was no message "${messageId}"`);
    const link = this.#connected(account);
    for (const frame of frames) this.#send(link, frame, messageId);
  }

  /** Ends the links, or those of one account, without a close frame. */
  drop(account?: string): void {
    for (const link of this.#open(account)) link.drop();
  }

  close(code = 1000, reason = "", account?: string): void {
    for (const link of this.#open(account)) link.close(code, reason);
  }

  /** Reads and writes nothing more on the links that are open now, and keeps them open. */
  stall(account?: string): void {
    for (const link of this.#open(account)) link.stall();
  }

  /** Ends `stall`: what was held back goes its way. */
  go(account?: string): void {
    for (const link of this.#open(account)) link.go();
  }

  /** Reads and writes one frame every `ms`, on later links too; 0 ends it. */
  slow(ms: number): void {
    this.#slowMs = ms;
    for (const link of this.#open()) link.slow(ms);
  }

  /** Turns the next requests for a link away: with an HTTP status, or by never answering. 0 times ends it. */
  refuse(how: RefusalKind, times = 1): void {
    this.#server?.refuse(how, times);
  }

  /** Sends what is no frame, one of `garbage`. */
  garbage(kind = "text", account?: string): void {
    const data = Object.hasOwn(garbage, kind) ? garbage[kind] : undefined;
    if (data === undefined) throw new Error(`there is no garbage "${kind}"; there is ${Object.keys(garbage).join(", ")}`);
    this.#send(this.#connected(account), data);
  }

  /** Sends one of `RemoteProtocol.controls`. */
  control(name: string, argument = "", account?: string): void {
    const { controls } = this.protocol;
    const control = Object.hasOwn(controls, name) ? controls[name] : undefined;
    if (!control) throw new Error(`there is no control "${name}"; there are ${Object.keys(controls).join(", ")}`);
    this.raw(control.compose(argument, this.#system.now(), () => this.#system.uuid()), account);
  }

  /** Sends this very text. */
  raw(text: string, account?: string): void {
    this.#send(this.#connected(account), text);
  }

  /** The complete answer to a message. */
  async reply(messageId: string, timeoutMs?: number): Promise<Reply> {
    const find = (): Reply | undefined => this.replies.find((reply) => reply.messageId === messageId && reply.end);
    return this.until(find, `a complete answer to ${messageId}`, timeoutMs);
  }

  /** The first thing that is not undefined; `look` is asked again after everything that happens. */
  async until<Found>(look: () => Found | undefined, what: string, timeoutMs = 10_000): Promise<Found> {
    return this.#ledger.until(look, what, timeoutMs);
  }

  async pause(ms: number): Promise<void> {
    await this.#ledger.pause(ms);
  }

  /** Does the lines of a script one after the other, waiting for a link where a line needs one. See `scriptCommands`. */
  async run(script: string): Promise<void> {
    const stage: Stage = { simulator: this, speaker: { ...nobody }, patience: { linkMs: 10_000, waitMs: 10_000 }, said: undefined };
    for (const line of script.split("\n")) await perform(line, stage);
  }

  async stop(): Promise<void> {
    this.#ledger.stop();
    for (const link of this.#open()) link.drop();
    await this.#server?.stop();
  }

  #opened(socket: WebSocket, facts: Pick<SimulatorLink, "number" | "account" | "request">): void {
    const events = { frame: (data: Buffer, isBinary: boolean) => this.#ledger.heard(link, data, isBinary), closed: () => this.#ledger.tell({ news: "closed", link }) };
    const link = new ServerLink(socket, facts, events, this.#system);
    this.links.push(link);
    if (this.#slowMs > 0) link.slow(this.#slowMs);
    this.#ledger.tell({ news: "opened", link });
    const { extensions } = this.#options;
    if (extensions) this.#send(link, this.protocol.announce(extensions, () => this.#system.uuid()));
  }

  #send(link: ServerLink, data: string | Buffer, messageId?: string): void {
    this.#ledger.sent(link, data, messageId);
    link.send(data);
  }

  #open(account?: string): ServerLink[] {
    return this.links.filter((link) => link instanceof ServerLink).filter((link) => link.open && (account === undefined || link.account === account));
  }

  #linkOf(account: string | undefined, since = 0): ServerLink | undefined {
    return this.#open(account).findLast((link) => link.number > since);
  }

  #connected(account: string | undefined): ServerLink {
    const link = this.#linkOf(account);
    if (!link) throw new Error(account === undefined ? "nobody is connected" : `"${account}" is not connected`);
    return link;
  }

  #unanswered(): string | undefined {
    const answered = new Set(this.replies.flatMap(({ messageId, end }) => (messageId !== undefined && end ? [messageId] : [])));
    return [...this.#said.keys()].find((id) => !answered.has(id));
  }
}
