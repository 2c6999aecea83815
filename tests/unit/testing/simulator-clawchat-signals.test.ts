import { afterEach, describe, expect, it } from "vitest";
import { startSimulator } from "../../../src/testing/simulator/simulator.ts";
import type { ClawLink } from "./claw-client.ts";
import { blockOf, type ClawSimulator, join, serve, settled, stopAll } from "./claw-world.ts";

afterEach(stopAll);

async function connect(options: Parameters<typeof join>[1] = {}, served: Parameters<typeof serve>[0] = {}): Promise<{ sim: ClawSimulator; link: ClawLink; home: string }> {
  const sim = await serve(served);
  const link = await join(sim, options);
  return { sim, link, home: blockOf(sim).homeConversationId };
}

const faults = (sim: ClawSimulator) => sim.violations.map(({ text }) => text);
const shown = (sim: ClawSimulator, id: string) => sim.server.view.messages.get(id);
describe("signals of the plugin", () => {
  it("are answered: a ping with its own time, a subscription with what is", async () => {
    const { sim, link } = await connect();
    const ping = link.send("ping", {});
    expect(await link.frame("pong")).toEqual({ version: "2", event: "pong", trace_id: ping, emitted_at: expect.any(Number), payload: {} });
    const sent = sim.frames.findLast(({ from }) => from === "plugin");
    expect((JSON.parse(sent?.text ?? "") as { emitted_at: number }).emitted_at).toBe((await link.frame("pong")).emitted_at);
    const { ownerUserId } = blockOf(sim);
    sim.control("online");
    await settled(link);
    expect(link.events()).not.toContain("presence.update");
    const traceId = link.send("presence.subscribe", { user_id: ownerUserId });
    expect(await link.frame("presence.snapshot")).toMatchObject({ trace_id: traceId, payload: { user_id: ownerUserId, online: true } });
    sim.control("online", "off");
    expect((await link.frame("presence.update")).payload).toEqual({ user_id: ownerUserId, online: false, last_seen_at: expect.stringMatching(/Z$/) });
  });

  it("CC-65 follow sixteen users", async () => {
    const { sim, link } = await connect();
    for (let count = 0; count < 17; count += 1) link.send("presence.subscribe", { user_id: `usr_${count}` });
    await settled(link);
    expect([sim.server.sessions[0]?.subscriptions.size, faults(sim)]).toEqual([16, ["more than 16 subscriptions"]]);
  });

  it("CC-42 show who is typing until it ends, with a message or with the link", async () => {
    const { sim, link, home } = await connect();
    const typing = async (isTyping: boolean) => {
      link.send("typing.update", { is_typing: isTyping }, { chat_id: home });
      await settled(link);
      return [...sim.server.view.typing];
    };
    const key = `${home} ${blockOf(sim).userId}`;
    expect([await typing(true), await typing(false), await typing(true)]).toEqual([[key], [], [key]]);
    await link.crash();
    await sim.until(() => (sim.server.view.typing.size === 0 ? true : undefined), "the end of typing");
  });

  it("CC-66 have receipts, with the capability and an address", async () => {
    const { sim, link, home } = await connect({ capabilities: { delivery_receipt: true } });
    const receipt = { message_id: "m-1", delivered_at: 1 };
    link.send("message.delivered", receipt, { chat_id: home, to: { id: blockOf(sim).ownerUserId, type: "direct" } });
    await settled(link);
    expect([[...sim.server.view.delivered], faults(sim)]).toEqual([["m-1"], []]);
    const { messageId } = link.say(home, "hello");
    expect(await link.frame("message.delivered")).toMatchObject({ chat_id: home, sender: { id: blockOf(sim).ownerUserId }, to: { id: blockOf(sim).userId }, payload: { message_id: messageId } });
    const plain = await join(sim, { deviceId: "plain" });
    link.send("message.delivered", { ...receipt, message_id: "m-0" }, { chat_id: home });
    await settled(link);
    expect([[...sim.server.view.delivered], faults(sim)]).toEqual([["m-1"], [expect.stringContaining("Invalid field to")]]);
    plain.send("message.delivered", receipt, { chat_id: home, to: { id: "usr_1", type: "direct" } });
    await settled(plain);
    expect(faults(sim).at(-1)).toBe("message.delivered came without the capability delivery_receipt");
  });

  it("CC-25 have reactions, the last one of each user", async () => {
    const { sim, link, home } = await connect();
    const asked = sim.say({ text: "?" });
    const react = (emoji: string, removed = false) => link.send("message.reaction", { target_message_id: asked, emoji, removed }, { chat_id: home });
    react("👀");
    react("👍");
    await settled(link);
    const slot = `${asked} ${blockOf(sim).userId}`;
    expect(sim.server.view.reactions).toEqual(new Map([[slot, "👍"]]));
    expect((await link.frame("message.ack")).payload.message_id).toBe(`rxn:${asked}:${blockOf(sim).userId}`);
    react("", true);
    await settled(link);
    expect(sim.server.view.reactions.size).toBe(0);
  });

  it("mark what was read, and never backwards", async () => {
    const { sim, link, home } = await connect();
    for (const watermark of [5, 3]) link.send("message.read", { last_read_emitted_at: watermark }, { chat_id: home });
    await settled(link);
    expect([...sim.server.view.read.values()]).toEqual([5]);
  });

  it("CC-5 say connect once", async () => {
    const { sim, link } = await connect();
    link.send("connect", { token: blockOf(sim).token, nonce: "n", device_id: "d", client_version: "1", protocol_version: 2, capabilities: {} });
    await settled(link);
    expect(faults(sim)).toEqual(["connect came after hello-ok"]);
  });
});

describe("signals of the server", () => {
  it("are sent on demand", async () => {
    const { sim, link, home } = await connect();
    await sim.run("/control metadata title avatar\n/control typing\n/control permission denied friend.add\n/control settings []");
    link.say(home, "mine");
    await link.frame("message.ack");
    await sim.run("/control react 🎉\n/control echo\n/control invite");
    await settled(link);
    const got = link.got.slice(3).filter(({ event }) => event !== "pong" && event !== "message.ack");
    expect(got.map(({ event }) => event)).toEqual(["chat.metadata.invalidated", "typing.update", "message.send", "notify.signal", "message.reaction", "message.reply"]);
    expect(got[0]).toMatchObject({ chat_id: home, chat_type: "direct", payload: { scope: ["title", "avatar"] } });
    expect(got[2]).toMatchObject({ sender: { id: "system" }, payload: { metadata: { kind: "permission_result", outcome: "denied", operation: "friend.add", request_id: expect.stringMatching(/^req_/) } } });
    expect(got[4]?.payload).toMatchObject({ emoji: "🎉", reactor_user_id: blockOf(sim).ownerUserId });
    expect(got[5]?.sender?.id).toBe(blockOf(sim).userId);
  });

  it("end a stream of the agent, and take what was on its way", async () => {
    const { sim, link, home } = await connect();
    const id = link.stream(home, ["Half"]);
    await settled(link);
    sim.control("fail-stream");
    expect(await link.frame("message.failed")).toMatchObject({ chat_id: home, payload: { message_id: id, fragments: [{ kind: "text", text: "Half" }], streaming: { status: "failed", sequence: 0 } } });
    link.end(home, id, "Half", { sequence: 0 });
    await settled(link);
    expect([sim.server.streams.get(id)?.ended, shown(sim, id), faults(sim)]).toEqual(["aborted", undefined, []]);
  });

  it("CC-16 CC-51 can be unknown or malformed, and stay until they are acknowledged", async () => {
    const sim = await startSimulator("clawchat");
    try {
      const link = await join(sim);
      await sim.run("/control event message.hologram {}\n/control event message.send");
      await link.frame("message.send");
      expect(link.got.slice(3).map(({ event, dseq, payload }) => [event, dseq, payload])).toEqual([
        ["message.hologram", 2, {}],
        ["message.send", 3, {}],
      ]);
      expect(sim.frames.slice(-2).map(({ check }) => check.ok)).toEqual([false, false]);
      await link.crash();
      expect((await join(sim)).events().slice(2)).toEqual(["message.hologram", "message.send", "replay.done"]);
    } finally {
      await sim.stop();
    }
  });

  it("end a link without a code, or for another", async () => {
    const { sim, link } = await connect();
    sim.control("kick");
    expect((await link.closed).code).toBe(1005);
    const second = await join(sim);
    sim.control("takeover");
    expect((await second.closed).code).toBe(4001);
    expect(sim.server.kicks).toEqual([{ link: 1, why: "told to" }]);
    expect(sim.links.map(({ closed }) => [closed?.by, closed?.code])).toEqual([
      ["server", 1005],
      ["server", 4001],
    ]);
  });

  it.each([
    ["echo", /the agent has said nothing yet/],
    ["react", /the agent has said nothing yet/],
    ["merged", /nothing was said yet/],
    ["handshake nonsense", /"nonsense" is no fault of a handshake/],
    ["dissolve nowhere", /there is no conversation "nowhere"/],
    ["settings {}", /expected a list/],
    ["event message.send []", /expected a payload/],
    ["set colour=red", /there is no setting "colour"/],
    ["no-ack often", /expected how many times/],
  ])("explain why %s cannot be done", async (line, text) => {
    const { sim } = await connect();
    await expect(sim.run(`/control ${line}`)).rejects.toThrow(text);
  });

  it("wait for a link only where they are about one", async () => {
    const sim = await serve();
    await sim.run("/control no-ack\nkept until somebody comes\n/control notify friend.added");
    const link = await join(sim);
    expect(link.events()).toEqual(["connect.challenge", "hello-ok", "message.send", "notify.signal", "replay.done"]);
  });
});
