import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { accountFiles } from "../../../src/channel/account-files.ts";
import { clawchatChannel } from "../../../src/channel/clawchat.ts";
import { instaClawChannel } from "../../../src/channel/insta-claw.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import { websocketChannel } from "../../../src/channel/websocket.ts";
import { openJournal } from "../../../src/store/journal.ts";
import type { Sighting } from "../../../src/store/seen.ts";

let state: string;
beforeAll(() => {
  state = mkdtempSync(path.join(tmpdir(), "directory-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", state);
  see("websocket", "default", [{ kind: "user", id: "ann", name: "Ann" }]);
  see("websocket", "sales", [{ kind: "user", id: "%Bob", name: "Bob" }, { kind: "group", id: "r1", name: "Room" }, { kind: "member", id: "%Bob", groupId: "r1", name: "Bob" }]);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

function see(channel: string, accountId: string, seen: readonly Sighting[]): void {
  const journal = openJournal(accountFiles(state, channel, accountId).journalFile, { remembered: 0 });
  journal.admit({ sender: "s", messageId: "m", lane: "l", inbound: "{}", at: 1_795_000_000_000 }, seen);
  journal.close();
}

const runtime = { log() {}, error() {}, exit() {} } as never;
const cfg = {
  channels: {
    websocket: { allowFrom: ["zoe", "*"], groups: { "*": {}, club: {} }, accounts: { sales: { allowFrom: ["carl"] } } },
    clawchat: { userId: "usr_me", name: "Helper" },
    "nc-local-im-connector": { serverUrl: "ws://127.0.0.1:1", accounts: { U1: { name: "Office" }, U2: {} } },
  },
};
const ask = (accountId: string | null, more: { query?: string; limit?: number } = {}) => ({ cfg, accountId, runtime, ...more });

describe("the directory of an account", () => {
  const { directory } = websocketChannel;

  it("holds whom it has seen and whom the operator lists, and nobody of another account", async () => {
    expect(await directory?.listPeers?.(ask("default"))).toEqual([
      { kind: "user", id: "ws:user:ann", name: "Ann", raw: { lastSeenAt: new Date(1_795_000_000_000).toISOString() } },
      { kind: "user", id: "ws:user:zoe", name: "zoe" },
    ]);
    expect((await directory?.listPeers?.(ask("sales")))?.map(({ id, name }) => [id, name])).toEqual([["ws:user:%25Bob", "Bob"], ["ws:user:carl", "carl"]]);
  });

  it("is searched by id and by name, and cut where the host says", async () => {
    expect((await directory?.listPeers?.(ask("sales", { query: "bo" })))?.map(({ name }) => name)).toEqual(["Bob"]);
    expect((await directory?.listPeers?.(ask("sales", { query: "AR" })))?.map(({ name }) => name)).toEqual(["carl"]);
    expect(await directory?.listPeers?.(ask("sales", { limit: 1 }))).toHaveLength(1);
  });

  it("holds groups and who was seen in them, by the id alone or as a target", async () => {
    expect((await directory?.listGroups?.(ask("sales")))?.map(({ kind, id, name }) => [kind, id, name])).toEqual([["group", "ws:group:r1", "Room"], ["group", "ws:group:club", "club"]]);
    for (const groupId of ["r1", "ws:group:r1", "group:r1"]) expect((await directory?.listGroupMembers?.({ ...ask("sales"), groupId }))?.map(({ id }) => id)).toEqual(["ws:user:%25Bob"]);
    expect(await directory?.listGroupMembers?.({ ...ask("default"), groupId: "r1" })).toEqual([]);
  });

  it("knows who it is itself where its server gives it an id", async () => {
    expect(await clawchatChannel.directory?.self?.(ask(null))).toEqual({ kind: "user", id: "clawchat:user:usr_me", name: "Helper" });
    expect(await localImChannel.directory?.self?.(ask("U1"))).toEqual({ kind: "user", id: "local-im:user:U1", name: "Office" });
    for (const channel of [websocketChannel, instaClawChannel]) expect(await channel.directory?.self?.(ask(null))).toBeNull();
  });

  it("says nothing of groups on a wire that has none", () => {
    expect(Object.keys(localImChannel.directory ?? {})).toEqual(["self", "listPeers"]);
  });
});

describe("a heartbeat", () => {
  it("waits for an account that does not run", async () => {
    expect(await websocketChannel.heartbeat?.checkReady?.({ cfg, accountId: "sales" })).toEqual({ ok: false, reason: "account sales is not running" });
  });
});
