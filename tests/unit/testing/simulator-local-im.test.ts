import { afterEach, describe, expect, it } from "vitest";
import { decodeImReceived, validateConfig } from "../../../generated/local-im/index.ts";
import { garbage, startSimulator, type Simulator } from "../../../src/testing/simulator/simulator.ts";
import { asOffice, dialRaw, heard, type RawPlugin } from "../../support/raw-plugin.ts";

const running: Simulator[] = [];

async function connect(options: Parameters<typeof startSimulator>[1] = {}): Promise<{ sim: Simulator; plugin: RawPlugin }> {
  const sim = await startSimulator("local-im", options);
  running.push(sim);
  const plugin = await dialRaw(sim.url, asOffice["local-im"]);
  await sim.link();
  return { sim, plugin };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

type Frame = Readonly<Record<string, unknown>>;

const stream = (content: string, more: Frame = {}): Frame => ({ type: "stream", content, ...more });
const thought = (content: string, delta: string, more: Frame = {}): Frame => ({ type: "thought", content, delta, ...more });
const done = (content: string, more: Frame = {}): Frame => ({ type: "done", content, thought: "", ...more });
const failed = (error: string, more: Frame = {}): Frame => ({ type: "error", error, ...more });

/** What the simulator holds against these frames, when they answer one message without ids but its own. */
async function faultsOf(frames: readonly Frame[], { extensions, more = {} }: { extensions?: readonly string[]; more?: Frame } = {}): Promise<string[]> {
  const { sim, plugin } = await connect(extensions ? { extensions } : {});
  sim.say({ text: "hello", messageId: "m-1", more });
  plugin.send(...frames);
  await heard(sim, frames.length);
  return sim.violations.map(({ text }) => text);
}

describe("replies of the local IM connector", () => {
  it("are put together from thoughts, partial texts and the end", async () => {
    const { sim, plugin } = await connect();
    const id = sim.say({ text: "Is it open?", conversation: "c-1", session: "s-1" });
    const echo = { conversationId: "c-1", sessionId: "s-1" };
    plugin.send(thought("Hm", "Hm", echo), stream("It", echo), thought("Hm, yes", ", yes", echo), stream("It is", echo));
    await heard(sim, 4);
    expect(sim.replies).toEqual([expect.objectContaining({ messageId: id, text: "It is", thought: "Hm, yes" })]);
    plugin.send(done("It is open.", { ...echo, thought: "Hm, yes." }));
    expect(await sim.reply(id)).toMatchObject({ messageId: id, account: "office", text: "It is open.", thought: "Hm, yes.", end: { how: "completed" }, attempts: 1 });
    expect(sim.replies[0]?.frames).toHaveLength(5);
    expect(sim.violations).toEqual([]);
  });

  it("are failures with a text and a code", async () => {
    const { sim, plugin } = await connect({ extensions: [] });
    const id = sim.say({ text: "hello" });
    plugin.send(failed("The agent failed to answer", { code: "agent_error", replyTo: id, seq: 0 }));
    expect((await sim.reply(id)).end).toEqual({ how: "failed", error: "The agent failed to answer", code: "agent_error" });
    expect(sim.violations).toEqual([]);
  });

  it("belong to the messages of a conversation in order, and to any message by replyTo", async () => {
    const { sim, plugin } = await connect();
    const [first, second, other] = [sim.say({ text: "1", conversation: "c" }), sim.say({ text: "2", conversation: "c" }), sim.say({ text: "3", conversation: "d" })];
    plugin.send(done("three", { conversationId: "d" }), done("one", { conversationId: "c" }), done("two", { conversationId: "c" }));
    await heard(sim, 3);
    expect(sim.replies.map(({ messageId, text }) => [messageId, text])).toEqual([
      [other, "three"],
      [first, "one"],
      [second, "two"],
    ]);
    sim.control("hello");
    const [third, fourth] = [sim.say({ text: "4", conversation: "c" }), sim.say({ text: "5", conversation: "c" })];
    plugin.send(done("five", { conversationId: "c", replyTo: fourth, seq: 0 }), done("four", { conversationId: "c", replyTo: third, seq: 0 }));
    expect([(await sim.reply(third)).text, (await sim.reply(fourth)).text]).toEqual(["four", "five"]);
    expect(sim.violations).toEqual([]);
  });

  it("take a number for its digits and an empty id for none", async () => {
    const { sim, plugin } = await connect();
    const id = sim.say({ text: "hello", more: { conversationId: 20, sessionId: "" } });
    plugin.send(done("yes", { conversationId: "20" }));
    expect(await sim.reply(id)).toMatchObject({ text: "yes" });
    expect(sim.violations).toEqual([]);
  });

  it("may be nobody's: the agent speaks by itself", async () => {
    const { sim, plugin } = await connect();
    plugin.send(done("Closing soon", { conversationId: "c-1" }));
    await heard(sim, 1);
    expect(sim.replies).toEqual([expect.objectContaining({ text: "Closing soon", end: { how: "completed" } })]);
    expect(sim.replies[0]).not.toHaveProperty("messageId");
    expect(sim.violations).toEqual([]);
  });

  it("may be an error about a frame that was no message", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", conversation: "c-1", messageId: "m-1" });
    sim.raw('{"type":"message","conversationId":"c-1","content":""}');
    plugin.send(failed("Invalid field content: expected text, got nothing", { conversationId: "c-1" }), done("hi", { conversationId: "c-1" }));
    expect(await sim.reply("m-1")).toMatchObject({ text: "hi" });
    expect(sim.violations).toEqual([]);
  });

  it("may be unasked while an answer is under way", async () => {
    const { sim, plugin } = await connect({ extensions: [] });
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(done("Closing soon", { seq: 0, proactive: true }), done("hi", { replyTo: "m-1", seq: 0 }));
    expect((await sim.reply("m-1")).text).toBe("hi");
    expect(sim.violations).toEqual([]);
  });

  it("may be tried again where there was no room, when the message comes again", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(failed("Too many pending messages"));
    await sim.reply("m-1");
    sim.duplicate();
    plugin.send(stream("he"), done("hello"));
    await heard(sim, 3);
    expect(sim.replies).toEqual([expect.objectContaining({ messageId: "m-1", text: "hello", end: { how: "completed" } })]);
    expect(sim.violations).toEqual([]);
  });

  it("count their frames anew on another link", async () => {
    const { sim, plugin } = await connect({ extensions: ["typing"] });
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send({ type: "typing" }, thought("a", "a", { replyTo: "m-1", seq: 0 }), stream("he", { replyTo: "m-1", seq: 1 }));
    await heard(sim, 3);
    sim.drop();
    const later = await dialRaw(sim.url, asOffice["local-im"]);
    later.send(thought("a b c", " c", { replyTo: "m-1", seq: 0 }), done("hello", { thought: "a b c", replyTo: "m-1", seq: 1 }));
    await sim.reply("m-1");
    expect(sim.violations).toEqual([]);
  });

  it("may leave in their plain form before the plugin has read a new link's hello", async () => {
    const { sim, plugin } = await connect({ extensions: ["ack"] });
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send({ type: "ack", messageId: "m-1", status: "queued" });
    await heard(sim, 1);
    sim.drop();
    const later = await dialRaw(sim.url, asOffice["local-im"]);
    later.send(done("hi"));
    expect((await sim.reply("m-1")).text).toBe("hi");
    expect(sim.violations).toEqual([]);
  });

  it("may take text back", async () => {
    expect(await faultsOf([stream("The museum"), stream("I looked it up"), done("I looked it up.")])).toEqual([]);
  });
});

describe("violations of the local IM connector", () => {
  const asked = { replyTo: "m-1" };

  it.each<[string, Frame[], string]>([
    ["a frame after done", [done("yes"), stream("yes and")], "stream came after the done of its message"],
    ["a frame after error", [failed("no"), thought("x", "x")], "thought came after the error of its message"],
    ["a second done", [done("yes"), done("yes")], 'a second done for the message "m-1"'],
    ["an error after done", [done("yes"), failed("no")], "error came after the done of its message"],
    ["another conversation", [stream("yes", { conversationId: "c-9" })], "stream answers no message: none had its conversationId and sessionId"],
    ["a thought that is no continuation", [thought("one", "one"), thought("two", "two")], "thought: content is not what it was before with delta added"],
    ["a delta that is not the end", [thought("one", "o")], "thought: content is not what it was before with delta added"],
    ["increments instead of everything", [stream("The "), stream("museum "), done("The museum is open.")], "stream: content holds what is new, not everything so far"],
    ["a text that got shorter", [stream("The museum is"), done("The museum")], "done: content is shorter than what was streamed"],
    ["lost thoughts", [thought("one", "one"), done("yes")], "done: thought is empty, and there were thoughts"],
    ["an early replyTo", [done("yes", asked)], "done has replyTo, and the server said no hello"],
    ["an early seq", [stream("yes", { seq: 0 })], "stream has seq, and the server said no hello"],
    ["an early code", [failed("no", { code: "agent_error" })], "error has code, and the server said no hello"],
    ["an early typing", [{ type: "typing" }], "typing is an extension, and no hello of the server named it"],
    ["an early ack", [{ type: "ack", messageId: "m-1", status: "queued" }], "ack is an extension, and no hello of the server named it"],
  ])("are found: %s", async (_what, frames, text) => {
    expect(await faultsOf(frames)).toEqual([text]);
  });

  it("are found: an answer to a message that came again and had failed", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "hello", messageId: "m-1" });
    plugin.send(failed("The agent failed to answer"));
    await sim.reply("m-1");
    sim.duplicate();
    plugin.send(stream("he"));
    await heard(sim, 2);
    expect(sim.violations.map(({ text }) => text)).toEqual(["stream came after the error of its message"]);
  });

  it.each<[string, Frame[], string]>([
    ["an unknown replyTo", [done("yes", { replyTo: "m-9", seq: 0 })], 'done answers the message "m-9", and there was none'],
    ["no replyTo", [done("yes", { seq: 0 })], "done has no replyTo, and the server said hello"],
    ["no seq", [done("yes", asked)], "done has nothing as seq, expected 0"],
    ["a gap in seq", [stream("y", { ...asked, seq: 0 }), done("yes", { ...asked, seq: 2 })], "done has 2 as seq, expected 1"],
    ["another session than the message's", [done("yes", { ...asked, seq: 0, sessionId: "s" })], 'done has "s" as sessionId, its message had nothing'],
    ["an extension that hello did not name", [{ type: "ack", messageId: "m-1", status: "queued" }], "ack is an extension, and no hello of the server named it"],
  ])("are found after hello: %s", async (_what, frames, text) => {
    expect(await faultsOf(frames, { extensions: ["typing"] })).toEqual([text]);
  });

  it("are found: snapshots that cost too much", async () => {
    const growing = Array.from({ length: 1000 }, (_, index) => stream("x".repeat(index + 1)));
    const [first] = await faultsOf(growing);
    expect(first).toMatch(/^stream: all contents together are \d+ bytes, at most \d+ are allowed$/);
    expect(await faultsOf(growing.slice(0, 80))).toEqual([]);
  });
});

describe("what the simulator of the local IM server sends", () => {
  it("is what the plugin's decoder takes", async () => {
    const { sim, plugin } = await connect({ extensions: ["ack", "cancel"] });
    const { shapes, controls } = sim.protocol;
    for (const shape of shapes) sim.say({ text: "héllo 👋", user: "u-1", session: "s-1", conversation: "c-1", shape, more: { extra: [1] } });
    for (const name of Object.keys(controls)) sim.control(name, "m-1");
    const frames = await plugin.frames(1 + shapes.length + Object.keys(controls).length);
    expect(frames.map((text) => decodeImReceived(text)).filter(({ ok }) => !ok)).toEqual([]);
    expect(sim.frames.filter(({ check }) => !check.ok)).toEqual([]);
    expect(frames[0]).toBe('{"type":"hello","extensions":["ack","cancel"],"serverName":"clawwire-simulator"}');
  });

  it("is refused by it where it is garbage", () => {
    const texts = Object.values(garbage).filter((data) => typeof data === "string");
    expect(texts.map((text) => decodeImReceived(text).ok)).toEqual(texts.map(() => false));
  });

  it.each([{}, { office: "" }, { office: "s3cret" }, { office: "s3cret", lab: "" }])("comes with a configuration that is valid: %j", async (accounts) => {
    const { sim } = { sim: await startSimulator("local-im", { accounts }) };
    running.push(sim);
    const block = sim.config["nc-local-im-connector"];
    expect([validateConfig(block), validateConfig.errors]).toEqual([true, null]);
  });
});
