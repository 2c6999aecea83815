import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, overlay } from "../../src/cli/gateway/block.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

let four: FourChannels;
beforeAll(async () => {
  const prompts = (channel: Channel): Block => ({ systemPrompt: `Speak as ${channel}.`, direct: { "*": { systemPrompt: `Somebody writes on ${channel}.` } } });
  four = await startFour({
    channels: {
      websocket: { ...prompts("websocket"), groups: { "*": { systemPrompt: "Be formal." }, club: { systemPrompt: "Talk about books." } } },
      "insta-claw-connector": { ...prompts("insta-claw-connector"), groupPolicy: "open", groups: { club: { systemPrompt: "Talk about books." } } },
      "nc-local-im-connector": prompts("nc-local-im-connector"),
      clawchat: { ...prompts("clawchat"), outputVisibility: "normal" },
    },
    simulators: { "local-im": { extensions: ["typing"] } },
  });
});
afterAll(() => four.stop());

/** All that the model was told for this message. */
const toldFor = (text: string) => JSON.stringify(four.model.requests.findLast(({ prompt }) => prompt.text === text)?.body ?? "");

describe("conversing at a real gateway", () => {
  it.each(channels)("answers a direct chat on %s, with the channel's prompt and the conversation's behind it", async (channel) => {
    const text = `hello on ${channel}`;
    expect(await four.wires[channel].ask("ann", text)).toContain(text);
    expect(toldFor(text)).toContain(`Speak as ${channel}.\\n\\nSomebody writes on ${channel}.`);
  });

  it("tells the agent the words for one group in that group only, on a wire that has groups", async () => {
    const client = await four.websocket.client("ann");
    const inGroup = async (groupId: string, text: string) => await client.answer(client.say(text, { chatType: "group", groupId }));
    await Promise.all([inGroup("club", "what do we read?"), inGroup("other", "what else?")]);
    expect(toldFor("what do we read?")).toContain("Speak as websocket.\\n\\nTalk about books.");
    expect(toldFor("what else?")).toContain("Speak as websocket.\\n\\nBe formal.");
    expect(toldFor("what else?")).not.toContain("Talk about books.");
  });

  it("follows a change of prompts without a restart", async () => {
    const direct = { ann: { systemPrompt: "Call her Ann.", skills: [] }, "*": { systemPrompt: "Changed." } };
    await four.configure((config) => overlay(config, { channels: Object.fromEntries(channels.map((channel) => [channel, { systemPrompt: "Changed.", direct }])) }));
    await Promise.all(
      channels.map(async (channel) => {
        const text = `and now on ${channel}`;
        await expect
          .poll(
            async () => {
              await four.wires[channel].ask("bob", text);
              return toldFor(text).includes("Changed.\\n\\nChanged.");
            },
            { timeout: 30_000, interval: 200 },
          )
          .toBe(true);
      }),
    );
    await four.wires.websocket.ask("ann", "who am I?");
    expect(toldFor("who am I?")).toContain("Changed.\\n\\nCall her Ann.");
    expect(await four.logs()).not.toMatch(/restarting channel/i);
  }, 60_000);

  it.each(channels)("tells the user on %s that a turn has failed, and types no more", async (channel) => {
    const answer = await four.wires[channel].ask("ann", "[[fail 400]] this goes wrong");
    expect(answer).toMatch(failures[channel]);
    if (channel === "clawchat") expect(typing()).toEqual(expect.arrayContaining([true, false]));
    expect(typing().at(-1) ?? false).toBe(false);
  });

  it("ends what it shows of typing with the answer, and when there is none", async () => {
    await Promise.all([four.wires.clawchat.ask("tim", "quick"), four.wires["nc-local-im-connector"].ask("tim", "quick")]);
    await expect.poll(() => typing().at(-1)).toBe(false);
    const before = typing().length;
    await four.wires.clawchat.say("tim", "[[wait 4000]] [[silent]]");
    // Said again every three seconds for as long as the turn takes (CC-42), and taken back once.
    await expect.poll(() => typing().slice(before).join(" "), { timeout: 20_000 }).toMatch(/^(?:true )+false$/);
    expect(four.servers["local-im"].frames.some(({ text }) => text.includes('"type":"typing"'))).toBe(true);
  });

  it("cuts a long answer on clawchat into messages that leave code whole, and gives the others theirs in one", async () => {
    const code = Array.from({ length: 300 }, (_, index) => `const value${index} = ${index};`).join("\n");
    const text = `[[say Look:\n\`\`\`ts\n${code}\n\`\`\`\nDone.]]`;
    const before = four.servers.clawchat.frames.length;
    const answers = await Promise.all(channels.map((channel) => four.wires[channel].ask("cod", text)));
    for (const answer of answers.slice(0, 3)) expect(answer).toBe(`Look:\n\`\`\`ts\n${code}\n\`\`\`\nDone.`);
    const said = () => four.servers.clawchat.frames.slice(before).filter(({ from, text: frame }) => from === "plugin" && /"message\.(send|reply)"/.test(frame)).map(({ text: frame }) => textOf(frame));
    await expect.poll(() => said().join("").includes("Done.")).toBe(true);
    expect(said().length).toBeGreaterThan(1);
    for (const piece of said()) {
      expect(Array.from(piece).length).toBeLessThanOrEqual(4000);
      expect(piece.match(/^```/gm)).toHaveLength(2);
    }
    expect(said().join("\n").split("\n").filter((line) => line.startsWith("const")).join("\n")).toBe(code);
  });
});

const failures: Readonly<Record<Channel, RegExp>> = {
  websocket: /^Failed to process message/,
  "insta-claw-connector": /\w+/,
  "nc-local-im-connector": /^The agent failed to answer$/,
  clawchat: /^Something went wrong/,
};

function typing(): boolean[] {
  return four.servers.clawchat.frames.flatMap(({ from, text }) => (from === "plugin" && text.includes('"typing.update"') ? [/"is_typing":true/.test(text)] : []));
}

function textOf(frame: string): string {
  const { payload } = JSON.parse(frame) as { payload: { message: { body: { fragments: { text?: string }[] } } } };
  return payload.message.body.fragments.map(({ text = "" }) => text).join("");
}
