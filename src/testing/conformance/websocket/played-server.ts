import { WebSocket } from "ws";
import { system } from "../../../core/system.ts";
import { listen, type LinkServer } from "../../simulator/server.ts";
import type { UpgradeRequest } from "../../simulator/protocol.ts";
import { Waiters } from "../../simulator/waiters.ts";
import { type ConformOptions, type Fault, type Seen, type Subject, Unreachable, Unseen } from "../check.ts";
import { fieldsIn } from "../dialing.ts";
import { schemaRule } from "../rulebook.ts";
import { checkFromApplication, type Frame } from "./subject.ts";

/** What an application has said. */
export interface Said {
  link: number;
  text: string;
  binary: boolean;
  fields: Frame;
}

export interface Application {
  number: number;
  socket: WebSocket;
  request: UpgradeRequest;
  pongs: number;
  closed: { code: number } | undefined;
}

/** An application under test, and the server that the kit plays for it: it answers every message with what was said. */
export class ApplicationSubject implements Subject {
  readonly options: ConformOptions;
  readonly applications: Application[] = [];
  readonly said: Said[] = [];
  readonly #waiters = new Waiters(system);
  #server: LinkServer | undefined;
  #frames: Seen[] = [];
  #faults: Fault[] = [];
  #refused: string | undefined;

  constructor(options: ConformOptions) {
    this.options = options;
  }

  /** Waits for the first application. */
  async open(): Promise<this> {
    this.#server = await listen(this.options.port, {
      admit: ({ path }) => (path === "/ws" ? { ok: true, account: "" } : { ok: false, status: 400, why: `expected the path /ws, got ${path}` }),
      opened: (socket, _account, request) => this.#opened(socket, request),
      refused: (_how, why) => void (this.#refused = why),
    });
    const url = `ws://127.0.0.1:${this.#server.port}/ws`;
    this.options.listening(url, {});
    if (await this.until(() => this.applications[0])) return this;
    await this.close();
    throw new Unreachable(`no application got through at ${url} within ${this.options.timeoutMs / 1000} s${this.#refused === undefined ? "" : `: ${this.#refused}`}`);
  }

  begin(): void {
    this.#frames = [];
    this.#faults = [];
  }

  frames(): readonly Seen[] {
    return this.#frames;
  }

  faults(): readonly Fault[] {
    return this.#faults;
  }

  secrets(): readonly string[] {
    return this.applications.flatMap(({ request: { headers, query } }) => [
      headers.authorization?.replace(/^Bearer /, "") ?? "",
      query.get("token") ?? "",
      /bearer\.([^,\s]+)/.exec(headers["sec-websocket-protocol"] ?? "")?.[1] ?? "",
    ]);
  }

  async rest(): Promise<void> {}

  async close(): Promise<void> {
    this.#waiters.stop();
    for (const { socket } of this.applications) socket.close(1001);
    await this.#server?.stop();
  }

  async until<Found>(look: () => Found | undefined): Promise<Found | undefined> {
    return this.#waiters.until(look, () => "it", this.options.timeoutMs).catch(() => undefined);
  }

  async pause(ms: number): Promise<void> {
    await this.#waiters.pause(ms);
  }

  async application(): Promise<Application> {
    const found = await this.until(() => this.applications.findLast(({ closed }) => !closed));
    if (!found) throw new Unseen(`the application was not connected, and did not come back within ${this.options.timeoutMs} ms`);
    return found;
  }

  /** Messages so far, waited for where there is none. */
  async messages(): Promise<readonly Said[]> {
    const all = (): Said[] => this.said.filter(({ fields }) => fields["type"] === "chat.send");
    await this.until(() => (all().length > 0 ? true : undefined));
    if (all().length === 0) throw new Unseen("needs the application to send a message: say something in it while the kit listens");
    return all();
  }

  send({ socket }: Application, frame: object | string): void {
    const text = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.#frames.push({ from: "kit", text });
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  }

  #opened(socket: WebSocket, request: UpgradeRequest): void {
    const application: Application = { number: this.applications.length + 1, socket, request, pongs: 0, closed: undefined };
    this.applications.push(application);
    // The server of the simulators leaves this to whoever reads the socket.
    socket.on("ping", (data: Buffer) => socket.pong(data));
    socket.on("pong", () => this.#happened(() => void (application.pongs += 1)));
    socket.on("error", () => {});
    socket.on("close", (code) => this.#happened(() => void (application.closed = { code })));
    socket.on("message", (data: Buffer, binary) => this.#happened(() => this.#heard(application, data.toString(binary ? "base64" : "utf8"), binary)));
    this.#waiters.look();
  }

  #happened(change: () => void): void {
    change();
    this.#waiters.look();
  }

  #heard(application: Application, text: string, binary: boolean): void {
    const fields = binary ? {} : (fieldsIn(text) ?? {});
    this.said.push({ link: application.number, text, binary, fields });
    this.#frames.push({ from: "peer", text });
    const check = binary ? ({ ok: true } as const) : checkFromApplication(text);
    if (!check.ok) {
      this.#faults.push({ rule: schemaRule, expected: "a frame of the document", got: check.detail, frame: text });
      return this.send(application, { type: "chat.error", error: check.detail });
    }
    if (fields["type"] === "chat.hello") this.send(application, { type: "chat.welcome", extensions: [], senderId: "conformance" });
    const { messageId = system.uuid() } = fields;
    if (fields["type"] === "chat.send" && typeof messageId === "string") this.#answer(application, messageId, String(fields["content"]));
  }

  #answer(application: Application, messageId: string, content: string): void {
    const answer = `You said: ${content}`;
    this.send(application, { type: "chat.typing" });
    this.send(application, { type: "chat.stream", messageId, content: answer.slice(0, 5), done: false });
    this.send(application, { type: "chat.response", messageId, content: answer, done: true });
  }
}
