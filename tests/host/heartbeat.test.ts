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

/** Has the agent look around for this channel from now on, with these words; comes back when it has. */
async function beat(channel: Channel, words: string, visibility: object): Promise<void> {
  await four.configure((config) =>
    overlay(config, {
      agents: { defaults: { heartbeat: { every: "2s", target: channel, to: four.wires[channel].target("ann"), prompt: `[[say ${words}]] look around` } } },
      channels: { [channel]: { heartbeatVisibility: visibility } },
    }),
  );
  await expect.poll(() => four.model.requests.some(({ body }) => JSON.stringify(body).includes(words)), soon).toBe(true);
}

const heard = (channel: Channel, words: string) => four.wires[channel].unasked().filter((text) => text.includes(words)).length;

describe("what the agent finds in its regular checks", () => {
  it.each(channels)("reaches the user who is to hear it over %s, and nobody where the channel says so", async (channel) => {
    await beat(channel, `the heart beats for ${channel}`, { showAlerts: true });
    await expect.poll(() => heard(channel, "the heart beats"), soon).toBeGreaterThan(0);
    await beat(channel, `silence falls on ${channel}`, { showAlerts: false });
    await four.wires[channel].ask("ann", "[[say still here]]");
    expect(heard(channel, "silence falls")).toBe(0);
  });
});
