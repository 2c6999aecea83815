import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Shown, vouchedPeer } from "../../../src/account/websocket/admission.ts";
import { Member } from "../../../src/account/websocket/member.ts";
import { createTokens, judgeEnd } from "../../../src/account/websocket/tokens.ts";
import { limits } from "../../../src/core/limits.ts";
import { profileOf } from "../../../src/protocols/websocket/profile.ts";
import { createSession } from "../../../src/protocols/websocket/session.ts";
import { accountDefaults } from "../../support/account-config.ts";
import { createMemoryConnection } from "../../support/memory-connection.ts";
import { recordLog } from "../../support/recorded-log.ts";
import { createVirtualSystem } from "../../support/virtual.ts";

const SECRET = "SECRET-TOKEN";
const refused = { ok: false, code: "revoked", log: "said so", why: "refused" } as const;
const silent = { ok: false, code: "timeout", log: "no answer", why: "unanswered" } as const;

function start({ recheckSeconds = 0, random = () => 0.5 }: { recheckSeconds?: number; random?: () => number } = {}) {
  const clock = createVirtualSystem();
  let moved = 0;
  const system = { ...clock, now: () => clock.now() + moved, random };
  const log = recordLog();
  const auth = { ...accountDefaults.auth, allowDelegation: true, recheckSeconds };
  const peerOf = (exp?: number, delegate = false) => vouchedPeer({ userId: "ann", delegate, ...(exp !== undefined && { exp }) }, { tokenType: "local" }, {}, SECRET, auth);
  const shown: { at: number; member: number; answer(shown: Shown): void; signal: AbortSignal }[] = [];
  const members: Member[] = [];
  const tokens = createTokens({
    recheckMs: () => recheckSeconds * 1000,
    show(member, token, signal) {
      expect(token).toBe(SECRET);
      return new Promise((answer) => void shown.push({ at: clock.now(), member: members.indexOf(member), answer, signal }));
    },
    system,
    log,
  });
  const soon = (ms: number) => (system.now() + ms) / 1000;
  function connect(exp?: number) {
    const connection = createMemoryConnection(`c${members.length}`);
    const session = createSession(profileOf(accountDefaults), () => "new");
    const member = new Member(connection, peerOf(exp), session, { system, log, asked: async () => {}, left() {} });
    members.push(member);
    tokens.watch(member);
    return { connection, member };
  }
  return { clock, tokens, connect, peerOf, shown, log, soon, jump: (ms: number) => void (moved += ms) };
}

describe("a token that ends", () => {
  it("WS-37 is judged late rather than early, and not for ever", () => {
    expect(judgeEnd({ endsAt: 100 }, false, 99)).toEqual({ isOver: false });
    expect(judgeEnd({ endsAt: 100 }, false, 100)).toEqual({ isOver: true });
    expect(judgeEnd({ endsAt: 100 }, true, 200)).toEqual({ isOver: false, sparedUntil: 200 + limits.tokenGraceMs });
    expect(judgeEnd({ endsAt: 100, sparedUntil: 300 }, true, 299)).toEqual({ isOver: false, sparedUntil: 300 });
    expect(judgeEnd({ endsAt: 100, sparedUntil: 300 }, true, 300)).toMatchObject({ isOver: true });
    expect(judgeEnd({ endsAt: 100, sparedUntil: 90_000 }, true, 150), "a clock that was set back").toEqual({ isOver: false, sparedUntil: 150 + limits.tokenGraceMs });
  });

  it("WS-37 ends its connection within a second, says so first, and leaves the others", async () => {
    const { clock, connect, soon } = start();
    const [ends, stays] = [connect(soon(10_000)), connect(soon(60_000))];
    await clock.pass(9_999);
    expect(ends.connection.closedWith).toBeUndefined();
    await clock.pass(1_001);
    expect(ends.connection.frames).toEqual([{ type: "chat.error", error: "Authentication failed: expired" }]);
    expect(ends.connection.closedWith).toEqual({ code: 4401, reason: "Authentication failed" });
    expect(stays.connection.open).toBe(true);
  });

  it("WS-37 spares a connection whose frame is being handled, for 15 seconds", async () => {
    const { clock, connect, soon } = start();
    const [first, second] = [connect(soon(1_000)), connect(soon(1_000))];
    first.connection.busy = second.connection.busy = true;
    await clock.pass(10_000);
    expect([first.connection.open, second.connection.open]).toEqual([true, true]);
    first.connection.busy = false;
    await clock.pass(1_000);
    expect([first.connection.open, second.connection.open]).toEqual([false, true]);
    await clock.pass(6_000);
    expect(second.connection.open).toBe(false);
  });

  it("WS-37 reads what came while the event loop stood still, or the clock was moved, before it ends a connection", async () => {
    const { clock, connect, soon, jump } = start();
    const { connection } = connect(soon(60_000));
    await clock.pass(5_000);
    jump(3_600_000);
    await clock.pass(1_000);
    expect(connection.open).toBe(true);
    await clock.pass(1_000);
    expect(connection.open).toBe(false);
  });

  it("WS-37 takes one timer for all connections, and none where no token ends", async () => {
    const { clock, connect, tokens, soon } = start();
    connect();
    expect(clock.pendingTimers()).toBe(0);
    const members = Array.from({ length: 100 }, () => connect(soon(60_000)).member);
    expect(clock.pendingTimers()).toBe(1);
    await clock.pass(3_000);
    expect(clock.pendingTimers()).toBe(1);
    for (const member of members) tokens.forget(member);
    expect(clock.pendingTimers()).toBe(0);
  });

  it("WS-37 is not watched on a connection that is gone, and not after another token has come", async () => {
    const { clock, connect, tokens, peerOf, soon } = start();
    const { connection, member } = connect(soon(5_000));
    member.say({ say: "renewed", peer: peerOf() });
    tokens.watch(member);
    expect(clock.pendingTimers()).toBe(0);
    await clock.pass(10_000);
    expect(connection.open).toBe(true);
    member.say({ say: "renewed", peer: peerOf(soon(5_000)) });
    connection.drop();
    tokens.watch(member);
    expect(clock.pendingTimers()).toBe(0);
  });
});

describe("a token that is shown again", () => {
  it("WS-38 has its turn at some moment of the interval, and then each time it is over", async () => {
    let drawn = 0;
    const { clock, connect, shown, peerOf } = start({ recheckSeconds: 100, random: () => (drawn = (drawn + 0.618_034) % 1) });
    for (let i = 0; i < 1_000; i += 1) connect();
    const perLook: number[] = [];
    for (let look = 0; look < 200; look += 1) {
      const before = shown.length;
      await clock.pass(1_000);
      for (let i = before; i < shown.length; i += 1) {
        shown[i]?.answer({ ok: true, peer: peerOf() });
        await clock.pass(0);
      }
      perLook.push(shown.length - before);
    }
    expect(Math.max(...perLook)).toBeLessThan(30);
    const times = Map.groupBy(shown, ({ member }) => member);
    expect(times.size).toBe(1_000);
    expect(new Set([...times.values()].map((each) => each.length))).toEqual(new Set([2]));
    for (const [first, second] of times.values()) expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(100_000);
  });

  it("WS-38 is one of 16 at once, and waits its turn behind a verifier that answers nobody", async () => {
    const { clock, connect, shown } = start({ recheckSeconds: 10, random: () => 0 });
    for (let i = 0; i < 50; i += 1) connect();
    await clock.pass(1_000);
    for (let round = 1; round <= 3; round += 1) {
      expect(shown).toHaveLength(Math.min(50, 16 * round));
      for (const each of shown) each.answer(silent);
      await clock.pass(0);
    }
    expect(shown.map(({ member }) => member)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it("WS-38 ends its connection only where the verifier refuses it", async () => {
    const { clock, connect, shown, log } = start({ recheckSeconds: 10 });
    const { connection } = connect();
    for (const answer of [silent, { ...silent, why: "odd" as const }]) {
      const before = shown.length;
      await clock.pass(10_000);
      expect(shown).toHaveLength(before + 1);
      shown.at(-1)?.answer(answer);
      await clock.pass(0);
      expect(connection.open).toBe(true);
    }
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    await clock.pass(10_000);
    shown.at(-1)?.answer(refused);
    await clock.pass(0);
    expect(connection.frames).toEqual([{ type: "chat.error", error: "Authentication failed: revoked" }]);
    expect(connection.closedWith).toEqual({ code: 4401, reason: "Authentication failed" });
  });

  it("WS-38 is asked for once at a time, however slow the verifier is, and no more once its connection is gone", async () => {
    const { clock, connect, tokens, shown } = start({ recheckSeconds: 5 });
    const { member } = connect();
    await clock.pass(60_000);
    expect(shown).toHaveLength(1);
    tokens.forget(member);
    expect(shown[0]?.signal.aborted).toBe(true);
    shown[0]?.answer(silent);
    await clock.pass(60_000);
    expect(shown).toHaveLength(1);
    expect(clock.pendingTimers()).toBe(0);
  });

  it("WS-38 does not end the connection that has brought another one meanwhile, or is bringing it", async () => {
    const { clock, connect, tokens, peerOf, shown } = start({ recheckSeconds: 10 });
    const [brought, bringing] = [connect(), connect()];
    await clock.pass(6_000);
    expect(shown).toHaveLength(2);
    brought.member.say({ say: "renewed", peer: peerOf() });
    tokens.watch(brought.member);
    bringing.connection.busy = true;
    for (const each of shown) each.answer(refused);
    await clock.pass(2_000);
    bringing.member.say({ say: "renewed", peer: peerOf() });
    tokens.watch(bringing.member);
    bringing.connection.busy = false;
    await clock.pass(2_000);
    expect([brought.connection.open, bringing.connection.open]).toEqual([true, true]);
  });

  it("WS-38 WS-4 is heard: what it may no longer do counts at once, and so does its end", async () => {
    const { clock, connect, peerOf, shown, soon } = start({ recheckSeconds: 10 });
    const { connection, member } = connect();
    member.say({ say: "known", peer: peerOf(undefined, true) });
    expect(member.state.peer.speaksForOthers).toBe(true);
    await clock.pass(6_000);
    shown[0]?.answer({ ok: true, peer: peerOf(soon(3_000)) });
    await clock.pass(0);
    expect(member.state.peer.speaksForOthers).toBe(false);
    expect(connection.frames).toEqual([]);
    await clock.pass(4_000);
    expect(connection.open).toBe(false);
  });

  it("WS-38 is not put off by a clock that is set back", async () => {
    const { clock, connect, shown, jump } = start({ recheckSeconds: 10 });
    connect();
    jump(-86_400_000);
    await clock.pass(12_000);
    expect(shown).toHaveLength(1);
  });

  it("WS-38 is printed by nothing, and kept only where it will be shown", () => {
    const { peerOf } = start({ recheckSeconds: 10 });
    expect(peerOf().token?.()).toBe(SECRET);
    expect(`${inspect(peerOf(), { depth: 9, showHidden: true })} ${JSON.stringify(peerOf())}`).not.toContain(SECRET);
    expect(start().peerOf()).not.toHaveProperty("token");
  });
});
