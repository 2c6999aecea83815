import * as instaClaw from "../../../generated/insta-claw/index.ts";
import * as localIm from "../../../generated/local-im/index.ts";
import { codePoints, type Decoded, type Validator } from "../../../generated/runtime.ts";
import * as websocket from "../../../generated/websocket/index.ts";
import { limits } from "../../../src/core/limits.ts";
import type { Act } from "../../../src/protocols/acts.ts";
import type { ConnectionState as HubState } from "../../../src/protocols/clawchat/connection.ts";
import { createMint } from "../../../src/protocols/clawchat/ids.ts";
import { createProtocol as createClawchat } from "../../../src/protocols/clawchat/protocol.ts";
import type { DialedCommand, DialedProtocol, DialedRequest } from "../../../src/protocols/dialed.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import { createProtocol as createInstaClaw } from "../../../src/protocols/insta-claw/protocol.ts";
import { createProtocol as createLocalIm } from "../../../src/protocols/local-im/protocol.ts";
import { aboutOf } from "../../../src/protocols/websocket/frames.ts";
import { OFFERED } from "../../../src/protocols/websocket/profile.ts";
import { type Command, type ConnectionState, createSession, type Origin, type Request } from "../../../src/protocols/websocket/session.ts";
import { profile as imProfile } from "../../support/im-session.ts";
import { envelope, faultOf as hubFault, profile as hubProfile } from "../../unit/protocols/clawchat/hub.ts";
import { digest, profile as gatewayProfile } from "../../unit/protocols/insta-claw/gateway.ts";
import { oneByOne, type Target } from "../target.ts";
import { conversationsOf, framesOf } from "./seeds.ts";
import { answerOf, type Driven, playSession, type Said, scriptsOf } from "./session-driver.ts";

interface Document {
  messages: Readonly<Record<string, { name: string; tags: Readonly<Record<string, unknown>>; direction: string }>>;
}

/** A frame that leaves must be one of the document's, with no field too many. */
function strictly(generated: Document, decode: (text: string) => Decoded<unknown>): (text: string) => string | undefined {
  const rows = Object.values(generated.messages).filter(({ direction }) => direction !== "received");
  return (text) => {
    const decoded = decode(text);
    if (!decoded.ok) return decoded.detail;
    const frame = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const fitting = rows.filter(({ tags }) => Object.entries(tags).every(([tag, value]) => frame[tag] === value));
    const isKnown = fitting.some(({ name }) => ((generated as unknown as Record<string, Validator<unknown>>)[`validate${name}`])?.(frame) === true);
    return isKnown ? undefined : "a field that the document does not have";
  };
}

function actOf(word: string, text: string): Act | undefined {
  if (word === "react" || word === "unreact") return { act: "react", emoji: text, isRemoval: word === "unreact" };
  if (word === "edit") return { act: "edit", content: text };
  return word === "delete" ? { act: "delete" } : undefined;
}

/** What the agent's actions refuse comes to no session: no text to edit a message to, or one that is too long. */
function isAsked(act: Act): boolean {
  return act.act !== "edit" || (act.content.trim() !== "" && codePoints(act.content) <= limits.editCodePoints);
}

/** A protocol of those that we dial. */
function driveDialed<State, Origin>(protocol: DialedProtocol<State, Origin>, faultOf: (text: string) => string | undefined, { messageIdCharacters, remembersOpen = false }: { messageIdCharacters: number; remembersOpen?: boolean }): Driven<State, DialedCommand<Origin>, DialedRequest<Origin>, Inbound<Origin>> {
  function commandsOf(said: Said<Inbound<Origin>>): DialedCommand<Origin>[] {
    const { of } = said;
    if (said.say === "turn") return [said.says.say === "terminal" ? { ...said.says, of, isRepeat: said.isRepeat } : { ...said.says, of }];
    if (said.say === "refused") return [{ say: "refused", of, refusal: { code: said.code, error: said.error } }];
    const { word, text } = said;
    const name = protocol.acts?.nameOf(of) ?? protocol.acts?.nameOfAnswer(of);
    // What is no emoji comes to no session, nor is one longer than this: the action refuses it.
    const act = actOf(word, word.endsWith("react") ? text.slice(0, 20) : text);
    if (act) return name === undefined || !isAsked(act) || (act.act === "react" && act.emoji === "") ? [] : [{ say: "act", act, target: { name, place: of } }];
    switch (word) {
      case "typing":
      case "repeated":
        return [{ say: word, of }];
      case "goodbye":
        return [{ say: "goodbye" }];
      case "pairing":
        return [{ say: "pairing", of, text }];
      case "announce":
        return [{ say: "announce", messageId: protocol.announcementId(), to: of, text, mediaUrls: text.length % 2 === 0 ? [] : ["https://media.example/a.png"] }];
      case "answer":
        return [{ say: "terminal", of, terminal: answerOf(text), isRepeat: text.length % 2 === 0 }];
      default:
        return [];
    }
  }
  return { session: protocol.session, turn: protocol.turn, remembersOpen, messageIdCharacters, faultOf, commandsOf, messageOf: (request) => (request.ask === "turn" ? request.inbound : undefined) };
}

/** The same number for the same input: what is made up must not differ from one play to the next. */
function counting(): () => number {
  let at = 1;
  return () => {
    at = (at * 48_271) % 2_147_483_647;
    return at / 2_147_483_647;
  };
}

function driveWebsocket(): Driven<ConnectionState, Command, Request, Inbound<Origin>> {
  let made = 0;
  const profile = { streamMode: "cumulative", greeting: false, offered: OFFERED, rejectedInARow: 10, customData: { bytes: 200, levels: 3 } } as const;
  const session = createSession(profile, () => `made-${++made}`);
  const opening = { peer: { sender: { id: "c-uuid", verified: false }, speaksForOthers: true }, connectionId: "c1" };
  function commandsOf(said: Said<Inbound<Origin>>): Command[] {
    const of = aboutOf(said.of);
    if (said.say === "turn") return [{ ...said.says, of }];
    if (said.say === "refused") return [{ say: "refused", refusal: { code: said.code, error: said.error, messageId: of.messageId } }];
    const { word, text } = said;
    // A message of the agent has no name of more than 128 characters, nor an emoji: the account sees to both.
    const act = actOf(word, text.slice(0, 20));
    if (act) return isAsked(act) && (websocket.validateEmoji(text.slice(0, 20)) || act.act !== "react") ? [{ say: "act", act, messageId: of.messageId, senderId: said.of.sender.id }] : [];
    switch (word) {
      case "typing":
        return [{ say: "typing", of }];
      case "post":
        return [{ say: "post", inbound: said.of }];
      case "pairing":
        return [{ say: "pairing", of, code: "ABCD1234", expiresAt: 1_790_000_000_000 }];
      case "renewed":
        return [{ say: "renewed", peer: { sender: said.of.sender, speaksForOthers: false } }];
      default:
        return [];
    }
  }
  return {
    session: { ...session, open: (now) => session.open(now, opening) },
    turn: { streamEveryMs: 100, answerCodePoints: limits.answerCodePoints, errorCodePoints: limits.errorCodePoints },
    remembersOpen: true,
    messageIdCharacters: 128,
    faultOf: strictly(websocket, websocket.decodeChatSent),
    commandsOf,
    messageOf: (request) => (request.ask === "turn" ? request.inbound : undefined),
  };
}

/** What the side that is tried hears in the examples. */
function heardIn(protocol: string, from: string): unknown[][] {
  return conversationsOf(protocol).map((lines) => lines.map((line) => JSON.parse(line) as { from: string; frame: unknown }).filter((each) => each.from === from).map(({ frame }) => frame));
}

function greeted(frame: unknown): unknown {
  return (frame as { event?: unknown }).event === "hello-ok" ? { ...(frame as object), trace_id: TRACE } : frame;
}

function target(name: string, seeds: () => string[], play: (input: string) => void): Target {
  return { name: `session-${name}`, form: "json", batch: 100, isRepeatable: true, seeds, play: oneByOne(play) };
}

/** Stands for the trace of the last `connect`. */
const TRACE = "§trace";

const received = (protocol: string, channel: string) => framesOf(protocol, (way) => way.channel === channel && way.direction === "received");

export const sessions: readonly Target[] = [
  target(
    "websocket",
    () => scriptsOf(received("websocket", "chat"), heardIn("websocket", "application"), [{ type: "chat.hello", extensions: OFFERED }]),
    (input) => playSession(input, driveWebsocket()),
  ),
  target(
    "local-im",
    () => scriptsOf(received("local-im", "im"), heardIn("local-im", "server"), [{ type: "hello", extensions: ["typing", "activity", "ack", "acts", "reactions", "edit"] }]),
    (input) => playSession(input, driveDialed(createLocalIm(imProfile, () => "rand"), strictly(localIm, localIm.decodeImSent), { messageIdCharacters: 128, remembersOpen: true })),
  ),
  target(
    "insta-claw",
    () => scriptsOf(received("insta-claw", "gateway"), heardIn("insta-claw", "server"), []),
    (input) => {
      for (const changes of [{}, { framing: "bare", events: "full", deltaShape: "object", ack: "intclaw" }] as const) {
        let made = 0;
        const ids = { newId: () => (++made).toString(16).padStart(12, "f"), sha256: digest };
        playSession(input, driveDialed(createInstaClaw({ ...gatewayProfile, ...changes }, ids), strictly(instaClaw as unknown as Document, instaClaw.decodeGatewaySent), { messageIdCharacters: 512 }));
      }
    },
  ),
  target(
    "clawchat",
    () =>
      scriptsOf(received("clawchat", "hub"), heardIn("clawchat", "server").map((frames) => frames.map(greeted)), [
        envelope("connect.challenge", { nonce: "nonce-1" }, { trace_id: "challenge" }),
        envelope("hello-ok", { device_id: "openclaw-a1", delivery_mode: "device_replay", ack_mode: "dseq", ack_epoch: "epoch-1" }, { trace_id: TRACE }),
      ]),
    (input) => {
      let made = 0;
      const clock = () => 1_790_000_000_000;
      const protocol = createClawchat(hubProfile, { newId: () => `id-${++made}`, mint: createMint(counting()) }, clock);
      let trace = "";
      const driven = driveDialed(protocol, (text) => {
        const frame = JSON.parse(text) as Record<string, unknown>;
        if (frame["event"] === "connect") trace = String(frame["trace_id"]);
        return hubFault(frame, true, text);
      }, { messageIdCharacters: 512 });
      // Nobody guesses what the hub has to echo.
      const session = { ...driven.session, frame: (state: HubState, text: string, now: number) => driven.session.frame(state, text.replaceAll(TRACE, trace), now) };
      playSession(input, { ...driven, session });
    },
  ),
];
