import { decodeChatReceived, decodeChatSent, validateChatDeleted, validateChatDirectoryResult, validateChatEdited, validateChatError, validateChatMedia, validateChatMessage, validateChatPairing, validateChatReaction, validateChatResponse, validateChatStream, validateChatThought, validateChatTyping, validateChatActivity, validateChatWelcome } from "../../../../generated/websocket/index.ts";
import { checkDecoded, checkStrictly } from "../../simulator/check.ts";
import type { Check as FrameCheck } from "../../simulator/record.ts";
import { type ConformOptions, Unseen } from "../check.ts";
import { DialedSubject } from "../dialed-subject.ts";
import type { Dialed, DialOptions, Received } from "../dialing.ts";

const validators = {
  "chat.typing": validateChatTyping,
  "chat.stream": validateChatStream,
  "chat.thought": validateChatThought,
  "chat.activity": validateChatActivity,
  "chat.response": validateChatResponse,
  "chat.error": validateChatError,
  "chat.welcome": validateChatWelcome,
  "chat.pairing": validateChatPairing,
  "chat.message": validateChatMessage,
  "chat.media": validateChatMedia,
  "chat.directory.result": validateChatDirectoryResult,
  "chat.edited": validateChatEdited,
  "chat.deleted": validateChatDeleted,
  "chat.reaction": validateChatReaction,
};

export type Frame = Readonly<Record<string, unknown>>;

/** A frame of the server, as strictly as it is written. */
export function checkFromServer(text: string): FrameCheck {
  return checkStrictly(decodeChatSent(text), validators);
}

export function checkFromApplication(text: string): FrameCheck {
  return checkDecoded(decodeChatReceived(text));
}

/** A server of the websocket wire: applications dial it, and so does the kit. */
export class WebsocketServerSubject extends DialedSubject {
  constructor(options: ConformOptions) {
    super(options, checkFromServer);
  }

  /** As an application that is let in; each call is another sender where the server takes their word for it. */
  async enter(query: Readonly<Record<string, string>> = { senderId: this.newId("u") }, more: DialOptions = {}): Promise<Dialed> {
    const { url, token } = this.options;
    const dialed = await this.dial(addressOf(url, query), { ...more, headers: { ...more.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) } });
    if (dialed.status !== 101) throw new Unseen(`the server turned the upgrade away with HTTP ${dialed.status}`);
    return dialed;
  }

  /** Everything that came with this id. */
  framesOf(dialed: Dialed, messageId: string): readonly (Received & { fields: Frame })[] {
    return dialed.received.flatMap((frame) => (frame.fields?.["messageId"] === messageId ? [{ ...frame, fields: frame.fields }] : []));
  }

  async terminal(dialed: Dialed, messageId: string, timeoutMs = this.timeoutMs): Promise<Frame | undefined> {
    return dialed.until(() => this.framesOf(dialed, messageId).find(({ fields }) => isTerminal(fields))?.fields, timeoutMs);
  }

  /** Says something and waits for its end; without one, there is nothing to judge by. */
  async answered(dialed: Dialed, messageId: string, frame: Frame): Promise<Frame> {
    dialed.send({ type: "chat.send", messageId, ...frame });
    const terminal = await this.terminal(dialed, messageId);
    if (!terminal) throw new Unseen(`a message was not answered within ${this.timeoutMs} ms; see WS-13, or give more time with --timeout`);
    return terminal;
  }

  async response(dialed: Dialed, messageId: string, frame: Frame): Promise<Frame> {
    const terminal = await this.answered(dialed, messageId, frame);
    if (terminal["type"] !== "chat.response") throw new Unseen(`a message was answered with the error "${String(terminal["error"])}"`);
    return terminal;
  }

  /** The first error from here on. */
  async error(dialed: Dialed, frame: string | Frame): Promise<Frame | undefined> {
    const before = dialed.received.length;
    dialed.send(frame);
    return dialed.until(() => dialed.received.slice(before).find(({ fields }) => fields?.["type"] === "chat.error")?.fields, this.timeoutMs);
  }

  /** Tells which extensions are wanted, and returns those that are on. */
  async hello(dialed: Dialed, extensions: readonly string[]): Promise<readonly string[]> {
    dialed.send({ type: "chat.hello", extensions });
    const welcome = await dialed.until(() => dialed.received.find(({ fields }) => fields?.["type"] === "chat.welcome")?.fields, this.timeoutMs);
    if (!welcome) throw new Unseen("the server did not answer chat.hello: it has no extensions");
    return Array.isArray(welcome["extensions"]) ? welcome["extensions"].map(String) : [];
  }
}

export function isTerminal(fields: Frame): boolean {
  return fields["type"] === "chat.response" || fields["type"] === "chat.error";
}

export function addressOf(url: string, query: Readonly<Record<string, string>> | string): string {
  const text = typeof query === "string" ? query : new URLSearchParams(query).toString();
  return text === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${text}`;
}

export function show(fields: Frame | undefined): string {
  return fields === undefined ? "nothing" : JSON.stringify(fields);
}
