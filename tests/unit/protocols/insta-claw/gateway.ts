import { type GatewaySent, decodeGatewaySent, type SentEvent } from "../../../../generated/insta-claw/index.ts";
import type { DialedCommand, DialedRequest } from "../../../../src/protocols/dialed.ts";
import type { Inbound } from "../../../../src/protocols/inbound.ts";
import type { Origin } from "../../../../src/protocols/insta-claw/identity.ts";
import type { Profile } from "../../../../src/protocols/insta-claw/profile.ts";
import { createProtocol } from "../../../../src/protocols/insta-claw/protocol.ts";
import type { ConnectionState } from "../../../../src/protocols/insta-claw/session.ts";
import type { Effect, Step } from "../../../../src/protocols/session.ts";

export type About = Inbound<Origin>;
type GatewayEffect = Effect<DialedRequest<Origin>>;

export const profile: Profile = { framing: "envelope", events: "minimal", deltaShape: "string", ack: "off", requestTimeoutMs: 60_000, trustsPeer: true };

/** Hexadecimal digits that differ for different texts; no test needs more of a digest. */
export function digest(text: string): string {
  let hash = 7;
  for (const unit of text) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) % 0xffffffffffff;
  return hash.toString(16).padStart(12, "0");
}

const DOINGS: ReadonlySet<unknown> = new Set<GatewayEffect["do"]>(["send", "settle", "overdue", "deliver", "close", "ready", "recycle", "note"]);

/** The mark of each process here: the first id that it makes. */
export const PROCESS = "fffffffffff1";

/** A session that is driven by hand, and what came out of it. */
export function connect(changes: Partial<Profile> = {}, at = 1000) {
  let made = 0;
  const { session } = createProtocol({ ...profile, ...changes }, { newId: () => (++made).toString(16).padStart(12, "f"), sha256: digest });
  let now = at;
  let wakeAt: number | undefined;
  let state: ConnectionState;
  const take = (step: Step<ConnectionState, DialedRequest<Origin>>): Heard => {
    state = step.state;
    for (const effect of step.effects) if (!DOINGS.has(effect.do)) throw new Error(`an effect that no shell knows: ${JSON.stringify(effect)}`);
    wakeAt = step.wakeAt ?? wakeAt;
    return new Heard(step.effects);
  };
  take(session.open(now));
  return {
    get state() {
      return state;
    },
    get wakeAt() {
      return wakeAt;
    },
    get now() {
      return now;
    },
    wait: (ms: number) => void (now += ms),
    /** A frame as it stands on the wire. */
    frame: (frame: unknown) => take(session.frame(state, typeof frame === "string" ? frame : JSON.stringify(frame), now)),
    /** Data in an envelope. */
    data: (data: unknown, messageId = "m1") => take(session.frame(state, JSON.stringify(envelope(data, messageId)), now)),
    admitted: (inbound: About) => take(session.admitted(state, { ask: "turn", inbound }, now)),
    says: (command: DialedCommand<Origin>) => take(session.command(state, command, now)),
    reconnect: () => take(session.open(now, state)),
    tick: () => take(session.tick?.(state, now) ?? { state, effects: [] }),
  };
}

export function envelope(data: unknown, messageId = "m1"): object {
  return { type: "message", headers: { messageId }, data: typeof data === "string" ? data : JSON.stringify(data) };
}

/** What one step came to. */
export class Heard {
  readonly effects: readonly GatewayEffect[];

  constructor(effects: readonly GatewayEffect[]) {
    this.effects = effects;
  }

  get frames(): GatewaySent[] {
    return this.effects.flatMap((effect) => {
      if (effect.do !== "send") return [];
      const decoded = decodeGatewaySent(effect.text);
      if (!decoded.ok) throw new Error(`${decoded.detail}: ${effect.text}`);
      return [decoded.value];
    });
  }

  /** The events of replies, whatever they came in. */
  get events(): SentEvent[] {
    return this.frames.map((frame) => ("type" in frame && "data" in frame && typeof frame.data === "object" ? frame.data : frame) as SentEvent);
  }

  get types(): string[] {
    return this.events.map(({ type }) => type.replace("response.", ""));
  }

  get delivered(): About[] {
    return this.effects.flatMap((effect) => (effect.do === "deliver" && effect.inbound.ask === "turn" ? [effect.inbound.inbound] : []));
  }

  /** `level code` of each note. */
  get notes(): string[] {
    return this.effects.flatMap((effect) => (effect.do === "note" ? [`${effect.level} ${effect.code}`] : []));
  }

  get isNothing(): boolean {
    return this.effects.every((effect) => effect.do === "note");
  }
}

/** The text that the deltas of these events add up to. */
export function deltas(events: readonly SentEvent[]): string {
  return events.map((event) => ("delta" in event ? (typeof event.delta === "string" ? event.delta : event.delta.text) : "")).join("");
}

/** A message as the account hands it back. */
export function message({ origin, ...changes }: Partial<About> = {}): About {
  return {
    messageId: "req_9",
    origin: { process: PROCESS, ...(origin ?? { framing: "envelope", envelopeId: "m_9", requestId: "req_9" }) },
    sender: { id: "u_9", verified: true },
    conversation: { kind: "direct", id: "u_9" },
    content: "Is the museum open?",
    media: [],
    receivedAt: 1000,
    ...changes,
  };
}
