import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { CHAT, envelope, type Hub, HOME, ME, openHub, OWNER, payloadOf, START } from "./hub.ts";

const reaction = (payload: object, more: object = {}) => envelope("message.reaction", { target_message_id: "msg-1", ...payload }, { chat_id: CHAT, sender: { id: "usr_mira", nick_name: "Mira" }, emitted_at: START, ...more });
const heardBy = (hub: Hub, frame: object) => hub.next(frame as never).requests;

describe("a reaction of somebody", () => {
  it("CC-25 names the message, who reacted and with what", () => {
    const hub = openHub().ready();
    expect(heardBy(hub, reaction({ emoji: "🚀" }))).toEqual([{ ask: "act", heard: { act: { act: "react", emoji: "🚀", isRemoval: false }, name: "msg-1", actor: { id: "usr_mira", name: "Mira", verified: true }, at: hub.now } }]);
  });

  it("CC-25 counts as long as a message would be answered", () => {
    expect(heardBy(openHub().ready(), reaction({ emoji: "🚀" }, { emitted_at: START - limits.answerAgeMs }))).toHaveLength(1);
  });

  it("CC-25 names no emoji where it is taken back: each person has one for a message", () => {
    const hub = openHub().ready();
    for (const emoji of ["🚀", "", "not an\nemoji", undefined]) {
      expect(heardBy(hub, reaction({ emoji, removed: true }))).toMatchObject([{ heard: { act: { act: "react", emoji: "", isRemoval: true } } }]);
    }
  });

  it("CC-25 is one of a person without a name, too", () => {
    const [heard] = heardBy(openHub().ready(), reaction({ emoji: "🚀" }, { sender: { id: "usr_mira", nick_name: null } }));
    expect(heard).toMatchObject({ heard: { actor: { id: "usr_mira", verified: true } } });
    expect(JSON.stringify(heard)).not.toContain('"name":""');
  });

  it.each([
    ["of the agent itself", reaction({ emoji: "🚀" }, { sender: { id: ME } })],
    ["of nobody", reaction({ emoji: "🚀" }, { sender: undefined })],
    ["without an emoji", reaction({})],
    ["of more than 64 bytes", reaction({ emoji: "🚀".repeat(17) })],
    ["that is too old to be answered", reaction({ emoji: "🚀" }, { emitted_at: START - limits.answerAgeMs - 1 })],
  ])("CC-25 starts nothing where it is one %s", (_, frame) => {
    expect(heardBy(openHub().ready(), frame)).toEqual([]);
  });
});

describe("a reaction of the agent", () => {
  const act = (hub: Hub, of: ReturnType<Hub["hears"]>, isRemoval = false, emoji = "🚀", name = of.messageId) => hub.says({ say: "act", act: { act: "react", emoji, isRemoval }, target: { name, place: of } });

  it("CC-25 names the message and the emoji, in the chat of the message", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [frame, ...others] = act(hub, of).frames;
    expect(others).toEqual([]);
    expect(frame).toMatchObject({ version: "2", event: "message.reaction", chat_id: CHAT, emitted_at: hub.now });
    expect(payloadOf(frame)).toEqual({ target_message_id: of.messageId, emoji: "🚀" });
    expect(payloadOf(act(hub, of, true).frames[0])).toEqual({ target_message_id: of.messageId, emoji: "🚀", removed: true });
  });

  it("CC-25 CC-30 carries nothing that the hub deletes", () => {
    const hub = openHub().ready();
    expect(payloadOf(act(hub, hub.hears(), false, "🚀\u0000").frames[0])).toMatchObject({ emoji: "🚀" });
  });

  it("CC-25 is refused where the message has a name that the hub would not take", () => {
    const hub = openHub().ready();
    const heard = act(hub, hub.hears(), false, "🚀", "msg\u0000");
    expect(heard.frames).toEqual([]);
    expect(heard.notes).toEqual(["warn chat-closed"]);
    expect(heard.settlements).toEqual([{ receipt: expect.stringMatching(/^unsent \S/) as string, how: { is: "refused", why: "the message has a name that the hub would not take" } }]);
  });

  it("CC-25 CC-40 goes into no chat that the hub has refused, and into the owner's all the same", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.frame(envelope("message.error", { code: "not_member" }, { chat_id: CHAT }));
    const heard = act(hub, of);
    expect(heard.frames).toEqual([]);
    expect(heard.settlements).toMatchObject([{ how: { is: "refused", why: "the hub has refused this chat lately" } }]);
    const own = hub.hears({ chat: HOME, from: OWNER });
    hub.frame(envelope("message.error", { code: "not_member" }, { chat_id: HOME }));
    expect(act(hub, own).events).toEqual(["message.reaction"]);
  });

  it("CC-22 is not said before the hub has admitted the plugin, and no other act ever", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    expect(hub.says({ say: "act", act: { act: "delete" }, target: { name: of.messageId, place: of } }).all).toEqual([]);
    hub.reconnect();
    expect(act(hub, of).all).toEqual([]);
  });
});
