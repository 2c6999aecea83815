import { encodeHubSent, isMessageSyncAck, limits } from "../../../generated/clawchat/index.ts";
import { isJson, type Read } from "./codec.ts";
import { type ConnectionState, type HubStep, note, shown } from "./connection.ts";
import { connectFrame, progressFrame } from "./frames.ts";
import { capabilitiesOf, type Profile } from "./profile.ts";
import { openLedger } from "./reliable.ts";
import { clean } from "./text.ts";

/** Takes a frame that came before the hub has admitted the plugin (CC-4, CC-5). */
export function greet(state: ConnectionState, read: Read, now: number, profile: Profile, newId: () => string): HubStep {
  if (eventOf(read) === "hello-fail") return refused(state, read);
  if (read.is === "frame" && read.frame.event === "connect.challenge" && state.phase.is === "challenge") {
    return answerChallenge(state, read.frame.payload.nonce, now, profile, newId);
  }
  if (read.is === "frame" && read.frame.event === "hello-ok" && state.phase.is === "hello") {
    if (read.frame.trace_id === state.phase.traceId) return admit(state, read.frame.payload, now, profile);
    return { state, effects: [note("warn", "hello-of-another", { traceId: shown(state, read.frame.trace_id) })] };
  }
  return { state, effects: [note("debug", "before-hello", { event: shown(state, eventOf(read)) })] };
}

/** The one reason for which a token is not good any more; every other one passes (CC-8, CC-9). */
export function reactionTo(reason: unknown): "login-refused" | "login-unchecked" | "other" {
  if (reason === "authentication failed") return "login-refused";
  return typeof reason === "string" && reason.toLowerCase().includes("auth service unavailable") ? "login-unchecked" : "other";
}

function answerChallenge(state: ConnectionState, nonce: string, now: number, profile: Profile, newId: () => string): HubStep {
  const login = profile.login();
  const traceId = `trace-${newId()}`;
  const text = encodeHubSent(connectFrame(login, nonce, capabilitiesOf(profile), profile.clientVersion, traceId, now));
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.connectBytes) {
    return { state: { ...state, phase: { is: "lost", wasReady: false } }, effects: [note("warn", "connect-too-large", { bytes }), { do: "close", code: 1000, reason: "connect frame too large" }] };
  }
  return { state: { ...state, phase: { is: "hello", traceId }, accessToken: login.accessToken }, effects: [{ do: "send", text }] };
}

/** All that belongs to one connection begins here, before the next frame is read (CC-10). */
function admit(state: ConnectionState, { delivery_mode: mode, ack_mode: ackMode, ack_epoch: epoch }: { delivery_mode?: unknown; ack_mode?: unknown; ack_epoch?: unknown }, now: number, profile: Profile): HubStep {
  const isGranted = profile.reliable && ackMode === "dseq" && isEpoch(epoch);
  const ledger = isGranted ? openLedger("dseq", epoch, now) : openLedger(profile.reliable ? "seq" : "none", "", now);
  return {
    state: { ...state, phase: { is: "replay", heardAt: now }, ledger },
    effects: [note("debug", "hello", { delivery: typeof mode === "string" ? shown(state, mode) : typeof mode, acknowledged: ledger.by })],
  };
}

/** One that an acknowledgement can hold (CC-30, CC-46): it goes back as it came, or nothing does. */
function isEpoch(epoch: unknown): epoch is string {
  return typeof epoch === "string" && isMessageSyncAck(progressFrame(1, epoch, "t", 0)) && epoch === clean(epoch);
}

function refused(state: ConnectionState, read: Read): HubStep {
  const reason = reasonIn(read);
  const reaction = reactionTo(reason);
  const { accessToken } = state;
  const said = typeof reason === "string" ? shown(state, reason) : typeof reason;
  const next: ConnectionState = { ...state, phase: { is: "lost", wasReady: false } };
  const isOurFault = reason === "invalid connect event" || reason === "invalid connect payload";
  return {
    state: next,
    effects: [
      note("warn", isOurFault ? "connect-not-understood" : "not-admitted", { reason: said }),
      // A token that was not sent has not been refused.
      ...(reaction === "login-refused" && accessToken !== undefined ? [{ do: "deliver", inbound: { ask: "notice", notice: { of: "login-refused", accessToken } } } as const] : []),
      ...(reaction === "login-unchecked" ? [{ do: "deliver", inbound: { ask: "notice", notice: { of: "login-unchecked" } } } as const] : []),
      { do: "close", code: 1000, reason: "not admitted" },
    ],
  };
}

function reasonIn(read: Read): unknown {
  const payload = read.is === "frame" ? ("payload" in read.frame ? read.frame.payload : undefined) : read.is === "broken" ? read.payload : undefined;
  return isJson(payload) ? payload["reason"] : undefined;
}

function eventOf(read: Read): string {
  if (read.is === "noise") return "none";
  return read.is === "frame" ? read.frame.event : read.event;
}
