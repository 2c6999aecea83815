import { describeThrown } from "../../core/errors.ts";
import { every } from "../../core/every.ts";
import { limits } from "../../core/limits.ts";
import { createNotes } from "../../core/notes.ts";
import type { Log, System } from "../../core/ports.ts";
import { forLog } from "../../core/redact.ts";
import { isStalled } from "../../edge/heartbeat.ts";
import type { Shown } from "./admission.ts";
import type { Member } from "./member.ts";

/** The tokens of open connections: each ends its connection (WS-37), and may be shown to the verifier again (WS-38). */
export interface Tokens {
  /** From now on the connection's token is the one of its peer. */
  watch(member: Member): void;
  forget(member: Member): void;
}

export interface TokensDeps {
  /** Read at every use: it may change while the account runs. 0 is never. */
  recheckMs(): number;
  /** Shows a token to the verifier, past what is remembered. */
  show(member: Member, token: string, signal: AbortSignal): Promise<Shown>;
  system: Pick<System, "now" | "after" | "random">;
  log: Log;
}

/** What is known of the end of one token. Infinity is never. */
export interface TokenEnd {
  endsAt: number;
  /** Set where it has ended and its connection was spared: until when at the latest. */
  sparedUntil?: number;
}

interface Watch extends TokenEnd {
  readonly member: Member;
  /** What the application is told. */
  why: string;
  askAt: number;
  asking?: AbortController;
}

/** WS-37: whoever is spared may have sent a newer token, which is read or verified at the moment. */
export function judgeEnd(token: TokenEnd, isSpared: boolean, now: number): { isOver: boolean; sparedUntil?: number } {
  if (now < token.endsAt) return { isOver: false };
  if (!isSpared) return { isOver: true };
  // A clock that is set back must not make the time longer.
  const sparedUntil = Math.min(token.sparedUntil ?? Infinity, now + limits.tokenGraceMs);
  return { isOver: now >= sparedUntil, sparedUntil };
}

export function createTokens({ recheckMs, show, system, log }: TokensDeps): Tokens {
  const watches = new Map<Member, Watch>();
  /** Those whose turn to be shown again has come, in order. */
  const due = new Set<Watch>();
  const notes = createNotes(limits.noteEveryMs, system.now, log);
  let asking = 0;
  let lastLookAt = 0;
  let cancelLooks = () => {};

  /** One timer for all connections of the account. */
  function look(): void {
    const now = system.now();
    const wasStalled = isStalled(lastLookAt, now, { tickMs: limits.tokenLookMs });
    lastLookAt = now;
    for (const watch of watches.values()) {
      judge(watch, wasStalled, now);
      // A clock that was set back must not put it off.
      watch.askAt = Math.min(watch.askAt, now + (recheckMs() || Infinity));
      if (watch.askAt <= now && !watch.asking) due.add(watch);
    }
    notes.flush();
    askNext();
  }

  function judge(watch: Watch, wasStalled: boolean, now: number): void {
    const { isOver, sparedUntil } = judgeEnd(watch, wasStalled || watch.member.connection.busy, now);
    if (sparedUntil === undefined) delete watch.sparedUntil;
    else watch.sparedUntil = sparedUntil;
    if (!isOver) return;
    forget(watch.member);
    notes.note("connection closed because its token is not good any more", `${watch.member.connection.id}, ${watch.why}`);
    watch.member.say({ say: "expelled", why: watch.why });
  }

  function askNext(): void {
    for (const watch of due) {
      if (asking >= limits.tokenChecksAtOnce) return;
      due.delete(watch);
      void ask(watch);
    }
  }

  /** Never rejects. */
  async function ask(watch: Watch): Promise<void> {
    const { member } = watch;
    const token = member.state.peer.token?.();
    if (token === undefined) return;
    asking += 1;
    const askedAt = system.now();
    watch.asking = new AbortController();
    try {
      const shown = await show(member, token, watch.asking.signal);
      // Another token may have come meanwhile, or the connection be gone.
      if (watches.get(member) === watch) learn(watch, shown);
    } catch (thrown) {
      log.error(`the token of connection ${member.connection.id} could not be checked: ${describeThrown(thrown)}`);
    }
    delete watch.asking;
    // From when it was asked, or a quick answer would cost a look; but no verifier is asked without a pause.
    const now = system.now();
    watch.askAt = (askedAt + recheckMs() > now ? askedAt : now) + recheckMs();
    asking -= 1;
    askNext();
  }

  function learn(watch: Watch, shown: Shown): void {
    const now = system.now();
    if (shown.ok) {
      watch.member.say({ say: "known", peer: shown.peer });
      watch.endsAt = shown.peer.endsAt ?? Infinity;
    } else if (shown.why === "refused") {
      watch.endsAt = now;
      watch.why = shown.code;
      judge(watch, false, now);
    } else notes.note("tokens of open connections could not be checked, which stay open", forLog(shown.log), "warn");
  }

  function forget(member: Member): void {
    const watch = watches.get(member);
    if (!watch) return;
    watches.delete(member);
    due.delete(watch);
    watch.asking?.abort();
    if (watches.size === 0) cancelLooks();
  }

  return {
    forget,
    watch(member) {
      forget(member);
      const { endsAt = Infinity, token } = member.state.peer;
      if (!member.connection.open || (endsAt === Infinity && token === undefined)) return;
      const now = system.now();
      if (watches.size === 0) {
        lastLookAt = now;
        cancelLooks = every(system, limits.tokenLookMs, look);
      }
      // Many connections come at once when a gateway starts, and must not be shown again at once.
      watches.set(member, { member, endsAt, why: "expired", askAt: token === undefined ? Infinity : now + system.random() * recheckMs() });
    },
  };
}
