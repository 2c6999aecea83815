import { explainBreakage, explainClose, explainEnd, explainReconfigure, explainRecycle, explainTimeout, explainUnprepared, type Loss, seconds } from "./loss.ts";
import type { LinkProfile } from "./link.ts";
import { type LinkReason, type LinkTimer, states } from "./state.ts";
import type { LinkBounds, LinkEffect, LinkEvent, LinkStep, Moment, Supervision } from "./supervision.ts";

/** How many of the last takeovers are remembered. */
const TAKEOVERS_KNOWN = 32;

/** One event of the life of a link: what is so afterwards, and what is to be done. */
export function superviseLink(before: Supervision, event: LinkEvent, moment: Moment, bounds: LinkBounds): LinkStep {
  // The one place where late callbacks of a socket that was given up end: they would kill its successor.
  if ("generation" in event && (event.generation !== before.generation || before.socket === "none")) return unchanged(before);
  const { random } = moment;
  switch (event.on) {
    case "start":
      return before.state === "disconnected" ? dial(before, "start") : unchanged(before);
    case "prepared":
      return endPreparation(before, event, moment, bounds);
    case "opened":
      return open(before, moment);
    case "ready":
      return becomeReady(before);
    case "lost":
      return lose(before, explainEnd(before, event.cause, random), moment, bounds);
    case "gone":
      return forgetSocket(before);
    case "broken":
      return lose(before, explainBreakage(before, event.how, random), moment, bounds);
    case "recycle":
      return lose(before, explainRecycle(before, event.reason, random), moment, bounds);
    case "close":
      return lose(before, explainClose(before, event, random), moment, bounds);
    case "hasten":
      return hasten(before, moment);
    case "reconfigure":
      return reconfigure(before, event.profile, event.redial, moment, bounds);
    case "stop":
      return stop(before, bounds);
    case "timer":
      return expire(before, event.timer, moment, bounds);
  }
}

function unchanged(before: Supervision): LinkStep {
  return { next: before, effects: [] };
}

/** The state a reason leads to, without what belonged to the state before; undefined where it leads nowhere. */
function leave(before: Supervision, why: LinkReason): { base: Supervision; effects: LinkEffect[] } | undefined {
  const row = states[before.state];
  const state = row.on[why];
  if (state === undefined) return undefined;
  const { nextDialAt: _dial, notBefore: _floor, connectedAt: _connected, ...rest } = before;
  return { base: { ...rest, state, isDue: false, isProven: false }, effects: row.timer ? [{ do: "disarm", timer: row.timer }] : [] };
}

function dial(before: Supervision, why: "start" | "due"): LinkStep {
  return before.profile.prepareMs === undefined ? dialNow(before, why) : prepare(before, before.profile.prepareMs);
}

/** No socket is opened while what it needs is being fetched. */
function prepare(before: Supervision, ms: number): LinkStep {
  const left = leave(before, "prepare");
  if (!left) return unchanged(before);
  const generation = before.generation + 1;
  const next: Supervision = { ...left.base, reason: "getting ready to dial", generation };
  return { next, effects: [...left.effects, { do: "prepare", generation }, { do: "arm", timer: "prepare", ms }] };
}

function endPreparation(before: Supervision, event: Extract<LinkEvent, { on: "prepared" }>, moment: Moment, bounds: LinkBounds): LinkStep {
  if (before.state !== "preparing" || event.preparation !== before.generation) return unchanged(before);
  return event.missing === undefined ? dialNow(before, "due") : lose(before, explainUnprepared(event.missing), moment, bounds);
}

function dialNow(before: Supervision, why: "start" | "due"): LinkStep {
  const left = leave(before, why);
  if (!left) return unchanged(before);
  const generation = before.generation + 1;
  return {
    next: { ...left.base, reason: "dialing", generation, socket: "dialing", attempts: before.attempts + 1 },
    effects: [...left.effects, { do: "dial", generation }, { do: "arm", timer: "handshake", ms: before.profile.handshakeMs }],
  };
}

function open(before: Supervision, { now }: Moment): LinkStep {
  const left = leave(before, "opened");
  if (!left) return unchanged(before);
  const { generation, profile } = before;
  const next: Supervision = { ...left.base, reason: "open, and not ready yet", socket: "open", connectedAt: now };
  const effects: LinkEffect[] = [...left.effects, { do: "admit", generation }];
  if (profile.readyMs !== undefined) return { next, effects: [...effects, { do: "arm", timer: "ready", ms: profile.readyMs }] };
  const ready = becomeReady(next);
  return { next: ready.next, effects: [...effects, ...ready.effects] };
}

function becomeReady(before: Supervision): LinkStep {
  const left = leave(before, "ready");
  if (!left) return unchanged(before);
  const { level, said } = loudness(before, "connected", "info");
  const { lastLoss: _loss, ...base } = left.base;
  return {
    next: { ...base, ...(before.connectedAt !== undefined && { connectedAt: before.connectedAt }), reason: "connected", said },
    effects: [...left.effects, { do: "arm", timer: "proven", ms: before.profile.provenMs }, { do: "tell", level, text: "connected" }],
  };
}

function lose(before: Supervision, given: Loss, { now }: Moment, bounds: LinkBounds): LinkStep {
  const loss = giveUpAfterMost(before, given);
  const left = leave(before, loss.why);
  if (!left) return unchanged(before);
  const { text, delayMs } = loss;
  const { level, said } = loudness(before, loss.kind, loss.level, bounds.warnings);
  const next: Supervision = {
    ...left.base,
    socket: before.socket === "none" ? "none" : "closing",
    reason: text,
    said,
    losses: before.losses + 1,
    takeovers: loss.loss?.fault === "takeover" ? [...before.takeovers, now].slice(-TAKEOVERS_KNOWN) : before.takeovers,
    ...(loss.loss && { lastLoss: loss.loss }),
  };
  const effects = [...left.effects, ...endSocket(before, loss.ending, bounds)];
  if (loss.why === "unprepared") return { next, effects: [...effects, { do: "tell", level, text }] };
  if (next.state === "blocked") {
    return { next, effects: [...effects, { do: "tell", level, text: `${text}, not dialing again before the configuration changes` }] };
  }
  effects.push({ do: "tell", level, text: `${text}, dialing again ${delayMs > 0 ? `in ${seconds(delayMs)}` : "at once"}` });
  if (delayMs <= 0) return dialIfDue({ ...next, isDue: true, nextDialAt: now }, effects);
  const notBefore = now + Math.min(loss.leastMs, delayMs);
  return { next: { ...next, nextDialAt: now + delayMs, notBefore }, effects: [...effects, { do: "arm", timer: "dial", ms: delayMs }] };
}

/** The rest of the wait is left out; what the server or its protocol asks to wait is not. */
function hasten(before: Supervision, { now }: Moment): LinkStep {
  const { state, isDue, nextDialAt, notBefore = now } = before;
  const ms = Math.max(0, notBefore - now);
  if (state !== "recovering" || isDue || nextDialAt === undefined || now + ms >= nextDialAt) return unchanged(before);
  const disarm: LinkEffect = { do: "disarm", timer: "dial" };
  if (ms === 0) return dialIfDue({ ...before, isDue: true, nextDialAt: now }, [disarm]);
  return { next: { ...before, nextDialAt: now + ms }, effects: [disarm, { do: "arm", timer: "dial", ms }] };
}

/** The operator may want an end to attempts that lead nowhere. */
function giveUpAfterMost({ profile: { maxAttempts }, attempts }: Supervision, loss: Loss): Loss {
  if (maxAttempts === undefined || attempts < maxAttempts || loss.why === "reconfigured" || loss.why === "recycled" || loss.why === "unprepared") return loss;
  const text = `${loss.text}, which was attempt ${attempts} of ${maxAttempts}`;
  return { ...loss, why: "barred", kind: "exhausted", level: "error", text, ...(loss.loss && { loss: { ...loss.loss, text } }) };
}

/** Every socket that is given up has the same time to be gone. */
function endSocket({ socket, generation }: Supervision, ending: Loss["ending"], { closeMs }: LinkBounds): LinkEffect[] {
  if (socket === "none" || socket === "closing") return [];
  const bound: LinkEffect = { do: "arm", timer: "closing", ms: closeMs };
  if (ending.by === "itself") return [bound];
  // A dial has no peer yet to say anything to.
  if (ending.by === "terminate" || socket === "dialing") return [{ do: "terminate", generation }, bound];
  return [{ do: "close", generation, code: ending.code, reason: ending.reason }, bound];
}

function forgetSocket(before: Supervision): LinkStep {
  const next: Supervision = { ...before, socket: "none" };
  const effects: LinkEffect[] = [{ do: "disarm", timer: "closing" }];
  return before.state === "stopped" ? { next, effects: [...effects, { do: "settle" }] } : dialIfDue(next, effects);
}

/** Never two sockets: a dial waits until the one before is gone. */
function dialIfDue(next: Supervision, effects: readonly LinkEffect[]): LinkStep {
  if (!next.isDue || next.socket !== "none") return { next, effects };
  const dialed = dial(next, "due");
  return { next: dialed.next, effects: [...effects, ...dialed.effects] };
}

function reconfigure(before: Supervision, profile: LinkProfile, redial: boolean, moment: Moment, bounds: LinkBounds): LinkStep {
  if (!redial && before.state !== "blocked") return { next: { ...before, profile }, effects: [] };
  // What was lost before says nothing about the new target.
  const { lastLoss: _loss, ...rest } = before;
  const fresh: Supervision = { ...rest, profile, attempts: 0, losses: 0, said: [], takeovers: [] };
  if (states[before.state].on.reconfigured === undefined) return { next: fresh, effects: [] };
  const { next, effects } = lose(fresh, explainReconfigure(), moment, bounds);
  return { next: { ...next, losses: 0 }, effects };
}

function stop(before: Supervision, bounds: LinkBounds): LinkStep {
  const left = leave(before, "stopped");
  if (!left) return unchanged(before);
  const effects = [...left.effects, ...endSocket(before, { by: "close", code: 1000, reason: "" }, bounds)];
  if (before.socket === "none") return { next: { ...left.base, reason: "stopped" }, effects: [...effects, { do: "settle" }] };
  return { next: { ...left.base, reason: "stopped", socket: "closing" }, effects };
}

function expire(before: Supervision, timer: LinkTimer, moment: Moment, bounds: LinkBounds): LinkStep {
  if (timer === "closing") return before.socket === "closing" ? dropSocket(before) : unchanged(before);
  if (states[before.state].timer !== timer) return unchanged(before);
  switch (timer) {
    case "dial":
      return dialIfDue({ ...before, isDue: true }, []);
    case "proven":
      return { next: { ...before, isProven: true, attempts: 0, losses: 0, said: [] }, effects: [] };
    case "prepare":
    case "handshake":
    case "ready":
      return lose(before, explainTimeout(before, timer, moment.random), moment, bounds);
  }
}

function dropSocket(before: Supervision): LinkStep {
  const { next, effects } = forgetSocket(before);
  return { next, effects: [{ do: "drop", generation: before.generation }, ...effects] };
}

/** Loud once, then quiet until a link is proven: a server that is away for days would fill the log. */
function loudness<Level extends string>({ said }: Supervision, kind: string, level: Level, most = Infinity): { level: Level | "debug"; said: readonly string[] } {
  if (said.includes(kind)) return { level: "debug", said };
  return said.length < most ? { level, said: [...said, kind] } : { level: "debug", said };
}
