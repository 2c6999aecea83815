import * as generated from "../../../../generated/clawchat/index.ts";
import type { HubSent } from "../../../../generated/clawchat/index.ts";
import { limits } from "../../../../generated/clawchat/index.ts";
import type { ConnectionState } from "../../../../src/protocols/clawchat/connection.ts";
import type { About, Origin } from "../../../../src/protocols/clawchat/identity.ts";
import { createMint } from "../../../../src/protocols/clawchat/ids.ts";
import type { Login, Profile } from "../../../../src/protocols/clawchat/profile.ts";
import { createProtocol } from "../../../../src/protocols/clawchat/protocol.ts";
import type { DialedCommand, DialedRequest } from "../../../../src/protocols/dialed.ts";
import type { Answered, Effect, Step } from "../../../../src/protocols/session.ts";
import type { Terminal } from "../../../../src/protocols/turn.ts";

export type { About };
export type HubRequest = DialedRequest<Origin>;
type HubEffect = Effect<HubRequest>;
export type Json = Record<string, unknown>;

export const ME = "usr_agent";
export const OWNER = "usr_owner";
export const HOME = "cnv_home";
export const CHAT = "cnv_01K5N8Q2R4S6T8V0W2X4Y6Z8A0";
export const START = 1_790_000_000_000;

export const login: Login = { accessToken: "tok-s3cret", deviceId: "openclaw-a1", userId: ME, ownerUserId: OWNER, homeConversationId: HOME };

export const profile: Profile = {
  login: () => login,
  clientVersion: "1.2.3",
  reliable: true,
  streaming: true,
  deliveryReceipts: false,
  strictChatIds: true,
  outputVisibility: "normal",
  replyToMode: "first",
  ackMs: 15_000,
  resendsUnanswered: false,
  typingMaxMs: 900_000,
  contentChars: 65_536,
  chunkChars: 4000,
  sessionsPerMember: true,
  verifiesSenders: true,
  mediaOrigin: "https://media.example",
};

const DOINGS: ReadonlySet<unknown> = new Set<HubEffect["do"]>(["send", "settle", "overdue", "deliver", "close", "ready", "recycle", "note"]);

/** Numbers in [0, 1) that look random and are the same every time. */
function randoms(seed = 1): () => number {
  let at = seed;
  return () => {
    at = (at * 48_271) % 2_147_483_647;
    return at / 2_147_483_647;
  };
}

export interface HubOptions extends Partial<Profile> {
  /** What hello-ok grants. */
  grant?: "dseq" | "none";
  at?: number;
  seed?: number;
}

/** Plays the hub at one end of a session and the account's shell at the other: it stores what is delivered and keeps the time. */
export function openHub({ grant = "dseq", at = START, seed = 1, ...changes }: HubOptions = {}) {
  let made = 0;
  let now = at;
  const protocol = createProtocol({ ...profile, ...changes }, { newId: () => `id-${++made}`, mint: createMint(randoms(seed)) }, () => now);
  const { session } = protocol;
  let state: ConnectionState = session.open(now).state;
  let wakeAt: number | undefined;
  let connection = 1;
  let isAdmitted = false;
  let dseq = 0;
  let epoch = 0;
  /** Everything that was ever sent, over all connections. */
  const sent: Sent[] = [];
  /** What could not be written to disk. */
  let isStored: (request: HubRequest) => boolean = () => true;

  function take(step: Step<ConnectionState, HubRequest>): Heard {
    state = step.state;
    for (const effect of step.effects) if (!DOINGS.has(effect.do)) throw new Error(`an effect that no shell knows: ${JSON.stringify(effect)}`);
    wakeAt = step.wakeAt ?? wakeAt;
    const heard = new Heard(step.effects, now, connection);
    isAdmitted ||= heard.doings.includes("ready");
    for (const frame of heard.frames) {
      check(frame, changes.strictChatIds ?? true);
      if (!isAdmitted && frame.event !== "connect") throw new Error(`before hello-ok: ${frame.text}`);
    }
    sent.push(...heard.frames);
    return heard;
  }

  /** Hands in a frame, and then what the account has done with it. */
  function frame(given: unknown): Heard {
    const heard = take(session.frame(state, typeof given === "string" ? given : JSON.stringify(given), now));
    const after = heard.requests.filter((request) => request.ask !== "notice" && isStored(request)).map(settled);
    return heard.with(after);
  }

  function settled(request: HubRequest): Heard {
    const admitted = take(session.admitted(state, request, now));
    return session.settled ? admitted.with([take(session.settled(state, request, now))]) : admitted;
  }

  function wait(ms: number): Heard {
    const until = now + ms;
    const heard: Heard[] = [];
    for (let ticks = 0; wakeAt !== undefined && wakeAt <= until; ticks++) {
      if (ticks > 100_000) throw new Error("ticks without end");
      now = Math.max(now, wakeAt);
      wakeAt = undefined;
      const ticked = take(session.tick?.(state, now) ?? { state, effects: [] });
      heard.push(ticked.with(ticked.requests.filter((request) => request.ask !== "notice" && isStored(request)).map(settled)));
    }
    now = until;
    return new Heard([], now, connection).with(heard);
  }

  const hub = {
    protocol,
    sent,
    get state() {
      return state;
    },
    get now() {
      return now;
    },
    get wakeAt() {
      return wakeAt;
    },
    get epoch() {
      return `epoch-${epoch}`;
    },
    /** The last one that was given out. */
    get dseq() {
      return dseq;
    },
    /** The hub has said hello, and nobody has given up. */
    get isAdmitted() {
      return isAdmitted && state.phase.is !== "lost";
    },
    stores(predicate: (request: HubRequest) => boolean) {
      isStored = predicate;
    },
    frame,
    settled,
    wait,
    /** Jumps without a tick, as a clock does that is set. */
    setClock: (to: number) => void (now = to),
    says: (command: DialedCommand<Origin>) => take(session.command(state, command, now)),
    challenge: (nonce = "nonce-1") => frame(envelope("connect.challenge", { nonce }, { trace_id: "challenge" })),
    hello(payload?: Json) {
      const connect = sent.findLast(({ event }) => event === "connect");
      epoch += 1;
      dseq = 0;
      const granted = grant === "dseq" ? { ack_mode: "dseq", ack_epoch: `epoch-${epoch}` } : {};
      return frame(envelope("hello-ok", payload ?? { device_id: "openclaw-a1", delivery_mode: "device_replay", ...granted }, { trace_id: connect?.["trace_id"] ?? "none" }));
    },
    /** Up to hello-ok. */
    admit() {
      hub.challenge();
      return hub.hello();
    },
    /** With the next `dseq`, where that is granted. */
    next: (given: Json) => frame(grant === "dseq" ? { ...given, dseq: ++dseq } : given),
    replayDone: () => hub.next(envelope("replay.done", {})),
    ready() {
      hub.admit();
      hub.replayDone();
      return hub;
    },
    /** Loses the connection and opens another one. */
    reconnect() {
      wakeAt = undefined;
      connection += 1;
      isAdmitted = false;
      return take(session.open(now, state));
    },
    /** A message of somebody, as the account gets it. */
    hears(changes: Json = {}): About {
      const [inbound] = hub.next(message(changes)).turns;
      if (!inbound) throw new Error("no turn");
      return inbound;
    },
    ack: (frameSent: Sent | undefined, changes: Json = {}) =>
      frame({ ...envelope("message.ack", { message_id: payloadOf(frameSent)["message_id"], accepted_at: now, ...changes }), trace_id: frameSent?.["trace_id"] }),
    refuse: (frameSent: Sent | undefined, code: string, changes: Json = {}) =>
      frame({ ...envelope("message.error", { message_id: payloadOf(frameSent)["message_id"], code, reason: "because" }), trace_id: frameSent?.["trace_id"], chat_id: frameSent?.["chat_id"], ...changes }),
    answers: (of: About, content: string, more: Partial<Extract<Terminal, { type: "response" }>> = {}, isRepeat = false) =>
      hub.says({ say: "terminal", of, terminal: { type: "response", content, ...more }, isRepeat }),
    fails: (of: About, code: "agent_error" | "cancelled" | "timeout" = "agent_error") =>
      hub.says({ say: "terminal", of, terminal: { type: "error", code, error: "Failed to process message: /srv/agent.ts" }, isRepeat: false }),
    streams: (of: About, content: string, attempt = 1) => hub.says({ say: "stream", of, content, attempt }),
    types: (of: About) => hub.says({ say: "typing", of }),
  };
  return hub;
}

export type Hub = ReturnType<typeof openHub>;

/** A frame that was sent: `at` is when, `on` which connection, `text` its bytes. */
export type Sent = Json & { event: HubSent["event"]; at: number; on: number; text: string };

export function envelope(event: string, payload: unknown, more: Json = {}): Json {
  return { version: "2", event, trace_id: "trace-hub", emitted_at: START, payload, ...more };
}

let counted = 0;

/** A message of somebody. */
export function message({ event = "message.send", id = `msg-${++counted}`, chat = CHAT, type = "direct", from = "usr_mira", name = "Mira", text = "deploy it please", fragments, mentions = null, reply = null, payload = {}, ...more }: Json = {}): Json {
  return envelope(
    String(event),
    {
      message_id: id,
      message_mode: "normal",
      message: { body: { fragments: fragments ?? [{ kind: "text", text }] }, context: { mentions, reply }, streaming: { status: "static", sequence: 0 } },
      ...(payload as Json),
    },
    { chat_id: chat, chat_type: type, sender: { id: from, type: "direct", nick_name: name }, ...more },
  );
}

export function payloadOf(frame: Json | undefined): Json {
  return (frame?.["payload"] ?? {}) as Json;
}

export function fragmentsOf(frame: Json | undefined): Json[] {
  const payload = payloadOf(frame);
  const body = ((payload["message"] as Json | undefined)?.["body"] ?? payload) as Json;
  return body["fragments"] as Json[];
}

export function textOf(frame: Json | undefined): string {
  return fragmentsOf(frame)
    .filter(({ kind }) => kind === "text")
    .map(({ text }) => String(text))
    .join("");
}

export function contextOf(frame: Json | undefined): Json {
  return ((payloadOf(frame)["message"] as Json)["context"] ?? {}) as Json;
}

/** What came of one event. */
export class Heard {
  readonly effects: readonly HubEffect[];
  readonly at: number;
  readonly on: number;
  private readonly later: readonly Heard[];

  constructor(effects: readonly HubEffect[], at: number, on: number, later: readonly Heard[] = []) {
    this.effects = effects;
    this.at = at;
    this.on = on;
    this.later = later;
  }

  /** Together with what followed from it. */
  with(later: readonly Heard[]): Heard {
    return new Heard(this.effects, this.at, this.on, [...this.later, ...later]);
  }

  get frames(): Sent[] {
    const own = this.effects.flatMap((effect) => (effect.do === "send" ? [{ ...(JSON.parse(effect.text) as Sent), at: this.at, on: this.on, text: effect.text }] : []));
    return [...own, ...this.later.flatMap(({ frames }) => frames)];
  }

  get events(): string[] {
    return this.frames.map(({ event }) => event);
  }

  /** The frames of one event. */
  of(event: HubSent["event"]): Sent[] {
    return this.frames.filter((frame) => frame.event === event);
  }

  /** Whole messages. */
  get messages(): Sent[] {
    return this.frames.filter(({ event }) => event === "message.send" || event === "message.reply");
  }

  get all(): HubEffect[] {
    return [...this.effects, ...this.later.flatMap(({ all }) => all)];
  }

  get requests(): HubRequest[] {
    return this.all.flatMap((effect) => (effect.do === "deliver" ? [effect.inbound] : []));
  }

  get turns(): About[] {
    return this.requests.flatMap((request) => (request.ask === "turn" ? [request.inbound] : []));
  }

  get kept(): About[] {
    return this.requests.flatMap((request) => (request.ask === "keep" ? [request.inbound] : []));
  }

  get notices() {
    return this.requests.flatMap((request) => (request.ask === "notice" ? [request.notice] : []));
  }

  get quarantined(): string[] {
    return this.requests.flatMap((request) => (request.ask === "quarantine" ? [request.text] : []));
  }

  /** `level code` of each note. */
  get notes(): string[] {
    return this.all.flatMap((effect) => (effect.do === "note" ? [`${effect.level} ${effect.code}`] : []));
  }

  get settlements(): { receipt: string; how: Answered }[] {
    return this.all.flatMap((effect) => (effect.do === "settle" ? [{ receipt: effect.receipt, how: effect.how }] : []));
  }

  get receipts(): string[] {
    return this.all.flatMap((effect) => (effect.do === "send" && effect.receipt !== undefined ? [effect.receipt] : []));
  }

  /** What happens to the connection. */
  get doings(): string[] {
    return this.all.flatMap((effect) => (["close", "recycle", "ready"].includes(effect.do) ? [effect.do] : []));
  }

  /** The numbers the hub was told. */
  get acked(): number[] {
    return this.frames.flatMap(({ event, ...frame }) => (event === "message.sync_ack" || event === "message.cursor_ack" ? [Number(payloadOf(frame)["dseq"] ?? payloadOf(frame)["seq"])] : []));
  }
}

/** All that can be said of any frame that leaves, whatever led to it. */
function check({ at: _at, on: _on, text, ...frame }: Sent, isStrict: boolean): void {
  const fault = faultOf(frame, isStrict, text);
  if (fault !== undefined) throw new Error(`${fault}: ${text.slice(0, 2000)}`);
}

export function faultOf(frame: Json, isStrict: boolean, text = JSON.stringify(frame)): string | undefined {
  const validate = validators[String(frame["event"])];
  if (!validate) return "an event that is not in the catalogue";
  if (!validate(frame)) return generated.describe((validate as { errors?: never }).errors, frame).detail;
  for (const stamped of ["sender", "chat_type", "seq", "dseq", "origin_device_id"]) if (stamped in frame) return `${stamped} is the hub's`;
  if (isStrict && "chat_id" in frame && !String(frame["chat_id"]).startsWith("cnv_")) return "a chat that is none";
  if (Buffer.byteLength(text) > (frame["event"] === "connect" ? limits.connectBytes : limits.uplinkBytes)) return "too many bytes";
  // What the hub has sent goes back as it came, whatever it is (CC-4).
  if (frame["event"] === "connect") return undefined;
  if (text.includes("\\u0000") && JSON.stringify(JSON.parse(text)).includes("\\u0000")) return "U+0000";
  if (!isWellFormed(frame)) return "half a character";
  return undefined;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value !== "object" || value === null || Object.values(value).every(isWellFormed);
}

const validators: Readonly<Record<string, ((value: unknown) => boolean) | undefined>> = {
  connect: generated.validateConnect,
  "message.send": generated.validateMessageSend,
  "message.reply": generated.validateMessageReply,
  "message.delivered": generated.validateMessageDelivered,
  "message.created": generated.validateMessageCreated,
  "message.add": generated.validateMessageAdd,
  "message.done": generated.validateMessageDone,
  "message.failed": generated.validateMessageFailed,
  "message.reaction": generated.validateMessageReaction,
  "typing.update": generated.validateTypingUpdate,
  "message.cursor_ack": generated.validateMessageCursorAck,
  "message.sync_ack": generated.validateMessageSyncAck,
};
