import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlay } from "../../src/cli/gateway/block.ts";
import type { ChatClient } from "../support/client.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

const soon = { timeout: 60_000, interval: 100 };
const agents = ["main", "vips", "rooms", "logs"];

let four: FourChannels;
let ann: ChatClient;
beforeAll(async () => {
  four = await startFour({ config: { session: { dmScope: "main" } }, channels: { websocket: { groupPolicy: "open" }, "insta-claw-connector": { groupPolicy: "open" } } });
  ann = await four.websocket.client("ann");
});
afterAll(() => four.stop());

const asked = (text: string) => JSON.stringify(four.model.requests.findLast(({ prompt }) => prompt.text.includes(text))?.body);
const agentOf = (text: string) => /agent=(\w+)/.exec(asked(text))?.[1];
const each = async <Value>(work: (channel: Channel) => Promise<Value>) => Object.fromEntries(await Promise.all(channels.map(async (channel) => [channel, await work(channel)] as const))) as Record<Channel, Value>;
const idOf = (channel: Channel, user: string) => (channel === "clawchat" ? four.servers.clawchat.server.world.user(user).id : user);

/** Says something in a group of each wire that has groups, and waits for the answer. */
async function sayInGroups(text: string): Promise<void> {
  const { "insta-claw": insta, clawchat } = four.servers;
  await Promise.all([
    ann.answer(ann.say(`${text} websocket`, { chatType: "group", groupId: "club" }), 60_000),
    insta.reply(insta.say({ user: "ann", conversation: "club", text: `${text} insta-claw-connector` }), 60_000),
    clawchat.reply(clawchat.say({ user: "ann", conversation: "club", text: `@simulator ${text} clawchat` }), 60_000),
  ]);
}

describe("conversations of a gateway with one agent", () => {
  it("of two users are two on every channel, though the host would have all of them in one", async () => {
    await each((channel) => four.wires[channel].ask("ann", `the word is plum-${channel}`));
    await each((channel) => four.wires[channel].ask("ann", `and again ${channel}`));
    await each((channel) => four.wires[channel].ask("bob", `which word, ${channel}?`));
    for (const channel of channels) {
      expect(asked(`and again ${channel}`)).toContain(`plum-${channel}`);
      expect(asked(`which word, ${channel}?`)).not.toContain("plum-");
    }
  }, 120_000);

  it("answer what comes while they are busy, one after the other and in order, on every channel", async () => {
    const said = await each(async (channel) => [await four.wires[channel].say("ann", `[[words 20]] [[delay 50]] first ${channel}`), await four.wires[channel].say("ann", `[[say second]] second ${channel}`)] as const);
    for (const channel of channels) {
      await expect.poll(() => said[channel].map((each) => each.isOver()), soon).toEqual([true, true]);
      expect(said[channel].map((each) => each.text())).toEqual([expect.stringMatching(/ word20$/), "second"]);
      const order = four.model.requests.flatMap(({ prompt }) => [`first ${channel}`, `second ${channel}`].filter((text) => prompt.text.includes(text)));
      expect(order).toEqual([`first ${channel}`, `second ${channel}`]);
    }
  }, 120_000);
});

describe("bindings under a running gateway", () => {
  it("lead a user, a group and an account of every channel to the agent they name, and nobody else, over the sockets that are open", async () => {
    const links = () => Object.values(four.servers).map((server) => server.links.length);
    const before = links();
    const bindings = channels.flatMap((channel) => [
      { agentId: "vips", match: { channel, accountId: "*", peer: { kind: "direct", id: idOf(channel, "vip") } } },
      ...(channel === "nc-local-im-connector" ? [] : [{ agentId: "rooms", match: { channel, accountId: "*", peer: { kind: "group", id: channel === "clawchat" ? four.servers.clawchat.server.world.group("club").id : "club" } } }]),
      { agentId: channel === "nc-local-im-connector" ? "logs" : "main", match: { channel, accountId: "*" } },
    ]);
    await four.configure((config) => overlay(config, { agents: { ownership: "explicit", defaults: { systemAgent: { agentId: "main" } }, entries: Object.fromEntries(agents.map((agent) => [agent, {}])) }, bindings }));
    await expect.poll(async () => {
      await each((channel) => four.wires[channel].ask("vip", `I am the vip of ${channel}`));
      return agentOf("I am the vip of websocket");
    }, { ...soon, interval: 1000 }).toBe("vips");
    await each((channel) => four.wires[channel].ask("cleo", `I am nobody of ${channel}`));
    await sayInGroups("all of us of");
    for (const channel of channels) {
      expect([channel, agentOf(`I am the vip of ${channel}`)]).toEqual([channel, "vips"]);
      expect([channel, agentOf(`I am nobody of ${channel}`)]).toEqual([channel, channel === "nc-local-im-connector" ? "logs" : "main"]);
      if (channel !== "nc-local-im-connector") expect([channel, agentOf(`all of us of ${channel}`)]).toEqual([channel, "rooms"]);
    }
    expect(links()).toEqual(before);
    expect(ann.socket.readyState).toBe(ann.socket.OPEN);
  }, 180_000);
});
