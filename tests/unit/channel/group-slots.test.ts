import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { resolveAccount } from "../../../src/channel/accounts.ts";
import { createAllowlist } from "../../../src/channel/allowlist.ts";
import { clawchatChannel } from "../../../src/channel/clawchat.ts";
import { clawchatRules } from "../../../src/channel/clawchat-account.ts";
import { instaClawChannel } from "../../../src/channel/insta-claw.ts";
import { localImChannel } from "../../../src/channel/local-im.ts";
import { localImRules } from "../../../src/channel/local-im-account.ts";
import { mentions } from "../../../src/channel/mentions.ts";
import { websocketChannel } from "../../../src/channel/websocket.ts";
import { websocketRules } from "../../../src/channel/websocket-account.ts";

const withBlock = (channel: string, block: object): OpenClawConfig => ({ channels: { [channel]: block } });

describe("what OpenClaw is told of a group", () => {
  const block = { requireMention: true, groups: { Harbour: { requireMention: false, tools: { deny: ["exec"] } }, "*": { tools: { allow: ["message"] } } } };

  it.each([
    ["Harbour", false, { deny: ["exec"] }],
    ["harbour", false, { deny: ["exec"] }],
    ["ws:group:Harbour", false, { deny: ["exec"] }],
    ["pier", true, { allow: ["message"] }],
  ])("has the truth of %s", (groupId, requireMention, tools) => {
    const asked = { cfg: withBlock("websocket", block), groupId, accountId: "default" };
    expect(websocketChannel.groups?.resolveRequireMention?.(asked)).toBe(requireMention);
    expect(websocketChannel.groups?.resolveToolPolicy?.(asked)).toEqual(tools);
  });

  it("does not take one of two groups that differ in case alone for the other", () => {
    const cfg = withBlock("websocket", { groups: { Pier: { requireMention: true }, PIER: { requireMention: true } } });
    expect(websocketChannel.groups?.resolveRequireMention?.({ cfg, groupId: "pier" })).toBe(false);
    expect(websocketChannel.groups?.resolveRequireMention?.({ cfg, groupId: "PIER" })).toBe(true);
  });

  it("says for ClawChat what its groupMode says", () => {
    const cfg = withBlock("clawchat", { groupMode: "mention", groups: { cnv_1: { groupMode: "all" } } });
    const requires = (groupId: string) => clawchatChannel.groups?.resolveRequireMention?.({ cfg, groupId });
    expect([requires("cnv_1"), requires("cnv_2")]).toEqual([false, true]);
  });

  it("is nothing where the account or the group is not known, and where the wire has no groups", () => {
    expect(websocketChannel.groups?.resolveRequireMention?.({ cfg: withBlock("websocket", { port: "none" }), groupId: "pier" })).toBeUndefined();
    expect(instaClawChannel.groups?.resolveRequireMention?.({ cfg: withBlock("insta-claw-connector", {}) })).toBeUndefined();
    expect(localImChannel.groups).toBeUndefined();
  });

  it("has no names before a command of a group that mentions the agent", () => {
    const strip = (text: string, ctx: object) => mentions.stripMentions?.({ text, ctx, cfg: {} });
    expect(strip("@agent @bob /stop", { WasMentioned: true, ChatType: "group" })).toBe("/stop");
    expect(strip("@agent /stop", { WasMentioned: false, ChatType: "group" })).toBe("@agent /stop");
    expect(strip("@agent /stop", { WasMentioned: true, ChatType: "direct" })).toBe("@agent /stop");
    expect(strip("@agent stop /it", { WasMentioned: true, ChatType: "group" })).toBe("@agent stop /it");
  });
});

describe("/allowlist", () => {
  const edit = async (about: { block: object; key?: string; scope?: "dm" | "group"; action?: "add" | "remove"; entry?: string; accountId?: string }) => {
    const { block, key = "websocket", scope = "dm", action = "add", entry = "ann", accountId = "default" } = about;
    const cfg = withBlock(key, block);
    const parsedConfig = structuredClone(cfg) as Record<string, unknown>;
    const allowlist = createAllowlist(websocketRules, (of, id) => resolveAccount(websocketRules, of, id, {}));
    const result = await allowlist.applyConfigEdit?.({ cfg, parsedConfig, accountId, scope, action, entry });
    return { result, channels: parsedConfig["channels"] };
  };

  it("edits the lists of the account, under the key that its block stands under", async () => {
    expect(await edit({ block: { allowFrom: ["bob"] } })).toMatchObject({ result: { kind: "ok", changed: true, pathLabel: "channels.websocket.allowFrom" }, channels: { websocket: { allowFrom: ["bob", "ann"] } } });
    expect(await edit({ block: {}, key: "ws", scope: "group" })).toEqual({ result: expect.objectContaining({ changed: true, pathLabel: "channels.ws.groupAllowFrom" }) as object, channels: { ws: { groupAllowFrom: ["ann"] } } });
    expect(await edit({ block: { allowFrom: ["bob"], accounts: { work: {} } }, accountId: "work" })).toMatchObject({ channels: { websocket: { allowFrom: ["bob"], accounts: { work: { allowFrom: ["bob", "ann"] } } } } });
  });

  it("edits an account whose key the host would write otherwise, and makes none beside it", async () => {
    const result = await edit({ block: { accounts: { Home: { allowFrom: ["bob", "ann"] } } }, accountId: "home", action: "remove" });
    expect(result.result).toMatchObject({ kind: "ok", changed: true, pathLabel: "channels.websocket.accounts.Home.allowFrom" });
    expect(result.channels).toEqual({ websocket: { accounts: { Home: { allowFrom: ["bob"] } } } });
    const cfg = withBlock("nc-local-im-connector", { accounts: { U7: { serverUrl: "ws://127.0.0.1:1" } } });
    const parsedConfig = structuredClone(cfg) as Record<string, unknown>;
    await createAllowlist(localImRules, (of, id) => resolveAccount(localImRules, of, id, {})).applyConfigEdit?.({ cfg, parsedConfig, accountId: "U7", scope: "dm", action: "add", entry: "ann" });
    expect(parsedConfig["channels"]).toEqual({ "nc-local-im-connector": { accounts: { U7: { serverUrl: "ws://127.0.0.1:1", allowFrom: ["ann"] } } } });
  });

  it("knows an entry however it is written, and one that differs in case alone as another", async () => {
    expect((await edit({ block: { allowFrom: ["ann"] } })).result).toMatchObject({ changed: false });
    expect((await edit({ block: { allowFrom: ["Ann"] } })).result).toMatchObject({ changed: true });
    expect(await edit({ block: { allowFrom: ["ann", "bob"] }, action: "remove", entry: " bob " })).toMatchObject({ channels: { websocket: { allowFrom: ["ann"] } } });
    expect((await edit({ block: {}, entry: "  " })).result).toMatchObject({ kind: "invalid-entry" });
  });

  it("shows policies, lists and those of groups, without the owner who counts as listed", async () => {
    const cfg = withBlock("clawchat", { ownerUserId: "usr_1", dmPolicy: "allowlist", allowFrom: ["usr_2"], groups: { cnv_1: { allowFrom: ["usr_3"] } } });
    const allowlist = createAllowlist(clawchatRules, (of, id) => resolveAccount(clawchatRules, of, id, {}));
    expect(await allowlist.readConfig?.({ cfg })).toEqual({ dmAllowFrom: ["usr_2"], groupAllowFrom: [], dmPolicy: "allowlist", groupPolicy: "allowlist", groupOverrides: [{ label: "cnv_1", entries: ["usr_3"] }] });
    const parsedConfig = structuredClone(cfg) as Record<string, unknown>;
    await allowlist.applyConfigEdit?.({ cfg, parsedConfig, scope: "group", action: "add", entry: "usr_4" });
    expect(parsedConfig["channels"]).toMatchObject({ clawchat: { groupAllowFrom: ["usr_4"] } });
  });
});
