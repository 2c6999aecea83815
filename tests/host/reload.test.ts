import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, blockAt, overlay, without } from "../../src/cli/gateway/block.ts";
import { type ChatClient, connectClient } from "../support/client.ts";
import { type FourChannels, startFour } from "./four.ts";

const soon = { timeout: 60_000, interval: 100 };

let four: FourChannels;
let sibling: ChatClient;
beforeAll(async () => {
  four = await startFour({
    channels: { websocket: { accounts: { one: {}, two: {} } } },
    simulators: { "insta-claw": { accounts: { one: "first-secret", two: "second-secret" } }, "local-im": { accounts: { one: "first", two: "second" } }, clawchat: { accounts: { one: "", two: "" } } },
  });
  await Promise.all(servers().flatMap((server) => ["one", "two"].map((account) => server.link({ account, timeoutMs: 60_000 }))));
  sibling = await connect("/ws/two");
  await sibling.answer(sibling.say("[[say hello]]"), 60_000);
});
afterAll(() => four.stop());

const servers = () => [four.servers["insta-claw"], four.servers["local-im"], four.servers.clawchat];
const linksOf = (account: string) => servers().map((server) => server.links.filter((link) => link.account === account));
const isUp = (account: string) => linksOf(account).map((links) => links.some(({ open, ready }) => open && ready));
const connect = (path: string) => connectClient(four.websocket.url.replace("/ws", path), { senderId: "ann" });
const canConnect = (path: string) => connect(path).then(async (client) => (await client.close(), true), () => false);

/** The four accounts that are called `one`, by what they are called in the configuration. */
const places = [["websocket", "one"], ["insta-claw-connector", "account-1"], ["nc-local-im-connector", "one"], ["clawchat", "one"]] as const;
const edit = (change: (account: Block, channel: string) => Block | undefined) => four.configure((config) => places.reduce((edited, [channel, name]) => editAccount(edited, channel, name, (account) => change(account, channel)), config));

function editAccount(config: Block, channel: string, name: string, change: (account: Block) => Block | undefined): Block {
  const channels = blockAt(config, "channels");
  const block = blockAt(channels, channel);
  const accounts = blockAt(block, "accounts");
  const changed = change(blockAt(accounts, name));
  const left = changed === undefined ? without(accounts, name) : { ...accounts, [name]: changed };
  return { ...config, channels: { ...channels, [channel]: { ...block, accounts: left } } };
}

describe("an edit of one account under a running gateway", () => {
  it("on every channel restarts, removes and adds that account alone: its sibling keeps its socket, and says on it what it was saying", async () => {
    const before = linksOf("two");
    const kept: Record<string, Block> = {};
    const asked = sibling.say("[[words 60]] [[delay 50]]");
    const turns = servers().map((server) => ({ server, messageId: server.say({ user: "ann", account: "two", text: "[[words 60]] [[delay 50]]", ...(server.protocol.channel === "nc-local-im-connector" && { conversation: "c-ann" }) }) }));
    await sibling.waitFor((frame) => frame.type === "chat.stream", 60_000);

    await edit((account, channel) => {
      kept[channel] = account;
      return undefined;
    });
    // OpenClaw waits with what stops any account until no turn runs.
    await expect.poll(() => isUp("one"), soon).toEqual([false, false, false]);
    await expect.poll(async () => await canConnect("/ws/one"), soon).toBe(false);
    await edit((_account, channel) => kept[channel]);
    await expect.poll(() => isUp("one"), soon).toEqual([true, true, true]);
    await expect.poll(async () => await canConnect("/ws/one"), soon).toBe(true);
    await edit((account, channel) => (channel === "websocket" ? { ...account, path: "/moved" } : { ...account, enabled: false }));
    await expect.poll(() => isUp("one"), soon).toEqual([false, false, false]);
    await expect.poll(async () => await canConnect("/moved"), soon).toBe(true);
    await edit((_account, channel) => kept[channel]);
    await expect.poll(() => isUp("one"), soon).toEqual([true, true, true]);

    expect((await sibling.answer(asked, 60_000)).content).toMatch(/ word60$/);
    for (const { server, messageId } of turns) expect(await server.reply(messageId, 60_000)).toMatchObject({ text: expect.stringMatching(/ word60$/) as string, attempts: 1 });
    expect(linksOf("two").map((links) => links.length)).toEqual(before.map((links) => links.length));
    expect(isUp("two")).toEqual([true, true, true]);
    expect(sibling.socket.readyState).toBe(sibling.socket.OPEN);
  }, 180_000);

  it("on every channel changes who may write, and what OpenClaw shares among channels, over the sockets that are open", async () => {
    const [before, other] = [linksOf("two"), linksOf("one")];
    /** Says something, and looks whether the one before was refused. */
    const refusedOf = async (channel: string) => {
      const sender = channel === "websocket" ? "ann" : channel === "clawchat" ? four.servers.clawchat.server.world.user(channel).id : channel;
      const isRefused = (await four.logs()).includes(`of ${sender} was not run: dm_policy_disabled`);
      if (channel === "websocket") sibling.say("may I?");
      for (const server of servers()) if (server.protocol.channel === channel) server.say({ user: channel, account: "two", text: "may I?" });
      return isRefused;
    };
    await four.configure((config) =>
      overlay(config, {
        channels: Object.fromEntries(places.map(([channel]) => [channel, { dmPolicy: "disabled", name: "Renamed", heartbeatVisibility: { showOk: false } }])),
        commands: { ownerAllowFrom: ["websocket:ann"] },
        messages: { responsePrefix: "", ackReactionScope: "all", inbound: { debounceMs: 0 } },
        session: { dmScope: "main" },
        agents: { defaults: { mediaMaxMb: 7 } },
      }),
    );
    // A running account looks once a second.
    await expect.poll(async () => await refusedOf("websocket"), { ...soon, interval: 1000 }).toBe(true);
    for (const server of servers()) await expect.poll(async () => await refusedOf(server.protocol.channel), { ...soon, interval: 1000 }).toBe(true);
    expect([linksOf("two"), linksOf("one")].map((links) => links.map((each) => each.length))).toEqual([before, other].map((links) => links.map((each) => each.length)));
    expect([isUp("one"), isUp("two")]).toEqual([[true, true, true], [true, true, true]]);
    expect(sibling.socket.readyState).toBe(sibling.socket.OPEN);
  }, 120_000);
});
