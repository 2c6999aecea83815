import { describeThrown } from "../../core/errors.ts";
import { every } from "../../core/every.ts";
import { limits } from "../../core/limits.ts";
import { forLog, withoutSecrets } from "../../core/redact.ts";
import type { Link, LinkOptions, LinkProfile, LinkTarget, Preparation } from "../../link/link.ts";
import { openLink } from "../../link/shell.ts";
import type { DialedProtocol, DialedRequest, Notice } from "../../protocols/dialed.ts";
import type { Gather } from "../../protocols/gather.ts";
import type { Inbound, Refusal } from "../../protocols/inbound.ts";
import type { Act } from "../../protocols/acts.ts";
import type { Terminal } from "../../protocols/turn.ts";
import type { AccountOptions, AccountStatus, Acted, Recipient, RunningAccount } from "../account.ts";
import { conversationKey, createActs } from "../acts.ts";
import { type Asker, createSwitchboard, type SwitchboardLimits } from "../switchboard.ts";
import { createCorrespondent, type Outcome } from "./correspondent.ts";
import { createDialedDelivery } from "./delivery.ts";
import { createHeard, failed } from "./heard.ts";

/** What an account dials with: one wire's session and numbers, read from its configuration. */
export interface Dialing<State, Origin> {
  protocol: DialedProtocol<State, Origin>;
  link: LinkProfile;
  target: LinkTarget;
  limits: SwitchboardLimits;
}

export interface DialedAccountOptions<Config, State, Origin> extends AccountOptions<Config> {
  /** Pure; called again whenever the configuration has changed. */
  dial(config: Config): Dialing<State, Origin>;
  duties?: DialedDuties<Origin>;
}

/** What an account does besides, on a wire that has more than messages. */
export interface DialedDuties<Origin> {
  /** Before each dial, where the link's profile has `prepareMs`. */
  prepare?(): Promise<Preparation>;
  /** The link has become ready. */
  readied?(): void;
  noticed?(notice: Notice): void;
  /** Whether a message is answered, only kept for those that quote it or come after it, or is nobody's business. */
  screen?(inbound: Inbound<Origin>): Promise<"answer" | "keep" | "drop">;
  /** A message that is about to be admitted, with what only the account knows of it. */
  complete?(inbound: Inbound<Origin>): Inbound<Origin>;
  /** It was admitted. */
  admitted?(inbound: Inbound<Origin>): void;
  /** Whether what is kept of the same message already stays, instead of this (CC-54). */
  yields?(inbound: Inbound<Origin>): boolean;
  /** Whether somebody is told that a message was not taken; absent where everybody is. */
  tells?(inbound: Inbound<Origin>, refusal: Refusal): boolean;
  gather?: Gather<Origin>;
}

export interface DialedAccount<Config, Origin> extends RunningAccount<Config> {
  /** Dials again at once, with what has changed. */
  redial(): void;
  /** Runs a message that no frame has brought; false where it was not stored. Never rejects. */
  ask(inbound: Inbound<Origin>): Promise<boolean>;
}

/** Runs one account of a channel whose server we dial. Never rejects because the server is away: the link goes on trying. */
export async function openDialedAccount<Config, State, Origin>(
  options: DialedAccountOptions<Config, State, Origin>,
  open: (options: LinkOptions) => Link = openLink,
): Promise<DialedAccount<Config, Origin>> {
  const { accountId, agent, journal, system, log, dial, duties = {} } = options;
  let dialing = dial(options.config);
  /** A peer that is told what is done with has forgotten it then. */
  const parks = dialing.protocol.session.settled !== undefined;
  const changed = () => options.changed(status());
  let cancelAgain: (() => void) | undefined;

  const correspondent = createCorrespondent<State, Origin>({
    link: () => link,
    session: () => dialing.protocol.session,
    carried: (state) => dialing.protocol.acts?.carried(state) ?? [],
    system,
    log,
    async asked(request) {
      const isStored = await asked(request);
      if (!isStored && parks) bringAgain();
      return isStored;
    },
    readied() {
      forgetAgain();
      duties.readied?.();
      delivery.linked();
    },
    changed,
  });
  const heard = createHeard<Origin>({ agent, journal, system, log, yields: (inbound) => duties.yields?.(inbound) === true });
  const delivery = createDialedDelivery<Origin>({
    correspondent,
    protocol: () => dialing.protocol,
    isCongested: () => link.congested,
    journal,
    system,
    log,
  });
  const switchboard = createSwitchboard<Origin>({
    limits: () => dialing.limits,
    identify: (inbound) => dialing.protocol.identify(inbound),
    turn: dialing.protocol.turn,
    repeatMs: dialing.protocol.repeatMs,
    keepsWhileStopping: true,
    parks,
    ...(duties.gather && { gather: duties.gather }),
    outlet: { ...delivery, conclude },
    agent,
    journal,
    system,
    log,
    changed,
  });
  const acts = createActs<Origin>({ agent, journal, switchboard, oneEmoji: dialing.protocol.acts?.oneEmoji === true, system, log });
  const link: Link = open({
    account: accountId,
    profile: dialing.link,
    target: () => dialing.target,
    ...(duties.prepare && { prepare: duties.prepare }),
    handler: correspondent,
    system,
    log,
  });
  // It opens later: what a crash cut is running again when the peer sends it once more.
  try {
    switchboard.resume();
  } catch (thrown) {
    await Promise.all([switchboard.stop(0), link.stop()]);
    correspondent.stop();
    throw thrown;
  }
  const cancelSweep = every(system, limits.sweepEveryMs, switchboard.sweep);

  /** What a peer keeps it brings again with another connection only, which may be days away. */
  function bringAgain(): void {
    cancelAgain ??= system.after(limits.unstoredAgainMs, () => {
      forgetAgain();
      link.close(1000, "something could not be stored");
    });
  }

  function forgetAgain(): void {
    cancelAgain?.();
    cancelAgain = undefined;
  }

  /** False where nothing was written down that should have been: the peer has to bring it again. */
  async function asked(request: DialedRequest<Origin>): Promise<boolean> {
    switch (request.ask) {
      case "turn":
        return await receive(request.inbound, () => correspondent.admitted(request)).catch((thrown: unknown) => failed(log, "a message could not be received", thrown));
      case "cancel":
        switchboard.cancel(({ messageId }) => messageId === request.messageId);
        correspondent.admitted(request);
        return true;
      case "keep":
        return await heard.keep(request.inbound);
      case "quarantine":
        return heard.putAside(request.text, request.why);
      case "notice":
        duties.noticed?.(request.notice);
        return true;
      case "act": {
        const { is } = await acts.receive(request.heard);
        if (is !== "done") log.debug(`what ${forLog(request.heard.actor.id)} did to message ${forLog(request.heard.name)} was left at that: ${is}`);
        return true;
      }
    }
  }

  async function receive(arrived: Inbound<Origin>, admitted: () => void): Promise<boolean> {
    const fate = (await duties.screen?.(arrived)) ?? "answer";
    if (fate === "drop") return true;
    if (fate === "keep") {
      log.info(`message ${forLog(arrived.messageId)} of ${forLog(arrived.sender.id)} was not run: its group is muted, or only what mentions the agent is answered there`);
      return await heard.keep(arrived);
    }
    const inbound = heard.withQuote(duties.complete?.(arrived) ?? arrived);
    let isStored = true;
    const asker: Asker = {
      admitted() {
        meet(inbound, { isAnswered: false });
        if (correspondent.carried.length > 0) acts.heard(inbound, dialing.protocol.acts?.nameOf(inbound));
        if (duties.admitted) heard.note(inbound);
        duties.admitted?.(inbound);
        admitted();
      },
      refused(refusal) {
        const isForRoom = refusal.code === "queue_full" || refusal.code === "rate_limited";
        // What the agent cannot take in would hold up all that comes after it: only a disk that takes nothing leaves it to the peer (CC-50, CC-51).
        if (parks) isStored = !isForRoom && ((refusal.code !== "agent_error" && refusal.code !== "not_stored") || heard.putAside(JSON.stringify(inbound), refusal.error));
        // In a group nobody is told, and the agent hears of it with the next message.
        if (inbound.conversation.kind === "group" && isForRoom) heard.note(inbound);
        // What comes again is not complained about each time.
        if (duties.tells?.(inbound, refusal) !== false && isStored) correspondent.say({ say: "refused", of: inbound, refusal });
      },
      pairing({ text }) {
        meet(inbound, { isAnswered: true, keys: [senderKey(inbound)] });
        correspondent.say({ say: "pairing", of: inbound, text });
      },
      repeated(known) {
        // Its author may have changed it (CC-53).
        if (duties.admitted) heard.note(inbound);
        delivery.repeated(inbound, known);
      },
    };
    await switchboard.admit(inbound, asker);
    return isStored;
  }

  /** Known before it leaves: the peer may do something to it at once. */
  async function conclude(inbound: Inbound<Origin>, terminal: Terminal): Promise<void> {
    if (dialing.protocol.mistakesUnasked) meet(inbound, { isAnswered: true });
    if (terminal.type === "response" && correspondent.carried.length > 0) acts.said(inbound.messageId, dialing.protocol.acts?.nameOfAnswer(inbound), inbound);
    await delivery.conclude(inbound, terminal);
  }

  async function act(to: Recipient, messageId: string, what: Act): Promise<Acted> {
    const found = acts.find(to, messageId, what);
    if (!found) return { is: "foreign" };
    if (!correspondent.ready) return { is: "away" };
    if (!correspondent.carried.includes(what.act)) return { is: "unsupported" };
    const outcome = await withinTime(correspondent.sayFinally({ say: "act", act: what, target: { name: found.name, place: found.inbound } }));
    if (typeof outcome === "object") return { is: "refused", why: outcome.refused };
    if (outcome === "unsent") return { is: "away" };
    if (outcome !== "arrived") return { is: "unknown" };
    if (what.act === "delete") acts.retract(found);
    return { is: "done" };
  }

  /** What is said unasked goes to where the last message came from. Who writes in a session of another name is found by the own one too. */
  function meet(inbound: Inbound<Origin>, { isAnswered, keys = [conversationKey(inbound.conversation), senderKey(inbound)] }: { isAnswered: boolean; keys?: string[] }): void {
    try {
      for (const key of new Set(keys)) {
        if (!isAnswered && dialing.protocol.mistakesUnasked && journal.lastOf(key) !== undefined) continue;
        journal.meet(key, JSON.stringify(inbound), inbound.receivedAt);
      }
    } catch (thrown) {
      log.warn(`where to find ${accountId}'s last sender could not be written down: ${describeThrown(thrown)}`);
    }
  }

  function lastFrom(to: Recipient): Inbound<Origin> | undefined {
    const last = journal.lastOf(conversationKey(to));
    return last === undefined ? undefined : (JSON.parse(last) as Inbound<Origin>);
  }

  function status(): AccountStatus {
    const loss = delivery.lastLoss();
    const { hello } = correspondent;
    return { connected: link.ready, link: link.status, ...(hello && { hello }), ...(loss !== undefined && { lastError: loss }), ...switchboard.activity() };
  }

  /** Whoever waits for what it has said must hear of it, also from a server that says nothing. */
  async function withinTime(outcome: Promise<Outcome>): Promise<Outcome> {
    const late = Promise.withResolvers<Outcome>();
    const cancel = system.after(limits.announcementMs, () => late.resolve("unknown"));
    return await Promise.race([outcome, late.promise]).finally(cancel);
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    cancelSweep();
    forgetAgain();
    await switchboard.stop(limits.linkCloseMs);
    correspondent.say({ say: "goodbye" });
    await link.stop();
    correspondent.stop();
    // What became of the last replies is still to be written.
    await delivery.stop();
    journal.close();
  }

  return {
    get url() {
      return withoutSecrets(dialing.target.url);
    },
    status,
    carries: () => correspondent.carried,
    act,
    async send(to, { mediaUrls = [], ...message }) {
      const inbound = dialing.protocol.reach?.(to) ?? lastFrom(to);
      if (inbound === undefined) {
        log.info(`there is no way to ${forLog(to.id)} before its first message`);
        return "away";
      }
      // The host tries again for as long as the link is away: nothing that was never said is to crowd out what was.
      if (!correspondent.ready) return "away";
      const messageId = dialing.protocol.announcementId();
      const at = system.now();
      acts.said(messageId, dialing.protocol.acts?.nameOfAnnouncement(messageId, at), inbound);
      const outcome = await withinTime(correspondent.sayFinally({ say: "announce", messageId, to: inbound, mediaUrls, at, ...(to.threadId !== undefined && { threadId: to.threadId }), ...message }));
      if (typeof outcome === "object") throw new Error(`the server has refused the message to ${forLog(to.id)}: ${forLog(outcome.refused)}`);
      if (outcome === "arrived") return { messageId };
      return outcome === "unsent" ? "away" : "unknown";
    },
    async probe(withinMs) {
      const found = await link.probe(withinMs);
      if (found.ok) return { ok: true, checked: [found.dialed ? "dialed now" : "connected", "round trip"], roundTripMs: found.roundTripMs };
      return { ok: false, checked: [], error: found.text, ...(found.fault !== undefined && { fault: found.fault }) };
    },
    redial: () => link.reconfigure(dialing.link, true),
    async ask(inbound) {
      try {
        return (await receive(inbound, () => {})) && journal.find(dialing.protocol.identify(inbound)) !== undefined;
      } catch (thrown) {
        return failed(log, "a message could not be asked", thrown);
      }
    },
    reconfigure(config) {
      const { link: profile, target } = dialing;
      dialing = dial(config);
      // The host tells of every edit of its configuration; what does not concern the link unblocks no account either.
      const isElsewhere = isOther(target, dialing.target);
      if (isElsewhere || isOther(profile, dialing.link)) link.reconfigure(dialing.link, isElsewhere);
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Where somebody is found whom nobody has let in yet: a conversation may be that of others. */
function senderKey({ conversation, sender }: Pick<Inbound, "conversation" | "sender">): string {
  if (conversation.kind === "group") return conversationKey(conversation);
  return conversationKey({ kind: "direct", id: sender.id, ...(conversation.scope !== undefined && { scope: "user" }) });
}

function isOther(before: unknown, now: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(now);
}
