import { afterEach, describe, expect, it } from "vitest";
import { call, type ClawLink, openLink } from "./claw-client.ts";
import { type ClawSimulator, serve, stopAll } from "./claw-world.ts";

afterEach(stopAll);

interface Login {
  token: string;
  refreshToken: string;
  userId: string;
  ownerId: string;
  home: string;
}

async function activate(sim: ClawSimulator, code: string): Promise<Login> {
  const base = `http://127.0.0.1:${sim.port}`;
  const { code: said, data } = await call(`${base}/v1/agents/connect`, { body: { code, platform: "openclaw", type: "clawbot" } });
  expect(said).toBe(0);
  const { access_token: token, refresh_token: refreshToken, agent, conversation } = data as Record<string, string> & { agent: { user_id: string; owner_id: string }; conversation: { id: string } };
  return { token: String(token), refreshToken: String(refreshToken), userId: agent.user_id, ownerId: agent.owner_id, home: conversation.id };
}

async function connect(sim: ClawSimulator, login: Pick<Login, "token">): Promise<ClawLink> {
  const link = await openLink(sim.url);
  expect((await link.hello(login.token, "openclaw-test")).event).toBe("hello-ok");
  return link;
}

describe("a client written from the facts", () => {
  it("activates, connects, receives, answers, streams, is cut off, replays, refreshes, and loses its login when it uses a token twice", async () => {
    const sim = await serve({ accounts: { office: "INVITE-1" } });
    const base = `http://127.0.0.1:${sim.port}`;
    const login = await activate(sim, "INVITE-1");

    const first = await connect(sim, login);
    expect((await first.frame("replay.done")).dseq).toBe(1);
    expect((await sim.link()).account).toBe("office");

    const asked = sim.say({ text: "Is it open?" });
    const question = await first.frame("message.send");
    expect(question).toMatchObject({ dseq: 2, chat_id: login.home, chat_type: "direct", sender: { id: login.ownerId }, payload: { message_id: asked } });
    first.ack();
    const { messageId, traceId } = first.say(login.home, "It is.", { event: "message.reply", replyTo: asked });
    expect(await first.frame("message.ack")).toMatchObject({ trace_id: traceId, chat_id: login.home, payload: { message_id: messageId } });
    expect(await sim.reply(asked)).toMatchObject({ text: "It is.", attempts: 1, end: { how: "completed" } });

    const streamed = first.stream(login.home, ["Until ", "six ", "o'clock"]);
    await sim.until(() => (sim.server.streams.get(streamed)?.sequence === 2 ? true : undefined), "three pieces");
    expect(sim.server.streams.get(streamed)?.texts).toEqual(["Until six o'clock"]);
    first.end(login.home, streamed, "Until six o'clock", { sequence: 2 });
    first.say(login.home, "Until six o'clock.", { event: "message.reply", messageId: streamed });
    await first.frame("message.ack", ({ payload }) => payload.message_id === streamed);
    expect(sim.server.view.messages.get(streamed)).toMatchObject({ text: "Until six o'clock.", texts: ["Until six o'clock", "Until six o'clock."], provisional: false });

    sim.drop();
    expect((await first.closed).code).toBe(1006);
    const missed = ["one", "two"].map((text) => sim.say({ text }));
    const second = await connect(sim, login);
    const done = await second.frame("replay.done");
    const replayed = second.got.filter(({ event }) => event === "message.send");
    expect(replayed.map(({ dseq, payload }) => [dseq, payload.message_id])).toEqual(missed.map((id, index) => [index + 1, id]));
    expect(done.dseq).toBe(3);
    expect(second.epoch).not.toBe(first.epoch);
    second.ack();

    const rotated = await call(`${base}/v1/auth/refresh`, { body: { refresh_token: login.refreshToken } });
    expect(rotated).toMatchObject({ status: 200, code: 0, data: { access_token: expect.any(String), refresh_token: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    const third = await connect(sim, { token: String(rotated.data?.["access_token"]) });
    expect(await second.closed).toMatchObject({ code: 4001 });
    expect((await third.frame("replay.done")).dseq).toBe(1);

    expect(await call(`${base}/v1/auth/refresh`, { body: { refresh_token: login.refreshToken } })).toMatchObject({ status: 200, code: 10003 });
    expect(await call(`${base}/v1/auth/refresh`, { body: { refresh_token: rotated.data?.["refresh_token"] } })).toMatchObject({ code: 10003 });
    const fourth = await openLink(sim.url);
    expect(await fourth.hello(String(rotated.data?.["access_token"]), "openclaw-test")).toMatchObject({ event: "hello-fail", payload: { reason: "authentication failed" } });
    expect((await fourth.closed).code).toBe(1006);
    expect(sim.violations).toEqual([]);
  });

  it("comes with the configuration, without an invite code", async () => {
    const sim = await serve();
    const block = sim.config["clawchat"] as Record<string, string>;
    expect(block).toEqual({
      enabled: true,
      baseUrl: `http://127.0.0.1:${sim.port}`,
      websocketUrl: `ws://127.0.0.1:${sim.port}/ws`,
      dmPolicy: "open",
      allowFrom: ["*"],
      groupPolicy: "open",
      token: expect.any(String),
      refreshToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      userId: expect.stringMatching(/^usr_/),
      agentId: expect.stringMatching(/^agt_/),
      ownerUserId: expect.stringMatching(/^usr_/),
      homeConversationId: expect.stringMatching(/^cnv_/),
      deviceId: "openclaw-simulator",
    });
    const link = await openLink(String(block["websocketUrl"]));
    expect(await link.hello(String(block["token"]), block["deviceId"])).toMatchObject({ event: "hello-ok", payload: { device_id: "openclaw-simulator", ack_mode: "dseq" } });
    expect(sim.config).toEqual({ clawchat: block });
  });
});
