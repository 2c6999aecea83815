import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AccountStatus, Sent } from "../../../src/account/account.ts";
import { createPairing } from "../../../src/channel/pairing.ts";
import { type PairingNotice, watchApprovals } from "../../../src/channel/pairing-notice.ts";
import { createResumed } from "../../../src/channel/resumed.ts";
import { createLiveAccounts } from "../../../src/channel/running.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";

const idle: AccountStatus = { connected: true, running: 0, waiting: 0 };
const dialed = (connected: boolean): AccountStatus => ({ ...idle, connected, link: { state: connected ? "ready" : "recovering", reason: "", attempts: 0 } });
const soon = { timeout: 5000, interval: 5 };

let folder: string;
let host: FakeHost;
let outcome: Sent | Error;
let status: AccountStatus;
let sent: { id: string; text: string }[];
let looked: number;
const open: PairingNotice[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "clawwire-pairing-"));
  host = fakeHost({ dmPolicy: "pairing" });
  [outcome, status, sent, looked] = [{ messageId: "m-1" }, idle, [], 0];
  host.runtime.channel.pairing.readAllowFromStore = async () => ((looked += 1), host.approved);
});
afterEach(async () => {
  for (const notice of open.splice(0)) await notice.stop();
  await rm(folder, { recursive: true });
});

const account = {
  url: "",
  status: () => status,
  carries: () => [],
  act: async () => ({ is: "away" }) as const,
  probe: async () => ({ ok: true, checked: [], roundTripMs: 1 }) as const,
  async send({ id }: { id: string }, { text }: { text: string }) {
    sent.push({ id, text });
    if (outcome instanceof Error) throw outcome;
    return outcome;
  },
};
const file = () => path.join(folder, "default.pairing.json");
async function watch(): Promise<PairingNotice> {
  const notice = await watchApprovals({ host, file: file(), account: () => account });
  open.push(notice);
  return notice;
}
const kept = async () => JSON.parse(await readFile(file(), "utf8")) as unknown;

describe("telling senders that they were approved", () => {
  it("looks only while somebody waits, tells who was approved once, and looks no more", async () => {
    const notice = await watch();
    notice.asked("ann", true, Date.now());
    await expect.poll(() => looked, soon).toBeGreaterThan(2);
    expect(sent).toEqual([]);
    host.approved = ["ann"];
    await expect.poll(() => sent, soon).toEqual([{ id: "ann", text: "✅ OpenClaw access approved. Send a message to start chatting." }]);
    await expect.poll(kept, soon).toEqual([]);
    const before = looked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(looked - before).toBeLessThan(2);
    expect(sent).toHaveLength(1);
  });

  it("does not tell whose message was let in meanwhile: the answer says it", async () => {
    const notice = await watch();
    notice.asked("ann", true, Date.now());
    notice.asked("bob", true, Date.now());
    notice.admitted("ann");
    host.approved = ["ann", "bob"];
    await expect.poll(() => sent, soon).toEqual([expect.objectContaining({ id: "bob" })]);
    await expect.poll(kept, soon).toEqual([]);
  });

  it("does not tell anybody anything while a message of his is judged, and tells him afterwards where that was not let in", async () => {
    const notice = await watch();
    notice.asked("ann", true, Date.now());
    const judged = notice.judging("ann");
    host.approved = ["ann"];
    const before = looked;
    await expect.poll(() => looked - before, soon).toBeGreaterThan(2);
    expect(sent).toEqual([]);
    judged();
    await expect.poll(() => sent, soon).toEqual([expect.objectContaining({ id: "ann" })]);
  });

  it("tells after a restart who was approved meanwhile, and reads ids as they are written in lists", async () => {
    const before = await watch();
    before.asked("*", true, Date.now());
    await before.stop();
    host.approved = ["%2a"];
    await watch();
    await expect.poll(() => sent, soon).toMatchObject([{ id: "*" }]);
  });

  it("waits for who is away, where we listen", async () => {
    outcome = "away";
    host.approved = ["ann"];
    const notice = await watch();
    notice.asked("ann", true, Date.now());
    await expect.poll(() => sent.length, soon).toBeGreaterThan(2);
    outcome = { messageId: "m-2" };
    await expect.poll(kept, soon).toEqual([]);
    expect(host.logged).toContain("ann was approved and told so");
  });

  it("waits for a link, and does not go on where there is no way although there is one", async () => {
    status = dialed(false);
    outcome = "away";
    host.approved = ["ann"];
    const notice = await watch();
    notice.asked("ann", true, Date.now());
    await expect.poll(() => looked, soon).toBeGreaterThan(2);
    expect(sent).toEqual([]);
    status = dialed(true);
    await expect.poll(kept, soon).toEqual([]);
    expect(sent).toHaveLength(1);
    expect(host.logged.at(-1)).toContain("may not have been told: there is no way");
  });

  it.each([["unknown" as const, "the connection was lost meanwhile"], [new Error("the server has refused it"), "the server has refused it"]])("does not say twice what may have arrived or was refused", async (how, why) => {
    outcome = how;
    host.approved = ["ann"];
    const notice = await watch();
    notice.asked("ann", true, Date.now());
    await expect.poll(() => host.logged.at(-1), soon).toContain(why);
    await notice.tell("ann");
    expect(sent).toHaveLength(1);
  });

  it("tells once where the host says so too, and truthfully where the sender is away", async () => {
    const notice = await watch();
    const live = createLiveAccounts();
    live.add("default", { account, approvals: notice, resumed: createResumed(), log: host.log, mediaBytes: () => 0 });
    const { notify } = createPairing(host.channel, live).text;
    const approval = { cfg: host.cfg, id: "ann", message: "" };
    outcome = "away";
    await expect(notify(approval)).rejects.toThrow("is told when it comes back");
    outcome = { messageId: "m-1" };
    await Promise.all([notify(approval), notify(approval)]);
    expect(sent).toHaveLength(2);
    await expect(notify({ ...approval, accountId: "other" })).rejects.toThrow("account other is not running here");
  });

  it("begins anew where its file cannot be read", async () => {
    await writeFile(file(), "{");
    const notice = await watch();
    expect(notice.asked("ann", true, 7)).toBe(7);
    expect(notice.asked("ann", false, 9)).toBe(7);
  });
});
