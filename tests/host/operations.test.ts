import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Simulator } from "../../src/testing/simulator/simulator.ts";
import type { ChatClient } from "../support/client.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

/** What the remote end was told the agent has done to a message. */
interface Done {
  what: "reaction" | "removal" | "edit" | "deletion";
  target: string;
  value: string;
}

const editing = ["websocket", "insta-claw-connector", "nc-local-im-connector"] as const;

let four: FourChannels;
let ann: ChatClient;

beforeAll(async () => {
  const open = { dmPolicy: "open", allowFrom: ["*"] };
  four = await startFour({
    config: { tools: { toolSearch: false }, messages: { ackReactionScope: "all", ackReaction: "👀" } },
    channels: {
      websocket: { dmPolicy: "open", allowFrom: ["*", "ann", "bea"], replyToMode: "all" },
      "insta-claw-connector": open,
      "nc-local-im-connector": open,
      clawchat: open,
    },
    simulators: { "insta-claw": { extensions: ["edit", "reactions", "threads"] }, "local-im": { extensions: ["edit", "reactions"] } },
  });
  ann = await four.websocket.client("ann");
  ann.send({ type: "chat.hello", extensions: ["edit", "reactions", "threads", "groups"] });
  await ann.waitFor(({ type }) => type === "chat.welcome");
});
afterAll(() => four.stop());

const serverOf = (channel: Exclude<Channel, "websocket">): Simulator => ({ "insta-claw-connector": four.servers["insta-claw"], "nc-local-im-connector": four.servers["local-im"], clawchat: four.servers.clawchat })[channel];

/** Everything the agent has done to messages so far, as this channel's remote end heard it. */
function doneOn(channel: Channel): Done[] {
  const frames: Record<string, unknown>[] = channel === "websocket" ? [...ann.frames] : serverOf(channel).frames.flatMap(({ from, text }) => (from === "plugin" ? [dataOf(JSON.parse(text) as Record<string, unknown>)] : []));
  return frames.flatMap((frame): Done[] => {
    const payload = (frame["payload"] ?? frame) as Record<string, unknown>;
    const target = String(payload["target_message_id"] ?? payload["target_id"] ?? payload["target_response_id"] ?? payload["replyTo"] ?? payload["messageId"]);
    switch (frame["type"] ?? frame["event"]) {
      case "chat.reaction":
      case "instaclaw:reaction":
      case "reaction":
      case "message.reaction":
        return [{ what: payload["op"] === "remove" || payload["removed"] === true ? "removal" : "reaction", target, value: String(payload["emoji"]) }];
      case "chat.edited":
      case "instaclaw:message.edit":
      case "edited":
        return [{ what: "edit", target, value: String(payload["content"] ?? payload["text"]) }];
      case "chat.deleted":
      case "instaclaw:message.delete":
      case "deleted":
        return [{ what: "deletion", target, value: "" }];
      default:
        return [];
    }
  });
}

function dataOf(frame: Record<string, unknown>): Record<string, unknown> {
  return "headers" in frame && typeof frame["data"] === "object" && frame["data"] !== null ? (frame["data"] as Record<string, unknown>) : typeof frame["data"] === "string" && "headers" in frame ? (JSON.parse(frame["data"]) as Record<string, unknown>) : frame;
}

/** A user reacts to the agent's answer to this message. */
function react(channel: Channel, messageId: string, emoji: string): void {
  if (channel === "websocket") return ann.send({ type: "chat.react", messageId, emoji, op: "add" });
  if (channel === "clawchat") return serverOf(channel).control("react", emoji);
  const target = channel === "nc-local-im-connector" ? messageId : responseTo(messageId);
  serverOf(channel).control("react", `${target} ${emoji} ann`);
}

function responseTo(messageId: string): string {
  const reply = four.servers["insta-claw"].replies.find((one) => one.messageId === messageId);
  const [frame] = reply?.frames ?? [];
  return String(dataOf(JSON.parse(frame?.text ?? "{}") as Record<string, unknown>)["response_id"]);
}

/** The owner is the one user of ClawChat whose reactions its simulator can play. */
const userOn = (channel: Channel) => (channel === "clawchat" ? "owner" : "ann");

async function answered(channel: Channel, text: string): Promise<string> {
  const said = await four.wires[channel].say(userOn(channel), text);
  await expect.poll(() => said.isOver(), { timeout: 30_000 }).toBe(true);
  return said.messageId;
}

const message = (channel: Channel, action: string, ...args: string[]) => four.cli("message", action, "--channel", channel, "--target", four.wires[channel].target(userOn(channel)), ...args);
const promptOf = (text: string) => JSON.stringify(four.model.requests.filter(({ prompt }) => prompt.text.includes(text)).map(({ body }) => body));

describe("reactions at a real gateway", () => {
  it("carry the agent's own from the command line to a message on every wire, and take them back", async () => {
    const ran = await Promise.all(
      channels.map(async (channel) => {
        const id = await answered(channel, `react to ${channel} [[say noted]]`);
        const added = await message(channel, "react", "--message-id", id, "--emoji", "🚀");
        const removed = await message(channel, "react", "--message-id", id, "--emoji", "🚀", "--remove");
        return { channel, id, outputs: [added, removed].map(({ code, stdout, stderr }) => (code === 0 ? "ok" : `${stdout}${stderr}`)) };
      }),
    );
    expect(ran.map(({ channel, outputs }) => [channel, outputs])).toEqual(channels.map((channel) => [channel, ["ok", "ok"]]));
    for (const { channel, id } of ran) {
      expect(doneOn(channel).filter(({ value }) => value === "🚀").map(({ what, target }) => [what, target]), channel).toEqual([["reaction", id], ["removal", id]]);
    }
  });

  it.each(channels)("LI-30 IC-33 IC-34 WS-35 CC-25 tell the session of a person's reaction once, with its next message, and start no turn: %s", async (channel) => {
    const id = await answered(channel, `something to like on ${channel} [[say like me]]`);
    const before = four.model.requests.length;
    react(channel, id, "👍");
    if (channel !== "clawchat") react(channel, id, "👍");
    await answered(channel, `after the reaction on ${channel} [[say yes]]`);
    expect(four.model.requests.slice(before).filter(({ prompt }) => !prompt.text.includes("after the reaction"))).toEqual([]);
    expect(promptOf(`after the reaction on ${channel}`).match(/reaction added: 👍 by /g)).toHaveLength(1);
  });

  it.each(channels)("let the agent react to the message it answers, with its tool: %s", async (channel) => {
    const id = await answered(channel, `[[tool message {"action":"react","emoji":"🎉"}]] on ${channel}`);
    expect(doneOn(channel)).toContainEqual({ what: "reaction", target: id, value: "🎉" });
  });
});

describe("changes of what was said, at a real gateway", () => {
  it("WS-36 LI-31 IC-35 edit and delete what the account has said, from the command line and with the agent's tool, and nothing else", async () => {
    const changed = await Promise.all(
      editing.map(async (channel) => {
        const id = await answered(channel, `talk on ${channel} [[say hello]]`);
        const sentId = /"messageId":\s*"(srv_[^"]+)"/.exec((await message(channel, "send", "--message", "The door is open.", "--json")).stdout)?.[1] ?? "";
        const edited = await message(channel, "edit", "--message-id", sentId, "--message", "The door is shut.");
        const remove = (messageId: string) => JSON.stringify({ action: "delete", messageId, target: four.wires[channel].target("ann") });
        const deleted = await four.wires[channel].ask("ann", `[[tool message ${remove(sentId)}]] gone on ${channel}`);
        const foreign = await four.wires[channel].ask("ann", `[[tool message ${remove(`${id}-of-nobody`)}]] not ours on ${channel}`);
        return { channel, code: edited.code, deleted, foreign };
      }),
    );
    expect(changed.map(({ code }) => code)).toEqual([0, 0, 0]);
    for (const { channel, deleted, foreign } of changed) {
      expect([deleted, foreign], channel).toEqual([expect.stringContaining('"deleted": true') as string, expect.stringContaining("is none that this account has sent") as string]);
      const done = doneOn(channel).filter(({ what }) => what === "edit" || what === "deletion");
      expect(done.map(({ what, value }) => [what, value]), channel).toEqual([["edit", "The door is shut."], ["deletion", ""]]);
      expect(new Set(done.map(({ target }) => target)).size).toBe(1);
    }
  });

  it.each(editing)("replace the text of a message that waits, end one that is deleted, and tell the agent of the rest: %s", async (channel) => {
    const wire = four.wires[channel];
    const first = await wire.say("ann", `first on ${channel} [[wait 4000]] [[say one]]`);
    const second = await wire.say("ann", `typo on ${channel} [[say two]]`);
    const third = await wire.say("ann", `never on ${channel} [[say three]]`);
    const change = (kind: "edit" | "delete", id: string, content = "") => {
      if (channel === "websocket") return ann.send(kind === "edit" ? { type: "chat.edit", messageId: id, content } : { type: "chat.delete", messageId: id });
      serverOf(channel).control(kind, kind === "edit" ? `${id} ann ${content}` : `${id} ann`);
    };
    await expect.poll(() => four.model.requests.some(({ prompt }) => prompt.text.includes(`first on ${channel}`)), { timeout: 20_000 }).toBe(true);
    change("edit", second.messageId, `right on ${channel} [[say two]]`);
    change("delete", third.messageId);
    await expect.poll(() => [first, second, third].map((said) => said.isOver()), { timeout: 30_000 }).toEqual([true, true, true]);
    change("edit", first.messageId, "too late");
    await answered(channel, `at last on ${channel} [[say four]]`);
    const asked = four.model.requests.map(({ prompt }) => prompt.text);
    expect([`right on ${channel}`, `typo on ${channel}`, `never on ${channel}`].map((text) => asked.some((prompt) => prompt.includes(text)))).toEqual([true, false, false]);
    expect(third.text()).not.toBe("three");
    expect(promptOf(`at last on ${channel}`)).toContain("message edited by ann");
  });
});

describe("what a message can be", () => {
  it("offers for each account what its wire and its peer carry, and says so of the rest", async () => {
    const [capabilities, clawchat] = await Promise.all([four.cli("channels", "capabilities", "--json"), message("clawchat", "edit", "--message-id", "x", "--message", "y")]);
    const listed = JSON.parse(capabilities.stdout) as { channels?: { channel: string; actions?: string[]; support?: Record<string, unknown> }[] };
    const actions = Object.fromEntries((listed.channels ?? []).map(({ channel, actions: offered = [] }) => [channel, [...offered].sort()]));
    for (const channel of editing) expect(actions[channel]).toEqual(expect.arrayContaining(["delete", "edit", "react", "send"]));
    expect(actions["clawchat"]).toEqual(expect.arrayContaining(["react", "send"]));
    expect(actions["clawchat"]).not.toContain("edit");
    expect(clawchat.code).toBe(1);
    expect(`${clawchat.stdout}${clawchat.stderr}`).toMatch(/edit/);
  });

  it("presents buttons and selects as readable text with every choice on every wire", async () => {
    const presentation = { title: "Lunch", blocks: [{ type: "buttons", buttons: [{ label: "Soup", value: "soup" }, { label: "Salad", value: "salad" }] }] };
    const sent = await Promise.all(channels.map(async (channel) => await message(channel, "send", "--message", "Choose:", "--presentation", JSON.stringify(presentation))));
    expect(sent.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    for (const channel of channels) await expect.poll(() => four.wires[channel].unasked().at(-1) ?? "", { timeout: 20_000 }).toMatch(/Soup[^]*Salad/);
  });

  it("WS-25 names the message it answers where replyToMode says so, and shows the agent what a person quotes", async () => {
    const id = await answered("websocket", "quote me [[say the plum is ripe]]");
    expect(ann.framesOf(id).find(({ type }) => type === "chat.response")).toMatchObject({ replyToMessageId: id });
    await ann.answer(ann.say("what did you mean? [[say that]]", { replyToMessageId: id }));
    expect(promptOf("what did you mean?")).toContain("the plum is ripe");
  });

  it("keeps a thread in a session of its own, and sends into one", async () => {
    await ann.answer(ann.say("the word is quince [[say kept]]", { threadId: "t-1" }));
    await ann.answer(ann.say("which word in two? [[say none]]", { threadId: "t-2" }));
    await ann.answer(ann.say("which word in one? [[say quince]]", { threadId: "t-1" }));
    expect(promptOf("which word in two?")).not.toContain("the word is quince");
    expect(promptOf("which word in one?")).toContain("the word is quince");
    const sent = await message("websocket", "send", "--message", "Into the thread.", "--thread-id", "t-1");
    expect(sent.code, sent.stderr).toBe(0);
    expect(ann.frames.find(({ content }) => content === "Into the thread.")).toMatchObject({ type: "chat.response", threadId: "t-1" });
  });

  it.each(channels)("acknowledges a message with a reaction where messages.ackReactionScope says so: %s", async (channel) => {
    const id = await answered(channel, `are you there on ${channel}? [[say yes]]`);
    expect(doneOn(channel).filter(({ target }) => target === id)).toEqual([{ what: "reaction", target: id, value: "👀" }]);
  });

  it.each(channels)("shows a question of the agent's on %s while it waits, and takes what is said next for the answer", async (channel) => {
    const wire = four.wires[channel];
    const question = { id: "colour", header: "Colour", question: `Which one on ${channel}?`, options: [{ label: "Red" }, { label: "Blue" }] };
    const asked = await wire.say(userOn(channel), `[[tool ask_user ${JSON.stringify({ questions: [question] })}]]`);
    await expect.poll(() => wire.unasked().some((text) => text.includes(question.question)), { timeout: 20_000 }).toBe(true);
    expect(asked.isOver()).toBe(false);
    await wire.say(userOn(channel), "Blue");
    await expect.poll(() => asked.isOver(), { timeout: 20_000 }).toBe(true);
    expect(asked.text()).toContain("Blue");
  });

  it("breaks no rule of any wire", () => {
    expect(Object.values(four.servers).flatMap(({ violations }) => violations.map(({ text }) => text))).toEqual([]);
  });
});
