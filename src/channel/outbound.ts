import type { createChatChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { recordOutboundMessageIdentity } from "openclaw/plugin-sdk/channel-outbound";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { chunkMarkdownTextWithMode } from "openclaw/plugin-sdk/reply-chunking";
import { forLog } from "../core/redact.ts";
import type { ChannelAccount } from "./accounts.ts";
import { parseAddress, parseName, writeAddress } from "./addresses.ts";
import type { ChannelNames } from "./host.ts";
import { isWireId, wireMessageId, writeId } from "./identity.ts";
import { filesFor, uploadOf } from "./outbound-media.ts";
import { targetHint } from "./resolver.ts";
import type { LiveAccounts } from "./running.ts";

type Outbound = NonNullable<Parameters<typeof createChatChannelPlugin<ChannelAccount<unknown>>>[0]["outbound"]>;
type AttachedOutbound = Extract<Outbound, { attachedResults: unknown }>;
type SendContext = Parameters<NonNullable<AttachedOutbound["attachedResults"]["sendText"]>>[0];

/** One frame holds 262,144 code points; the rest is room for what the host adds. */
const TEXT_CHUNK = 200_000;

/** What the agent, a schedule or the command line says unasked. Only the gateway's process has the sockets. */
export function createOutbound(channel: ChannelNames, live: LiveAccounts): AttachedOutbound {
  return {
    base: {
      deliveryMode: "gateway",
      textChunkLimit: TEXT_CHUNK,
      chunker: (text, limit) => chunkMarkdownTextWithMode(text, limit, "newline"),
      chunkerMode: "markdown",
      deliveryCapabilities: { durableFinal: { text: true, media: true, replyTo: true, thread: true, messageSendingHooks: true } },
      resolveTarget({ to }) {
        const address = to === undefined ? undefined : parseAddress(channel.addresses, to);
        if (address) return { ok: true, to: writeAddress(channel.addresses, address) };
        // Who is meant is looked up by what the host asks next.
        if (to !== undefined && parseName(channel.addresses, to)) return { ok: true, to: to.trim() };
        return { ok: false, error: new Error(`a target is needed: ${targetHint(channel)}`) };
      },
    },
    attachedResults: {
      channel: channel.id,
      sendText: (context) => send(channel, live, context, []),
      sendMedia: (context) => send(channel, live, context, context.mediaUrl === undefined ? [] : [context.mediaUrl]),
    },
  };
}

async function send(channel: ChannelNames, live: LiveAccounts, context: SendContext, urls: readonly string[]): Promise<{ messageId: string }> {
  const address = parseAddress(channel.addresses, context.to);
  const accountId = channel.accounts.find(context.cfg, context.accountId);
  const running = live.get(accountId);
  // It will be none at the next try either.
  if (!address) throw new Error(`"${context.to}" is no target of this channel: write ${targetHint(channel)}`);
  if (!running) throw notSent(`account ${accountId} is not running here`);

  const { notes, ...files } = await filesFor(urls, context, { log: running.log, maxBytes: running.mediaBytes(), ...uploadOf(running.account) });
  const text = [context.text, ...notes].filter((line) => line !== "").join("\n\n");
  // An operator knows the ids of the wire, the host those it was given.
  const quoted = context.replyToId == null ? undefined : (wireMessageId(context.replyToId) ?? context.replyToId);
  if (quoted !== undefined && !isWireId(quoted, channel)) throw new Error(`"${forLog(quoted)}" is no id of a message: write the one that the other end or the log names, at most ${channel.messageIdCharacters} characters`);
  const piece = { text, ...files, ...(quoted !== undefined && { replyToMessageId: quoted }) };

  await context.onPlatformSendDispatch?.();
  context.signal?.throwIfAborted();
  context.assertDirectAdapterHandoff?.();
  // The answer of a turn that the host took up by itself belongs to the message that is still open.
  if (running.resumed.take(writeAddress(channel.addresses, address), piece)) return { messageId: `taken_${accountId}_${context.deliveryQueueId ?? "live"}` };
  const thread = context.threadId == null ? {} : { threadId: String(context.threadId) };
  const sent = await running.account.send({ ...address, ...thread }, piece);
  if (sent === "away") throw notSent(running.account.status().link ? `${address.id} cannot be reached: it has to write first, over a link that is ready` : `nobody is connected as ${address.id}`);
  // The host must not say it again: it may well have arrived.
  if (sent === "unknown") throw new Error(`the connection was lost while the message to ${address.id} was on its way: it may have arrived or not`);
  recordOutboundMessageIdentity({ channel: channel.id, accountId, conversationId: writeId(address.id), sourceId: sent.messageId });
  return sent;
}

/** Tells the host that nothing left: it keeps the message and tries again, and says so to nobody. */
function notSent(why: string): PlatformMessageNotDispatchedError {
  return new PlatformMessageNotDispatchedError(`${why}. OpenClaw keeps the message and sends it when that has changed`, { cause: undefined });
}
