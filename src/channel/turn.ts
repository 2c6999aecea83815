import { readRecentUserAssistantTextForSession } from "openclaw/plugin-sdk/session-store-runtime";
import type { RunningAccount } from "../account/account.ts";
import type { Reply, TurnOutcome, TurnRequest } from "../account/agent.ts";
import { describeThrown } from "../core/errors.ts";
import { forLog } from "../core/redact.ts";
import { isAddressed, note, routeOf } from "./access.ts";
import { acknowledge } from "./ack-reaction.ts";
import { writeAddress } from "./addresses.ts";
import type { ChannelConfig } from "./channel-config.ts";
import type { CutSessions } from "./cut-session.ts";
import { type Dispatched, dispatchTurn } from "./dispatch.ts";
import { type GroupHistory, historyLimitOf } from "./group-history.ts";
import { type HostAccount, isHostError } from "./host.ts";
import { botRuleOf, type IngressQuestion, isCommand, isTrusted, questionOf, resolveIngress } from "./ingress.ts";
import { type MediaBounds, MediaRejection, type StoredAttachments, storeMedia } from "./media.ts";
import type { FileWay } from "./outbound-media.ts";
import { pauseFor } from "./pause.ts";
import { promptFor, skillsFor } from "./prompts.ts";
import type { Questions } from "./questions.ts";
import { answersIn, answerTo, type Collection, type Resumed, saidTo, type SessionText } from "./resumed.ts";
import { createSpeech, type Speech, type Spoken } from "./speech.ts";
import { streamingOf } from "./streaming.ts";
import { buildContext, type ContextFacts } from "./turn-context.ts";

export interface TurnDeps<Config extends ChannelConfig> {
  host: HostAccount<Config>;
  resumed: Resumed;
  cutSessions: CutSessions;
  history: GroupHistory;
  questions: Questions;
  mediaBounds(config: Config): MediaBounds;
  /** Whether only this machine can connect, and names its senders itself. */
  isLocal(config: Config): boolean;
  /** The wire has a place for thoughts, and the operator wants them there. */
  showsThoughts(config: Config): boolean;
  /** The account itself, as long as it runs. */
  running(): Pick<RunningAccount<unknown>, "act" | "carries" | "send"> | undefined;
  /** How the agent's files get to the peer. */
  files(config: Config): FileWay;
}

/** Runs one admitted message and says how it ended. */
export async function runTurn<Config extends ChannelConfig>(
  { inbound, attempt }: TurnRequest,
  reply: Reply,
  signal: AbortSignal,
  deps: TurnDeps<Config>,
): Promise<TurnOutcome> {
  const { host } = deps;
  try {
    const { config } = host.account();
    if (!config) return { ended: "failed", error: "this account is not configured" };
    const media = await storeMedia(inbound.media, deps.mediaBounds(config), host.runtime.channel.media, host.log);
    const run: Run<Config> = { deps, turn: { inbound, attempt }, media, speech: createSpeech(reply), signal, isAcknowledged: false };
    return attempt > 1 ? await runAgain(run) : await conclude(run, await runOnce(run, 1));
  } catch (thrown) {
    return explain(host, thrown);
  }
}

interface Run<Config extends ChannelConfig> {
  deps: TurnDeps<Config>;
  turn: TurnRequest;
  media: StoredAttachments;
  speech: Speech;
  signal: AbortSignal;
  /** The sender has been shown that it is being answered. */
  isAcknowledged: boolean;
}

const TRIES = 20;
const TRY_EVERY_MS = 1000;
/** Texts of a session, of both sides; a turn with tools has several. */
const READ_AT_MOST = 64;
/** At a session at rest, for the answer to a message that waits there. */
const LOOKS = 8;
/** Numbers of runs above those that crashes make. */
const RETRY_RUNS = 1000;

type Ran = Dispatched | { ended: "refused" };

/**
 * Waits out a host that is not ready: its state is still locked after a crash, or its agents are being reconfigured.
 * Nothing was said yet when it turns a message away, but it may have noted its id; then the next try has another one.
 */
async function runOnce<Config extends ChannelConfig>(run: Run<Config>, number: number): Promise<Ran> {
  const { host } = run.deps;
  let wasTurnedAway = false;
  for (let tries = 1; ; tries += 1) {
    try {
      const ran = await tryOnce(run, number);
      if (!wasTurnedAway || ran.ended !== "silent") return ran;
      return await tryOnce(run, RETRY_RUNS + tries);
    } catch (thrown) {
      wasTurnedAway = isHostError(thrown, "PluginInstanceUnavailableError") || isHostError(thrown, "PreparedModelRuntimePublicationSupersededError");
      const passes = wasTurnedAway || isHostError(thrown, "StateDatabaseCoordinatorContentionError");
      if (!passes || tries === TRIES || run.signal.aborted || run.speech.spoke()) throw thrown;
      host.log.warn(`the host is not ready, message ${forLog(run.turn.inbound.messageId)} waits: ${describeThrown(thrown)}`);
      await pauseFor(host.system, TRY_EVERY_MS, run.signal);
    }
  }
}

async function tryOnce<Config extends ChannelConfig>(run: Run<Config>, number: number): Promise<Ran> {
  const { deps, turn, media, speech, signal } = run;
  const { host } = deps;
  const { inbound } = turn;
  // Anew for each try: some are long after the message came.
  const { config } = host.account();
  if (!config) return { ended: "failed" };
  const question: IngressQuestion = questionOf(host.hostConfig(), config, inbound, routeOf(host, inbound), number);
  const ingress = await resolveIngress(host, question);
  const { admission, reasonCode } = ingress.ingress;
  const bot = botRuleOf(host, question);
  const isRefused = admission === "drop" || admission === "pairing-required";
  // Two bots would go on telling each other that they are refused.
  if (isRefused && bot.speaker === "person") {
    note(host, inbound, reasonCode);
    return { ended: "refused" };
  }
  const { sessionKey, agentId } = question.route;
  const limit = historyLimitOf(question.cfg, config, agentId);
  const isIgnored = bot.speaker === "bot" && !bot.answered;
  if (isIgnored || !isAddressed(ingress)) {
    note(host, inbound, isIgnored ? bot.why : reasonCode);
    if (!isRefused) deps.history.heard(sessionKey, inbound, limit);
    return { ended: "completed" };
  }
  const speakers = [inbound.sender, ...(inbound.others ?? [])];
  const trust = await Promise.all(speakers.map((sender) => isTrusted(host, { ...question, inbound: { ...inbound, sender } }, deps.isLocal(config))));
  const trusted = trust.every(Boolean);
  const systemPrompt = promptFor(config, inbound.conversation);
  // A command does not bring the agent what was said before.
  const isControl = isCommand(host, question.cfg, inbound, agentId);
  const history = isControl ? [] : deps.history.pending(sessionKey, limit);
  const facts: ContextFacts = { ...question, ingress, media, trusted, history, ...(systemPrompt !== undefined && { systemPrompt }) };
  const shown = { showsThoughts: deps.showsThoughts(config), streaming: streamingOf(config), skills: skillsFor(config, inbound.conversation) };
  if (!run.isAcknowledged) acknowledge(host, facts, deps.running());
  run.isAcknowledged = true;
  const questions = new Set<() => void>();
  const ask = async (text: string) => {
    const sent = (await deps.running()?.send(inbound.conversation, { text })) ?? "away";
    if (typeof sent !== "object") throw new Error(`a question of the agent could not be shown: ${sent}`);
    questions.add(deps.questions.asked(sessionKey));
  };
  const wentOn = () => {
    for (const end of questions) end();
    questions.clear();
  };
  // Behind a session that the host does not go on with, the message would wait in its dispatch.
  deps.cutSessions.watch(question.route);
  const ran = await dispatchTurn(host, { ask, wentOn, facts, context: buildContext(host, facts), speech, signal, isBot: bot.speaker === "bot", ...shown, files: deps.files(config) });
  if (!isControl) deps.history.told(sessionKey);
  return ran;
}

/**
 * The message was cut by a restart. The host may have begun with it: then it goes on by itself, and its answer is
 * waited for; it may have finished: then the answer is in the session; or it never saw it or gave it up: then it runs.
 * One that stands in the session does not run under its first id: behind what the host says of it that fails (issue 7).
 */
async function runAgain<Config extends ChannelConfig>(run: Run<Config>): Promise<TurnOutcome> {
  const { deps, turn, signal, speech } = run;
  const { host } = deps;
  const collection = deps.resumed.collect(writeAddress(host.channel.addresses, turn.inbound.conversation));
  try {
    if (answerTo(turn.inbound, await readSince(host, turn), collection) === undefined) {
      const ran = await runOnce(run, 1);
      if (ran.ended !== "silent") return await conclude(run, ran, collection);
    }
    return (await untilTakenUp(deps, turn, collection, speech, signal)) ?? (await conclude(run, await runOnce(run, turn.attempt), collection));
  } finally {
    collection.release();
  }
}

/** What a session has become is asked of these. */
type Sessions = Pick<TurnDeps<ChannelConfig>, "cutSessions"> & { host: HostAccount<unknown> };

/** Gives the message the answer of a host that knows it; undefined where there is none. */
async function untilTakenUp({ host, cutSessions }: Sessions, turn: TurnRequest, collection: Collection, speech: Speech, signal: AbortSignal): Promise<TurnOutcome | undefined> {
  await settled({ host, cutSessions }, turn, collection, signal);
  if (signal.aborted) return { ended: "aborted" };
  const said = answerTo(turn.inbound, await readSince(host, turn), collection);
  if (!said || said.length === 0) return undefined;
  host.log.info(`message ${forLog(turn.inbound.messageId)} was taken up and answered by the host`);
  for (const piece of said) speech.delivered(piece);
  return { ended: "completed" };
}

async function settled({ host, cutSessions }: Sessions, turn: TurnRequest, collection: Collection, signal: AbortSignal): Promise<void> {
  await cutSessions.untilSettled(routeOf(host, turn.inbound), signal, async () => saidTo(turn.inbound, await readSince(host, turn), collection).length > 0);
}

/** The message was cut too often to run again. The next one of its lane waits all the same until the host is done with it: else it would get the answer (issue 7). */
export async function giveUpTurn<Config extends ChannelConfig>(turn: TurnRequest, reply: Reply, signal: AbortSignal, deps: TurnDeps<Config>): Promise<TurnOutcome | undefined> {
  const collection = deps.resumed.collect(writeAddress(deps.host.channel.addresses, turn.inbound.conversation));
  try {
    return await untilTakenUp(deps, turn, collection, createSpeech(reply), signal);
  } finally {
    collection.release();
  }
}

async function conclude<Config extends ChannelConfig>(run: Run<Config>, ran: Ran, collecting?: ReturnType<Resumed["collect"]>): Promise<TurnOutcome> {
  switch (ran.ended) {
    case "completed":
    case "silent":
      return { ended: "completed" };
    case "failed":
      return { ended: "failed", error: "the agent could not answer" };
    case "aborted":
      return { ended: "aborted" };
    case "refused":
      return { ended: "failed", error: "the sender is no longer allowed" };
    case "deferred":
      return await awaitDeferred(run, ran.to, collecting);
  }
}

/**
 * Another turn of the session was running, started elsewhere. The host has worked the message into that one: then all that
 * is said is its answer. Or it comes behind it, and what is said to the address before is somebody else's.
 */
async function awaitDeferred<Config extends ChannelConfig>({ deps, turn, signal, speech }: Run<Config>, to: "steer" | "followup", collecting?: ReturnType<Resumed["collect"]>): Promise<TurnOutcome> {
  const { host } = deps;
  const collection = collecting ?? deps.resumed.collect(writeAddress(host.channel.addresses, turn.inbound.conversation));
  try {
    let said: readonly Spoken[] | undefined;
    for (let look = 0; look < (to === "steer" ? 1 : LOOKS) && !said?.length && !signal.aborted; look += 1) {
      await settled(deps, turn, collection, signal);
      said = answerTo(turn.inbound, await readSince(host, turn), collection);
    }
    said ??= collection.isShared ? answersIn(await readSince(host, turn)) : saidTo(turn.inbound, to === "steer" ? [] : await readSince(host, turn), collection);
    for (const piece of said) speech.delivered(piece);
    return signal.aborted ? { ended: "aborted" } : { ended: "completed" };
  } finally {
    collection.release();
  }
}

/** What was said in the session since the message came. */
async function readSince(host: HostAccount<unknown>, { inbound }: TurnRequest): Promise<SessionText[]> {
  const { agentId, sessionKey } = routeOf(host, inbound);
  return await readRecentUserAssistantTextForSession({ agentId, sessionKey, minTimestampMs: inbound.receivedAt, limit: READ_AT_MOST });
}

/** Faults are explained in words that give nothing away; the log has the rest. */
function explain(host: HostAccount<unknown>, thrown: unknown): TurnOutcome {
  if (isHostError(thrown, "GatewayDrainingError")) return { ended: "shutting-down" };
  if (thrown instanceof MediaRejection) return { ended: "failed", error: `an attachment was rejected, ${thrown.message}` };
  host.log.error(`a turn failed: ${describeThrown(thrown)}`);
  if (isHostError(thrown, "AgentSelectionRequiredError")) return { ended: "failed", error: "the operator has not chosen an agent for this conversation" };
  return { ended: "failed", error: "the agent is not available" };
}
