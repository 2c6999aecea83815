import {
  configChannel,
  decodeImReceived,
  decodeImSent,
  encodeImReceived,
  type LocalImConfigInput,
  validateAck,
  validateActivity,
  validateDeleted,
  validateDone,
  validateEdited,
  validateFailure,
  validatePong,
  validateReaction,
  validateStream,
  validateThought,
  validateTyping,
} from "../../../../generated/local-im/index.ts";
import { checkDecoded, checkStrictly, type StrictValidators } from "../check.ts";
import type { Admission, Message, PlayedProtocol, Secrets, UpgradeRequest } from "../protocol.ts";
import { followReplies } from "./replies.ts";

const validators: StrictValidators = {
  pong: validatePong,
  ack: validateAck,
  thought: validateThought,
  stream: validateStream,
  done: validateDone,
  error: validateFailure,
  typing: validateTyping,
  activity: validateActivity,
  reaction: validateReaction,
  edited: validateEdited,
  deleted: validateDeleted,
};

const serverName = "clawwire-simulator";

export const localIm: PlayedProtocol = {
  channel: configChannel.id,
  shapes: ["message", "legacy"],
  controls: {
    ping: { summary: "asks for a pong", compose: () => encodeImReceived({ type: "ping" }) },
    pong: { summary: "a pong nobody asked for", compose: () => encodeImReceived({ type: "pong" }) },
    hello: {
      summary: "turns extensions on, such as: hello ack,typing,cancel",
      compose: (names) => hello(names.split(/[\s,]+/).filter((name) => name !== "")),
    },
    react: { summary: "a user reacts to the answer to a message: react m-1 👍 u-1, with a - before the emoji takes it back", compose: react },
    edit: { summary: "a user edits a message: edit m-1 u-1 the new text", compose: edit },
    delete: { summary: "a user deletes a message: delete m-1 u-1", compose: remove },
    cancel: { summary: "stops the answer to the message of this id", compose: (messageId) => encodeImReceived({ type: "cancel", messageId }) },
  },
  admit,
  compose: (message) => [compose(message)],
  announce: hello,
  checkFromPlugin: (text) => checkStrictly(decodeImSent(text), validators),
  checkFromServer: (text) => checkDecoded(decodeImReceived(text)),
  follow: followReplies,
  configFor,
};

function wordsIn(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

function react(words: string): string {
  const [messageId = "m-1", emoji = "👍", userId] = wordsIn(words);
  return encodeImReceived({ type: "reaction", messageId, emoji: emoji.replace(/^-/, ""), op: emoji.startsWith("-") ? "remove" : "add", ...(userId !== undefined && { userId }) });
}

function edit(words: string): string {
  const [messageId = "m-1", userId = "u-1", ...text] = wordsIn(words);
  return encodeImReceived({ type: "edit", messageId, userId, content: text.join(" ") || "changed" });
}

function remove(words: string): string {
  const [messageId = "m-1", userId = "u-1"] = wordsIn(words);
  return encodeImReceived({ type: "delete", messageId, userId });
}

function admit({ query, headers }: UpgradeRequest, secrets: Secrets | undefined): Admission {
  const named = query.getAll("accountId");
  const [account] = named;
  if (account === undefined || named.length > 1) return refuse(400, `expected one accountId in the query, got ${named.length}`);
  if (account === "") return refuse(400, "accountId in the query is empty");
  const authorization = headers.authorization;
  const token = authorization === undefined ? undefined : /^Bearer ([!-~]+)$/.exec(authorization)?.[1];
  if (authorization !== undefined && token === undefined) return refuse(400, "expected Authorization: Bearer and a token");
  if (!secrets) return { ok: true, account };
  const secret = Object.hasOwn(secrets, account) ? secrets[account] : undefined;
  if (secret === undefined) return refuse(403, `there is no account "${account}"`);
  if (secret !== (token ?? "")) return refuse(401, token === undefined ? `no token came for "${account}"` : `the token for "${account}" is another one`);
  return { ok: true, account };
}

function refuse(status: number, why: string): Admission {
  return { ok: false, status, why };
}

function compose({ messageId, conversation, session, user, text, shape, more }: Message): string {
  return encodeImReceived({
    ...(shape !== "legacy" && { type: "message" }),
    messageId,
    ...(conversation !== undefined && { conversationId: conversation }),
    ...(user !== undefined && { userId: user }),
    ...(session !== undefined && { sessionId: session }),
    content: text,
    ...more,
  });
}

function hello(extensions: readonly string[]): string {
  return encodeImReceived({ type: "hello", extensions: [...extensions], serverName });
}

function configFor(url: string, accounts: Secrets): LocalImConfigInput & Record<string, unknown> {
  const ids = Object.keys(accounts);
  const [id] = ids;
  const token = (secret: string | undefined): { token?: string } => (secret ? { token: secret } : {});
  const block = { enabled: true, serverUrl: url, dmPolicy: "open" } as const;
  if (id === undefined) return block;
  if (ids.length === 1) return { ...block, defaultAccount: id, ...token(accounts[id]) };
  return { ...block, accounts: Object.fromEntries(Object.entries(accounts).map(([account, secret]) => [account, token(secret)])) };
}
