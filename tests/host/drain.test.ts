import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asked, type Channel, channels, type FourChannels, startFour } from "./four.ts";

const soon = { timeout: 60_000, interval: 100 };
const dialed = ["insta-claw", "local-im", "clawchat"] as const;

let four: FourChannels;
beforeAll(async () => void (four = await startFour()));
afterAll(() => four.stop());

const each = async <Value>(work: (channel: Channel) => Promise<Value>) => Object.fromEntries(await Promise.all(channels.map(async (channel) => [channel, await work(channel)] as const))) as Record<Channel, Value>;
const timesAsked = (text: string) => four.model.requests.filter(({ prompt }) => prompt.text.includes(text)).length;

describe("a gateway that is asked to stop during turns on every channel", () => {
  let asked: Record<Channel, Asked>;

  it("lets them finish, says each answer once and to its end, and closes its links in the documented words", async () => {
    const client = await four.websocket.client("ann");
    asked = await each((channel) => four.wires[channel].say("ann", `[[words 60]] [[delay 50]] from ${channel}`));
    for (const channel of channels) await expect.poll(() => asked[channel].text(), soon).toContain("word3");
    const links = await Promise.all(dialed.map((name) => four.servers[name].link()));
    await four.kill("SIGTERM");
    for (const channel of channels) expect({ channel, text: asked[channel].text(), isOver: asked[channel].isOver() }).toMatchObject({ channel, text: expect.stringMatching(/ word60$/) as string, isOver: true });
    expect(await client.closed).toEqual({ code: 1001, reason: "Server shutting down" });
    for (const link of links) await expect.poll(() => link.closed, soon).toMatchObject({ by: "plugin", code: 1000 });
  }, 120_000);

  it("has run none of them twice after it was started again, and answers what comes then", async () => {
    await four.restart();
    for (const name of dialed) await four.servers[name].link({ timeoutMs: 60_000 });
    expect(await each((channel) => four.wires[channel].ask(channel === "websocket" ? "bob" : "ann", "[[say back again]]"))).toEqual(Object.fromEntries(channels.map((channel) => [channel, "back again"])));
    for (const channel of channels) expect([channel, timesAsked(`from ${channel}`)]).toEqual([channel, 1]);
    for (const name of dialed) expect(four.servers[name].violations).toEqual([]);
  }, 180_000);
});
