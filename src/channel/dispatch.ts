import { readAgentRunTerminalOutcome } from "openclaw/plugin-sdk/channel-inbound";
import { createChannelMessageReplyPipeline } from "openclaw/plugin-sdk/channel-outbound";
import { getAgentScopedMediaLocalRoots } from "openclaw/plugin-sdk/media-local-roots";
import { questionGatewayRuntime } from "openclaw/plugin-sdk/question-gateway-runtime";
import { describeThrown } from "../core/errors.ts";
import { forLog } from "../core/redact.ts";
import { note } from "./access.ts";
import { readActivity } from "./activity.ts";
import type { ChannelNames, HostAccount } from "./host.ts";
import { isWireId, wireMessageId, writeId } from "./identity.ts";
import { filesFor, type FileWay, UploadFailed } from "./outbound-media.ts";
import type { BotLoopProtection } from "./sender-policy.ts";
import type { Spoken, Speech } from "./speech.ts";
import type { Streaming } from "./streaming.ts";
import type { ContextFacts, TurnContext } from "./turn-context.ts";

type Plan = Parameters<HostAccount<unknown>["runtime"]["channel"]["inbound"]["dispatch"]>[0];
type Delivered = Parameters<Plan["delivery"]["deliver"]>[0];

/** How a dispatch ended; its promise is the end of the turn, no delivery is. */
export type Dispatched =
  | { ended: "completed" }
  | { ended: "failed" }
  | { ended: "aborted" }
  /** Nothing ran and nothing was said: a repeat, or a command without an answer. */
  | { ended: "silent" }
  /** The session was busy; the answer will come through `outbound`. */
  | { ended: "deferred"; to: "steer" | "followup" };

/** One message and whoever waits for what is said to it. */
export interface Dispatch {
  facts: ContextFacts;
  context: TurnContext;
  speech: Speech;
  signal: AbortSignal;
  /** The wire has a place for thoughts, and the operator wants them there. */
  showsThoughts: boolean;
  streaming: Streaming;
  /** The only ones the agent may use here; undefined where it may use all of its own. */
  skills: readonly string[] | undefined;
  files: FileWay;
  /** Shows a question of the agent's at once, for the turn waits for the answer. Rejects where nobody sees it: then the agent goes on without. */
  ask(text: string): Promise<void>;
  /** The agent goes on: it has its answer, or none. */
  wentOn(): void;
  /** A bot speaks: the host bounds how much it and this account say to each other. */
  isBot: boolean;
}

/** Runs one message in the host. Rejects with the host's error when it takes no work. */
export async function dispatchTurn(host: HostAccount<unknown>, turn: Dispatch): Promise<Dispatched> {
  const started = new Set<string>();
  try {
    return await dispatch(host, turn, (runId) => {
      started.add(runId);
      host.runs.add(runId);
    });
  } finally {
    turn.wentOn();
    for (const runId of started) host.runs.remove(runId);
  }
}

async function dispatch(host: HostAccount<unknown>, { facts, context, speech, signal, showsThoughts, streaming, skills, files, ask, wentOn, isBot }: Dispatch, runStarted: (runId: string) => void): Promise<Dispatched> {
  const { cfg, route, hostId } = facts;
  const { onModelSelected, ...pipeline } = createChannelMessageReplyPipeline({ cfg, agentId: route.agentId, channel: host.channel.id, accountId: host.accountId });
  const humanDelay = host.runtime.channel.reply.resolveHumanDelayConfig(cfg, route.agentId);
  speech.tell({ ...streaming, prefix: () => pipeline.resolveResponsePrefix?.() });
  const result = await host.runtime.channel.inbound.dispatch({
    cfg,
    channel: host.channel.id,
    accountId: host.accountId,
    route: { agentId: route.agentId, sessionKey: route.sessionKey, dmScope: route.dmScope },
    ctxPayload: context,
    messageId: hostId,
    // What the account itself has said may come back with the id it had; the host remembers that for half a minute.
    outboundEchoSourceId: facts.inbound.messageId,
    ...(isBot && { botLoopProtection: botPairOf(host, facts) }),
    record: { onRecordError: (thrown) => host.log.warn(`the session could not be recorded: ${describeThrown(thrown)}`) },
    dispatcherOptions: { ...pipeline, ...(humanDelay && { humanDelay }) },
    delivery: {
      observeMessageSent: true,
      async deliver(payload, { kind }) {
        if (payload.isReasoning) {
          if (showsThoughts) speech.thought(thoughtOf(payload.text ?? ""));
          return { messageIds: [hostId], visibleReplySent: false };
        }
        if (questionGatewayRuntime.readAskUserQuestionId(payload) !== undefined) {
          await ask(payload.text ?? "");
          return { messageIds: [hostId], visibleReplySent: true, ...(payload.text !== undefined && { content: payload.text }) };
        }
        const piece = await readPayload(host.channel, facts, payload, files).catch((thrown: unknown) => {
          // Never the words without the file: what is said is that it is missing, and the host is told why.
          if (thrown instanceof UploadFailed) speech.delivered({ text: thrown.note });
          throw thrown;
        });
        if (piece) speech.delivered({ ...piece, isBlock: kind === "block" && streaming.mode === "block", isAside: kind === "tool" });
        return { messageIds: [hostId], visibleReplySent: piece !== undefined, ...(payload.text !== undefined && { content: payload.text }) };
      },
      onError: (thrown) => host.log.warn(`a piece of the answer to ${forLog(hostId)} was lost: ${describeThrown(thrown)}`),
    },
    replyOptions: {
      abortSignal: signal,
      onModelSelected,
      // A block ends where a length is reached; who is shown the text itself needs no blocks, only whole messages.
      disableBlockStreaming: streaming.mode !== "block",
      ...(skills && { skillFilter: [...skills] }),
      suppressDefaultToolProgressMessages: true,
      onAgentRunStart(runId) {
        runStarted(runId);
        speech.runStarted();
      },
      onPartialReply: ({ text }) => (text === undefined ? undefined : speech.partial(text)),
      onAssistantMessageStart() {
        wentOn();
        speech.messageStarted();
      },
      onToolStart: () => speech.toolStarted(),
      onItemEvent(event) {
        const activity = readActivity(event);
        if (activity) speech.activity(activity);
      },
      ...(showsThoughts && thoughtsOf(speech)),
    },
  });
  if (!result.dispatched) note(host, facts.inbound, ("reason" in result.admission ? result.admission.reason : undefined) ?? result.admission.kind);
  const dispatchResult = result.dispatched ? result.dispatchResult : undefined;
  if (dispatchResult?.deferredToActiveRun) return { ended: "deferred", to: dispatchResult.deferredToActiveRun };
  const outcome = readAgentRunTerminalOutcome(dispatchResult);
  if (outcome === "completed") return { ended: "completed" };
  if (signal.aborted) return { ended: "aborted" };
  if (outcome) return { ended: outcome };
  return { ended: speech.spoke() ? "completed" : "silent" };
}

/** Whoever speaks and this account, in the host's words. */
function botPairOf(host: HostAccount<unknown>, { cfg, config, inbound }: ContextFacts): NonNullable<Plan["botLoopProtection"]> {
  const defaultsConfig = cfg.channels?.defaults?.botLoopProtection;
  return {
    scopeId: host.accountId,
    conversationId: writeId(inbound.conversation.id),
    senderId: writeId(inbound.sender.id),
    receiverId: writeId(host.ownId()),
    eventId: inbound.messageId,
    config: boundsIn(config.botLoopProtection),
    defaultsConfig: boundsIn(defaultsConfig),
    defaultEnabled: true,
  };
}

function boundsIn({ enabled, maxEventsPerWindow, windowSeconds, cooldownSeconds }: { [Field in keyof BotLoopProtection]: BotLoopProtection[Field] | undefined } = {}): BotLoopProtection {
  return {
    ...(enabled !== undefined && { enabled }),
    ...(maxEventsPerWindow !== undefined && { maxEventsPerWindow }),
    ...(windowSeconds !== undefined && { windowSeconds }),
    ...(cooldownSeconds !== undefined && { cooldownSeconds }),
  };
}

/**
 * The host knows whether thoughts may be seen: its directive, the session, the agent, and whether the sender may change
 * that. Under `stream` it tells them as they grow, under `on` message by message, otherwise not at all.
 */
function thoughtsOf(speech: Speech) {
  return {
    reasoningPayloadsEnabled: true,
    onReasoningStream: ({ text }: { text?: string }) => (text === undefined ? undefined : speech.thought(text)),
    onReasoningEnd: () => speech.thoughtEnded(),
  };
}

/** The host makes a message of a thought that was not streamed: a heading, and each line in italics. */
function thoughtOf(text: string): string {
  const lines = text.replace(/^Thinking\n\n/, "").split("\n");
  return lines.map((line) => /^_(.*)_$/.exec(line)?.[1] ?? line).join("\n");
}

/** What of a payload is for the sender; `undefined` for notices about the work. */
async function readPayload(channel: ChannelNames, { cfg, route }: ContextFacts, payload: Delivered, way: FileWay): Promise<Spoken | undefined> {
  if (payload.isCommentary || payload.isStatusNotice || payload.isCompactionNotice || payload.ttsSupplement) return undefined;
  const urls = payload.mediaUrls ?? (payload.mediaUrl === undefined ? [] : [payload.mediaUrl]);
  const roots = getAgentScopedMediaLocalRoots(cfg, route.agentId);
  const { notes, ...files } = await filesFor(urls, { mediaLocalRoots: roots }, way);
  const text = [payload.text ?? "", ...notes].filter((line) => line !== "").join("\n\n");
  const quoted = payload.replyToId === undefined ? undefined : wireMessageId(payload.replyToId);
  return {
    ...(text !== "" && { text }),
    ...files,
    ...(quoted !== undefined && isWireId(quoted, channel) && { replyToMessageId: quoted }),
    ...(payload.isError === true && { isError: true }),
  };
}
