import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overlay, type Block } from "../../src/cli/gateway/block.ts";
import { type DialedGateway, startDialed } from "./dialed.ts";

const channel = "nc-local-im-connector";
const token = "tok-canary-81d3f0";
const said = (user: string, text: string) => ({ user, conversation: `c-${user}`, text });

let gateway: DialedGateway;
beforeAll(async () => {
  gateway = await startDialed("local-im", {
    // The original plugin's example, and a token that the gateway has to look up.
    block: (serverUrl) => ({ enabled: true, serverUrl, defaultAccount: "U00267", name: "Office", debug: true, token: { source: "env", provider: "default", id: "IM_TOKEN" } }),
    env: () => ({ IM_TOKEN: token }),
    simulator: { accounts: { U00267: token } },
  });
  await gateway.server.link({ account: "U00267", timeoutMs: 30_000 });
});
afterAll(() => gateway.stop());

describe("the local IM channel in a real gateway", () => {
  it("LI-23 gives a stranger the pairing text, and after approval an answer that streams", async () => {
    const { text } = await gateway.ask(said("Ann", "hello"));
    expect(text).toContain("Your Local IM id: Ann");
    await gateway.approve(text);
    const { frames, text: answer } = await gateway.ask(said("Ann", "[[words 40]]"));
    expect(answer).toMatch(/^word1 .* word40$/);
    expect(frames.map((frame) => (JSON.parse(frame.text) as { type: string }).type)).toEqual([...Array<string>(frames.length - 1).fill("stream"), "done"]);
    expect(frames.length).toBeGreaterThan(2);
  }, 60_000);

  it("LI-22 keeps a session for each user and for each sessionId, under the documented keys", async () => {
    await gateway.ask({ ...said("Ann", "the word is plum"), session: "s-1" });
    const { text } = await gateway.ask({ ...said("Ann", "[[tool session_status]]"), session: "s-2" });
    expect(text).toContain(`agent:main:${channel}:conversation:s-2`);
    const bodyOf = (asked: string) => JSON.stringify(gateway.model.requests.find(({ prompt }) => prompt.text === asked)?.body);
    await gateway.ask({ ...said("Ann", "what was it?"), session: "s-1" });
    await gateway.ask(said("Ann", "and without a session?"));
    expect(bodyOf("what was it?")).toContain("plum");
    expect(bodyOf("and without a session?")).not.toContain("plum");
    const { stdout } = await gateway.cli("sessions", "--json");
    expect(stdout).toContain(`"agent:main:${channel}:user:%41nn"`);
  }, 60_000);

  it("LI-14 shows thoughts where the operator shows them, and to whom", async () => {
    const thought = "one two three four five six seven eight";
    const thinking = `[[reasoning ${thought}]] [[delay 30]] well?`;
    const thinks = async (user: string) => {
      const reply = await gateway.ask(said(user, thinking));
      return { thought: reply.thought, frames: reply.frames.filter(({ check }) => check.ok && check.name === "thought").length };
    };
    const show = (change: Block) => gateway.configure((config) => overlay(config, change));
    const soon = { timeout: 20_000, interval: 200 };
    expect(await thinks("Ann")).toEqual({ thought: "", frames: 0 });
    await show({ agents: { defaults: { reasoningDefault: "on" } } });
    await expect.poll(() => thinks("Ann"), soon).toEqual({ thought, frames: 1 });
    await show({ agents: { defaults: { reasoningDefault: "stream" } } });
    await expect.poll(async () => (await thinks("Ann")).frames, soon).toBeGreaterThan(1);
    await show({ channels: { [channel]: { dmPolicy: "open" } } });
    await expect.poll(async () => (await gateway.ask(said("bob", "let in?"))).text, soon).toContain("You said: let in?");
    expect(await thinks("bob")).toEqual({ thought: "", frames: 0 });
  }, 90_000);

  it("LI-20 brings an answer once, after a connection that was lost while it was said", async () => {
    const { server } = gateway;
    const asked = server.say(said("Ann", "[[words 60]] [[delay 50]] drop"));
    await gateway.untilSays(asked, "word3 ");
    server.drop();
    expect((await server.reply(asked, 30_000)).text).toMatch(/ word60$/);
    await server.pause(1500);
    expect(server.replies.filter(({ messageId }) => messageId === asked)).toMatchObject([{ attempts: 1 }]);
    expect(gateway.timesAsked("drop")).toBe(1);
  }, 60_000);

  it("LI-10 runs a message that comes again neither while it is answered nor after", async () => {
    const { server } = gateway;
    const asked = server.say(said("Ann", "[[words 20]] [[delay 20]] twice"));
    server.duplicate();
    await server.reply(asked, 30_000);
    server.redeliver(asked);
    await server.pause(1500);
    expect(gateway.timesAsked("twice")).toBe(1);
    expect(server.violations).toEqual([]);
  }, 60_000);

  it("sends what the command line says to the user's last conversation, and shows that it is connected", async () => {
    const [sent, status] = await Promise.all([
      gateway.cli("message", "send", "--channel", channel, "--target", "local-im:user:Ann", "--message", "The door is open."),
      gateway.cli("channels", "status"),
    ]);
    expect(sent.code).toBe(0);
    expect(gateway.server.replies.filter(({ messageId, text }) => messageId === undefined && !text.includes("access approved"))).toMatchObject([{ account: "U00267", text: "The door is open." }]);
    expect(status.stdout).toMatch(/Local IM U00267 \(Office\): enabled, configured, running, connected,/);
  }, 60_000);

  it("LI-20 answers a message that kill -9 cut, once, after the restart", async () => {
    const { server } = gateway;
    const asked = server.say(said("Ann", "[[words 200]] [[delay 50]] cut"));
    await gateway.untilSays(asked, "word5 ");
    await gateway.kill("SIGKILL");
    await gateway.restart();
    expect((await server.reply(asked, 120_000)).text).toMatch(/ word200$/);
    await server.pause(1500);
    const ends = server.frames.filter(({ from, text }) => from === "plugin" && text.startsWith('{"type":"done"') && text.includes("word200"));
    expect(ends).toHaveLength(1);
  }, 240_000);

  it("has logged in the documented words, without its token, and kept to the rules of the wire", async () => {
    const { stdout } = await gateway.cli("channels", "status", "--json");
    const logs = await gateway.logs();
    expect(stdout + logs).not.toContain(token);
    for (const line of ["正在连接服务端: ws://127.0.0.1:", "✅ 成功连接至服务端 [Account: U00267, name: Office]", "🚀 开始处理消息...", "📥 AI 处理完成"]) expect(logs).toContain(`[LocalIM][U00267] ${line}`);
    expect(gateway.server.violations).toEqual([]);
  }, 30_000);
});
