import type { ImSent } from "../../generated/local-im/index.ts";
import type { DialedCommand, DialedRequest } from "../../src/protocols/dialed.ts";
import type { Inbound } from "../../src/protocols/inbound.ts";
import type { Origin } from "../../src/protocols/local-im/identity.ts";
import { type Profile, turnBounds } from "../../src/protocols/local-im/profile.ts";
import { createProtocol } from "../../src/protocols/local-im/protocol.ts";
import type { Effect, Step } from "../../src/protocols/session.ts";
import { beginTurn, stepTurn, type TurnBounds, type TurnEvent, type TurnSays } from "../../src/protocols/turn.ts";
import type { ConnectionState } from "../../src/protocols/local-im/session.ts";

export type Sent = Record<string, unknown> & { type: ImSent["type"] };

export const profile: Profile = { accountId: "u00267", trustsPeer: true, sessionScope: "session", contentChars: 100 };

/** Drives the session of one connection after the other, and remembers all that was sent. */
export function openIm(changes: Partial<Profile> = {}) {
  const { session, identify } = createProtocol({ ...profile, ...changes }, () => "rand");
  const texts: string[] = [];
  let state: ConnectionState = session.open(0).state;
  const take = (step: Step<ConnectionState, DialedRequest<Origin>>) => {
    state = step.state;
    texts.push(...step.effects.flatMap((effect) => (effect.do === "send" ? [effect.text] : [])));
    return step.effects;
  };
  const framesIn = (effects: readonly Effect<DialedRequest<Origin>>[]) => effects.flatMap((effect) => (effect.do === "send" ? [JSON.parse(effect.text) as Sent] : []));
  const effectsOf = (frame: unknown) => take(session.frame(state, typeof frame === "string" ? frame : JSON.stringify(frame), 5));
  return {
    identify,
    texts,
    sent: () => texts.map((text) => JSON.parse(text) as Sent),
    effectsOf,
    answers: (frame: unknown) => framesIn(effectsOf(frame)),
    notes: (frame: unknown) => effectsOf(frame).flatMap((effect) => (effect.do === "note" ? [`${effect.level} ${effect.code}`] : [])),
    inbound: (frame: object) => inboundOf(effectsOf({ type: "message", content: "hi", ...frame })),
    admit(frame: object) {
      const of = inboundOf(effectsOf({ type: "message", content: "hi", ...frame }));
      take(session.admitted(state, { ask: "turn", inbound: of }, 6));
      return of;
    },
    hello: (...extensions: string[]) => effectsOf({ type: "hello", extensions }),
    commands: (command: DialedCommand<Origin>) => take(session.command(state, command, 7)),
    says: (command: DialedCommand<Origin>) => framesIn(take(session.command(state, command, 7))),
    reconnect: () => take(session.open(8, state)),
    /** Shows everything that a turn says. */
    show: (of: Inbound<Origin>, says: readonly TurnSays[]) => says.flatMap((each) => framesIn(take(session.command(state, commandOf(of, each), 7)))),
  };
}

export function commandOf(of: Inbound<Origin>, says: TurnSays): DialedCommand<Origin> {
  return says.say === "terminal" ? { ...says, of, isRepeat: false } : { ...says, of };
}

/** What a turn says when these events come at these times, its own wake-ups between them. */
export function playTurn(events: readonly (readonly [at: number, event: TurnEvent])[], bounds: TurnBounds = turnBounds): TurnSays[] {
  let state = beginTurn();
  let wakeAt: number | undefined;
  const said: TurnSays[] = [];
  const feed = (at: number, event: TurnEvent) => {
    const step = stepTurn(state, event, at, bounds);
    state = step.state;
    wakeAt ??= step.wakeAt;
    said.push(...step.says);
  };
  for (const [at, event] of events) {
    while (wakeAt !== undefined && wakeAt <= at) {
      const due = wakeAt;
      wakeAt = undefined;
      feed(due, { on: "tick" });
    }
    feed(at, event);
  }
  return said;
}

function inboundOf(effects: readonly Effect<DialedRequest<Origin>>[]): Inbound<Origin> {
  const effect = effects.find((each) => each.do === "deliver");
  if (effect?.do !== "deliver" || effect.inbound.ask !== "turn") throw new Error("nothing was delivered");
  return effect.inbound.inbound;
}
