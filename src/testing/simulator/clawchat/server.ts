import type { ServerLink } from "../link.ts";
import type { Heard, HttpAnswer, HttpRequest, RemoteServer, Saying, ServerHost } from "../protocol.ts";
import type { FrameRecord, Reply } from "../record.ts";
import { configFor } from "./config.ts";
import { acts, expectFault } from "./controls.ts";
import type { Kick } from "./delivery.ts";
import { type Envelope, fieldsOf, textIn } from "./frames.ts";
import type { Grant, TokenPair } from "./grants.ts";
import { challenge, greet, handshakeFaults } from "./handshake.ts";
import { Invites } from "./invites.ts";
import { Media } from "./media.ts";
import { Messages } from "./messages.ts";
import { type ClawchatSettings, frameLimits } from "./options.ts";
import { createRealm, type Realm } from "./realm.ts";
import { Rest } from "./rest.ts";
import { isReady, type ReadySession, type Session } from "./session.ts";
import { Signals } from "./signals.ts";
import { Speech } from "./speech.ts";
import type { Stream } from "./streams.ts";
import { Uplinks } from "./uplinks.ts";
import type { View } from "./view.ts";
import type { Agent, World } from "./world.ts";

/** A ClawChat server: sockets and HTTP calls of one address, for the agents it knows. */
export class ClawchatServer implements RemoteServer {
  readonly media: Media;
  readonly rest: Rest;
  /** What the server and the people can tell the agent, beside messages. */
  readonly signals: Signals;
  readonly #realm: Realm;
  readonly #invites: Invites;
  readonly #messages: Messages;
  readonly #uplinks: Uplinks;
  readonly #speech: Speech;
  readonly #sessions = new Map<ServerLink, Session>();

  constructor(host: ServerHost) {
    this.#realm = createRealm(host);
    this.#invites = new Invites(host.system);
    this.media = new Media(this.#realm.settings, () => host.system.uuid());
    this.rest = new Rest(this.#realm, { invites: this.#invites, media: this.media });
    this.#messages = new Messages(this.#realm);
    this.#uplinks = new Uplinks(this.#realm, this.#messages);
    this.#speech = new Speech(this.#realm);
    this.signals = new Signals(this.#realm, this.#speech, this.rest);
    for (const agent of this.world.agents) this.#invites.issue(agent, host.accounts?.[agent.account] || undefined);
  }

  get world(): World {
    return this.#realm.world;
  }

  /** What the people in the conversations see. */
  get view(): View {
    return this.#realm.view;
  }

  get replies(): readonly Reply[] {
    return this.#realm.replies;
  }

  get streams(): ReadonlyMap<string, Stream> {
    return this.#messages.streams;
  }

  /** What holds from now on; links that are open keep what they were granted. */
  get settings(): ClawchatSettings {
    return this.#realm.settings;
  }

  /** Links that the server has ended by itself. */
  get kicks(): readonly Kick[] {
    return this.#realm.delivery.kicks;
  }

  /** Ids of what a device has not acknowledged, in order; by default the device of the login made last. */
  waiting({ account, deviceId }: { account?: string; deviceId?: string } = {}): readonly string[] {
    const device = deviceId ?? this.grant(account)?.deviceId ?? "";
    return this.#realm.delivery.inbox(this.#agent(account)).after(device).map(({ key }) => key);
  }

  /** Every link there was, with what the server knows of it. */
  get sessions(): readonly Readonly<Session>[] {
    return this.#realm.sessions;
  }

  opened(link: ServerLink): void {
    this.#sessions.set(link, challenge(this.#realm, link));
  }

  heard(record: FrameRecord, link: ServerLink, text: string): Heard {
    const session = this.#sessions.get(link);
    // What was on its way when the server closed says nothing any more.
    if (!session || session.phase === "over" || !link.open) return { faults: [] };
    const size = Buffer.byteLength(text);
    const limit = session.phase === "ready" ? frameLimits.inbound : frameLimits.beforeHello;
    if (size > limit) {
      link.close(1009, "message too big");
      return { faults: [`a frame of ${size} bytes, and ${limit} is the limit`] };
    }
    const read = readFrame(text);
    if (!read) return { faults: [] };
    if (isReady(session)) return this.#uplinks.heard(session, read, record);
    return { faults: this.#greeted(session, read) };
  }

  sent(): void {}

  closed(link: ServerLink): void {
    const session = this.#sessions.get(link);
    if (!session) return;
    for (const cancel of session.cancels) cancel();
    session.stopSilence?.();
    for (const key of session.agent ? [...this.view.typing].filter((typing) => typing.endsWith(session.agent?.id ?? "")) : []) this.view.typing.delete(key);
    this.#messages.abort(link.number);
  }

  say(saying: Saying): string {
    return this.#speech.say(saying);
  }

  duplicate(account?: string): void {
    this.redeliver(this.#speech.last, account);
  }

  redeliver(messageId = this.#speech.unanswered ?? this.#speech.last, account?: string): void {
    this.signals.again(messageId, account);
  }

  control(name: string, argument: string, account?: string): void {
    acts[name]?.run(this, argument, account);
  }

  /** The login in it is one that nobody has yet, or that of before, with its tokens of now. */
  configFor(url: string): Readonly<Record<string, unknown>> {
    return configFor(url, this.world.agents.map((agent) => this.#configGrant(agent)));
  }

  hints(url: string): readonly string[] {
    const { agents } = this.world;
    const baseUrl = url.replace(/^ws/, "http").replace(/\/ws$/, "");
    // One agent alone is the account that is meant where none is named.
    const accountOf = ({ account }: Agent) => (agents.length === 1 ? "" : ` --account ${account}`);
    const commands = agents.map((agent) => `  openclaw channels add --channel clawchat${accountOf(agent)} --code ${this.#invites.of(agent) ?? this.#invites.issue(agent)} --base-url ${baseUrl}`);
    return [["or, with an invite code:", "", ...commands].join("\n")];
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    return this.rest.request(request);
  }

  stop(): void {
    this.rest.stop();
    for (const session of this.#sessions.values()) for (const cancel of [...session.cancels, ...(session.stopSilence ? [session.stopSilence] : [])]) cancel();
  }

  /** Makes one more invite code. */
  invite(account?: string, code?: string): string {
    return this.#invites.issue(this.#agent(account), code);
  }

  /** The newest tokens of an agent, if it has a login. */
  tokens(account?: string): TokenPair | undefined {
    return this.#realm.grants.of(this.#agent(account))?.pair;
  }

  /** The login made last. */
  grant(account?: string): Readonly<Grant> | undefined {
    return this.#realm.grants.of(this.#agent(account));
  }

  /** Each token there ever was: none of them may be seen anywhere. */
  get secrets(): readonly string[] {
    return this.#realm.grants.tokens;
  }

  expire(account?: string): void {
    this.#realm.grants.expire(this.#agent(account));
  }

  revoke(account?: string): void {
    this.#realm.grants.revoke(this.#agent(account));
  }

  /** Arms a fault of the next handshake, message or replay. */
  fault(name: "hello-fail" | "no-ack" | "cut" | "error" | "gap" | "replay-twice" | "no-takeover" | (string & {}), what = "", times = 1): void {
    this.#realm.faults.arm(name, what, times);
  }

  spoilHandshake(name: string): void {
    if (!handshakeFaults.some((fault) => fault === name)) throw new Error(`"${name}" is no fault of a handshake; there are ${handshakeFaults.join(", ")}`);
    this.#realm.faults.arm(name.endsWith("hello") || name.endsWith("hellos") ? "hello" : "challenge", name);
  }

  /** Spoils the next calls whose path has this in it: `503`, `200:10003`, `slow:500`, `drop-after` and so on. */
  spoilCall(path: string, fault: string, times = 1): void {
    if (path === "") throw new Error("a part of a path is missing, such as refresh");
    expectFault(fault);
    this.#realm.faults.armCall(path, fault, times);
  }

  kick(account?: string): void {
    for (const session of this.#ready(account)) this.#realm.delivery.kick(session, "told to");
  }

  takeOver(account?: string): void {
    for (const { link } of this.#ready(account)) link.close(4001, "taken over by a newer connection");
  }

  /** Ends what the agent is writing, as a server may. */
  failStreams(account?: string): void {
    for (const session of this.#ready(account)) this.#messages.fail(session);
  }

  /** What all devices of the agent have acknowledged is forgotten. */
  rewind(account?: string): void {
    const agent = this.#speech.agent(account);
    const devices = this.#realm.sessions.flatMap((session) => (session.agent?.id === agent.id ? [session.deviceId] : []));
    for (const deviceId of new Set(devices)) this.#realm.delivery.inbox(agent).rewind(deviceId);
  }

  /** Everything kept for the agent is gone. */
  truncate(account?: string): void {
    this.#realm.delivery.inbox(this.#agent(account)).prune();
  }

  note(text: string): void {
    this.#realm.host.note(text);
  }

  #greeted(session: Session, frame: Envelope): string[] {
    const { host, settings, delivery } = this.#realm;
    const faults = greet(this.#realm, session, frame);
    if (!isReady(session)) return faults;
    host.admitted(session.link, session.agent.account);
    const beat = (): void => {
      // Whoever is not read cannot be heard.
      if (!session.link.stalled && host.system.now() - session.link.pongAt > settings.pongMs) return session.link.drop();
      session.link.ping();
      session.cancels.add(host.system.after(settings.pingMs, beat));
    };
    if (settings.pingMs > 0) session.cancels.add(host.system.after(settings.pingMs, beat));
    delivery.replay(session);
    return faults;
  }

  #configGrant(agent: Agent): Grant {
    const { grants } = this.#realm;
    const grant = grants.of(agent);
    return grant && !grant.revoked ? grant : grants.issue(agent, `openclaw-${agent.account.replaceAll(/[^A-Za-z0-9_.:-]/g, "-")}`);
  }

  #agent(account: string | undefined): Agent {
    return this.#speech.agent(account);
  }

  #ready(account?: string): ReadySession[] {
    return this.signals.ready(account);
  }
}

/** U+0000 is deleted wherever it is. Undefined where the text is no object with an event. */
function readFrame(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text, (_key, inner: unknown) => (typeof inner === "string" ? inner.replaceAll("\u0000", "") : inner));
    return textIn(fieldsOf(value), "event") === "" ? undefined : (value as Envelope);
  } catch {
    return undefined;
  }
}
