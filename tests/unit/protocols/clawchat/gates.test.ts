import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { CHAT, envelope, HOME, type Hub, message, openHub, OWNER } from "./hub.ts";

const chatError = (code: string, chat = CHAT) => envelope("message.error", { code }, { chat_id: chat });
const signal = (type: string, entity: string, event = `${type} ${entity}`) => envelope("notify.signal", { type, entity_id: entity, event_id: event, version: 1 });

/** What is written to a chat when everything is tried. */
function tries(hub: Hub, of: ReturnType<Hub["hears"]>): string[] {
  return [hub.types(of), hub.streams(of, "who"), hub.answers(of, "whole")].flatMap(({ events }) => events);
}

describe("a chat that the hub has refused", () => {
  it.each(["chat_not_found", "not_member"])("CC-40 is written nothing after %s, and the send is refused at once", (code) => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.frame(chatError(code));
    expect(tries(hub, of)).toEqual([]);
    const refused = hub.answers(of, "whole");
    expect(refused.settlements).toMatchObject([{ how: { is: "refused", why: "the hub has refused this chat lately" } }]);
    expect(refused.frames).toEqual([]);
  });

  it("CC-40 refuses at once even while something else is due", () => {
    const hub = openHub().ready();
    const [of, other] = [hub.hears(), hub.hears({ chat: "cnv_other" })];
    hub.types(other);
    hub.frame(chatError("not_member"));
    hub.next(message({ chat: "cnv_third", from: "usr_agent" }));
    hub.setClock(hub.now + 60_000);
    expect(hub.answers(of, "whole").frames).toEqual([]);
  });

  it("CC-24 CC-40 refuses what is said again, and not what may still be answered", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [first] = hub.answers(of, "whole").messages;
    hub.frame(chatError("not_member"));
    const again = hub.answers(of, "whole", {}, true).settlements;
    expect(again.map(({ receipt }) => receipt === first?.["trace_id"])).toEqual([false]);
    expect(hub.ack(first).settlements).toEqual([{ receipt: first?.["trace_id"], how: { is: "arrived" } }]);
  });

  it("CC-40 is open again after ten minutes", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.frame(chatError("not_member"));
    hub.wait(limits.rejectionMs - 1);
    expect(tries(hub, of)).toEqual([]);
    hub.wait(1);
    expect(hub.answers(of, "whole").messages.length).toBe(1);
  });

  it.each<[string, object]>([
    ["a message", message({ chat: CHAT })],
    ["an echo of the agent's own", message({ from: "usr_agent" })],
    ["typing", envelope("typing.update", { is_typing: true }, { chat_id: CHAT })],
    ["a malformed reaction", envelope("message.reaction", {}, { chat_id: CHAT })],
    ["something unknown", envelope("future.event", {}, { chat_id: CHAT })],
    ["a signal about it", signal("conversation.member_joined", CHAT)],
  ])("CC-40 is open again after %s of it", (_, frame) => {
    const hub = openHub({ grant: "none" }).ready();
    const of = hub.hears();
    hub.frame(chatError("not_member"));
    hub.frame(frame);
    expect(hub.answers(of, "whole").messages.length).toBe(1);
  });

  it.each<[string, object]>([
    ["another error of it", chatError("bad_request")],
    ["a message of another chat", message({ chat: "cnv_other" })],
    ["a signal that it is dissolved", signal("conversation.dissolved", CHAT)],
    ["a signal about another", signal("conversation.renamed", "cnv_other")],
  ])("CC-40 stays closed after %s", (_, frame) => {
    const hub = openHub({ grant: "none" }).ready();
    const of = hub.hears();
    hub.frame(chatError("chat_not_found"));
    hub.frame(frame);
    expect(tries(hub, of)).toEqual([]);
  });

  it("CC-40 is known on the next connection too, and not because of another code", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    for (const code of ["bad_request", "message_too_large", "unheard_of"]) hub.frame(chatError(code));
    expect(hub.answers(of, "whole").messages.length).toBe(1);
    hub.frame(chatError("not_member"));
    hub.reconnect();
    hub.ready();
    expect(tries(hub, of)).toEqual([]);
  });

  it("CC-40 is one of 512 at most", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.frame(chatError("not_member"));
    for (let index = 0; index < 479; index++) hub.frame(chatError("not_member", `cnv_${index}`));
    expect(tries(hub, of)).toEqual([]);
    for (let index = 479; index < 600; index++) hub.frame(chatError("not_member", `cnv_${index}`));
    expect(hub.answers(of, "whole").messages.length).toBe(1);
  });

  it("CC-41 is never the owner's", () => {
    const hub = openHub().ready();
    const home = hub.hears({ chat: HOME, from: OWNER });
    hub.frame(chatError("not_member", HOME));
    expect(hub.answers(home, "whole").messages.length).toBe(1);
    const direct = hub.hears({ chat: CHAT, from: OWNER });
    hub.frame(chatError("not_member"));
    expect(hub.answers(direct, "whole").messages.length).toBe(1);
    const inGroup = hub.hears({ chat: CHAT, from: OWNER, type: "group" });
    hub.frame(chatError("not_member"));
    expect(tries(hub, inGroup)).toEqual([]);
  });
});

describe("a chat that is dissolved", () => {
  it("CC-41 CC-43 sees nobody type, and everything else, until somebody writes there", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.next(signal("conversation.dissolved", CHAT));
    expect(tries(hub, of)).toEqual(["message.created", "message.add", "message.add", "message.done", "message.reply"]);
    expect(hub.types(hub.hears()).events).toEqual(["typing.update"]);
  });
});

describe("a chat without the id of one", () => {
  it.each(["usr_mira", "direct:usr_a:usr_b", "default", "0"])("CC-20 is written nothing: %s", (chat) => {
    const hub = openHub().ready();
    const of = hub.hears({ chat });
    expect(tries(hub, of)).toEqual([]);
    expect(hub.answers(of, "whole").settlements).toMatchObject([{ how: { is: "refused" } }]);
    const relaxed = openHub({ strictChatIds: false }).ready();
    expect(relaxed.answers(relaxed.hears({ chat }), "whole").messages.length).toBe(1);
  });
});
