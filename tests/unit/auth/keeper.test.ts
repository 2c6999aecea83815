import { describe, expect, it } from "vitest";
import { BASE, createStage, HOUR, login, mintToken } from "./stage.ts";

const outcomeKind = ({ kind }: { kind: string }) => kind;

describe("the keeper of a login", () => {
  it("CC-72 makes one call for a hundred callers, who all get its outcome", async () => {
    const { server, clock, store, start } = createStage();
    const { keeper } = start();
    const old = server.access;
    const asked = Array.from({ length: 100 }, (_, index) => keeper.refused(old, index % 2 === 0 ? "rest" : "socket"));
    await clock.pass(1_000);
    const outcomes = await Promise.all(asked);
    expect(server.calls).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(new Set([JSON.stringify({ kind: "success", login: keeper.login })]));
    expect(keeper.login?.grant).toEqual({ accessToken: server.access, refreshToken: server.refresh, grantedAt: clock.now() - 800 });
    expect(store.read().grant).toEqual(keeper.login?.grant);
    expect(server.calls[0]?.deviceId).toBe("openclaw-1");
  });

  it("CC-74, CC-77 refreshes of its own accord before the end, writes first, and asks for a new dial", async () => {
    const { server, clock, start } = createStage();
    const { keeper, told } = start();
    await clock.pass(22 * HOUR - 60_000);
    expect(server.calls).toEqual([]);
    await clock.pass(120_000);
    expect(server.calls).toHaveLength(1);
    expect(told).toEqual([`renewed ${server.refresh}`]);
    await clock.pass(22 * HOUR + 120_000);
    expect(server.calls).toHaveLength(2);
    expect(keeper.login?.grant.refreshToken).toBe(server.refresh);
  });

  it("CC-80 asks nobody for a new dial where a caller gets the new tokens as an answer", async () => {
    const { server, clock, start } = createStage();
    const { keeper, told } = start();
    const refreshed = keeper.refused(server.access, "rest");
    await clock.pass(1_000);
    expect(outcomeKind(await refreshed)).toBe("success");
    expect(told).toEqual([]);
  });

  it("CC-72 answers a caller who comes late with the tokens that are newer than the refused one", async () => {
    const { server, clock, start } = createStage();
    const { keeper } = start();
    const old = server.access;
    void keeper.refused(old, "rest");
    await clock.pass(1_000);
    expect(await keeper.refused(old, "socket")).toEqual({ kind: "success", login: keeper.login });
    expect(server.calls).toHaveLength(1);
  });

  it("CC-9, CC-79 refreshes before a dial where the token is near its end, unless the auth service is away", async () => {
    const { server, clock, start } = createStage();
    server.lifetimeMs = 24 * HOUR;
    clock.jump(22 * HOUR + 1);
    const { keeper } = start();
    // The refresh of its own accord is due as well: both are one.
    await keeper.prepare({ afterOutage: true });
    expect(server.calls).toEqual([]);
    const prepared = keeper.prepare();
    await clock.pass(1_000);
    expect(await prepared).toEqual({ ok: true, login: keeper.login });
    expect(server.calls).toHaveLength(1);
    expect(keeper.login?.grant.refreshToken).toBe(server.refresh);
  });

  it("CC-79 dials with the old token where the refresh before it fails for the moment", async () => {
    const { server, clock, start } = createStage();
    server.mood = "broken";
    const old = server.access;
    clock.jump(23 * HOUR);
    const { keeper } = start();
    const prepared = keeper.prepare();
    await clock.pass(1_000);
    expect(await prepared).toMatchObject({ ok: true, login: { grant: { accessToken: old } } });
    expect(keeper.status.lastError).toBe("the server answered with HTTP 503");
  });

  it("CC-79 holds a dial until the refresh in flight is over", async () => {
    const { server, clock, start } = createStage();
    const { keeper } = start();
    void keeper.refused(server.access, "rest");
    let isPrepared = false;
    const prepared = keeper.prepare().finally(() => void (isPrepared = true));
    await clock.pass(100);
    expect(isPrepared).toBe(false);
    await clock.pass(200);
    expect(await prepared).toMatchObject({ ok: true, login: { grant: { refreshToken: server.refresh } } });
  });

  it("CC-73, CC-76 logs nobody out in six hours of server errors, and tries at most once in 30 s", async () => {
    const { server, clock, start } = createStage();
    clock.jump(23 * HOUR);
    server.mood = "broken";
    const { keeper, told } = start();
    for (let minute = 0; minute < 360; minute += 1) {
      void keeper.refused(keeper.login?.grant.accessToken ?? "", minute % 2 === 0 ? "rest" : "socket");
      void keeper.prepare();
      await clock.pass(60_000);
    }
    expect(keeper.login).toBeDefined();
    expect(told).toEqual([]);
    expect(server.calls.length).toBeGreaterThan(300);
    for (const [index, { at }] of server.calls.entries()) if (index > 0) expect(at - Number(server.calls[index - 1]?.at)).toBeGreaterThanOrEqual(30_000);
    server.mood = "well";
    await clock.pass(61_000);
    expect(keeper.login?.grant.refreshToken).toBe(server.refresh);
    expect(keeper.status.lastError).toBeUndefined();
  });

  it("CC-76, CC-90 ends the login when the server refuses it for good, once, and says what to do next", async () => {
    const { server, clock, store, start } = createStage();
    const { keeper, told, log } = start();
    server.mood = { code: 10003 };
    const old = server.access;
    const asked = [keeper.refused(old, "rest"), keeper.refused(old, "socket")];
    await clock.pass(1_000);
    expect((await Promise.all(asked)).map(outcomeKind)).toEqual(["permanent", "permanent"]);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("channels add --channel clawchat --code <code> --as re-pair");
    expect(keeper.login).toBeUndefined();
    expect(keeper.status).toMatchObject({ state: "logged-out", userId: "usr_agent" });
    expect(keeper.status.text).toContain("channels add --channel clawchat --code <code> --as re-pair");
    expect(store.read()).toMatchObject({ identity: { userId: "usr_agent", deviceId: "openclaw-1" }, loggedOut: { at: clock.now() - 800 } });
    expect(store.read().grant).toBeUndefined();
    expect(await keeper.refused(old, "socket")).toEqual({ kind: "skipped", reason: "rejected-latch" });
    expect(await keeper.prepare()).toMatchObject({ ok: false, why: keeper.status.text });
    await clock.pass(HOUR);
    expect(server.calls).toHaveLength(1);
    expect([...log.lines, ...told, JSON.stringify(keeper.status)].join("\n")).not.toContain("refresh-0");
  });

  it("CC-1, CC-84 is logged in again within 2 s of an activation by another process", async () => {
    const stage = createStage({ isLoggedIn: false });
    const { keeper, told } = stage.start();
    expect(await keeper.prepare()).toMatchObject({ ok: false });
    expect(keeper.status).toMatchObject({ state: "no-login" });
    await stage.clock.pass(HOUR);
    login(stage);
    await stage.clock.pass(2_000);
    expect(told).toEqual([`renewed ${stage.server.refresh}`]);
    expect(await keeper.prepare()).toEqual({ ok: true, login: keeper.login });
  });

  it("gives a dial the login of an activation at once, without asking for another dial", async () => {
    const stage = createStage();
    const { keeper, told } = stage.start();
    login(stage, "usr_next");
    expect(await keeper.prepare()).toMatchObject({ ok: true, login: { identity: { userId: "usr_next" } } });
    await stage.clock.pass(3_000);
    expect(told).toEqual([]);
  });

  it("waits with its stop for an answer that takes long", async () => {
    const { server, clock, store, start } = createStage();
    server.slowMs = 14_000;
    const { keeper, log } = start();
    void keeper.refused(server.access, "rest");
    await clock.pass(100);
    let isStopped = false;
    void keeper.stop().then(() => void (isStopped = true));
    await clock.pass(13_000);
    expect(isStopped).toBe(false);
    await clock.pass(1_000);
    expect(isStopped).toBe(true);
    expect(store.read().grant?.refreshToken).toBe(server.refresh);
    expect(log.lines).toEqual([]);
  });

  it("CC-83 sends nothing to another server than the one that gave the login", async () => {
    const { server, start } = createStage();
    const { keeper } = start({ baseUrl: "https://other.test" });
    expect(await keeper.refused(server.access, "rest")).toMatchObject({ kind: "misconfigured" });
    expect(keeper.status).toMatchObject({ state: "incomplete" });
    expect(keeper.status.text).toContain(`${BASE}, and baseUrl is https://other.test`);
    expect(server.calls).toEqual([]);
  });

  it("CC-75 loses no login by a device id that the server would refuse", async () => {
    const stage = createStage({ isLoggedIn: false });
    stage.store.activate({ userId: "usr_agent", ownerUserId: "usr_owner", deviceId: "x".repeat(129), baseUrl: BASE }, { ...stage.server.mint(), grantedAt: 1 });
    const { keeper } = stage.start();
    expect(await keeper.refused(stage.server.access, "rest")).toMatchObject({ kind: "misconfigured" });
    expect(keeper.login).toBeDefined();
    expect(stage.server.calls).toEqual([]);
  });

  it("CC-76 does not let a throwing hook reach a caller", async () => {
    const { server, clock, start } = createStage();
    const fail = () => {
      throw new Error("hook");
    };
    const { keeper, log } = start({ hooks: { renewed: fail, loggedOut: fail, changed: fail } });
    server.mood = { code: 400 };
    const asked = keeper.refused(server.access, "socket");
    await clock.pass(1_000);
    expect(outcomeKind(await asked)).toBe("permanent");
    expect(log.lines.join("\n")).toContain("logged-out could not be handled: hook");
  });

  it("CC-77 refreshes a token that does not say when it ends a day after it was given, and one of unknown age never", async () => {
    const given = createStage({ isLoggedIn: false });
    const identity = { userId: "usr_agent", ownerUserId: "usr_owner", deviceId: "openclaw-1", baseUrl: BASE };
    given.store.activate(identity, { accessToken: "opaque", refreshToken: given.server.refresh, grantedAt: given.clock.now() });
    given.start();
    await given.clock.pass(22 * HOUR + 60_000);
    expect(given.server.calls).toHaveLength(1);
    const unknown = createStage({ isLoggedIn: false });
    unknown.store.activate(identity, { accessToken: "opaque", refreshToken: unknown.server.refresh });
    unknown.start();
    await unknown.clock.pass(100 * HOUR);
    expect(unknown.server.calls).toEqual([]);
  });

  it("CC-78 waits weeks for a token that lives long, and notices a sleep of the machine within a minute", async () => {
    const { server, clock, store, start } = createStage({ isLoggedIn: false });
    server.lifetimeMs = 60 * 24 * HOUR;
    login({ clock, server, store });
    start();
    clock.jump(58 * 24 * HOUR);
    await clock.pass(61_000);
    expect(server.calls).toEqual([]);
    clock.jump(2 * 24 * HOUR);
    await clock.pass(61_000);
    expect(server.calls).toHaveLength(1);
  });

  it("CC-73, CC-78 tries to renew a token near its end every half minute, not every minute, while the server fails", async () => {
    const { server, clock, start } = createStage();
    const { keeper } = start();
    server.mood = "broken";
    await clock.pass(22 * HOUR + 600_000);
    const gaps = server.calls.slice(1).map(({ at }, index) => at - Number(server.calls[index]?.at));
    expect(gaps.length).toBeGreaterThan(8);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...gaps)).toBeLessThan(32_000);
    server.mood = "well";
    await clock.pass(32_000);
    expect([keeper.login?.grant.refreshToken, server.isRevoked]).toEqual([server.refresh, false]);
  });

  it("CC-78 leaves a token that lives shorter than its lead alone for a minute after each refresh", async () => {
    const { server, clock, store, start } = createStage({ isLoggedIn: false });
    server.lifetimeMs = 600_000;
    login({ clock, server, store });
    start();
    await clock.pass(10 * 60_000);
    expect(server.calls.length).toBeGreaterThan(8);
    expect(server.calls.length).toBeLessThan(12);
  });

  it("CC-85 takes new tokens of the configuration over, and never undoes a rotation by the same ones", async () => {
    const { server, clock, store, start } = createStage({ isLoggedIn: false });
    const configured = { accessToken: server.access, refreshToken: server.refresh, userId: "usr_agent", ownerUserId: "usr_owner" };
    const first = start({ configured, deviceId: "clawchat-plugin-openclaw" });
    expect(first.keeper.login).toMatchObject({ identity: { deviceId: "clawchat-plugin-openclaw" }, grant: { accessToken: configured.accessToken } });
    void first.keeper.refused(configured.accessToken, "rest");
    await clock.pass(1_000);
    await first.keeper.stop();
    const second = start({ configured, deviceId: "another" });
    expect(second.keeper.login?.grant).toEqual(first.keeper.login?.grant);
    expect(second.keeper.login?.identity.deviceId).toBe("clawchat-plugin-openclaw");
    expect(second.log.lines.join()).toContain("deviceId of the configuration is not used");
    const third = start({ configured: { ...configured, accessToken: mintToken({ did: "third" }) } });
    expect(third.keeper.login?.grant.refreshToken).toBe(configured.refreshToken);
    expect(store.read().deviceId).toBe("clawchat-plugin-openclaw");
  });

  it("CC-1 takes tokens of the configuration over as soon as the store allows, and says until then why not", async () => {
    const { server, clock, store, start } = createStage({ isLoggedIn: false });
    const configured = { accessToken: server.access, refreshToken: server.refresh, userId: "usr_agent", ownerUserId: "usr_owner" };
    let isFull = true;
    const seed: typeof store.seed = (...given) => {
      if (isFull) throw new Error("disk full");
      return store.seed(...given);
    };
    const { keeper, told } = start({ configured, store: { ...store, seed } });
    expect(keeper.status).toMatchObject({ state: "incomplete", text: "disk full" });
    isFull = false;
    await clock.pass(2_000);
    expect(keeper.status.state).toBe("logged-in");
    expect(told).toEqual([`renewed ${server.refresh}`]);
  });

  it("puts ids of the configuration right without going back to its tokens, unless the account was activated since", async () => {
    const stage = createStage({ isLoggedIn: false });
    const { server, clock, store, start } = stage;
    const configured = { accessToken: server.access, refreshToken: server.refresh, userId: "usr_wrong", ownerUserId: "usr_owner" };
    const first = start({ configured });
    void first.keeper.refused(configured.accessToken, "rest");
    await clock.pass(1_000);
    const second = start({ configured: { ...configured, userId: "usr_right" } });
    expect(second.keeper.login).toMatchObject({ identity: { userId: "usr_right" }, grant: { refreshToken: server.refresh } });
    await clock.pass(2_000);
    expect(first.told).toEqual([`renewed ${server.refresh}`]);
    login(stage, "usr_activated");
    start({ configured });
    expect(store.read().identity?.userId).toBe("usr_activated");
  });

  it("CC-85 takes the device id of a configured token from its claim where nothing else names one", () => {
    const { start } = createStage({ isLoggedIn: false });
    const configured = { accessToken: mintToken({ did: "from-the-token" }), userId: "usr_agent", ownerUserId: "usr_owner" };
    expect(start({ configured }).keeper.login?.identity.deviceId).toBe("from-the-token");
    const pinned = createStage({ isLoggedIn: false });
    expect(pinned.start({ configured, deviceId: "from-the-pin" }).keeper.login?.identity.deviceId).toBe("from-the-pin");
    const other = createStage({ isLoggedIn: false });
    const odd = { ...configured, accessToken: mintToken({ did: "not for\na header" }) };
    expect(other.start({ configured: odd }).keeper.login?.identity.deviceId).toMatch(/^openclaw-/);
  });

  it("CC-1 says what a configured token lacks", async () => {
    const { start } = createStage({ isLoggedIn: false });
    const { keeper } = start({ configured: { accessToken: "token-of-nobody" } });
    expect(await keeper.prepare()).toEqual({ ok: false, why: "the configuration has a token, and lacks userId or ownerUserId" });
    expect(keeper.status.state).toBe("incomplete");
  });

  it("finishes what is in flight when it stops: writes, tells nobody, and sends no more", async () => {
    const { server, clock, store, start } = createStage();
    const { keeper, told } = start();
    const asked = keeper.refused(server.access, "rest");
    let isStopped = false;
    void keeper.stop().then(() => void (isStopped = true));
    await clock.pass(100);
    expect(isStopped).toBe(false);
    await clock.pass(200);
    expect(isStopped).toBe(true);
    expect(outcomeKind(await asked)).toBe("success");
    expect(store.read().grant?.refreshToken).toBe(server.refresh);
    expect(told).toEqual([]);
    expect(await keeper.refused(server.access, "rest")).toEqual({ kind: "skipped", reason: "in-flight" });
    expect(await keeper.prepare()).toMatchObject({ ok: false });
    await clock.pass(100 * HOUR);
    expect(server.calls).toHaveLength(1);
    expect(clock.pendingTimers()).toBe(0);
  });
});
