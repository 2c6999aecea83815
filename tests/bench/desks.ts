import { createMint } from "../../src/protocols/clawchat/ids.ts";
import { createProtocol as createClawchat } from "../../src/protocols/clawchat/protocol.ts";
import type { DialedCommand, DialedProtocol, DialedRequest } from "../../src/protocols/dialed.ts";
import type { Inbound } from "../../src/protocols/inbound.ts";
import { createProtocol as createInstaClaw } from "../../src/protocols/insta-claw/protocol.ts";
import type { Effect, Step } from "../../src/protocols/session.ts";
import type { TurnBounds, TurnSays } from "../../src/protocols/turn.ts";
import { aboutOf } from "../../src/protocols/websocket/frames.ts";
import { OFFERED, turnBounds } from "../../src/protocols/websocket/profile.ts";
import { createSession, type Request } from "../../src/protocols/websocket/session.ts";
import { envelope as hubEnvelope, message as hubMessage, profile as hubProfile } from "../unit/protocols/clawchat/hub.ts";
import { digest, envelope as gatewayEnvelope, profile as gatewayProfile } from "../unit/protocols/insta-claw/gateway.ts";
import { createProtocol as createLocalIm } from "../../src/protocols/local-im/protocol.ts";
import { profile as imProfile } from "../support/im-session.ts";

/** A connection's session without a connection: what comes in is handed to it, what it says is handed back. */
export interface Desk {
  name: string;
  turn: TurnBounds;
  /** The text of a frame that brings a message of one of many people. */
  message(number: number): string;
  /** Up to where the message is with the account and what has to be said of it is said. */
  hear(text: string): Inbound<never>;
  /** The texts of the frames that this is for the peer. */
  show(of: Inbound<never>, says: TurnSays): string[];
}

const WORDS = "When does the library close today, and is the reading room open?";
const NOW = 1_790_000_000_000;

export const desks: readonly (() => Desk)[] = [openWebsocket, openInstaClaw, openLocalIm, openClawchat];

function openWebsocket(): Desk {
  const profile = { streamMode: "cumulative", greeting: false, offered: OFFERED, rejectedInARow: 10, customData: { bytes: 16_384, levels: 8 } } as const;
  const session = createSession(profile, () => "made-up");
  let { state } = session.open(NOW, { peer: { sender: { id: "ann", name: "Ann", verified: true }, speaksForOthers: false }, connectionId: "c1" });
  const take = (step: Step<typeof state, Request>) => {
    state = step.state;
    return step.effects;
  };
  return {
    name: "websocket",
    turn: turnBounds,
    message: (number) => JSON.stringify({ type: "chat.send", messageId: `app-${number}`, content: WORDS, senderName: "Ann" }),
    hear(text) {
      const [effect] = take(session.frame(state, text, NOW));
      if (effect?.do !== "deliver" || effect.inbound.ask !== "turn") throw new Error(`not taken: ${text}`);
      take(session.admitted(state, effect.inbound, NOW));
      return effect.inbound.inbound as Inbound<never>;
    },
    show(inbound, says) {
      const of = aboutOf(inbound);
      if (says.say === "thought") return [];
      return textsOf(take(session.command(state, { ...says, of }, NOW)));
    },
  };
}

function openInstaClaw(): Desk {
  let made = 0;
  return openDialed("insta-claw", createInstaClaw({ ...gatewayProfile, events: "minimal" }, { newId: () => (++made).toString(16).padStart(12, "f"), sha256: digest }), [], (number) =>
    JSON.stringify(gatewayEnvelope({ type: "user.message", content: WORDS, userId: `u_${number % 100}`, userName: "Ann" }, `m_${number}`)),
  );
}

function openLocalIm(): Desk {
  return openDialed("local-im", createLocalIm(imProfile, () => "rand"), [], (number) =>
    JSON.stringify({ type: "message", messageId: `m_${number}`, sessionId: `s_${number % 100}`, fromUserId: "u_9", fromUserName: "Ann", content: WORDS }),
  );
}

function openClawchat(): Desk {
  let made = 0;
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const protocol = createClawchat(hubProfile, { newId: () => `id-${++made}`, mint: createMint(random) }, () => NOW);
  const challenge = JSON.stringify(hubEnvelope("connect.challenge", { nonce: "nonce-1" }, { trace_id: "challenge" }));
  const hello = (connect: string) => {
    const { trace_id } = JSON.parse(connect) as { trace_id: string };
    return JSON.stringify(hubEnvelope("hello-ok", { device_id: "openclaw-a1", delivery_mode: "device_replay", ack_mode: "dseq", ack_epoch: "epoch-1" }, { trace_id }));
  };
  const done = JSON.stringify(hubEnvelope("replay.done", {}, { dseq: 1 }));
  let dseq = 1;
  return openDialed("clawchat", protocol, [() => challenge, hello, () => done], (number) => JSON.stringify(hubMessage({ id: `msg-${number}`, text: WORDS, dseq: ++dseq })));
}

function openDialed<State, Origin>(name: string, protocol: DialedProtocol<State, Origin>, greetings: readonly ((said: string) => string)[], message: (number: number) => string): Desk {
  const { session } = protocol;
  let { state } = session.open(NOW);
  const take = (step: Step<State, DialedRequest<Origin>>) => {
    state = step.state;
    return step.effects;
  };
  const settle = (request: DialedRequest<Origin>): void => {
    take(session.admitted(state, request, NOW));
    if (session.settled) take(session.settled(state, request, NOW));
  };
  let said = "";
  for (const greeting of greetings) said = textsOf(take(session.frame(state, greeting(said), NOW)))[0] ?? "";
  return {
    name,
    turn: protocol.turn,
    message,
    hear(text) {
      for (const effect of take(session.frame(state, text, NOW))) {
        if (effect.do !== "deliver") continue;
        settle(effect.inbound);
        if (effect.inbound.ask === "turn") return effect.inbound.inbound as Inbound<never>;
      }
      throw new Error(`${name} did not take: ${text}`);
    },
    show(inbound, says) {
      const of = inbound as Inbound<Origin>;
      const command: DialedCommand<Origin> = says.say === "terminal" ? { ...says, of, isRepeat: false } : { ...says, of };
      return textsOf(take(session.command(state, command, NOW)));
    },
  };
}

function textsOf(effects: readonly Effect<unknown>[]): string[] {
  return effects.flatMap((effect) => (effect.do === "send" ? [effect.text] : []));
}
