import { describe, expect, it } from "vitest";
import { decideAccess, mayReadAlong } from "../../../src/channel/access.ts";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { writeId } from "../../../src/channel/identity.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";
import type { Inbound } from "../../../src/protocols/inbound.ts";
import { type FakeHost, fakeHost, group, inboundOf, noApprovals } from "./fake-host.ts";

const decide = (host: FakeHost, about: Partial<Inbound> = {}) =>
  decideAccess(inboundOf(about), { host, approvals: noApprovals, checkMedia: async () => undefined, prepareAgent: async () => ({ ok: true }) });

const verified = (id: string) => ({ id, verified: true });
const claimed = (id: string) => ({ id, verified: false });

describe("access", () => {
  it("admits every verified sender by default, in a lane of its own", async () => {
    const host = fakeHost({});
    expect(await decide(host)).toEqual({ admitted: true, lane: "agent:main:websocket:direct:ann" });
    expect(await decide(host, { sender: verified("Ann"), conversation: { kind: "direct", id: "Ann" } })).toEqual({
      admitted: true,
      lane: "agent:main:websocket:direct:%41nn",
    });
  });

  it("WS-23 keeps one session per sender whatever the host's scope says", async () => {
    const host = fakeHost({}, { session: { dmScope: "main" } });
    expect(await decide(host)).toEqual({ admitted: true, lane: "agent:main:websocket:direct:ann" });
  });

  it("refuses under allowlist who is not listed, with the reason in the log", async () => {
    const host = fakeHost({ dmPolicy: "allowlist", allowFrom: ["bob"] });
    expect(await decide(host)).toEqual({ admitted: false, code: "forbidden", error: "Sender not allowed" });
    expect(host.logged).toEqual(["message app-1 of ann was not run: dm_policy_not_allowlisted"]);
    expect(await decide(host, { sender: verified("bob"), conversation: { kind: "direct", id: "bob" } })).toMatchObject({ admitted: true });
  });

  it("WS-23 does not take Bob for bob in a list", async () => {
    const host = fakeHost({ dmPolicy: "allowlist", allowFrom: ["bob"] });
    expect(await decide(host, { sender: verified("Bob"), conversation: { kind: "direct", id: "Bob" } })).toMatchObject({ admitted: false, code: "forbidden" });
  });

  it("asks the operator for an unknown sender under pairing, and lets an approved one in", async () => {
    const host = fakeHost({ dmPolicy: "pairing" });
    expect(await decide(host)).toEqual({
      admitted: false,
      pairing: { code: "CODE2345", text: "Your WebSocket id: ann CODE2345", expiresAt: inboundOf().receivedAt + 3_600_000 },
    });
    host.approved = ["ann"];
    expect(await decide(host)).toMatchObject({ admitted: true });
  });

  it("WS-23 takes an approved sender whose id reads like the name of an access group for itself, and not for the group", async () => {
    const ops = "accessGroup:ops";
    const host = fakeHost({ dmPolicy: "pairing" }, { accessGroups: { ops: { type: "message.senders", members: { websocket: ["ann"] } } } });
    host.approved = [writeId(ops)];
    expect(await decide(host, { sender: verified(ops), conversation: { kind: "direct", id: ops } })).toMatchObject({ admitted: true });
    expect(await decide(host)).toMatchObject({ admitted: false });
  });

  it("says so when too many wait for approval", async () => {
    const host = fakeHost({ dmPolicy: "pairing" });
    host.pairingCode = "";
    expect(await decide(host)).toMatchObject({ admitted: false, code: "forbidden", error: expect.stringContaining("try again later") as string });
  });

  it("lets verified senders into groups, others only with an entry", async () => {
    const host = fakeHost({ auth: { enabled: false }, groupAllowFrom: ["carl"] });
    expect(await decide(host, { conversation: group("room") })).toMatchObject({ admitted: true });
    expect(await decide(host, { sender: claimed("ann"), conversation: group("room") })).toMatchObject({ admitted: false, code: "forbidden" });
    expect(await decide(host, { sender: claimed("carl"), conversation: group("room") })).toMatchObject({ admitted: true });
  });

  it("gives no commands to who is not verified, listed or not, nor to who is only covered by *", async () => {
    const listed = fakeHost({ auth: { enabled: false }, allowFrom: ["ann", "*"] });
    expect(await decide(listed, { sender: claimed("ann"), content: "/stop" })).toMatchObject({ admitted: false, code: "forbidden" });
    expect(await decide(listed, { sender: verified("zoe"), conversation: { kind: "direct", id: "zoe" }, content: "/stop" })).toMatchObject({ admitted: false });
    expect(await decide(listed, { content: "/stop" })).toMatchObject({ admitted: true });
  });

  it("gives commands in a group to listed senders alone", async () => {
    const host = fakeHost({ groupPolicy: "open", groupAllowFrom: ["*"], allowFrom: ["ann"] });
    expect(await decide(host, { conversation: group("room"), content: "/stop" })).toMatchObject({ admitted: true });
    expect(await decide(host, { sender: verified("bob"), conversation: group("room"), content: "/stop" })).toMatchObject({ admitted: false });
  });

  it.each([
    ["owner", [true, false, false]],
    ["all", [true, true, false]],
    ["off", [false, false, false]],
  ])("CC-61 gives commands in a group as groupCommandMode %s says, and in a direct chat as ever", async (groupCommandMode, inGroup) => {
    const host = fakeHost({ groupPolicy: "open", allowFrom: ["own", "ann"] });
    const { config } = host.account();
    host.account = () => ({ ...resolveAccount(websocketRules, host.cfg, "default", {}), config: { ...config, ownerUserId: "own", groupCommandMode } as NonNullable<typeof config> });
    const obeyed = async (id: string, conversation: Inbound["conversation"]) => (await decide(host, { sender: verified(id), conversation, content: "/stop" })).admitted;
    expect(await Promise.all(["own", "ann", "bob"].map((id) => obeyed(id, group("room"))))).toEqual(inGroup);
    expect(await obeyed("ann", { kind: "direct", id: "ann" })).toBe(true);
    expect(await decide(host, { sender: verified("bob"), conversation: group("room") })).toMatchObject({ admitted: true });
  });

  it.each(["open", "pairing", "allowlist", "disabled"])("admits the owner, who counts as listed, under the policy %s but for disabled, which shuts the owner out too", async (policy) => {
    const block = { ownerUserId: "own", dmPolicy: policy, groupPolicy: policy === "pairing" ? "allowlist" : policy };
    const { config: clawchat } = resolveAccount(clawchatRules, { channels: { clawchat: block } }, "default", {});
    const host = fakeHost({});
    const { config } = host.account();
    host.account = () => ({ ...resolveAccount(websocketRules, host.cfg, "default", {}), config: { ...config, ...clawchat } as NonNullable<typeof config> });
    const admitted = async (conversation: Inbound["conversation"]) => (await decide(host, { sender: verified("own"), conversation })).admitted;
    expect([await admitted({ kind: "direct", id: "own" }), await admitted(group("room"))]).toEqual(policy === "disabled" ? [false, false] : [true, true]);
  });

  it("CC-61 obeys in a group, where groupCommandMode is all, those whom groupAllowFrom names too", async () => {
    const host = fakeHost({ groupPolicy: "open", allowFrom: ["own"], groupAllowFrom: ["carl"] });
    const { config } = host.account();
    host.account = () => ({ ...resolveAccount(websocketRules, host.cfg, "default", {}), config: { ...config, ownerUserId: "own", groupCommandMode: "all" } as NonNullable<typeof config> });
    const obeyed = async (id: string) => (await decide(host, { sender: verified(id), conversation: group("room"), content: "/stop" })).admitted;
    expect([await obeyed("carl"), await obeyed("bob")]).toEqual([true, false]);
  });

  it("gives each member of a group a lane of their own where the account says so", async () => {
    const host = fakeHost({ groupPolicy: "open" });
    const laneOf = (member?: string) => decide(host, { conversation: { ...group("room"), ...(member !== undefined && { member }) } });
    expect(await laneOf("ann")).toEqual({ admitted: true, lane: "agent:main:websocket:group:room~~ann" });
    expect(await laneOf("bob")).not.toEqual(await laneOf("ann"));
    expect(await laneOf()).toEqual({ admitted: true, lane: "agent:main:websocket:group:room" });
  });

  it("reads the configuration anew for every message", async () => {
    const host = fakeHost({});
    expect(await decide(host)).toMatchObject({ admitted: true });
    host.cfg = { channels: { websocket: { dmPolicy: "disabled" } } };
    expect(await decide(host)).toMatchObject({ admitted: false, code: "forbidden" });
  });

  it("admits what was not addressed to the agent: others hear it, and run decides not to answer", async () => {
    const host = fakeHost({ requireMention: true });
    expect(await decide(host, { conversation: group("room") })).toMatchObject({ admitted: true });
  });

  it("explains that no agent is chosen when there are several", async () => {
    const host = fakeHost({}, { agents: { ownership: "explicit", entries: { one: {}, two: {} } } });
    expect(await decide(host)).toEqual({
      admitted: false,
      code: "agent_error",
      error: "Failed to process message: the operator has not chosen an agent for this conversation",
    });
  });

  it("WS-26 refuses a message with an attachment that may not be read", async () => {
    const host = fakeHost({});
    const access = decideAccess(inboundOf(), { host, approvals: noApprovals, checkMedia: async () => "it is not a file", prepareAgent: async () => ({ ok: true }) });
    expect(await access).toEqual({ admitted: false, code: "media_rejected", error: "Attachment rejected: it is not a file" });
  });

  it("makes no agent for a sender who is turned away", async () => {
    const host = fakeHost({ dmPolicy: "disabled" });
    const prepared: string[] = [];
    await decideAccess(inboundOf(), { host, approvals: noApprovals, checkMedia: async () => undefined, prepareAgent: async ({ inbound }) => (prepared.push(inbound.sender.id), { ok: true }) });
    expect(prepared).toEqual([]);
  });

  it("WS-24 lets read along who may write there, spoken to or not", async () => {
    const host = fakeHost({ requireMention: true, groupPolicy: "allowlist", groupAllowFrom: ["ann"] });
    expect(await mayReadAlong(host, verified("ann"), "room")).toBe(true);
    expect(await mayReadAlong(host, verified("bob"), "room")).toBe(false);
  });
});

describe("commands in a group of a wire with an owner", () => {
  it.each([
    ["owner", "bob", false],
    ["owner", "ann", false],
    ["owner", "own", true],
    ["off", "own", false],
  ])("CC-61 under %s are obeyed of %s, who may talk there: %s", async (groupCommandMode, id, isObeyed) => {
    const host = fakeHost({ groupPolicy: "allowlist", allowFrom: ["own", "ann"], groupAllowFrom: ["own", "ann", "bob"] });
    const { config } = host.account();
    host.account = () => ({ ...resolveAccount(websocketRules, host.cfg, "default", {}), config: { ...config, ownerUserId: "own", groupCommandMode } as NonNullable<typeof config> });
    const says = async (content: string) => (await decide(host, { sender: verified(id), conversation: group("room"), content })).admitted;
    expect([await says("hello"), await says("/stop")]).toEqual([true, isObeyed]);
  });
});
