import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { system } from "../../src/core/system.ts";
import { fixedId } from "../../src/testing/simulator/clawchat/ids.ts";
import { startVerifier, type Verifier } from "../conformance/account.ts";
import { type ChatClient, connectClient } from "../support/client.ts";
import { type Channel, channels, type FourChannels, startFour } from "./four.ts";

const approved = "✅ OpenClaw access approved. Send a message to start chatting.";
const soon = { timeout: 30_000, interval: 100 };
const userId = (user: string) => fixedId("usr_", user, system);
const groupId = (name: string) => fixedId("cnv_", name, system);

/** One group asks for a mention, one is shut, one is for those the operator has put together. */
const groups = { gated: { requireMention: true }, shut: { enabled: false }, crew: { groupPolicy: "allowlist", allowFrom: ["accessGroup:crew"] } };
const clawchatGroups = {
  [groupId("gated")]: { groupMode: "mention" },
  [groupId("shut")]: { enabled: false },
  [groupId("crew")]: { groupPolicy: "allowlist", allowFrom: ["accessGroup:crew"] },
};

let four: FourChannels;
let verifier: Verifier;
beforeAll(async () => {
  verifier = await startVerifier((token) => ({ body: { success: true, data: { userId: token } } }));
  four = await startFour({
    channels: {
      websocket: {
        dmPolicy: "pairing",
        // A second account, whose senders are verified.
        accounts: { checked: { auth: { enabled: true, required: true, endpoint: verifier.endpoint }, dmPolicy: "allowlist", allowFrom: ["boss"], groupPolicy: "open", groups } },
      },
      "insta-claw-connector": { dmPolicy: "pairing", allowFrom: ["boss"], groupPolicy: "open", groups },
      "nc-local-im-connector": { dmPolicy: "pairing", allowFrom: ["boss"] },
      clawchat: { dmPolicy: "pairing", allowFrom: [userId("boss")], groupPolicy: "open", groupCommandMode: "all", groups: clawchatGroups },
    },
    // A local IM server without extensions cannot tell what nobody asked for from an answer.
    simulators: { "insta-claw": { extensions: ["groups"] }, "local-im": { extensions: ["cancel"] } },
    config: {
      // To OpenClaw an owner of a channel is the only one who may approve there; the first pairing would make one.
      commands: { ownerAllowFrom: ["websocket:boss", "insta-claw-connector:boss", "nc-local-im-connector:boss", `clawchat:${userId("boss")}`] },
      accessGroups: { crew: { type: "message.senders", members: { "*": ["boss"], clawchat: [userId("boss")] } } },
      tools: { profile: "full", deny: [], exec: { host: "gateway", security: "full", ask: "always" } },
      approvals: { exec: { enabled: true, mode: "session" } },
    },
  });
});
afterAll(async () => {
  await four.stop();
  await verifier.stop();
});

const wire = (channel: Channel) => four.wires[channel];
/** How often users of this wire were told of an approval. */
const timesTold = (channel: Channel) => wire(channel).unasked().filter((text) => text === approved).length;
const timesAsked = (text: string) => four.model.requests.filter(({ prompt }) => prompt.text === text).length;
const logged = async (text: string) => (await four.logs()).includes(text);

function codeIn(text: string): [channel: string, code: string] {
  const [, channel = "", code = ""] = /openclaw pairing approve (\S+) (\w+)/.exec(text) ?? [];
  return [channel, code];
}

async function approve(text: string, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await four.cli("pairing", "approve", ...codeIn(text), ...flags);
  if (code !== 0) throw new Error(`nobody was approved by "${text}": ${stderr}`);
  return stdout + stderr;
}

/** What verified users say on each wire, directly or in a group. */
interface Talk {
  say(user: string, text: string, group?: { name: string; mentioned?: boolean }): Promise<string>;
  answer(messageId: string): Promise<string>;
  /** What the agent has said that answers no message of this kind. */
  unasked(): string[];
}

const clients = new Map<string, Promise<ChatClient>>();
function verified(user: string): Promise<ChatClient> {
  const known = clients.get(user) ?? connectClient(`${four.websocket.url}/checked`, { token: user }).then((client) => (client.send({ type: "chat.hello", extensions: ["groups"] }), client));
  clients.set(user, known);
  return known;
}

const said = new Map<string, ChatClient>();
const websocket: Talk = {
  async say(user, text, group) {
    const client = await verified(user);
    if (group) client.send({ type: "chat.join", groupId: group.name });
    const messageId = client.say(text, group && { chatType: "group", groupId: group.name, ...(group.mentioned && { mentioned: true }) });
    said.set(messageId, client);
    return messageId;
  },
  async answer(messageId) {
    const { content, error } = (await said.get(messageId)?.answer(messageId, 60_000)) ?? {};
    return content ?? error ?? "";
  },
  unasked: () => [...new Set(said.values())].flatMap(({ frames }) => frames.flatMap(({ type, messageId = "", content = "" }) => (type === "chat.response" && !said.has(messageId) ? [content] : []))),
};

function dialed(name: "insta-claw" | "local-im" | "clawchat"): Talk {
  const server = () => four.servers[name];
  const bare = name === "clawchat" ? {} : name === "local-im" ? { conversation: "c-direct" } : {};
  return {
    async say(user, text, group) {
      const words = group?.mentioned && name === "clawchat" ? `@simulator ${text}` : text;
      if (!group) return server().say({ user, text, ...bare, ...(name === "insta-claw" && { session: user }) });
      return server().say({ user, text: words, conversation: group.name, ...(name === "insta-claw" && group.mentioned && { more: { mentioned: true } }) });
    },
    async answer(messageId) {
      const { text, end } = await server().reply(messageId, 60_000);
      return end?.how === "failed" ? end.error : text;
    },
    unasked: () => server().replies.flatMap(({ messageId, text }) => (messageId === undefined ? [text] : [])),
  };
}

const talks: Readonly<Record<Channel, Talk>> = { websocket, "insta-claw-connector": dialed("insta-claw"), "nc-local-im-connector": dialed("local-im"), clawchat: dialed("clawchat") };
const withGroups = ["websocket", "insta-claw-connector", "clawchat"] as const;

describe("pairing in a real gateway", () => {
  it("gives a stranger a code of eight characters, and tells him without being asked that the operator has approved it, once", async () => {
    const told = await Promise.all(channels.map((channel) => wire(channel).ask("ann", "hello")));
    for (const [index, text] of told.entries()) expect(codeIn(text)).toEqual([channels[index], expect.stringMatching(/^[A-HJ-NP-Z2-9]{8}$/)]);
    // The command line knows no plugin that could tell, and says so; the account tells all the same.
    const [notifying] = await Promise.all(told.map((text, index) => approve(text, ...(index === 0 ? ["--notify"] : []))));
    expect(notifying).toContain("Failed to notify requester");
    for (const channel of channels) await expect.poll(() => timesTold(channel), soon).toBe(1);
    expect(await Promise.all(channels.map((channel) => wire(channel).ask("ann", "[[say come in]]")))).toEqual(channels.map(() => "come in"));
    for (const channel of channels) expect(timesTold(channel)).toBe(1);
  }, 120_000);

  it("tells once whom the gateway itself has approved and was asked to tell", async () => {
    const channel = "nc-local-im-connector";
    await wire(channel).ask("zoe", "hello");
    const call = async (method: string, params: object) => {
      const { stdout } = await four.cli("gateway", "call", method, "--json", "--params", JSON.stringify(params));
      return JSON.parse(stdout) as { requests?: { requestId: string; senderId: string; accountId: string }[]; notification?: string };
    };
    const { requests = [] } = await call("channels.pairing.list", { channel });
    expect(requests).toMatchObject([{ senderId: "zoe" }]);
    const done = await call("channels.pairing.approve", { channel, accountId: requests[0]?.accountId, requestId: requests[0]?.requestId, notify: true });
    expect(done).toMatchObject({ notification: "sent" });
    await expect.poll(() => timesTold(channel), soon).toBe(2);
    expect(await wire(channel).ask("zoe", "[[say come in]]")).toBe("come in");
    expect(timesTold(channel)).toBe(2);
  }, 60_000);

  it.each(channels)("gives no more than three codes at a time on %s, and says so to the fourth stranger", async (channel) => {
    const told = await Promise.all(["one", "two", "three"].map((user) => wire(channel).ask(user, "hello")));
    expect(new Set(told.map((text) => codeIn(text)[1])).size).toBe(3);
    expect(await wire(channel).ask("one", "hello again")).toContain(codeIn(told[0] ?? "")[1]);
    const fourth = await wire(channel).say("four", "hello");
    await expect.poll(() => logged(`message ${fourth.messageId} of ${channel === "clawchat" ? userId("four") : "four"} was not run: too many wait for approval`), soon).toBe(true);
    expect(timesAsked("hello")).toBe(0);
  }, 60_000);
});

describe.each(withGroups)("a group of %s", (channel) => {
  const { say, answer } = talks[channel];
  const idOf = (user: string) => (channel === "clawchat" ? userId(user) : user);

  it("is not answered where the agent is not spoken to, and is told with the next message what was said there", async () => {
    const aside = `lunch at one? (${channel})`;
    const unanswered = await say("ann", aside, { name: "gated" });
    await expect.poll(() => logged(`message ${unanswered} of ${idOf("ann")} was not run: ${channel === "clawchat" ? "its group is muted, or only" : "activation_skipped"}`), soon).toBe(true);
    expect(await answer(await say("boss", `[[say noted]] when? (${channel})`, { name: "gated", mentioned: true }))).toBe("noted");
    const asked = four.model.requests.find(({ prompt }) => prompt.text.includes(`when? (${channel})`));
    expect(JSON.stringify(asked?.body)).toContain(aside);
    expect(timesAsked(aside)).toBe(0);
  }, 60_000);

  it("is shut, or for the members of an access group alone, where the operator says so", async () => {
    const shut = await say("boss", `let me in (${channel})`, { name: "shut" });
    await expect.poll(() => logged(`message ${shut} of ${idOf("boss")} was not run: group_policy_disabled`), soon).toBe(true);
    const outside = await say("ann", `and me (${channel})`, { name: "crew" });
    await expect.poll(() => logged(`message ${outside} of ${idOf("ann")} was not run: group_policy_not_allowlisted`), soon).toBe(true);
    expect(await answer(await say("boss", "[[say aye]]", { name: "crew" }))).toBe("aye");
    expect(timesAsked(`let me in (${channel})`) + timesAsked(`and me (${channel})`)).toBe(0);
  }, 60_000);
});

/** The id in the request for approval that shows this word. */
function idFor(channel: Channel, word: string): string {
  const text = talks[channel].unasked().find((each) => each.includes("/approve") && each.includes(word)) ?? "";
  return /\/approve (\S+) allow-once/.exec(text)?.[1] ?? "";
}

describe.each(channels)("an approval on %s", (channel) => {
  const { say, answer } = talks[channel];

  it("is asked for in the chat, passes the turn that waits for it, and lets the command run", async () => {
    const word = `harbour-${channel}`;
    const asked = await say("boss", `[[tool exec {"command":"echo ${word}"}]]`);
    await expect.poll(() => idFor(channel, word), soon).not.toBe("");
    expect(await answer(await say("boss", `/approve ${idFor(channel, word)} allow-once`))).toContain("submitted");
    expect(await answer(asked)).toContain(word);
  }, 60_000);
});

describe.each(withGroups)("an approval in a group of %s", (channel) => {
  const { say, answer } = talks[channel];

  it("is taken in a group from nobody whom the operator has not listed", async () => {
    const word = `pier-${channel}`;
    const room = { name: "pier", mentioned: true };
    await say("boss", `[[tool exec {"command":"echo ${word}"}]]`, room);
    await expect.poll(() => idFor(channel, word), soon).not.toBe("");
    const id = idFor(channel, word);
    const refused = await say("ann", `/approve ${id} allow-once`, room);
    await expect.poll(() => logged(`message ${refused} of ${channel === "clawchat" ? userId("ann") : "ann"} was not run: control_command_unauthorized`), soon).toBe(true);
    expect(await answer(await say("boss", `/approve ${id} deny`, room))).toContain("submitted");
  }, 60_000);
});

describe("a restart", () => {
  it("does not keep those who were approved meanwhile from being told", async () => {
    const waiting = await Promise.all(channels.map((channel) => four.cli("pairing", "list", channel, "--json")));
    const codes = waiting.map(({ stdout }) => (JSON.parse(stdout) as { requests: { id: string; code: string }[] }).requests[0]);
    const before = channels.map(timesTold);
    await four.kill("SIGKILL");
    await Promise.all(channels.map((channel, index) => approve(`openclaw pairing approve ${channel} ${codes[index]?.code ?? ""}`)));
    await four.restart();
    const [, ...others] = channels;
    for (const [index, channel] of others.entries()) await expect.poll(() => timesTold(channel), { ...soon, timeout: 60_000 }).toBe((before[index + 1] ?? 0) + 1);
    // Who dials us is told when he is back.
    await using back = Object.assign(await connectClient(four.websocket.url, { senderId: codes[0]?.id ?? "" }), { [Symbol.asyncDispose]: async () => {} });
    expect(await back.waitFor(({ content }) => content === approved)).toMatchObject({ type: "chat.response" });
  }, 180_000);
});
