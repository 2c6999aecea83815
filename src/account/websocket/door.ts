import type { System } from "../../core/ports.ts";
import type { Admitted, ConnectionHandler, UpgradeFacts } from "../../edge/accept.ts";
import type { Verified } from "../../edge/verify.ts";
import type { LinkProfile } from "../../link/link.ts";
import type { Dial, SocketEars, WireSocket } from "../../link/socket.ts";
import type { Probed } from "../account.ts";

/** Somebody who only looks whether the door opens: of no sender, with no session. */
export interface Visitor {
  visitor: true;
}

/** How the account's own listener is looked at through its front door. */
export interface Door {
  /** Decides over a connection of ours; undefined where it is not. `usual` asks the verifier as for anybody. */
  admit<Peer>(facts: UpgradeFacts, usual: () => Promise<Admitted<Peer>>): Promise<Admitted<Visitor>> | undefined;
  /** Hears what the verifier has said of a token. */
  verified(token: string, answer: Verified): void;
  /** One of ours has come in: nothing that it says is heard. */
  opened(): ConnectionHandler;
  /** Our own connections that are open at the moment. */
  visitors(): number;
  probe(withinMs: number): Promise<Probed>;
}

export interface DoorDeps {
  /** Where a client of this machine finds it. */
  url(): string;
  auth(): { enabled: boolean; required: boolean };
  /** Asks the verifier about a token that nobody has; settles as `verified` hears it. */
  ask(token: string, signal: AbortSignal): Promise<Verified>;
  dial: Dial;
  system: Pick<System, "now" | "after" | "uuid">;
}

/** The answer to a token that nobody has. */
const REFUSED = 4401;

export function createDoor({ url, auth, ask, dial, system }: DoorDeps): Door {
  /** Of each look: a key that opens, and a token that must not. Known to this process alone, for one use. */
  const keys = new Set<string>();
  const lures = new Map<string, Verified | undefined>();
  let open = 0;

  async function probe(withinMs: number): Promise<Probed> {
    const startedAt = system.now();
    const left = () => Math.max(1, withinMs - (system.now() - startedAt));
    const entered = await enter(left);
    if (!entered.ok) return entered;
    const { enabled, required } = auth();
    if (!enabled) return { ...entered, checked: [...entered.checked, "open to everybody who reaches it: no verifier is asked"] };
    const refusal = await (required ? lure(left()) : askOnly(left()));
    return refusal.ok ? { ...entered, checked: [...entered.checked, ...refusal.checked] } : { ...refusal, checked: entered.checked };
  }

  /** In through the listener, the upgrade and the admission, and one ping. */
  async function enter(left: () => number): Promise<Probed> {
    const key = `probe-${system.uuid()}`;
    keys.add(key);
    const call = knock(key);
    try {
      const opened = await call.until("opened", left());
      if (!opened) return { ok: false, checked: [], fault: "door", error: call.why() ?? `the listener at ${url()} does not answer` };
      const askedAt = system.now();
      call.socket?.ping("1");
      if (!(await call.until("ponged", left()))) return { ok: false, checked: ["upgrade"], fault: "door", error: call.why() ?? `the listener at ${url()} answers no ping` };
      return { ok: true, checked: ["upgrade", "round trip"], roundTripMs: Math.max(0, system.now() - askedAt) };
    } finally {
      keys.delete(key);
      call.end();
    }
  }

  /** A token that nobody has must be turned away by the verifier, and by the listener with the documented code. */
  async function lure(withinMs: number): Promise<Refusal> {
    const token = `probe-${system.uuid()}`;
    lures.set(token, undefined);
    const call = knock(token);
    try {
      await call.until("closed", withinMs);
      const refusal = judge(lures.get(token));
      if (!refusal.ok) return refusal;
      if (call.code() === REFUSED) return { ok: true, checked: [...refusal.checked, `the listener closes with ${REFUSED}`] };
      return { ok: false, fault: "door", error: `the listener should have closed with ${REFUSED} after a token that the verifier refuses${call.why() === undefined ? "" : `: ${call.why()}`}` };
    } finally {
      lures.delete(token);
      call.end();
    }
  }

  /** Where who has no good token is let in all the same, only the verifier is asked. */
  async function askOnly(withinMs: number): Promise<Refusal> {
    const abort = new AbortController();
    const cancel = system.after(withinMs, () => abort.abort());
    return judge(await ask(`probe-${system.uuid()}`, abort.signal).finally(cancel));
  }

  function knock(token: string): Call {
    return callUp(url(), token, dial, system);
  }

  return {
    admit(facts, usual) {
      const token = facts.token?.value ?? "";
      if (keys.delete(token)) return Promise.resolve({ ok: true, peer: { visitor: true } });
      if (!lures.has(token)) return undefined;
      // Whatever a verifier says that takes everything: nobody comes in by this token.
      return usual().then((admitted) => (admitted.ok ? { ok: false, code: 1008, reason: "the verifier takes a token that nobody has" } : admitted));
    },
    verified(token, answer) {
      if (lures.has(token)) lures.set(token, answer);
    },
    opened() {
      open += 1;
      return { frame() {}, closed: () => void (open -= 1) };
    },
    visitors: () => open,
    probe,
  };
}

type Refusal = { ok: true; checked: readonly string[] } | { ok: false; fault: "door" | "verifier" | "verifier-answer"; error: string };

/** A verifier that does its work refuses a token that nobody has, in the documented shape. */
export function judge(verified: Verified | undefined): Refusal {
  if (!verified) return { ok: false, fault: "verifier", error: "the verifier was not asked in time" };
  if (verified.ok) return { ok: false, fault: "verifier-answer", error: "the verifier takes a token that nobody has: everybody can name himself as he likes" };
  if (verified.why === "odd") return { ok: false, fault: "verifier-answer", error: `the verifier answers, but not as documented: ${verified.log}` };
  if (verified.why === "unanswered") return { ok: false, fault: "verifier", error: `the verifier does not answer: ${verified.log}` };
  return { ok: true, checked: ["the verifier refuses a token that nobody has"] };
}

/** One connection of ours to our own listener. */
interface Call {
  socket: WireSocket | undefined;
  /** False where it is over before that, or the time is. */
  until(what: "opened" | "ponged" | "closed", withinMs: number): Promise<boolean>;
  code(): number | undefined;
  /** Why it did not come about, or was ended. */
  why(): string | undefined;
  end(): void;
}

function callUp(url: string, token: string, dial: Dial, system: DoorDeps["system"]): Call {
  const marks = { opened: Promise.withResolvers<boolean>(), ponged: Promise.withResolvers<boolean>(), closed: Promise.withResolvers<boolean>() };
  let ended: { code: number; reason: string } | undefined;
  let error: string | undefined;
  const ears: SocketEars = {
    opened: () => marks.opened.resolve(true),
    received() {},
    ponged: () => marks.ponged.resolve(true),
    refused: (status) => void (error = `the upgrade is answered with HTTP status ${status}`),
    failed: (text) => void (error ??= text),
    closed(code, reason) {
      ended = { code, reason };
      marks.opened.resolve(false);
      marks.ponged.resolve(false);
      marks.closed.resolve(true);
    },
  };
  const call: Call = {
    socket: undefined,
    async until(what, withinMs) {
      const late = Promise.withResolvers<boolean>();
      const cancel = system.after(withinMs, () => late.resolve(false));
      return await Promise.race([marks[what].promise, late.promise]).finally(cancel);
    },
    code: () => ended?.code,
    why: () => error ?? (ended && `closed with ${ended.code}${ended.reason === "" ? "" : ` (${ended.reason})`}`),
    end() {
      if (!ended) call.socket?.close(1000, "");
    },
  };
  call.socket = dial({ url, headers: { Authorization: `Bearer ${token}` } }, visit, ears);
  return call;
}

/** Only the frame size counts here: a visitor is told nothing long. */
const visit: LinkProfile = {
  backoff: { baseMs: 0, maxMs: 0, jitterMs: 0, jitter: "inside" },
  provenMs: 0,
  handshakeMs: 0,
  pingMs: 0,
  deadAfterMs: 0,
  maxPayload: 65_536,
  binary: "ignore",
  refusals: [],
};
