import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import type { ServerOf } from "../../src/testing/simulator/protocols.ts";
import { type Simulator, startSimulator } from "../../src/testing/simulator/simulator.ts";
import { type HostGateway, startHost } from "./gateway.ts";

const soon = { timeout: 30_000, interval: 200 };

let server: Simulator<ServerOf<"clawchat">>;
let gateway: HostGateway;
beforeAll(async () => {
  server = await startSimulator("clawchat", { accounts: { alpha: "", beta: "" } });
  const facts = { ...(server.config["clawchat"] as Block), greeting: false, groups: { "*": { batchDelaySeconds: 0 } } };
  gateway = await startHost({ channels: [{ plugin: "clawwire-clawchat", channel: "clawchat", defaults: {}, facts }], channelPorts: [] });
  await Promise.all(["alpha", "beta"].map((account) => server.link({ account, timeoutMs: 60_000 })));
});
afterAll(async () => {
  await gateway.stop();
  await server.stop();
});

/** What the agents have said in a group. */
function saidIn(group: string): string[] {
  const { view, world } = server.server;
  const { id } = world.group(group);
  return [...view.messages.values()].filter(({ chatId, senderId }) => chatId === id && world.agentOf(senderId)).map(({ text }) => text);
}

const reasons = async (reason: string) => (await gateway.logs()).split(`was not run: ${reason}`).length - 1;

describe("two agents of one gateway in a ClawChat group", () => {
  it("answer people and leave each other alone, with the reason in the log", async () => {
    server.say({ user: "ann", conversation: "quiet", text: "good morning to both", account: "alpha" });
    await expect.poll(() => saidIn("quiet").length, soon).toBe(2);
    await expect.poll(() => reasons("bot_not_allowed"), soon).toBe(2);
    expect(saidIn("quiet")).toHaveLength(2);
  }, 90_000);

  it("talk to each other where the operator allows it, until OpenClaw's loop guard silences them, and go on answering people", async () => {
    await gateway.configure((config) => overlay(config, { channels: { clawchat: { allowBots: true, botLoopProtection: { maxEventsPerWindow: 3, windowSeconds: 600, cooldownSeconds: 600 } } } }));
    await expect.poll(async () => /\[reload\].*channels\.clawchat\.allowBots/.test(await gateway.logs()), soon).toBe(true);
    server.say({ user: "ann", conversation: "chatty", text: "what do you think of each other?", account: "alpha" });
    await expect.poll(() => reasons("bot-loop-protection"), { ...soon, timeout: 60_000 }).toBe(2);
    // Each was asked by ann, and by the other one as often as the bound says.
    expect(saidIn("chatty")).toHaveLength(2 + 2 * 3);
    server.say({ user: "ann", conversation: "chatty", text: "[[say still here]]", account: "alpha" });
    await expect.poll(() => saidIn("chatty").filter((text) => text === "still here").length, soon).toBe(2);
    expect(server.violations).toEqual([]);
  }, 120_000);
});
