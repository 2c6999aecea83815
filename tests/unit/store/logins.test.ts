import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { system } from "../../../src/core/system.ts";
import { type Identity, type LoginStore, openLogins } from "../../../src/store/logins.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "logins-"));
  file = join(folder, "deep", "default.login.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openLogins(file, system);
const identity: Identity = { userId: "usr_a", ownerUserId: "usr_o", agentId: "agt_1", homeConversationId: "cnv_1", deviceId: "dev", baseUrl: "https://app.test", activatedAt: 5 };
const grant = { accessToken: "access-1", refreshToken: "refresh-1", grantedAt: 5 };
const next = { accessToken: "access-2", refreshToken: "refresh-2", grantedAt: 9 };
const hash = (text: string) => system.sha256(text);
const lease = { holder: "we", since: 100, until: 200 };

function activated(): LoginStore {
  const store = open();
  store.activate(identity, grant);
  return store;
}

describe("the stored login", () => {
  it("is empty at first", () => {
    const store = open();
    expect(store.read()).toEqual({ version: 0, isRejected: false });
    store.close();
  });

  it("is there after a restart, all of it", () => {
    activated().close();
    const store = open();
    expect(store.read()).toEqual({ version: 1, deviceId: "dev", identity, grant, refreshHash: hash("refresh-1"), isRejected: false });
    store.close();
  });

  it("is its owner's alone, with all files beside it, also where the file was open to others", () => {
    mkdirSync(join(folder, "deep"), { mode: 0o700 });
    writeFileSync(file, "");
    chmodSync(file, 0o644);
    const store = activated();
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    store.close();
    rmSync(join(folder, "deep"), { recursive: true });
    open().close();
    expect(statSync(join(folder, "deep")).mode & 0o777).toBe(0o700);
  });

  it("is on disk before a write returns", () => {
    const store = activated();
    const other = new DatabaseSync(file);
    expect(other.prepare("SELECT access_token FROM login").get()).toEqual({ access_token: "access-1" });
    other.close();
    store.close();
  });

  it("leaves no trace of tokens in the file after a logout", () => {
    const store = open();
    const secret = { ...grant, accessToken: "access-1".repeat(1_500) };
    store.activate(identity, secret);
    store.close();
    expect(readFileSync(file).includes("access-1")).toBe(true);
    const later = open();
    later.logout(hash("refresh-1"), { at: 7, why: "gone" });
    later.close();
    expect(readFileSync(file).includes("access-1")).toBe(false);
    expect(readFileSync(file).includes("refresh-1")).toBe(false);
  });

  it("counts its versions for all who have it open", () => {
    const store = activated();
    const other = open();
    const before = other.version();
    store.rotate(hash("refresh-1"), next);
    expect(other.version()).toBeGreaterThan(before);
    expect(other.read().grant).toEqual(next);
    store.close();
    other.close();
  });
});

describe("a rotation", () => {
  it("replaces the grant it began with, and ends the lease", () => {
    const store = activated();
    store.claim({ version: store.version(), lease });
    expect(store.rotate(hash("refresh-1"), next)).toBe(true);
    expect(store.read()).toMatchObject({ grant: next, refreshHash: hash("refresh-2"), lastRefreshAt: 9, lastAttemptAt: 100, identity });
    expect(store.read().lease).toBeUndefined();
    store.close();
  });

  it("CC-74 never puts an older token over a newer one", () => {
    const store = activated();
    store.rotate(hash("refresh-1"), next);
    expect(store.rotate(hash("refresh-1"), { ...grant, accessToken: "late" })).toBe(false);
    expect(store.read().grant).toEqual(next);
    store.close();
  });

  it("brings back what was logged out in ignorance of it, and nothing else", () => {
    const store = activated();
    store.logout(hash("refresh-1"), { at: 7, why: "gone" });
    expect(store.rotate(hash("other"), next)).toBe(false);
    expect(store.rotate(hash("refresh-1"), next)).toBe(true);
    expect(store.read()).toMatchObject({ grant: next, isRejected: false });
    expect(store.read().loggedOut).toBeUndefined();
    store.close();
  });
});

describe("a logout", () => {
  it("CC-76 drops the tokens, keeps who the account is, and latches the access token", () => {
    const store = activated();
    expect(store.logout(hash("refresh-1"), { at: 7, why: "gone" })).toBe(true);
    const { grant: left, ...stored } = store.read();
    expect(left).toBeUndefined();
    expect(stored).toMatchObject({ identity, deviceId: "dev", loggedOut: { at: 7, why: "gone" } });
    store.seed("s", { identity, grant });
    expect(store.read().isRejected).toBe(true);
    store.seed("t", { identity, grant: next });
    expect(store.read().isRejected).toBe(false);
    store.close();
  });

  it("does not touch another grant", () => {
    const store = activated();
    store.rotate(hash("refresh-1"), next);
    expect(store.logout(hash("refresh-1"), { at: 7, why: "gone" })).toBe(false);
    expect(store.read().grant).toEqual(next);
    store.close();
  });
});

describe("the lease", () => {
  it("is one process's: who read before the other wrote does not get it", () => {
    const store = activated();
    const other = open();
    const version = store.version();
    expect(store.claim({ version, lease })).toBe(true);
    expect(other.claim({ version, lease: { ...lease, holder: "they" } })).toBe(false);
    expect(other.read()).toMatchObject({ lease, lastAttemptAt: 100 });
    store.close();
    other.close();
  });

  it("is given back by its holder only", () => {
    const store = activated();
    store.claim({ version: store.version(), lease });
    store.release("they");
    expect(store.read().lease).toEqual(lease);
    store.release("we");
    expect(store.read().lease).toBeUndefined();
    expect(store.read().lastAttemptAt).toBe(100);
    store.close();
  });
});

describe("a login from the configuration", () => {
  it("is taken over once, and again when its tokens are other ones", () => {
    const store = open();
    expect(store.seed("one", { identity, grant })).toBe(true);
    store.rotate(hash("refresh-1"), next);
    expect(store.seed("one", { identity, grant })).toBe(false);
    expect(store.read()).toMatchObject({ grant: next, seed: "one" });
    expect(store.seed("two", { identity, grant })).toBe(true);
    expect(store.read().grant).toEqual(grant);
    store.close();
  });

  it("does not undo an activation that came after it", () => {
    const store = open();
    store.seed("one", { identity, grant });
    store.activate(identity, next);
    expect(store.seed("one", { identity, grant })).toBe(false);
    expect(store.read().grant).toEqual(next);
    store.close();
  });
});

describe("the device id", () => {
  it("CC-85 is what was stored first, whatever comes later", () => {
    const store = open();
    expect(store.deviceId("first")).toBe("first");
    expect(store.deviceId("second")).toBe("first");
    expect(store.activate(identity, grant).identity.deviceId).toBe("first");
    store.seed("s", { identity: { ...identity, deviceId: "third" }, grant });
    store.logout(hash("refresh-1"), { at: 1, why: "gone" });
    expect(store.read()).toMatchObject({ deviceId: "first", identity: { deviceId: "first" } });
    store.close();
  });
});

describe("an activation", () => {
  it("writes over all of the login before, what it does not have included", () => {
    const store = activated();
    store.claim({ version: store.version(), lease });
    const bare = { userId: "usr_b", ownerUserId: "usr_p", deviceId: "dev", baseUrl: "https://b.test" };
    store.activate(bare, { accessToken: "access-3" });
    expect(store.read()).toEqual({ version: 3, deviceId: "dev", identity: bare, grant: { accessToken: "access-3" }, isRejected: false, lastAttemptAt: 100 });
    store.close();
  });
});

describe("the greeting", () => {
  it("is one process's, until it is given back or its claim is stale", () => {
    const store = activated();
    expect(store.claimGreeting(1_000, 600)).toBe(true);
    expect(store.claimGreeting(1_100, 600)).toBe(false);
    store.releaseGreeting();
    expect(store.claimGreeting(1_200, 600)).toBe(true);
    expect(store.claimGreeting(1_799, 600)).toBe(false);
    expect(store.claimGreeting(1_800, 600)).toBe(true);
    store.greetingSent();
    expect(store.claimGreeting(99_000, 600)).toBe(false);
    store.releaseGreeting();
    expect(store.claimGreeting(99_000, 600)).toBe(false);
    store.close();
  });

  it("CC-84 is due once for each activation, and never for tokens of the configuration", () => {
    const store = open();
    store.seed("one", { identity, grant });
    expect(store.claimGreeting(1, 600)).toBe(false);
    store.activate(identity, next);
    expect(store.claimGreeting(2, 600)).toBe(true);
    store.greetingSent();
    store.activate(identity, grant);
    expect(store.claimGreeting(3, 600)).toBe(true);
    store.close();
  });
});

describe("a file that is none", () => {
  const opening = () => {
    try {
      open();
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  };

  it("is named in the error, with the reason", () => {
    mkdirSync(join(folder, "deep"));
    writeFileSync(file, "this is no database, and long enough to be seen as none".repeat(20));
    expect(opening()).toMatchObject({ name: "ClawwireError", code: "login-unavailable", message: expect.stringMatching(/^The login .*default\.login\.sqlite cannot be opened: .*not a database/) });
  });

  it("is left alone where a newer version wrote it", () => {
    activated().close();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(opening()).toMatchObject({ message: expect.stringContaining("written by a newer version (format 99, this one knows 1)") });
  });

  it("fails each method with the file's name, not with a token", () => {
    const store = activated();
    const other = new DatabaseSync(file);
    other.exec("DROP TABLE login");
    other.close();
    for (const run of [() => store.read(), () => store.rotate(hash("refresh-1"), next), () => store.version()]) {
      expect(run).toThrow(/The login .*default\.login\.sqlite cannot be (read|written): no such table/);
      expect(run).not.toThrow(/access-|refresh-/);
    }
    store.close();
  });
});
