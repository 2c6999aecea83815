import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostRun } from "../../src/cli/gateway/host.ts";
import { type ChatClient, connectClient } from "../support/client.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

const soon = { timeout: 90_000, interval: 200 };
const dialed = ["insta-claw", "local-im", "clawchat"] as const;
/** Channels whose wire has groups, and what leads to one of them. */
const groups = { websocket: "#The Room", "insta-claw-connector": "insta-claw:group:room", clawchat: "#team" } as const;

let four: FourChannels;
let room: ChatClient;
beforeAll(async () => {
  four = await startFour({
    channels: { websocket: { groupPolicy: "open" }, "insta-claw-connector": { groupPolicy: "open" } },
  });
  const { "insta-claw": insta, clawchat } = four.servers;
  room = await four.websocket.client("ann");
  room.send({ type: "chat.hello", extensions: ["groups"] });
  room.send({ type: "chat.join", groupId: "room" });
  await Promise.all(channels.map((channel) => four.wires[channel].ask("ann", "[[say hello]]")));
  await Promise.all([
    room.answer(room.say("[[say hello all]]", { chatType: "group", groupId: "room", groupSubject: "The Room", senderName: "Ann Lee" })),
    insta.reply(insta.say({ user: "ann", conversation: "room", text: "[[say hello all]]" }), 60_000),
    clawchat.reply(clawchat.say({ user: "ann", conversation: "team", text: "@simulator [[say hello all]]" }), 60_000),
  ]);
  // The title of a group is asked for when its first message comes.
  await clawchat.reply(clawchat.say({ user: "ann", conversation: "team", text: "@simulator [[say hello again]]" }), 60_000);
});
afterAll(() => four.stop());

const send = (channel: Channel, target: string, text: string, ...more: string[]) => four.cli("message", "send", "--channel", channel, "--target", target, "--message", text, "--json", ...more);
const receiptOf = ({ stdout }: HostRun) => JSON.parse(stdout) as { messageId?: string; payload: { to: string } };
const heard = (channel: Channel, text: string) => four.wires[channel].unasked().filter((said) => said.includes(text)).length;
/** The same for what quotes a message, which the simulator takes for an answer to it. */
const said = (channel: Channel, text: string) => (channel === "clawchat" ? four.servers.clawchat.replies.filter((reply) => reply.text === text).length : heard(channel, text));
const each = async <Value>(work: (channel: Channel) => Promise<Value>) => Object.fromEntries(await Promise.all(channels.map(async (channel) => [channel, await work(channel)] as const))) as Record<Channel, Value>;

describe("somebody outside of the gateway", () => {
  it("sends to a person and to a group over every channel that has them, and gets the id of what the peer got", async () => {
    const direct = await each((channel) => send(channel, channel === "nc-local-im-connector" ? "user:ann" : four.wires[channel].target("ann"), `direct over ${channel}`, "--reply-to", "of-the-wire"));
    const toGroups = await Promise.all((["websocket", "insta-claw-connector", "clawchat"] as const).map(async (channel) => [channel, await send(channel, groups[channel], `group over ${channel}`)] as const));
    for (const channel of channels) {
      expect(direct[channel].code, direct[channel].stderr).toBe(0);
      await expect.poll(() => said(channel, `direct over ${channel}`), soon).toBe(1);
    }
    for (const [channel, run] of toGroups) {
      expect(run.code, run.stderr).toBe(0);
      await expect.poll(() => heard(channel, `group over ${channel}`), soon).toBe(1);
    }
    const quoting = room.frames.find(({ content }) => content === "direct over websocket");
    expect(quoting).toMatchObject({ messageId: receiptOf(direct.websocket).messageId, replyToMessageId: "of-the-wire" });
    const { messageId = "" } = receiptOf(direct.clawchat);
    expect(four.servers.clawchat.server.view.messages.get(messageId)?.text).toBe("direct over clawchat");
    expect(receiptOf(direct["nc-local-im-connector"])).toMatchObject({ messageId: expect.stringMatching(/./) as string, payload: { to: "local-im:user:ann" } });
  }, 240_000);

  it("has a job announce what it found, over every channel", async () => {
    const added = await each((channel) => four.cli("cron", "add", "--name", channel, "--at", "1s", "--message", `[[say news over ${channel}]] tell`, "--announce", "--channel", channel, "--to", four.wires[channel].target("ann")));
    for (const channel of channels) expect(added[channel].code, added[channel].stderr).toBe(0);
    for (const channel of channels) await expect.poll(() => heard(channel, `news over ${channel}`), soon).toBe(1);
  }, 240_000);

  it("is told that nothing left while nobody is there, and what was said arrives once after a restart of the gateway, over every channel", async () => {
    room.vanish();
    for (const name of dialed) {
      four.servers[name].refuse(503, 10_000);
      four.servers[name].drop();
    }
    const sent = await each((channel) => send(channel, four.wires[channel].target("ann"), `late over ${channel}`));
    for (const channel of channels) {
      const { code, stdout, stderr } = sent[channel];
      expect({ channel, code }).toEqual({ channel, code: 1 });
      expect(stdout + stderr).toMatch(/nobody is connected as ann|cannot be reached/);
      expect(stdout + stderr).toContain("OpenClaw keeps the message and sends it");
    }
    await four.restart();
    for (const name of dialed) four.servers[name].refuse(503, 0);
    const back = await connectClient(four.websocket.url, { senderId: "ann" });
    await expect.poll(() => back.frames.filter(({ content }) => content === "late over websocket").length, soon).toBe(1);
    // The pauses between OpenClaw's tries grow to minutes.
    for (const channel of channels.slice(1)) await expect.poll(() => heard(channel, `late over ${channel}`), { ...soon, timeout: 180_000 }).toBe(1);
    for (const channel of channels) await four.wires[channel].ask("bob", "[[say all is said]]");
    for (const channel of channels.slice(1)) expect(heard(channel, `late over ${channel}`)).toBe(1);
    expect(back.frames.filter(({ content }) => content === "late over websocket")).toHaveLength(1);
    await back.close();
  }, 300_000);
});
