import { describe, expect, it } from "vitest";
import { expandGroups, withoutGroups } from "../../../src/channel/access-groups.ts";
import { instaClawToolGuard } from "../../../src/channel/insta-claw.ts";
import { websocketToolGuard } from "../../../src/channel/websocket.ts";

const accessGroups = {
  ops: { type: "message.senders" as const, members: { "*": ["olga"], websocket: ["ann", "*"], "insta-claw-connector": ["inga"] } },
  staff: { type: "discord.channelAudience" as const, guildId: "1", channelId: "2" },
};

describe("access groups where the host does not look them up", () => {
  it("stand for their members of this channel and of all, and for nobody where they are unknown or of another kind", () => {
    expect(expandGroups({ accessGroups }, "websocket", ["bob", "accessGroup:ops", 7])).toEqual(["bob", "olga", "ann", 7]);
    expect(expandGroups({ accessGroups }, "clawchat", [" accessGroup:ops "])).toEqual(["olga"]);
    expect(expandGroups({ accessGroups }, "clawchat", ["accessGroup:staff", "accessGroup:none", "accessGroup:constructor"])).toEqual([]);
    expect(expandGroups({}, "clawchat", ["accessGroup:ops"])).toEqual([]);
    expect(withoutGroups(["bob", "accessGroup:ops"])).toEqual(["bob"]);
  });

  it("give tools to their members in turns that no message has started", () => {
    const direct = (id: string) => ({ accountId: "default", conversation: { kind: "direct", id } as const });
    const cfg = {
      accessGroups,
      channels: {
        websocket: { auth: { enabled: false }, allowFrom: ["accessGroup:ops"] },
        "insta-claw-connector": { clientId: "a", clientSecret: "b", wsUrl: "wss://harbour.example/ws", allowFrom: ["accessGroup:ops"] },
      },
    };
    expect(["ann", "olga", "inga"].map((id) => websocketToolGuard.isListed(cfg, direct(id), []))).toEqual([true, true, false]);
    expect(["ann", "olga", "inga"].map((id) => instaClawToolGuard.isListed(cfg, direct(id), []))).toEqual([false, true, true]);
  });
});
