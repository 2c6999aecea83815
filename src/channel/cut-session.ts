import { describeThrown } from "../core/errors.ts";
import { forLog } from "../core/redact.ts";
import type { HostAccount } from "./host.ts";
import { pauseFor } from "./pause.ts";
import type { Route } from "./routes.ts";

/**
 * The sessions that the host worked in when it was killed. It goes on with one after the other by itself, and lets no
 * message into any of them before that.
 */
export interface CutSessions {
  /**
   * Sees to it that messages can come into the session again, whatever becomes of the message that asks for it: the host
   * goes on with some of them never (issue 7). Nothing to do where the session is not cut.
   */
  watch(route: Route): void;
  /**
   * Settles when the session is at rest and what it had to say has come, when the host does not go on with it, or when the
   * turn is aborted. `hasCome`: of what was said to the address there may be an answer to somebody else only (issue 7).
   */
  untilSettled(route: Route, signal: AbortSignal, hasCome: () => Promise<boolean>): Promise<void>;
  stop(): void;
}

const LOOK_EVERY_MS = 500;
/** How long after a turn's end its answer may still be on the way. */
const GRACE_MS = 4000;
/**
 * How long the host may leave a cut session while it goes on with no other either; it passes over some of them (issue 7).
 * Two of these are less than the minute after which an InstaClaw server has its answer or an error.
 */
const TAKE_UP_MS = 25_000;

/** How long the host may take to hand over what stands in its queue: a claim on that lasts a minute. */
const QUEUED_MS = 175_000;

type Outlook = "at it" | "left";

export function createCutSessions(host: HostAccount<unknown>): CutSessions {
  const abort = new AbortController();
  const outlooks = new Map<string, Promise<Outlook>>();

  async function lookInto(route: Route): Promise<Outlook> {
    try {
      return await untilGoneOn(host, route, abort.signal);
    } catch (thrown) {
      host.log.error(`session ${forLog(route.sessionKey)}, which a restart cut, could not be seen to: ${describeThrown(thrown)}`);
      return "left";
    } finally {
      outlooks.delete(route.sessionKey);
    }
  }

  function outlookOf(route: Route): Promise<Outlook> {
    const outlook = outlooks.get(route.sessionKey) ?? lookInto(route);
    outlooks.set(route.sessionKey, outlook);
    return outlook;
  }

  return {
    watch(route) {
      if (stateOf(host, route) === "cut") void outlookOf(route);
    },
    async untilSettled(route, signal, hasCome) {
      const pause = (ms: number) => pauseFor(host.system, ms, signal);
      const found: Outlook[] = [];
      let asked: Promise<unknown> | undefined;
      for (let state = stateOf(host, route); state !== "at rest" && !found.includes("left") && !signal.aborted; state = stateOf(host, route)) {
        if (state === "cut") asked ??= outlookOf(route).then((outlook) => found.push(outlook));
        await pause(LOOK_EVERY_MS);
      }
      if (found.includes("left")) return;
      for (let waited = 0; waited < GRACE_MS && !signal.aborted && !(await hasCome()); waited += LOOK_EVERY_MS) await pause(LOOK_EVERY_MS);
      await pause(LOOK_EVERY_MS);
    },
    stop: () => abort.abort(),
  };
}

/**
 * Waits while the session is cut and the host may still go on with it: there are fewer that are cut than at the last look,
 * it is at work in one that was, or has yet to hand over what was said in this one. A session that is left then is freed
 * where it can be.
 */
async function untilGoneOn(host: HostAccount<unknown>, route: Route, signal: AbortSignal): Promise<Outlook> {
  const wereCut = new Set<string>();
  let leftBefore = Infinity;
  for (let waited = 0; stateOf(host, route) === "cut" && !signal.aborted; waited += LOOK_EVERY_MS) {
    if (waited % TAKE_UP_MS === 0) {
      const running = host.runtime.agent.session.listSessionEntries({ agentId: route.agentId }).filter(({ entry }) => entry.status === "running");
      const cut = running.filter(({ entry }) => isCut(entry));
      const isBusy = running.some(({ sessionKey, entry }) => !isCut(entry) && wereCut.has(sessionKey));
      const isUnderWay = isQueued(host, route) && waited < QUEUED_MS;
      if (cut.length >= leftBefore && !isBusy && !isUnderWay) {
        await free(host, route);
        return "left";
      }
      for (const { sessionKey } of cut) wereCut.add(sessionKey);
      leftBefore = cut.length;
    }
    await pauseFor(host.system, LOOK_EVERY_MS, signal);
  }
  return "at it";
}

/** What the host itself clears of a session that it has gone on with; its types do not have all of it. */
const goneOn: object = { abortedLastRun: false, mainRestartRecovery: undefined, restartRecoveryRuns: undefined, pendingFinalDelivery: undefined };

/**
 * A host that is killed while it hands over what it has said never goes on with that session (2026.9.6: its claim on the
 * delivery outlives it), and lets nothing more into it (issue 7). All is said there: the session is at rest.
 */
async function free(host: HostAccount<unknown>, { agentId, sessionKey }: Route): Promise<void> {
  const found = { isCut: false, isSaid: false };
  await host.runtime.agent.session.patchSessionEntry({
    agentId,
    sessionKey,
    preserveActivity: true,
    update(entry) {
      found.isCut = isCut(entry);
      found.isSaid = entry.pendingFinalDelivery !== undefined;
      return found.isCut && found.isSaid ? { status: "done", ...goneOn } : null;
    },
  });
  if (found.isCut) host.log.warn(`the host does not go on with session ${forLog(sessionKey)}, which a restart cut${found.isSaid ? "; all is said there, and it takes messages again" : ""}`);
}

/** The host calls a session running that it works in, and one that it worked in when it ended. */
function stateOf({ runtime }: HostAccount<unknown>, { agentId, sessionKey }: Route): "at rest" | "at work" | "cut" {
  const entry = runtime.agent.session.getSessionEntry({ agentId, sessionKey });
  if (entry?.status !== "running") return "at rest";
  return isCut(entry) ? "cut" : "at work";
}

/** Then the host sees to the delivery itself, and to the session with it. */
function isQueued({ runtime }: HostAccount<unknown>, { agentId, sessionKey }: Route): boolean {
  const { deliveries = [] } = runtime.agent.session.getSessionEntry({ agentId, sessionKey })?.pendingFinalDelivery ?? {};
  return deliveries.some(({ state }) => state === "queued");
}

function isCut({ status, abortedLastRun }: { status?: string; abortedLastRun?: boolean }): boolean {
  return status === "running" && abortedLastRun === true;
}
