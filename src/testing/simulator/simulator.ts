import type { WebSocket } from "ws";
import type { System } from "../../core/ports.ts";
import { system as platform } from "../../core/system.ts";
import { Ledger, type News } from "./ledger.ts";
import { ServerLink, type SimulatorLink } from "./link.ts";
import { PlayedServer } from "./played.ts";
import { type AnyProtocol, type OptionsOf, protocolOf, type ServerOf } from "./protocols.ts";
import type { RemoteProtocol, RemoteServer, Saying, Secrets, ServerHost } from "./protocol.ts";
import type { CallRecord, FrameRecord, Reply, Violation } from "./record.ts";
import { nobody, perform, type Stage } from "./script.ts";
import { listen, type LinkServer, type RefusalKind } from "./server.ts";

export type { News } from "./ledger.ts";
export type { Saying } from "./protocol.ts";

export interface SimulatorOptions<Options = unknown> {
  /** 0, the default, takes a free one. */
  port?: number;
  /** The secret of each account that may open a link; by default every account may, with any secret. */
  accounts?: Secrets;
  /** Announced on every new link; by default nothing is. */
  extensions?: readonly string[];
  /** What belongs to the protocol alone. */
  server?: Options;
  system?: System;
  /** Told of everything, after it was recorded. */
  tell?: (news: News) => void;
}

export const garbage: Readonly<Record<string, string | Buffer>> = {
  text: "this is not JSON {",
  json: '{"type":12,"headers":"none","content":{"deep":[[]]}}',
  array: "[1,2,3]",
  null: "null",
  binary: Buffer.from([0xde, 0xad, 0xbe, 0xef]),
};

/** A remote server that a plugin dials: it speaks its protocol well, and badly when it is told to. */
export async function startSimulator<Protocol extends AnyProtocol>(named: Protocol, options: SimulatorOptions<OptionsOf<Protocol>> = {}): Promise<Simulator<ServerOf<Protocol>>> {
  const protocol = protocolOf(named);
  const begin = (host: ServerHost): RemoteServer => ("serve" in protocol ? protocol.serve(host) : new PlayedServer(protocol, host));
  const simulator = new Simulator(protocol, begin as (host: ServerHost) => ServerOf<Protocol>, options);
  await simulator.start(options.port ?? 0);
  return simulator;
}

export class Simulator<Server extends RemoteServer = RemoteServer> {
  readonly protocol: RemoteProtocol;
  readonly server: Server;
  /** All that ever opened, oldest first. */
  readonly links: SimulatorLink[] = [];
  readonly #options: SimulatorOptions;
  readonly #system: System;
  readonly #ledger: Ledger;
  #slowMs = 0;
  #listener: LinkServer | undefined;

  constructor(protocol: RemoteProtocol, begin: (host: ServerHost) => Server, options: SimulatorOptions) {
    this.protocol = protocol;
    this.#options = options;
    this.#system = options.system ?? platform;
    this.#ledger = new Ledger(protocol, this.#system, options.tell);
    this.server = begin(this.#host());
  }

  async start(port: number): Promise<void> {
    this.#listener = await listen(port, {
      admit: (request) => this.protocol.admit(request, this.#options.accounts),
      opened: (socket, account, request) => this.#opened(socket, account, { number: this.links.length + 1, request }),
      refused: (how, why) => this.#ledger.refused(how, why),
      ...(this.server.request && { request: async (request) => this.server.request?.(request) ?? "drop" }),
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

  /** HTTP requests that opened no link, oldest first. */
  get calls(): readonly CallRecord[] {
    return this.#ledger.calls;
  }

  get refusals(): readonly { how: RefusalKind; why: string }[] {
    return this.#ledger.refusals;
  }

  get stopped(): boolean {
    return this.#ledger.stopped;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Where a plugin dials. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}${this.protocol.path ?? "/"}`;
  }

  /** The block for `channels` in OpenClaw's configuration that makes the plugin dial here. */
  get config(): Readonly<Record<string, unknown>> {
    return { [this.protocol.channel]: this.server.configFor(this.url) };
  }

  /** Whether somebody is there to whom something can be said. */
  get connected(): boolean {
    return this.#linkOf(undefined) !== undefined;
  }

  /** What the agent has answered or said by itself, in the order in which it began. */
  get replies(): readonly Reply[] {
    return this.server.replies;
  }

  /** The newest open link, waited for where there is none; with `after`, one that is newer than it. */
  async link({ account, after, timeoutMs }: { account?: string; after?: SimulatorLink; timeoutMs?: number } = {}): Promise<SimulatorLink> {
    const since = after?.number ?? 0;
    return this.until(() => this.#linkOf(account, since), `a link${account === undefined ? "" : ` of ${account}`}`, timeoutMs);
  }

  /** Sends a message of the remote user and returns its id. */
  say(saying: Saying): string {
    const { shapes } = this.protocol;
    if (saying.shape !== undefined && !shapes.includes(saying.shape)) throw new Error(`there is no shape "${saying.shape}"; there are ${shapes.join(", ")}`);
    return this.server.say(saying);
  }

  /** Sends the last message once more. */
  duplicate(account?: string): void {
    this.server.duplicate(account);
  }

  /** Sends a message once more; by default the oldest one without a complete answer, else the last one. */
  redeliver(messageId?: string, account?: string): void {
    this.server.redeliver(messageId, account);
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
    this.#listener?.refuse(how, times);
  }

  /** Sends what is no frame, one of `garbage`. */
  garbage(kind = "text", account?: string): void {
    const data = Object.hasOwn(garbage, kind) ? garbage[kind] : undefined;
    if (data === undefined) throw new Error(`there is no garbage "${kind}"; there is ${Object.keys(garbage).join(", ")}`);
    this.#send(this.#connected(account), data);
  }

  /** Does one of `RemoteProtocol.controls`. */
  control(name: string, argument = "", account?: string): void {
    const { controls } = this.protocol;
    if (!Object.hasOwn(controls, name)) throw new Error(`there is no control "${name}"; there are ${Object.keys(controls).join(", ")}`);
    this.server.control(name, argument, account);
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
    this.server.stop();
    for (const link of this.#open()) link.drop();
    await this.#listener?.stop();
  }

  #opened(socket: WebSocket, account: string, facts: Pick<SimulatorLink, "number" | "request">): void {
    const events = { frame: (data: Buffer, isBinary: boolean) => this.#ledger.heard(this.server, link, data, isBinary), closed: () => this.#closed(link) };
    const link = new ServerLink(socket, facts, events, this.#system);
    this.links.push(link);
    if (this.#slowMs > 0) link.slow(this.#slowMs);
    this.server.opened(link, account);
  }

  #admitted(link: ServerLink, account: string): void {
    Object.assign(link, { account, ready: true });
    this.#ledger.tell({ news: "opened", link });
  }

  #closed(link: ServerLink): void {
    this.server.closed(link);
    this.#ledger.tell({ news: "closed", link });
  }

  #host(): ServerHost {
    const { accounts, extensions, server: options } = this.#options;
    const ledger = this.#ledger;
    return {
      system: this.#system,
      accounts,
      extensions,
      options,
      connected: (account) => this.#connected(account),
      admitted: (link, account) => this.#admitted(link, account),
      send: (link, data, messageId) => this.#send(link, data, messageId),
      sendLast: (link, data) => {
        ledger.sent(this.server, link, data);
        link.sendLast(data);
      },
      violated: (text, link) => ledger.violated(text, link),
      called: (call) => ledger.called(call),
      note: (text) => ledger.tell({ news: "note", text }),
    };
  }

  #send(link: ServerLink, data: string | Buffer, messageId?: string): void {
    this.#ledger.sent(this.server, link, data, messageId);
    link.send(data);
  }

  #open(account?: string): ServerLink[] {
    return this.links.filter((link) => link instanceof ServerLink).filter((link) => link.open && (account === undefined || link.account === account));
  }

  #linkOf(account: string | undefined, since = 0): ServerLink | undefined {
    return this.#open(account).findLast((link) => link.ready && link.number > since);
  }

  #connected(account: string | undefined): ServerLink {
    const link = this.#linkOf(account);
    if (!link) throw new Error(account === undefined ? "nobody is connected" : `"${account}" is not connected`);
    return link;
  }
}
