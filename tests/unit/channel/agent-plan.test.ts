import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentDraft, type AgentWish, applyPlan, expandTemplate, planAgent, safeName } from "../../../src/channel/agent-plan.ts";
import { isBelow } from "../../../src/channel/media.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const places = { state: "/state", home: "/home/op", allowed: ["/srv/agents"] };
const wish = (senderId: string, more: Partial<AgentWish> = {}): AgentWish => ({
  channelId: "websocket",
  accountId: "default",
  senderId,
  workspaceTemplate: "~/.openclaw/workspace-{agentId}",
  agentDirTemplate: "~/.openclaw/agents/{agentId}/agent",
  places,
  sha256,
  ...more,
});
const anyId = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.string({ unit: fc.constantFrom("a", "A", ".", "/", "-", "$", "&", "~", "0"), maxLength: 50 }));

describe("an agent of its own", () => {
  it("is another one for every sender", () => {
    fc.assert(
      fc.property(anyId, anyId, fc.constantFrom("default", "sales"), fc.constantFrom("default", "sales"), (one, other, account, second) => {
        fc.pre(one !== other || account !== second);
        expect(safeName(account, one, sha256)).not.toBe(safeName(second, other, sha256));
      }),
      { numRuns: 3000 },
    );
  });

  it("has a name that is safe in a path", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(safeName("default", id, sha256)).toMatch(/^[a-z0-9_-]{1,57}$/);
      }),
    );
  });

  it("never leaves its roots, whatever the sender is called and the template says", () => {
    const template = fc.array(fc.constantFrom("{userId}", "{agentId}", "..", "~", ".openclaw", "x", "/", "$&", "/srv/agents"), { maxLength: 6 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(anyId, template, (id, text) => {
        const name = safeName("default", id, sha256);
        const target = expandTemplate(text, { userId: name, agentId: `ws-${name}` }, places);
        if (target !== undefined) expect(isBelow(target, "/state") || isBelow(target, "/srv/agents")).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes the sender literally, in every place of a template", () => {
    expect(expandTemplate("~/.openclaw/{userId}/{userId}", { userId: "$&", agentId: "" }, places)).toBe("/state/$&/$&");
  });

  it("is made once for any number of first messages, and never more often than allowed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (senders, maxAgents) => {
        const draft: AgentDraft = {};
        for (const sender of senders) applyPlan(draft, planAgent(draft, wish(`user ${sender}`, { maxAgents })));
        const expected = Math.min(new Set(senders).size, maxAgents);
        expect(Object.keys(draft.agents?.entries ?? {}).filter((id) => id.startsWith("ws-"))).toHaveLength(expected);
        expect(draft.bindings ?? []).toHaveLength(expected);
      }),
    );
  });

  it("is only bound when it is there already", () => {
    const draft: AgentDraft = { agents: { entries: { "ws-ann": { workspace: "/own" } } } };
    const plan = planAgent(draft, wish("ann", { maxAgents: 1 }));
    expect(plan.do).toBe("bind");
    applyPlan(draft, plan);
    expect(draft.agents?.entries).toEqual({ "ws-ann": { workspace: "/own" } });
    expect(draft.bindings).toEqual([{ agentId: "ws-ann", match: { channel: "websocket", accountId: "default", peer: { kind: "direct", id: "ann" } } }]);
  });

  it("is refused where a template leads out, and the reason names the template", () => {
    expect(planAgent({}, wish("ann", { workspaceTemplate: "/tmp/{agentId}" }))).toEqual({ do: "refuse", why: "workspaceTemplate leads out of the allowed directories" });
  });
});
