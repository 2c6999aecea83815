import { readJsonFileWithFallback, writeJsonFileAtomically } from "openclaw/plugin-sdk/json-store";
import type { RunningAccount } from "../account/account.ts";
import { describeThrown } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { forLog } from "../core/redact.ts";
import type { HostAccount } from "./host.ts";
import { readId } from "./identity.ts";
import { enlist, readList, review, strike } from "./pairing-list.ts";
import { approvedText } from "./pairing.ts";

/**
 * Tells senders that the operator has approved them. An approval on the command line is made in another process, which
 * has neither the sockets nor the pairing slot of a third party's plugin, and the host does not say who waits: so the
 * account keeps a list of its own, and looks into the host's allow store for as long as somebody is on it.
 */
export interface PairingNotice {
  /** A stranger was given a code. Returns when it was given first. */
  asked(id: string, isNew: boolean, at: number): number;
  /** A message of the sender is being judged until the result is called: a notice now would stand where some wires expect its answer. */
  judging(id: string): () => void;
  /** The sender's message was let in: its answer says more than a notice, which some wires could not tell from it. */
  admitted(id: string): void;
  /** The host knows of an approval and wants it told. Rejects where the sender cannot be reached; it is told later then. */
  tell(id: string): Promise<void>;
  stop(): Promise<void>;
}

export interface PairingNoticeDeps {
  host: HostAccount<unknown>;
  file: string;
  /** Absent while it opens. */
  account(): Pick<RunningAccount<unknown>, "send" | "status"> | undefined;
}

export async function watchApprovals({ host, file, account }: PairingNoticeDeps): Promise<PairingNotice> {
  const { log, system, channel, accountId } = host;
  const [scope] = channel.addresses.scopes ?? [];
  let list = readList((await readJsonFileWithFallback<unknown>(file, [])).value);
  /** Two ways may lead here for one approval. */
  const told = new Set<string>();
  const telling = new Map<string, Promise<void>>();
  const judged = new Map<symbol, string>();
  let written: Promise<void> = Promise.resolve();
  let cancelLook: (() => void) | undefined;
  let isStopped = false;

  function replace(next: typeof list): void {
    if (next === list) return;
    list = next;
    written = written.then(() => writeJsonFileAtomically(file, next)).catch((thrown: unknown) => log.warn(`who waits for approval could not be written down: ${describeThrown(thrown)}`));
  }

  /** Nobody looks where nobody waits. */
  function lookLater(): void {
    if (isStopped || list.length === 0) return;
    cancelLook ??= system.after(limits.pairingLookMs, () => {
      cancelLook = undefined;
      void look().finally(lookLater);
    });
  }

  async function look(): Promise<void> {
    try {
      const approved = new Set((await host.runtime.channel.pairing.readAllowFromStore({ channel: channel.id, accountId })).map(readId));
      replace(review(list, (id) => approved.has(id), system.now()));
    } catch (thrown) {
      log.warn(`whether somebody was approved could not be looked up: ${describeThrown(thrown)}`);
    }
    for (const { id, approvedAt } of list) if (approvedAt !== undefined && ![...judged.values()].includes(id) && isReachable()) await tell(id).catch(() => undefined);
  }

  /** Of a link that is down nothing is asked; where we listen, the sender may be there all the same. */
  function isReachable(): boolean {
    const status = account()?.status();
    return status !== undefined && (status.link === undefined || status.connected);
  }

  async function tell(id: string): Promise<void> {
    if (told.has(id)) return;
    const running = telling.get(id) ?? tellOnce(id).finally(() => telling.delete(id));
    telling.set(id, running);
    await running;
  }

  async function tellOnce(id: string): Promise<void> {
    const running = account();
    const sent = (await running?.send({ kind: "direct", id, ...(scope !== undefined && { scope }) }, { text: approvedText }).catch(describeThrown)) ?? "away";
    // Where we dial and the link is there, nothing will be different the next time.
    const isHopeless = sent === "away" && running?.status().link !== undefined && isReachable();
    if (sent === "away" && !isHopeless) throw new Error(`${id} is not there to be told of the approval, and is told when it comes back`);
    told.add(id);
    replace(strike(list, id));
    if (typeof sent === "object") log.info(`${forLog(id)} was approved and told so`);
    // What may have arrived is not said twice.
    else log.warn(`${forLog(id)} was approved, and may not have been told: ${outcomes[sent] ?? forLog(sent)}`);
  }

  lookLater();
  return {
    asked(id, isNew, at) {
      if (isNew) told.delete(id);
      const next = enlist(list, id, isNew, at);
      replace(next.list);
      lookLater();
      return next.since;
    },
    judging(id) {
      const message = Symbol();
      judged.set(message, id);
      return () => void judged.delete(message);
    },
    admitted: (id) => replace(list.some((waiting) => waiting.id === id) ? strike(list, id) : list),
    tell,
    async stop() {
      isStopped = true;
      cancelLook?.();
      await written;
    },
  };
}

const outcomes: Readonly<Record<string, string>> = { away: "there is no way to this sender before its next message", unknown: "the connection was lost meanwhile" };
