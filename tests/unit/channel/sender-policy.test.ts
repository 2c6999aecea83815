import { describe, expect, it } from "vitest";
import { type AccessConfig, requiresMention, senderPolicy } from "../../../src/channel/sender-policy.ts";

const config: AccessConfig = { dmPolicy: "open", allowFrom: ["ann"], groupAllowFrom: [], reactionNotifications: "own", reactionAllowlist: [], requireMention: false, groups: {} };
const direct = { kind: "direct", id: "ann" } as const;
const group = { kind: "group", id: "g", subject: "g" } as const;
const verified = { id: "ann", verified: true };
const claimed = { id: "ann", verified: false };

describe("what a sender may do", () => {
  it("lets verified senders talk in groups where the operator says nothing, and others only by an entry", () => {
    expect(senderPolicy(config, { sender: verified, conversation: group }).groupPolicy).toBe("open");
    expect(senderPolicy(config, { sender: claimed, conversation: group }).groupPolicy).toBe("allowlist");
  });

  it("gives commands to nobody whose id is only claimed, listed or not", () => {
    expect(senderPolicy(config, { sender: claimed, conversation: direct }).commands).toEqual({ useAccessGroups: false, modeWhenAccessGroupsOff: "deny" });
  });

  it("gives commands to listed senders only where everybody is let in", () => {
    expect(senderPolicy(config, { sender: verified, conversation: direct }).commands).toEqual({ useAccessGroups: true, commandOwnerAllowFrom: ["ann"] });
    expect(senderPolicy({ ...config, allowFrom: ["*"] }, { sender: verified, conversation: direct }).commands).toEqual({ useAccessGroups: true, commandOwnerAllowFrom: [] });
  });

  it("asks for a mention by the group's own setting, then that of all groups, then the account's", () => {
    const groups = { club: { requireMention: false }, "*": { requireMention: true } };
    expect(requiresMention({ groups, requireMention: false }, "club")).toBe(false);
    expect(requiresMention({ groups, requireMention: false }, "other")).toBe(true);
    expect(requiresMention({ groups: {}, requireMention: true }, "other")).toBe(true);
    expect(requiresMention({ groups: {}, requireMention: false }, "constructor")).toBe(false);
  });
});
