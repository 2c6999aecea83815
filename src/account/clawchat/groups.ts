import { limits } from "../../core/limits.ts";
import type { System } from "../../core/ports.ts";
import { applySnapshot, gatherPlan, groupBounds, type GroupRules, isAnswered, noGroupSettings, rulesFor } from "../../protocols/clawchat/groups.ts";
import type { Gather } from "../../protocols/gather.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import type { Journal } from "../../store/journal.ts";
import { heardIn } from "../dialed/heard.ts";
import type { Backend } from "./backend.ts";

/** How an account behaves in groups: which messages it answers, together with which others, and what it knows of the rest. */
export interface Groups<Origin> {
  /** Asks the server again; messages that come meanwhile wait for the answer, but not for long. */
  refresh(): void;
  /** Titles may have changed while nobody was connected (CC-63). */
  relook(): void;
  /** Asks for the title of a group again. */
  rename(chatId: string): void;
  screen(inbound: Inbound<Origin>): Promise<"answer" | "keep">;
  /** With the group's title, and what was said there since the agent last heard of it. */
  complete(inbound: Inbound<Origin>): Inbound<Origin>;
  /** The agent is told of this message. */
  told(inbound: Inbound<Origin>): void;
  readonly gather: Gather<Origin>;
  /** Forgets its timers. */
  stop(): void;
}

export interface GroupsDeps<Origin> {
  backend: Backend;
  journal: Journal;
  system: System;
  /** What the operator has configured; read at every message, for it may change while the account runs. */
  rules(chatId: string): GroupRules;
  merge(inbounds: readonly Inbound<Origin>[]): Inbound<Origin>;
}

interface Title {
  text: string | undefined;
  /** It may have changed. */
  isStale: boolean;
}

export function createGroups<Origin>({ backend, journal, system, rules, merge }: GroupsDeps<Origin>): Groups<Origin> {
  let settings = noGroupSettings;
  let sequence = 0;
  let landing: Promise<void> | undefined;
  let fetching: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  /** Ends each wait for the settings. */
  const waits = new Set<() => void>();
  let isStopped = false;
  let cancelAgain = () => {};
  const titles = new Map<string, Title>();
  /** The last message of a group that the agent was told of, per memory. */
  const heard = new Map<string, string>();

  const rulesOf = (chatId: string): GroupRules => rulesFor(settings, rules(chatId), chatId);

  async function fetchSettings(): Promise<void> {
    sequence += 1;
    const own = sequence;
    const rows = await backend.groupSettings();
    if (rows) settings = applySnapshot(settings, own, rows);
    // Of a server that has said nothing yet the owner's word is not known: groups that are muted would be answered.
    else if (settings.sequence === 0 && !isStopped) cancelAgain = system.after(limits.groupSettingsAgainMs, () => void fetchSoon());
  }

  /** One call at a time, and one more for whatever is said to have changed meanwhile. */
  function fetchSoon(): Promise<void> {
    cancelAgain();
    if (!fetching) {
      fetching = fetchSettings().finally(() => (fetching = undefined));
      return fetching;
    }
    following ??= fetching.then(() => {
      following = undefined;
      return fetchSoon();
    });
    return following;
  }

  /** A server that does not answer must not keep the groups waiting (CC-58). */
  async function withinTime(fetched: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    waits.add(late.resolve);
    const cancel = system.after(groupBounds.settingsWaitMs, late.resolve);
    await Promise.race([fetched, late.promise]);
    cancel();
    waits.delete(late.resolve);
  }

  async function rename(chatId: string): Promise<void> {
    const known = titles.get(chatId)?.text;
    put(titles, chatId, { text: known, isStale: false });
    const text = await backend.title(chatId);
    // What cannot be had is asked for again with the next connection, not with every message.
    put(titles, chatId, { text: text ?? known, isStale: false });
  }

  /** Lines that were said before this message, in the group of which the agent has heard the last one it was told. */
  function earlierThan({ messageId, conversation }: Inbound<Origin>): string[] {
    const lines = journal.recent(heardIn(conversation), groupBounds.earlier + 1).filter((line) => line.messageId !== messageId);
    const known = lines.findLastIndex((line) => line.messageId === heard.get(memoryOf(conversation)));
    return lines.slice(known + 1).slice(-groupBounds.earlier).map(({ text }) => text);
  }

  return {
    stop() {
      isStopped = true;
      cancelAgain();
      for (const end of waits) end();
    },
    relook() {
      for (const title of titles.values()) title.isStale = true;
    },
    refresh() {
      landing = withinTime(fetchSoon());
    },
    rename: (chatId) => void rename(chatId),
    async screen({ conversation, ...inbound }) {
      if (conversation.kind === "direct") return "answer";
      await landing;
      return isAnswered(rulesOf(conversation.id), inbound) ? "answer" : "keep";
    },
    complete(inbound) {
      const { conversation } = inbound;
      if (conversation.kind === "direct") return inbound;
      if (titles.get(conversation.id)?.isStale !== false) void rename(conversation.id);
      const earlier = earlierThan(inbound);
      return { ...inbound, conversation: { ...conversation, subject: titles.get(conversation.id)?.text ?? conversation.subject }, ...(earlier.length > 0 && { earlier }) };
    },
    told({ messageId, conversation }) {
      if (conversation.kind === "group") put(heard, memoryOf(conversation), messageId);
    },
    gather: {
      plan: (inbound) => (inbound.conversation.kind === "direct" ? undefined : gatherPlan(rulesOf(inbound.conversation.id), memoryOf(inbound.conversation), inbound)),
      merge(inbounds) {
        // What was said before the first of them; the others are in the batch themselves.
        const earlier = inbounds[0]?.earlier;
        const { earlier: _later, ...merged } = merge(inbounds);
        return { ...merged, ...(earlier && { earlier }) };
      },
    },
  };
}

function memoryOf({ id, ...rest }: Inbound["conversation"]): string {
  return JSON.stringify([id, "member" in rest ? rest.member : undefined]);
}

/** Keeps the newest `limits.groupsKnown`. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > limits.groupsKnown && !oldest.done) map.delete(oldest.value);
}
