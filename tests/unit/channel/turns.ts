import type { RunningAccount } from "../../../src/account/account.ts";
import type { TurnOutcome } from "../../../src/account/agent.ts";
import type { Said } from "../../../src/protocols/turn.ts";
import { createCutSessions } from "../../../src/channel/cut-session.ts";
import { createGroupHistory } from "../../../src/channel/group-history.ts";
import { createQuestions, type Questions } from "../../../src/channel/questions.ts";
import { createResumed } from "../../../src/channel/resumed.ts";
import type { Upload } from "../../../src/channel/outbound-media.ts";
import { giveUpTurn, runTurn } from "../../../src/channel/turn.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import { type DispatchRequest, type FakeHost, inboundOf } from "./fake-host.ts";

/** Runs one message, with a peer that takes in what is said. */
export async function run(host: FakeHost, about: Partial<Inbound> = {}, attempt = 1, signal = new AbortController().signal, { showsThoughts = false, upload, skipsUnreadable = false, questions = createQuestions(), send, act }: { showsThoughts?: boolean; upload?: Upload; skipsUnreadable?: boolean; questions?: Questions; send?: RunningAccount<unknown>["send"]; act?: RunningAccount<unknown>["act"] } = {}) {
  const payloads: Said[] = [];
  const thoughts: string[] = [];
  const resumed = createResumed();
  const reply = { started() {}, mode() {}, activity() {}, partial() {}, thought: (text: string) => void thoughts.push(text), nextMessage() {}, payload: (payload: Said) => void payloads.push(payload) };
  const outcome: Promise<TurnOutcome> = runTurn({ inbound: inboundOf(about), attempt }, reply, signal, {
    host,
    resumed,
    cutSessions: createCutSessions(host),
    history: createGroupHistory(),
    mediaBounds: () => ({ roots: [], maxBytes: 1, skipsUnreadable }),
    isLocal: ({ auth, host: bind }) => !auth.enabled && bind === "127.0.0.1",
    questions,
    running: () => ({ send: send ?? (async () => "away"), carries: () => (act ? ["react"] : []), act: act ?? (async () => ({ is: "unsupported" })) }),
    showsThoughts: () => showsThoughts,
    files: () => ({ log: host.log, maxBytes: 100, ...(upload && { upload }) }),
  });
  return { outcome, payloads, thoughts, resumed };
}

/** Gives one message up. */
export function giveUp(host: FakeHost) {
  const payloads: Said[] = [];
  const resumed = createResumed();
  const reply = { started() {}, mode() {}, activity() {}, partial() {}, thought() {}, nextMessage() {}, payload: (payload: Said) => void payloads.push(payload) };
  const deps = { host, resumed, cutSessions: createCutSessions(host), history: createGroupHistory(), questions: createQuestions(), mediaBounds: () => ({ roots: [], maxBytes: 1 }), isLocal: () => false, running: () => undefined, showsThoughts: () => false, files: () => ({ log: host.log, maxBytes: 1 }) };
  return { payloads, resumed, outcome: giveUpTurn({ inbound: inboundOf(), attempt: 4 }, reply, new AbortController().signal, deps) };
}

/** A host that answers so. */
export const answer = (text: string) => async (request: DispatchRequest) => {
  await request.delivery.deliver({ text }, { kind: "final" });
  return {};
};
