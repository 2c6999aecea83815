import { afterEach, describe, expect, it } from "vitest";
import { type ClawLink, newMessageId, openLink } from "./claw-client.ts";
import { blockOf, type ClawSimulator, join, serve, settled, stopAll } from "./claw-world.ts";

afterEach(stopAll);

async function connect(options: Parameters<typeof join>[1] = {}, served: Parameters<typeof serve>[0] = {}): Promise<{ sim: ClawSimulator; link: ClawLink; home: string }> {
  const sim = await serve(served);
  const link = await join(sim, options);
  return { sim, link, home: blockOf(sim).homeConversationId };
}

const faults = (sim: ClawSimulator) => sim.violations.map(({ text }) => text);
const shown = (sim: ClawSimulator, id: string) => sim.server.view.messages.get(id);
const message = (text: string, more: object = {}) => ({ message_id: newMessageId(), message_mode: "normal", message: { body: { fragments: [{ kind: "text", text }] }, context: { mentions: [], reply: null } }, ...more });

describe("a message of the plugin", () => {
  it("is acknowledged by its trace_id, with what it was addressed to", async () => {
    const { link, home } = await connect();
    const to = { id: home, type: "direct" };
    const payload = message("hello");
    const traceId = link.send("message.send", payload, { chat_id: home, to });
    expect(await link.frame("message.ack")).toMatchObject({ trace_id: traceId, chat_id: home, to, payload: { message_id: payload.message_id, accepted_at: expect.any(Number) } });
  });

  it("CC-28 written again is acknowledged again, and shown once", async () => {
    const { sim, link, home } = await connect();
    const asked = sim.say({ text: "?" });
    const messageId = newMessageId();
    for (let count = 0; count < 3; count += 1) link.say(home, "hello", { event: "message.reply", messageId, replyTo: asked });
    await settled(link);
    expect(link.got.filter(({ event }) => event === "message.ack")).toHaveLength(3);
    expect(shown(sim, messageId)).toMatchObject({ text: "hello", writes: 3 });
    expect(sim.replies).toEqual([expect.objectContaining({ messageId: asked, attempts: 3 })]);
    expect(faults(sim)).toEqual([]);
  });

  it("CC-29 with the id of another one is a fault, and the last one counts", async () => {
    const { sim, link, home } = await connect();
    const { messageId } = link.say(home, "one");
    link.say(home, "two", { messageId });
    await settled(link);
    expect(faults(sim)).toEqual([`message.send has the id ${messageId}, which was another message`]);
    expect(shown(sim, messageId)).toMatchObject({ text: "two", texts: ["one", "two"] });
  });

  it("with the id of what somebody else said is a fault", async () => {
    const { sim, link, home } = await connect();
    const asked = sim.say({ text: "?" });
    link.say(home, "mine", { messageId: asked });
    await settled(link);
    expect(faults(sim)).toEqual([`message.send has the id ${asked} of somebody else's message`]);
  });

  it("reaches the other agents of a group", async () => {
    const sim = await serve({ accounts: { office: "", home: "" } });
    const { accounts } = sim.config["clawchat"] as { accounts: Record<string, { token: string }> };
    const [office, home] = await Promise.all(
      ["office", "home"].map(async (name) => {
        const link = await openLink(sim.url);
        await link.hello(accounts[name]?.token ?? "", name);
        await link.frame("replay.done");
        return link;
      }),
    );
    office?.send("typing.update", { is_typing: true }, { chat_id: sim.server.world.agent("office").home.id });
    sim.say({ text: "hello", conversation: "harbour", account: "office" });
    const group = (await office?.frame("message.send"))?.chat_id ?? "";
    office?.say(group, "hello all");
    const frame = await home?.frame("message.send", ({ sender }) => sender?.nick_name === "office");
    expect(home?.events()).not.toContain("typing.update");
    expect(frame).toMatchObject({ chat_type: "group", dseq: 3, payload: { message: { streaming: { status: "static", mutation_policy: "sealed" } } } });
  });

  it.each<[string, (link: ClawLink, home: string) => void, string]>([
    ["chat_not_found", (link) => link.say("cnv_01M2B7C9D1E3F5G7H9J1K3M5N7", "x"), ""],
    ["bad_request", (link) => link.say("usr_01M2B7C9D1E3F5G7H9J1K3M5N7", "x"), "Invalid field chat_id"],
    ["message_id_too_long", (link, home) => link.say(home, "x", { messageId: "é".repeat(257) }), "Invalid field payload.message_id"],
    ["message_too_large", (link, home) => link.say(home, "x".repeat(1_000_000)), "Invalid field payload.message.body.fragments[0].text"],
    ["unsupported_version", (link, home) => link.send("message.send", message("x"), { chat_id: home, version: "1" }), "Invalid field version"],
    ["bad_request", (link, home) => link.send("message.reaction", { target_message_id: "m", emoji: "👍".repeat(17) }, { chat_id: home }), ""],
    ["capability_missing", (link) => link.send("history.transit", { kind: "history_sync_request" }, { target_device_id: "d", sender: { id: "usr_1", type: "direct" }, origin_device_id: "o" }), "history.transit came without"],
  ])("is refused with %s", async (code, act, fault) => {
    const { sim, link, home } = await connect();
    act(link, home);
    expect((await link.frame("message.error")).payload.code).toBe(code);
    await settled(link);
    expect(link.events()).not.toContain("message.ack");
    expect(sim.server.view.messages.size).toBe(0);
    expect(faults(sim).join()).toContain(fault);
  });

  it("is refused where the agent is no member, or nobody is any more", async () => {
    const { sim, link } = await connect();
    sim.say({ text: "one", conversation: "harbour" });
    const group = String((await link.frame("message.send")).chat_id);
    sim.control("leave", "harbour");
    const { messageId, traceId } = link.say(group, "x");
    expect(await link.frame("message.error")).toMatchObject({ trace_id: traceId, chat_id: group, payload: { message_id: messageId, code: "not_member", reason: expect.any(String), rejected_at: expect.any(Number) } });
    sim.control("dissolve", group);
    link.say(group, "x");
    await link.frame("message.error", ({ payload }) => payload.code === "chat_not_found");
    expect((await link.frame("notify.signal")).payload).toMatchObject({ type: "conversation.dissolved", entity_id: group });
  });

  it.each<[string, (link: ClawLink, home: string) => void, string]>([
    ["without a chat", (link) => link.send("message.send", message("x")), "Invalid field chat_id"],
    ["of an unknown event", (link) => link.send("message.shout", {}), "Invalid field event"],
    ["that is no JSON", (link) => link.socket.send("{"), "Not JSON"],
    ["that is binary", (link) => link.socket.send(Buffer.from([1])), "a text frame"],
  ])("is dropped without a word when it is one %s", async (_what, act, fault) => {
    const { sim, link, home } = await connect();
    act(link, home);
    await settled(link);
    expect(link.events()).toEqual(["connect.challenge", "hello-ok", "replay.done", "pong"]);
    expect(faults(sim)[0]).toContain(fault);
  });

  it.each<[string, object, object, string]>([
    ["a sender", {}, { sender: { id: "usr_x", type: "direct" } }, "Invalid field sender"],
    ["a chat_type", {}, { chat_type: "direct" }, "Invalid field chat_type"],
    ["another form of id", { message_id: "m-1" }, {}, "Invalid field payload.message_id"],
    ["half of a character", { message: { body: { fragments: [{ kind: "text", text: "\ud83d" }] }, context: { mentions: [], reply: null } } }, {}, "half of a character"],
    ["mentions of the context alone", { message: { body: { fragments: [{ kind: "text", text: "x" }] }, context: { mentions: [{ kind: "mention", user_id: "all", display: "all" }], reply: null } } }, {}, "context.mentions are not"],
    ["an answer to nothing", { message: { body: { fragments: [{ kind: "text", text: "x" }] }, context: { mentions: [], reply: { reply_to_msg_id: "m-9", reply_preview: null } } } }, {}, 'a reply to the message "m-9"'],
  ])("CC-38 is against the rules with %s, and taken all the same", async (_what, payload, envelope, fault) => {
    const { sim, link, home } = await connect();
    link.send("message.send", { ...message("x"), ...payload }, { chat_id: home, ...envelope });
    await link.frame("message.ack");
    expect(faults(sim)[0]).toContain(fault);
  });

  it("loses its U+0000", async () => {
    const { sim, link, home } = await connect();
    const payload = message("a\u0000b");
    link.send("message.send", payload, { chat_id: home });
    await link.frame("message.ack");
    expect(shown(sim, payload.message_id)?.text).toBe("ab");
    expect(faults(sim)).toHaveLength(1);
  });
});

describe("a message on demand", () => {
  it("is not acknowledged, or refused, as often as told", async () => {
    const { sim, link, home } = await connect();
    sim.control("no-ack", "1");
    const first = link.say(home, "kept");
    await settled(link);
    sim.control("error", "not_member 1");
    const second = link.say(home, "refused");
    expect((await link.frame("message.error")).trace_id).toBe(second.traceId);
    await sim.run("/control no-ack 3\n/control no-ack 0");
    const third = link.say(home, "fine");
    expect((await link.frame("message.ack")).trace_id).toBe(third.traceId);
    expect([first, second, third].map(({ messageId }) => shown(sim, messageId)?.text)).toEqual(["kept", undefined, "fine"]);
  });

  it("is kept, and its link cut instead of an acknowledgement", async () => {
    const { sim, link, home } = await connect();
    sim.control("cut");
    const { messageId } = link.say(home, "kept");
    expect((await link.closed).code).toBe(1006);
    expect([shown(sim, messageId)?.text, link.events().includes("message.ack")]).toEqual(["kept", false]);
  });
});
