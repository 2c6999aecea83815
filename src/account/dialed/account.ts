import { describeThrown } from "../../core/errors.ts";
import { every } from "../../core/every.ts";
import { limits } from "../../core/limits.ts";
import { withoutSecrets } from "../../core/redact.ts";
import type { Link, LinkOptions, LinkProfile, LinkTarget } from "../../link/link.ts";
import { openLink } from "../../link/shell.ts";
import type { DialedProtocol, DialedRequest } from "../../protocols/dialed.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { AccountOptions, AccountStatus, Recipient, RunningAccount } from "../account.ts";
import { type Asker, createSwitchboard, type SwitchboardLimits } from "../switchboard.ts";
import { createCorrespondent } from "./correspondent.ts";
import { createDialedDelivery } from "./delivery.ts";

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
}

/** Runs one account of a channel whose server we dial. Never rejects because the server is away: the link goes on trying. */
export async function openDialedAccount<Config, State, Origin>(
  options: DialedAccountOptions<Config, State, Origin>,
  open: (options: LinkOptions) => Link = openLink,
): Promise<RunningAccount<Config>> {
  const { accountId, agent, journal, system, log, dial } = options;
  let dialing = dial(options.config);
  const changed = () => options.changed(status());

  const correspondent = createCorrespondent<State, Origin>({
    link: () => link,
    session: () => dialing.protocol.session,
    system,
    log,
    asked,
    readied: () => delivery.linked(),
    changed,
  });
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
    outlet: delivery,
    agent,
    journal,
    system,
    log,
    changed,
  });
  const link: Link = open({ account: accountId, profile: dialing.link, target: () => dialing.target, handler: correspondent, system, log });
  // It opens later: what a crash cut is running again when the peer sends it once more.
  try {
    switchboard.resume();
  } catch (thrown) {
    await Promise.all([switchboard.stop(0), link.stop()]);
    correspondent.stop();
    throw thrown;
  }
  const cancelSweep = every(system, limits.sweepEveryMs, switchboard.sweep);

  async function asked(request: DialedRequest<Origin>): Promise<void> {
    if (request.ask === "turn") return await switchboard.admit(request.inbound, askerOf(request));
    switchboard.cancel(({ messageId }) => messageId === request.messageId);
    correspondent.admitted(request);
  }

  function askerOf(request: Extract<DialedRequest<Origin>, { ask: "turn" }>): Asker {
    const { inbound } = request;
    return {
      admitted() {
        meet(inbound);
        correspondent.admitted(request);
      },
      refused: (refusal) => correspondent.say({ say: "refused", of: inbound, refusal }),
      pairing: ({ text }) => correspondent.say({ say: "pairing", of: inbound, text }),
      repeated: (known) => delivery.repeated(inbound, known),
    };
  }

  /** What is said unasked goes to where the last message came from. */
  function meet(inbound: Inbound<Origin>): void {
    const { conversation, sender } = inbound;
    const keys = new Set([conversationKey(conversation)]);
    // Who writes in a session of another name is found by the own one too.
    if (conversation.kind === "direct" && conversation.scope !== undefined) keys.add(conversationKey({ kind: "direct", id: sender.id, scope: "user" }));
    try {
      for (const key of keys) journal.meet(key, JSON.stringify(inbound), inbound.receivedAt);
    } catch (thrown) {
      log.warn(`where to find ${accountId}'s last sender could not be written down: ${describeThrown(thrown)}`);
    }
  }

  function status(): AccountStatus {
    const loss = delivery.lastLoss();
    return { connected: link.ready, link: link.status, ...(loss !== undefined && { lastError: loss }), ...switchboard.activity() };
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    cancelSweep();
    await Promise.all([switchboard.stop(limits.linkCloseMs), link.stop()]);
    correspondent.stop();
    delivery.stop();
    journal.close();
  }

  return {
    get url() {
      return withoutSecrets(dialing.target.url);
    },
    status,
    async send(to, { text, mediaUrls = [] }) {
      const last = journal.lastOf(conversationKey(to));
      if (last === undefined) {
        log.info(`there is no way to ${to.id} before its first message`);
        return "away";
      }
      const messageId = `srv_${system.uuid()}`;
      const arrival = await correspondent.sayFinally({ say: "announce", messageId, to: JSON.parse(last) as Inbound<Origin>, text, mediaUrls });
      if (arrival === "arrived") return { messageId };
      return arrival === "unsent" ? "away" : "unknown";
    },
    reconfigure(config) {
      const before = dialing.target;
      dialing = dial(config);
      link.reconfigure(dialing.link, JSON.stringify(before) !== JSON.stringify(dialing.target));
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function conversationKey({ kind, id, ...rest }: Recipient): string {
  const scope = "scope" in rest && typeof rest.scope === "string" ? rest.scope : "";
  return JSON.stringify([kind, scope, id]);
}
