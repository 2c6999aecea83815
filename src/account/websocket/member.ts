import type { Log, System } from "../../core/ports.ts";
import { jsonForLog } from "../../core/redact.ts";
import type { Connection, ConnectionHandler } from "../../edge/accept.ts";
import type { Effect, Step } from "../../protocols/session.ts";
import type { Peer } from "../../protocols/websocket/identity.ts";
import type { Command, ConnectionSession, ConnectionState, Request } from "../../protocols/websocket/session.ts";

/** What all members of an account share. */
export interface MemberHome {
  readonly system: System;
  readonly log: Log;
  /** The peer asks something of the account. */
  asked(member: Member, request: Request): Promise<void>;
  left(member: Member): void;
}

/**
 * One open connection: its session's state, and the shell that carries out what the session asks for. A class without
 * closures, because there are thousands of it.
 */
export class Member implements ConnectionHandler {
  readonly connection: Connection;
  readonly #session: ConnectionSession;
  readonly #home: MemberHome;
  #state: ConnectionState;
  /** What has to be done before the first frame is handled. */
  #greeting: Promise<void> | undefined;

  constructor(connection: Connection, peer: Peer, session: ConnectionSession, home: MemberHome) {
    this.connection = connection;
    this.#session = session;
    this.#home = home;
    const { state, effects } = session.open(home.system.now(), { peer, connectionId: connection.id });
    this.#state = state;
    void this.#perform(effects);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Frames wait until this has settled; it may not reject. */
  greet(greeting: Promise<void>): void {
    const over = greeting.finally(() => {
      if (this.#greeting === over) this.#greeting = undefined;
    });
    this.#greeting = over;
  }

  /** A text frame came; settles when what it asked for is admitted or refused. */
  frame(text: string): Promise<void> | void {
    return this.#greeting ? this.#greeting.then(() => this.#hear(text)) : this.#hear(text);
  }

  closed(): void {
    this.#home.left(this);
  }

  /** What was asked for is on disk. */
  admitted(request: Request): void {
    void this.#perform(this.#take(this.#session.admitted(this.#state, request, this.#home.system.now())));
  }

  /** Says something. */
  say(command: Command): void {
    void this.#perform(this.#obey(command));
  }

  /** Says something that must arrive; false when the connection is gone before the bytes left. */
  sayFinally(command: Command): boolean | Promise<boolean> {
    let sent: boolean | Promise<boolean> = false;
    for (const effect of this.#obey(command)) {
      if (effect.do === "send") sent = this.connection.sendFinal(effect.text);
      else void this.#perform([effect]);
    }
    return sent;
  }

  #hear(text: string): Promise<void> | undefined {
    return this.#perform(this.#take(this.#session.frame(this.#state, text, this.#home.system.now())));
  }

  #obey(command: Command): readonly Effect<Request>[] {
    return this.#take(this.#session.command(this.#state, command, this.#home.system.now()));
  }

  #take(step: Step<ConnectionState, Request>): readonly Effect<Request>[] {
    this.#state = step.state;
    return step.effects;
  }

  #perform(effects: readonly Effect<Request>[]): Promise<void> | undefined {
    const { connection } = this;
    const { log } = this.#home;
    let asking: Promise<void> | undefined;
    for (const effect of effects) {
      if (effect.do === "send") connection.send(effect.text);
      else if (effect.do === "close") connection.close(effect.code, effect.reason);
      else if (effect.do === "note") log[effect.level](`${effect.code} ${jsonForLog(effect.data ?? {})}`);
      else if (effect.do === "deliver") asking = this.#home.asked(this, effect.inbound);
    }
    return asking;
  }
}
