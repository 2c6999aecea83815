import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlay } from "../../src/cli/gateway/block.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

const soon = { timeout: 60_000, interval: 200 };

let four: FourChannels;
beforeAll(async () => {
  four = await startFour();
  for (const channel of channels) await four.wires[channel].ask("ann", "[[say hello]]");
});
afterAll(() => four.stop());

/** Lets the agent look around for this channel, now. */
async function beat(channel: Channel, visibility: object): Promise<void> {
  await four.configure((config) =>
    overlay(config, {
      agents: { defaults: { heartbeat: { every: "1h", target: channel, to: four.wires[channel].target("ann"), prompt: `[[say the heart beats for ${channel}]] look around ${asked(channel) + 1}` } } },
      channels: { [channel]: { heartbeatVisibility: visibility } },
    }),
  );
  const before = asked(channel);
  await expect.poll(async () => {
    const { code } = await four.cli("system", "event", "--text", "look", "--mode", "now");
    return code === 0 && asked(channel) > before;
  }, soon).toBe(true);
}

const asked = (channel: Channel) => four.model.requests.filter(({ body }) => JSON.stringify(body).includes(`the heart beats for ${channel}`)).length;
const heard = (channel: Channel) => four.wires[channel].unasked().filter((text) => text.includes(`the heart beats for ${channel}`)).length;

describe("what the agent finds in its regular checks", () => {
  it.each(channels)("reaches the user who is to hear it over %s, and nobody where the channel says so", async (channel) => {
    await beat(channel, { showAlerts: true });
    await expect.poll(() => heard(channel), soon).toBe(1);
    await beat(channel, { showAlerts: false });
    await four.wires[channel].ask("ann", "[[say still here]]");
    expect(heard(channel)).toBe(1);
  });
});
