import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, overlay } from "../../src/cli/gateway/block.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

const paragraphs = [
  "The first paragraph says that it is the first.",
  "```ts\nconst one = 1;\nconst two = 2;\nconst three = 3;\nconst four = 4;\nconst five = 5;\n```",
  "The last one has an emoji 👩‍👩‍👧 and says goodbye.",
];
const story = paragraphs.join("\n\n");
const prefix = "[clerk]";

let four: FourChannels;
/** What the local IM server was told of tools before the mode was changed. */
let toldBefore = 0;
beforeAll(async () => {
  four = await startFour({
    config: {
      messages: { responsePrefix: prefix },
      agents: { defaults: { blockStreamingChunk: { minChars: 10, maxChars: 60 }, humanDelay: { mode: "custom", minMs: 150, maxMs: 200 } } },
    },
    channels: { clawchat: { streaming: true } },
    simulators: { "local-im": { extensions: ["activity", "typing"] } },
  });
});
afterAll(() => four.stop());

const servers: Readonly<Record<Exclude<Channel, "websocket">, keyof FourChannels["servers"]>> = {
  "insta-claw-connector": "insta-claw",
  "nc-local-im-connector": "local-im",
  clawchat: "clawchat",
};

/** Every frame that belongs to the answer to one message, oldest first. */
async function framesOf(channel: Channel, user: string, messageId: string): Promise<readonly string[]> {
  if (channel === "websocket") return (await four.websocket.client(user)).framesOf(messageId).map((frame) => JSON.stringify(frame));
  const { replies } = four.servers[servers[channel]];
  return replies.filter((reply) => reply.messageId === messageId).flatMap(({ frames }) => frames.map(({ text }) => unwrap(text)));
}

/** Some wires put the JSON of an event into a field of another. */
function unwrap(text: string): string {
  const { data } = JSON.parse(text) as { data?: unknown };
  return typeof data === "string" ? data : text;
}

const partial: Readonly<Record<Channel, RegExp>> = {
  websocket: /"chat\.stream"/,
  "insta-claw-connector": /"response\.output_text\.delta"/,
  "nc-local-im-connector": /"type":"stream"/,
  clawchat: /"message\.add"/,
};

/** The texts a user was shown before the answer was complete: as they stood, whatever the wire tells of them. */
function shownIn(channel: Channel, frames: readonly string[]): string[] {
  const parts = frames.filter((text) => partial[channel].test(text)).map((text) => JSON.parse(text) as Block);
  let sum = "";
  return parts.map((part) => {
    if (channel === "websocket" || channel === "nc-local-im-connector") return String(part["content"]);
    const deltas = [...JSON.stringify(part).matchAll(/"delta":(?:\{"text":)?("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) => JSON.parse(text) as string);
    sum += deltas[0] ?? "";
    return sum;
  });
}

async function asks(channel: Channel, user: string, text: string) {
  const asked = await four.wires[channel].say(user, text);
  await expect.poll(() => asked.isOver(), { timeout: 60_000, interval: 20 }).toBe(true);
  const frames = await framesOf(channel, user, asked.messageId);
  return { messageId: asked.messageId, text: asked.text(), frames, shown: shownIn(channel, frames) };
}

/** The gateway takes a moment to read its configuration: asks until an answer is shown as it should be. */
async function until(channel: Channel, text: string, fits: (asked: Awaited<ReturnType<typeof asks>>) => boolean) {
  let last: Awaited<ReturnType<typeof asks>> | undefined;
  await expect
    .poll(
      async () => {
        last = await asks(channel, "ann", text);
        return fits(last) ? "as it should be" : last.shown;
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe("as it should be");
  if (!last) throw new Error("nothing was asked");
  return last;
}

const stream = (streaming: Block | boolean) =>
  four.configure((config) => overlay(config, { channels: Object.fromEntries(channels.map((channel) => [channel, { streaming }])) }));

const words = "[[words 60]] [[delay 20]]";
const whole = `${prefix} ${Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(" ")}`;
const prose = `[[say ${story}]] [[delay 20]]`;
const boundaries = paragraphs.map((_, index) => `${prefix} ${paragraphs.slice(0, index + 1).join("\n\n")}`);
/** The first thing that is shown is a whole block: on a wire of deltas the first piece of it. */
const beginsWithBlock = (channel: Channel, [first = ""]: readonly string[]) => first === (channel === "insta-claw-connector" ? boundaries[0]?.slice(0, 50) : boundaries[0]);

describe("streaming at a real gateway", () => {
  it.each(channels)("shows an answer on %s as it grows, with the prefix that its end has, in the mode partial", async (channel) => {
    const { shown, text } = await asks(channel, "ann", words);
    expect(text).toBe(whole);
    expect(shown.length).toBeGreaterThan(2);
    for (const each of shown) expect(whole.startsWith(each)).toBe(true);
  });

  it("shows finished blocks in order, and the end is not said twice and leaves code whole, in the mode block", async () => {
    await stream({ mode: "block", block: { coalesce: { minChars: 1, maxChars: 60, idleMs: 0 } } });
    await Promise.all(
      channels.map(async (channel) => {
        const { shown, text, frames } = await until(channel, prose, ({ shown: texts }) => texts.length > 1 && beginsWithBlock(channel, texts));
        expect(text).toBe(`${prefix} ${story}`);
        for (const each of shown) expect(text.startsWith(each)).toBe(true);
        expect(frames.filter((frame) => /"chat\.response"|"type":"done"|"response\.completed"|"message\.reply"/.test(frame))).toHaveLength(1);
      }),
    );
  }, 60_000);

  it("shows no text before the end in the mode off, and follows the configuration without a restart", async () => {
    await stream({ mode: "off" });
    await Promise.all(
      channels.map(async (channel) => {
        const { text, shown } = await until(channel, words, ({ shown: texts }) => texts.length === lumps(channel));
        expect(text).toBe(whole);
        expect(shown).toHaveLength(lumps(channel));
      }),
    );
    expect(await four.logs()).not.toMatch(/restarting channel/i);
  }, 60_000);

  it("shows what the agent works at, and no text before the end, in the mode progress", async () => {
    await stream({ mode: "progress" });
    const client = await four.websocket.client("ann");
    client.send({ type: "chat.hello", extensions: ["activity"] });
    toldBefore = four.servers["local-im"].frames.filter(({ text }) => text.includes('"type":"activity"')).length;
    const working = `[[tool session_status {"sessionKey":"a-secret-argument"}]] [[delay 20]]`;
    const told = await Promise.all(channels.map(async (channel) => await until(channel, working, ({ frames }) => isProgress[channel](frames))));
    const [websocket, instaClaw, localIm] = told.map(({ frames }) => frames.map((text) => JSON.parse(text) as Block));
    const statuses = (frames: readonly Block[] = [], type: string) => frames.filter((frame) => frame["type"] === type).map(({ tool, status }) => `${String(tool)} ${String(status)}`);
    expect(statuses(websocket, "chat.activity")).toEqual(["session_status started", expect.stringMatching(/^session_status (completed|failed)$/)]);
    expect(websocket?.some((frame) => frame["type"] === "chat.stream")).toBe(false);
    const activities = four.servers["local-im"].frames.filter(({ text }) => text.includes('"type":"activity"')).slice(toldBefore).map(({ text }) => JSON.parse(text) as Block);
    expect(statuses(activities, "activity").slice(0, 2)).toEqual(["session_status started", expect.stringMatching(/^session_status (completed|failed)$/)]);
    expect(localIm?.some((frame) => frame["type"] === "stream")).toBe(false);
    expect(JSON.stringify(instaClaw)).not.toMatch(/session_status (started|completed)|function_call/);
    expect(JSON.stringify([activities, websocket?.filter((frame) => frame["type"] === "chat.activity")])).not.toContain("a-secret-argument");
  }, 60_000);
});

/** How the mode is known from `off`; on the wires that have no place for tools it looks the same. */
const isProgress: Readonly<Record<Channel, (frames: readonly string[]) => boolean>> = {
  websocket: (frames) => frames.some((text) => text.includes('"chat.activity"')),
  "insta-claw-connector": () => true,
  "nc-local-im-connector": () => four.servers["local-im"].frames.filter(({ text }) => text.includes('"type":"activity"')).length > toldBefore,
  clawchat: () => true,
};

/** Deltas are pieces of 50 characters on the one wire that has them also where all of the text is said at the end. */
function lumps(channel: Channel): number {
  return channel === "insta-claw-connector" ? Math.ceil(whole.length / 50) : 0;
}
