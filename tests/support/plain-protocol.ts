import type { DialedCommand, DialedProtocol, DialedRequest } from "../../src/protocols/dialed.ts";
import type { Inbound } from "../../src/protocols/inbound.ts";
import type { Effect } from "../../src/protocols/session.ts";

export interface PlainOrigin {
  room: string;
}

export interface PlainState {
  links: number;
  /** Messages that the shell has said are done with for good. */
  settled: readonly string[];
}

/** What the session of this wire says: one JSON object per command, so a test can read what it would have said. */
export interface PlainFrame {
  say: DialedCommand<PlainOrigin>["say"];
  id?: string;
  text?: string;
  link: number;
  isRepeat?: boolean;
  /** The message in whose place something is said unasked. */
  inPlaceOf?: string;
}

type Say = DialedCommand<PlainOrigin>;

/**
 * A wire that is as plain as a wire can be, for tests of what all dialed accounts share. With `acks` the peer answers
 * replies, with `{"ack":<id>}` or `{"nack":<id>}`, and is told what is settled; `{"quarantine":true}` is a frame that
 * cannot be read.
 */
export function createPlainProtocol({ acks = false, ...about }: Partial<DialedProtocol<PlainState, PlainOrigin>> & { acks?: boolean } = {}): DialedProtocol<PlainState, PlainOrigin> {
  const send = (frame: PlainFrame): Effect<DialedRequest<PlainOrigin>> => {
    const isAnswered = acks && (frame.say === "terminal" || frame.say === "announce");
    return { do: "send", text: JSON.stringify(frame), ...(isAnswered && frame.id !== undefined && { receipt: frame.id }) };
  };
  return {
    session: {
      open: (_now, before) => ({ state: { links: (before?.links ?? 0) + 1, settled: before?.settled ?? [] }, effects: [] }),
      frame(state, text, now) {
        const { id, room, content, scope, cancel, ack, nack, quarantine } = JSON.parse(text) as Heard;
        if (ack !== undefined) return { state, effects: [{ do: "settle", receipt: ack, how: { is: "arrived" } }] };
        if (nack !== undefined) return { state, effects: [{ do: "settle", receipt: nack, how: { is: "refused", why: "not_member" } }] };
        if (quarantine) return { state, effects: [{ do: "deliver", inbound: { ask: "quarantine", text, why: "unreadable", ref: "q" } }] };
        if (cancel !== undefined) return { state, effects: [{ do: "deliver", inbound: { ask: "cancel", messageId: cancel } }] };
        const inbound = plainInbound(id, room, content, now);
        if (scope !== undefined) inbound.conversation = { kind: "direct", id: room, scope };
        return { state, effects: [{ do: "deliver", inbound: { ask: "turn", inbound } }] };
      },
      admitted: (state) => ({ state, effects: [] }),
      ...(acks && {
        settled: (state: PlainState, request: DialedRequest<PlainOrigin>) => {
          const name = request.ask === "turn" ? request.inbound.messageId : request.ask;
          return { state: { ...state, settled: [...state.settled, name] }, effects: [send({ say: "repeated", id: `settled ${name}`, link: state.links })] };
        },
      }),
      command: (state, command) => ({ state, effects: [send({ say: command.say, link: state.links, ...wordsOf(command) })] }),
    },
    identify: ({ messageId }) => ({ sender: "", messageId }),
    turn: { streamEveryMs: 0, answerCodePoints: 1000, errorCodePoints: 100 },
    repeatMs: 300_000,
    mostWrites: Infinity,
    announcementId: () => "srv_1",
    ...about,
  };
}

export function plainInbound(messageId: string, room = "r", content = "hello", receivedAt = 1): Inbound<PlainOrigin> {
  return { messageId, origin: { room }, sender: { id: "ann", verified: true }, conversation: { kind: "direct", id: room }, content, media: [], receivedAt };
}

interface Heard {
  id: string;
  room: string;
  content: string;
  scope?: string;
  cancel?: string;
  ack?: string;
  nack?: string;
  quarantine?: boolean;
}

function wordsOf(command: Say): Partial<PlainFrame> {
  switch (command.say) {
    case "stream":
    case "thought":
      return { id: command.of.messageId, text: command.content };
    case "terminal": {
      const { terminal } = command;
      return { id: command.of.messageId, isRepeat: command.isRepeat, text: terminal.type === "response" ? terminal.content : terminal.code };
    }
    case "announce":
      return { id: command.messageId, text: command.text, inPlaceOf: command.to.messageId };
    case "refused":
      return { id: command.of.messageId, text: command.refusal.code };
    case "pairing":
      return { id: command.of.messageId, text: command.text };
    case "activity":
    case "typing":
    case "repeated":
      return { id: command.of.messageId };
    case "act":
      return { id: command.target.name, text: command.act.act };
    case "goodbye":
      return {};
  }
}
