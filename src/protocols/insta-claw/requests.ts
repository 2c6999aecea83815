import type { Input, InputItem, Metadata, Part, RobotMessage } from "../../../generated/insta-claw/index.ts";
import type { Inbound, MediaReference } from "../inbound.ts";
import type { Carrier, WholeMessage } from "./codec.ts";
import { identityOf, type Origin, type Told } from "./identity.ts";
import { mediaOf } from "./parts.ts";

/** What a message says, whatever its shape. */
interface Content {
  text: string;
  media: readonly MediaReference[];
}

/** Makes a message of a request; `newId` names one that came without an id. `content` may be blank. */
export function readRequest(request: WholeMessage, carrier: Carrier, now: number, newId: () => string): Inbound<Origin> {
  const { headers } = carrier;
  const metadata = "metadata" in request ? (request.metadata ?? {}) : {};
  const requestId = idOf(request, metadata, carrier);
  const { sender, conversation, origin, mentioned } = identityOf(toldBy(request, metadata, carrier));
  const { text, media } = contentOf(request);
  return {
    messageId: requestId ?? `req_${now}_${newId()}`,
    origin: {
      framing: carrier.framing,
      ...("stream" in request && !request.stream && carrier.framing === "bare" && { whole: true }),
      ...(headers.messageId !== undefined && { envelopeId: headers.messageId }),
      ...(requestId !== undefined && { requestId }),
      ...origin,
    },
    sender,
    conversation,
    content: text,
    media,
    ...(metadata.reply_to !== undefined && { quote: { messageId: metadata.reply_to } }),
    ...(mentioned !== undefined && { mentioned }),
    receivedAt: now,
  };
}

function idOf(request: WholeMessage, metadata: Metadata, { headers }: Carrier): string | undefined {
  if ("msgtype" in request) return request.msgId ?? headers.messageId;
  if ("input" in request) return metadata.message_id ?? headers.messageId;
  return metadata.message_id ?? headers.requestId ?? headers.messageId;
}

function toldBy(request: WholeMessage, metadata: Metadata, { headers }: Carrier): Told {
  if ("msgtype" in request) return toldByRobot(request, metadata, headers);
  const sessionId = "sessionId" in request || "session_id" in request ? (request.session_id ?? request.sessionId) : undefined;
  return { metadata, headers, userId: "userId" in request ? request.userId : undefined, sessionId };
}

function toldByRobot(robot: RobotMessage, metadata: Metadata, headers: Carrier["headers"]): Told {
  const isGroup = robot.conversationType === "2" && robot.conversationId !== undefined;
  return {
    metadata,
    headers,
    userId: robot.senderStaffId ?? robot.senderId,
    sessionId: robot.conversationId,
    senderName: robot.senderNick,
    ...(isGroup && robot.conversationId !== undefined && { group: { id: robot.conversationId, subject: robot.conversationTitle, mentioned: robot.isInAtList } }),
  };
}

function contentOf(request: WholeMessage): Content {
  if ("msgtype" in request) return { text: robotText(request), media: robotMedia(request) };
  if ("input" in request) return inputContent(request.input);
  return { text: request.content, media: [] };
}

function robotText({ text, content }: RobotMessage): string {
  return text?.content ?? content?.recognition ?? (content?.richText ?? []).map((piece) => piece.text ?? "").join("");
}

function robotMedia({ content }: RobotMessage): MediaReference[] {
  return content?.pictureUrl === undefined ? [] : [{ from: "url", url: content.pictureUrl, ...(content.fileName !== undefined && { name: content.fileName }) }];
}

/** The user's part of a request: what it quotes of other roles is context the agent has already (IC-16). */
function inputContent(input: Input): Content {
  if (typeof input === "string") return { text: input, media: [] };
  const own = input.filter(({ role }) => role === undefined || role === "user");
  return {
    text: own.map(itemText).filter((text) => text.trim() !== "").join("\n\n"),
    media: own.flatMap(({ content }) => (typeof content === "string" ? [] : (content ?? []).flatMap(mediaOf))),
  };
}

function itemText({ content }: InputItem): string {
  return typeof content === "string" ? content : (content ?? []).map(inputText).join("");
}

function inputText({ type, text }: Part): string {
  return type === "input_text" || type === "text" ? (text ?? "") : "";
}
