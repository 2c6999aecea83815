import type { RunningAccount } from "../../src/account/account.ts";
import { type DialedDuties, openDialedAccount } from "../../src/account/dialed/account.ts";
import type { SwitchboardLimits } from "../../src/account/switchboard.ts";
import { openLink } from "../../src/link/shell.ts";
import { type Journal, openJournal } from "../../src/store/journal.ts";
import { createPeer, type FakePeer, linkProfile } from "./fake-dial.ts";
import { createLinkClock } from "./link-clock.ts";
import type { DialedActs } from "../../src/protocols/dialed.ts";
import { createPlainProtocol, type PlainFrame, type PlainOrigin, type PlainState } from "./plain-protocol.ts";
import { recordLog } from "./recorded-log.ts";
import { createScriptedAgent, type ScriptedAgent } from "./scripted-agent.ts";
import { settle } from "./virtual.ts";

export interface StageOptions {
  journal?: Journal;
  /** Operations of the journal that fail, and when. */
  broken?: Partial<Record<keyof Journal, () => boolean>>;
  agent?: ScriptedAgent;
  clock?: ReturnType<typeof createLinkClock>;
  repeatsUnproven?: boolean;
  mostWrites?: number;
  acks?: boolean;
  mistakesUnasked?: true;
  /** The peer takes reactions. */
  reactions?: boolean;
  duties?: DialedDuties<PlainOrigin>;
  limits?: Partial<SwitchboardLimits>;
  answerCodePoints?: number;
}

/** An account on a link whose socket and clock the test holds: everything between them is real. */
export function createDialedStage(options: StageOptions = {}) {
  const { agent = createScriptedAgent(), clock = createLinkClock(), broken = {}, repeatsUnproven = false, mostWrites = repeatsUnproven ? Infinity : 1, acks = false } = options;
  const log = recordLog();
  const real = options.journal ?? openJournal(":memory:", { remembered: 9 });
  const journal = new Proxy(real, {
    get: (target, name: keyof Journal) =>
      (...args: unknown[]): unknown => {
        if (broken[name]?.()) throw new Error("database or disk is full");
        return (target[name] as (...given: unknown[]) => unknown)(...args);
      },
  });
  const peers: FakePeer[] = [];
  const acts: DialedActs<PlainState, PlainOrigin> = { carried: () => ["react"], nameOf: ({ messageId }) => messageId, nameOfAnswer: ({ messageId }) => messageId, nameOfAnnouncement: (messageId) => messageId };
  const protocol = createPlainProtocol({ acks, mostWrites, ...(options.mistakesUnasked && { mistakesUnasked: true }), ...(options.reactions && { acts }), turn: { streamEveryMs: 50, answerCodePoints: options.answerCodePoints ?? 1000, errorCodePoints: 300 } });
  const limits: SwitchboardLimits = { messagesPerMinute: 600, messageBurst: 600, queuedPerSession: 50, maxConcurrent: 10, turnMs: 600_000, ...options.limits };
  const opening: Promise<RunningAccount<string>> = openDialedAccount(
    {
      accountId: "a",
      config: "ws://one.test",
      agent,
      journal,
      system: clock,
      log,
      changed() {},
      ...(options.duties && { duties: options.duties }),
      dial: (url: string) => ({ protocol, link: { ...linkProfile, deadAfterMs: 90_000 }, target: { url, headers: {} }, limits }),
    },
    (link) =>
      openLink(link, (target, _profile, ears) => {
        const peer = createPeer(clock, target, ears);
        peers.push(peer);
        return peer;
      }),
  );
  const peer = (): FakePeer => {
    const newest = peers.at(-1);
    if (!newest) throw new Error("nothing was dialed");
    return newest;
  };
  return {
    agent,
    clock,
    log,
    real,
    peers,
    peer,
    opening,
    /** What the peer was sent, over all links: "terminal 1 to 1". */
    sent: (): string[] =>
      peers.flatMap(({ sent }) => sent).map((text) => {
        const { say, id = "", text: words } = JSON.parse(text) as PlainFrame;
        return [say, id, (words ?? "").slice(0, 40)].filter((word) => word !== "").join(" ");
      }),
    async up(): Promise<void> {
      await settle();
      await clock.pass(6_000);
      if (peer().readyState === 0) peer().open();
      await settle();
    },
    async say(id: string, room = "r"): Promise<void> {
      peer().say(JSON.stringify({ id, room, content: "hello" }));
      await settle();
    },
    async answer(id: string, text = `to ${id}`): Promise<void> {
      const turn = agent.running.find(({ request }) => request.inbound.messageId === id);
      if (!turn) throw new Error(`${id} does not run`);
      turn.reply.payload({ text });
      turn.end();
      await settle();
    },
  };
}
