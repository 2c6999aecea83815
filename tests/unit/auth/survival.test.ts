import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLogins } from "../../../src/store/logins.ts";
import { AuthServer, createStage, HOUR, login, type Point, Process, type Stage } from "./stage.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "login-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** The same file opened anew, as a process does that starts. */
function reopen(stage: Stage): Stage {
  stage.store.close();
  const reopened: Stage = { ...stage, store: openLogins(stage.store.file, stage.clock), start: (options) => new Process(reopened, options) };
  return reopened;
}

/** Waits as long as a dead holder of the lease may block, and asks for fresh tokens. */
async function refreshAfterRestart(stage: Stage): Promise<void> {
  const { server, clock } = stage;
  const { keeper, told } = stage.start();
  expect(keeper.login?.grant).toEqual(stage.store.read().grant);
  const asked = keeper.refused(keeper.login?.grant.accessToken ?? "", "socket");
  await clock.pass(47_000);
  const outcome = await asked;
  if (outcome.kind === "skipped") void keeper.refused(keeper.login?.grant.accessToken ?? "", "socket");
  await clock.pass(31_000);
  expect(keeper.login?.grant.refreshToken).toBe(server.refresh);
  expect(told).toEqual([]);
  expect(server.isRevoked).toBe(false);
  expect(server.mostAtOnce).toBe(1);
}

describe("CC-81 a login survives that its process is killed", () => {
  const points: [string, Point][] = [
    ["before it has the right to refresh", { before: "claim" }],
    ["with the right to refresh and nothing sent", { after: "claim" }],
    ["before the request leaves", { before: "http" }],
    ["after the write and before the new tokens are used", { after: "rotate" }],
  ];

  it.each(points)("%s", async (_when, death) => {
    const stage = createStage({ file: join(folder, "a.login.sqlite") });
    const dying = stage.start();
    dying.death = death;
    void dying.keeper.refused(stage.server.access, "socket");
    await stage.clock.pass(1_000);
    expect(dying.isDead).toBe(true);
    await refreshAfterRestart(reopen(stage));
  });

  it("after the swap, before the new dial", async () => {
    const stage = createStage({ file: join(folder, "a.login.sqlite") });
    const dying = stage.start({ hooks: { renewed: () => dying.kill(), loggedOut: () => {}, changed: () => {} } });
    await stage.clock.pass(22 * HOUR + 60_000);
    expect(dying.isDead).toBe(true);
    const after = reopen(stage);
    expect(after.start().keeper.login?.grant.refreshToken).toBe(stage.server.refresh);
  });

  it("between the answer and the write as far as it can: with the tokens it has, until the server refuses to rotate them", async () => {
    const stage = createStage({ file: join(folder, "a.login.sqlite") });
    const dying = stage.start();
    const { server, clock } = stage;
    const old = server.access;
    dying.death = { before: "rotate" };
    void dying.keeper.refused(old, "rest");
    await clock.pass(1_000);
    expect(dying.isDead).toBe(true);
    const after = reopen(stage);
    const { keeper, told } = after.start();
    expect(await keeper.prepare()).toMatchObject({ ok: true, login: { grant: { accessToken: old } } });
    await clock.pass(21 * HOUR);
    expect(keeper.login?.grant.accessToken).toBe(old);
    await clock.pass(2 * HOUR);
    expect(told.join()).toMatch(/logged out: .*10003.*--code <code> --as re-pair/);
  });
});

describe("a pair that cannot be written", () => {
  it("CC-74 is kept, written again before anything else is sent, and used only then", async () => {
    const { server, clock, store, start } = createStage();
    const { keeper, failing, told, log } = start();
    const old = server.access;
    failing.add("rotate");
    const asked = keeper.refused(old, "rest");
    await clock.pass(1_000);
    expect(await asked).toMatchObject({ kind: "transient", message: expect.stringContaining("disk full") });
    expect(keeper.login?.grant.accessToken).toBe(old);
    const again = await keeper.refused(old, "socket");
    expect(again.kind).toBe("transient");
    await clock.pass(10 * 60_000);
    expect(server.calls).toHaveLength(1);
    expect(keeper.login?.grant.accessToken).toBe(old);
    failing.delete("rotate");
    await clock.pass(40_000);
    expect(keeper.login?.grant.accessToken).toBe(server.access);
    expect(store.read().grant?.refreshToken).toBe(server.refresh);
    expect(told).toEqual([`renewed ${server.refresh}`]);
    expect(log.lines.join("\n")).not.toContain(server.refresh);
  });

  it("CC-74 is written by the next caller who asks, as soon as the disk allows", async () => {
    const { server, clock, start } = createStage();
    const { keeper, failing } = start();
    const old = server.access;
    failing.add("rotate");
    void keeper.refused(old, "rest");
    await clock.pass(300);
    failing.delete("rotate");
    expect(await keeper.refused(old, "rest")).toEqual({ kind: "success", login: keeper.login });
    expect(server.calls).toHaveLength(1);
    expect(keeper.login?.grant.accessToken).toBe(server.access);
  });

  it("survives a restart once it is written during the stop", async () => {
    const stage = createStage({ file: join(folder, "a.login.sqlite") });
    const { keeper, failing, told } = stage.start();
    failing.add("rotate");
    void keeper.refused(stage.server.access, "rest");
    await stage.clock.pass(300);
    const stopped = keeper.stop();
    await stage.clock.pass(1_000);
    failing.delete("rotate");
    await stage.clock.pass(4_000);
    await stopped;
    expect(told).toEqual([]);
    await stage.clock.pass(31_000);
    await refreshAfterRestart(reopen(stage));
  });

  it("holds a stop up for 5 s at most", async () => {
    const { server, clock, start } = createStage();
    const { keeper, failing, log } = start();
    failing.add("rotate");
    void keeper.refused(server.access, "rest");
    await clock.pass(300);
    let isStopped = false;
    void keeper.stop().then(() => void (isStopped = true));
    await clock.pass(5_000);
    expect(isStopped).toBe(true);
    expect(log.lines.at(-1)).toContain("are lost");
    expect(clock.pendingTimers()).toBe(0);
  });

  it("is dropped for an activation that came meanwhile", async () => {
    const stage = createStage();
    const { keeper, failing, told } = stage.start();
    failing.add("rotate");
    void keeper.refused(stage.server.access, "rest");
    await stage.clock.pass(300);
    login(stage, "usr_next");
    failing.delete("rotate");
    await stage.clock.pass(31_000);
    expect(keeper.login).toMatchObject({ identity: { userId: "usr_next" }, grant: { refreshToken: stage.server.refresh } });
    expect(told).toEqual([`renewed ${stage.server.refresh}`]);
  });

  it("is given up at once where a caller finds another login in its place", async () => {
    const stage = createStage();
    const { keeper, failing } = stage.start();
    failing.add("rotate");
    const asked = keeper.refused(stage.server.access, "rest");
    await stage.clock.pass(100);
    login(stage, "usr_next");
    await stage.clock.pass(200);
    expect(await asked).toMatchObject({ kind: "success", login: { identity: { userId: "usr_next" } } });
  });

  it("brings a login back that another process has ended in ignorance of it", async () => {
    const { server, clock, store, start } = createStage();
    const [one, other] = [start(), start()];
    const old = server.access;
    one.failing.add("rotate");
    void one.keeper.refused(old, "rest");
    await clock.pass(300);
    const fresh = { access: server.access, refresh: server.refresh };
    // The holder of the pair cannot renew its lease either.
    await clock.pass(31_000);
    const asked = other.keeper.refused(old, "rest");
    await clock.pass(16_300);
    expect((await asked).kind).toBe("permanent");
    one.failing.delete("rotate");
    await clock.pass(31_000);
    expect(store.read().grant).toMatchObject({ accessToken: fresh.access, refreshToken: fresh.refresh });
    expect(other.keeper.login?.grant.refreshToken).toBe(fresh.refresh);
  });
});

describe("a store that fails", () => {
  it("CC-74 costs no call: nothing is sent that could not be written", async () => {
    const { server, clock, start } = createStage();
    const { keeper, failing } = start();
    failing.add("claim");
    expect(await keeper.refused(server.access, "rest")).toMatchObject({ kind: "transient" });
    await clock.pass(HOUR);
    expect(server.calls).toEqual([]);
    failing.delete("claim");
    const asked = keeper.refused(server.access, "rest");
    await clock.pass(1_000);
    expect((await asked).kind).toBe("success");
  });

  it("CC-76 that cannot be read ends no login", async () => {
    const { server, clock, start } = createStage();
    const { keeper, failing, told } = start();
    failing.add("read").add("version");
    expect((await keeper.refused(server.access, "rest")).kind).toBe("transient");
    expect(await keeper.prepare()).toMatchObject({ ok: true });
    await clock.pass(HOUR);
    expect(told).toEqual([]);
    failing.clear();
    await clock.pass(2_000);
    expect((await keeper.prepare()).ok).toBe(true);
  });

  it("CC-76 that becomes unreadable while the server refuses keeps the login, for another process may have rotated it", async () => {
    const { server, clock, start } = createStage();
    const { keeper, failing, told } = start();
    server.mood = { code: 10003 };
    const asked = keeper.refused(server.access, "rest");
    failing.add("read");
    await clock.pass(1_000);
    expect((await asked).kind).toBe("transient");
    expect(told).toEqual([]);
    expect(keeper.login).toBeDefined();
  });

  it("that cannot take the end of a login does not bring it back", async () => {
    const { server, clock, store, start } = createStage();
    const { keeper, failing, told } = start();
    server.mood = { code: 10003 };
    failing.add("logout");
    const asked = keeper.refused(server.access, "rest");
    await clock.pass(1_000);
    expect((await asked).kind).toBe("permanent");
    await clock.pass(10 * 60_000);
    expect((await keeper.prepare()).ok).toBe(false);
    expect(await keeper.refused(server.access, "rest")).toEqual({ kind: "skipped", reason: "rejected-latch" });
    expect(keeper.login).toBeUndefined();
    expect(told).toHaveLength(1);
    expect(server.calls).toHaveLength(1);
    failing.delete("logout");
    await clock.pass(31_000);
    expect(store.read().grant).toBeUndefined();
    expect(told).toHaveLength(1);
  });
});

describe("two processes with one login", () => {
  it("CC-72 make one call, and both get the new tokens", async () => {
    const { server, clock, start } = createStage();
    const [one, other] = [start(), start()];
    const asked = [one.keeper.refused(server.access, "rest"), other.keeper.refused(server.access, "socket")];
    await clock.pass(1_000);
    expect((await Promise.all(asked)).map(({ kind }) => kind)).toEqual(["success", "success"]);
    expect(server.calls).toHaveLength(1);
    expect(one.keeper.login?.grant).toEqual(other.keeper.login?.grant);
  });

  it("hear of each other's refresh within 2 s", async () => {
    const { server, clock, start } = createStage();
    const [one, other] = [start(), start()];
    void one.keeper.refused(server.access, "rest");
    await clock.pass(2_300);
    expect(other.told).toEqual([`renewed ${server.refresh}`]);
    expect(one.told).toEqual([]);
  });

  it("CC-72 wait for one another no longer than a call can last, where the holder was killed", async () => {
    const { server, clock, start } = createStage();
    const [dying, other] = [start(), start()];
    dying.death = { before: "http" };
    void dying.keeper.refused(server.access, "rest");
    await clock.pass(100);
    const asked = other.keeper.refused(server.access, "rest");
    await clock.pass(45_000);
    expect(server.calls).toEqual([]);
    await clock.pass(2_000);
    expect((await asked).kind).toBe("success");
  });

  it("CC-73 count the time between two calls from the call, not from the wait before it", async () => {
    const { server, clock, start } = createStage();
    const [dying, other] = [start(), start()];
    dying.death = { before: "http" };
    server.mood = "broken";
    void dying.keeper.refused(server.access, "rest");
    await clock.pass(100);
    void other.keeper.refused(server.access, "rest");
    await clock.pass(47_000);
    expect(server.calls).toHaveLength(1);
    await clock.pass(20_000);
    expect(await other.keeper.refused(server.access, "rest")).toEqual({ kind: "skipped", reason: "min-interval" });
  });

  it("CC-74 let a holder whose disk was full write its tokens before anybody uses the old ones", async () => {
    const { server, clock, start } = createStage();
    const [one, other] = [start(), start()];
    one.failing.add("rotate");
    void one.keeper.refused(server.access, "rest");
    await clock.pass(40_000);
    one.failing.clear();
    const asked = other.keeper.refused(String(other.keeper.login?.grant.accessToken), "rest");
    await clock.pass(17_000);
    expect(await asked).toEqual({ kind: "success", login: one.keeper.login });
    expect(server.calls).toHaveLength(1);
  });

  it("do not wait for a lease that the clock has made endless", async () => {
    const { server, clock, start } = createStage();
    const [dying, other] = [start(), start()];
    dying.death = { before: "http" };
    void dying.keeper.refused(server.access, "rest");
    await clock.pass(100);
    clock.jump(-HOUR);
    const asked = other.keeper.refused(server.access, "rest");
    await clock.pass(17_000);
    expect((await asked).kind).toBe("success");
  });

  it("CC-76 do not log out when the other has won: the store is read again first", async () => {
    const stage = createStage();
    const { server, clock } = stage;
    const { keeper, told } = stage.start();
    server.mood = { code: 10003 };
    const asked = keeper.refused(server.access, "rest");
    login(stage, "usr_next");
    await clock.pass(1_000);
    expect(await asked).toMatchObject({ kind: "success", login: { identity: { userId: "usr_next" } } });
    expect(keeper.login?.grant.refreshToken).toBe(server.refresh);
    // Another identity needs a new dial, whoever asked.
    expect(told).toEqual([`renewed ${server.refresh}`]);
  });

  it("give up a pair for a login that was replaced while it was under way", async () => {
    const stage = createStage();
    const { server, clock, store } = stage;
    const { keeper } = stage.start();
    const late = new AuthServer(clock);
    const asked = keeper.refused(server.access, "rest");
    const identity = { userId: "usr_next", ownerUserId: "usr_owner", deviceId: "ignored", baseUrl: "https://app.test" };
    store.activate(identity, { accessToken: late.access, refreshToken: "next-refresh", grantedAt: clock.now() });
    await clock.pass(1_000);
    expect(await asked).toMatchObject({ kind: "success", login: { identity: { userId: "usr_next", deviceId: "openclaw-1" }, grant: { refreshToken: "next-refresh" } } });
    expect(store.read().grant?.refreshToken).toBe("next-refresh");
  });
});
