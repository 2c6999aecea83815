import type { Log, System } from "../../core/ports.ts";
import { jsonForLog } from "../../core/redact.ts";
import type { Connection } from "../../edge/accept.ts";
import type { Effect } from "../../protocols/session.ts";
import type { Command, ConnectionSession, ConnectionState, Request } from "../../protocols/websocket/session.ts";
import type { Step } from "../../protocols/session.ts";

/** One open connection: its session's state, and the shell that carries out what the session asks for. */
export interface Member {
  readonly connection: Connection;
  readonly state: ConnectionState;
  /** A text frame came; settles when what it asked for is admitted or refused. */
  frame(text: string): Promise<void> | void;
  /** What was asked for is on disk. */
  admitted(request: Request): void;
  /** Says something. */
  say(command: Command): void;
  /** Says something that must arrive; false when the connection is gone before the bytes left. */
  sayFinally(command: Command): Promise<boolean>;
}

export interface MemberDeps {
  session: ConnectionSession;
  system: System;
  log: Log;
  /** The peer asks something of the account. */
  asked(member: Member, request: Request): Promise<void>;
}

export function openMember(connection: Connection, { session, system, log, asked }: MemberDeps): Member {
  const opened = session.open(system.now());
  let state = opened.state;

  const take = (step: Step<ConnectionState, Request>): readonly Effect<Request>[] => {
    state = step.state;
    return step.effects;
  };

  const perform = (effects: readonly Effect<Request>[]): Promise<void> | undefined => {
    let asking: Promise<void> | undefined;
    for (const effect of effects) {
      if (effect.do === "send") connection.send(effect.text);
      else if (effect.do === "close") connection.close(effect.code, effect.reason);
      else if (effect.do === "note") log[effect.level](`${effect.code} ${jsonForLog(effect.data ?? {})}`);
      else if (effect.do === "deliver") asking = asked(member, effect.inbound);
    }
    return asking;
  };

  const member: Member = {
    connection,
    get state() {
      return state;
    },
    frame: (text) => perform(take(session.frame(state, text, system.now()))),
    admitted: (request) => void perform(take(session.admitted(state, request, system.now()))),
    say: (command) => void perform(take(session.command(state, command, system.now()))),
    async sayFinally(command) {
      let sent = false;
      for (const effect of take(session.command(state, command, system.now()))) {
        if (effect.do === "send") sent = await connection.sendFinal(effect.text);
        else void perform([effect]);
      }
      return sent;
    },
  };
  void perform(opened.effects);
  return member;
}
