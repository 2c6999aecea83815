import { describe, expect, it } from "vitest";
import { spoken } from "../../../../src/protocols/clawchat/silence.ts";
import { envelope, type Json, login, message, openHub } from "./hub.ts";

const permission = (more: Json = {}) => message({ from: "system", payload: { metadata: { kind: "permission_result", request_id: "req-1", operation: "friend.add", outcome: "approved" } }, ...more });
const nested = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;

describe("an error for a frame of a stream", () => {
  it.each([["bad_request"], [""]])("CC-17 CC-26 CC-27 says nothing of the reply with the same id: %j", (code) => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [add] = hub.streams(of, "Hello").of("message.add");
    const [reply] = hub.answers(of, "Hello there").messages;
    expect(hub.refuse(add, code).settlements).toEqual([]);
    expect(hub.ack(reply).settlements).toEqual([{ receipt: reply?.["trace_id"], how: { is: "arrived" } }]);
  });
});

describe("a permission result", () => {
  it("CC-48 CC-62 that could not be stored starts its turn when it comes again", () => {
    const hub = openHub().ready();
    hub.stores(() => false);
    expect(hub.next(permission()).turns).toHaveLength(1);
    hub.reconnect();
    hub.stores(() => true);
    hub.admit();
    expect(hub.next(permission()).turns).toHaveLength(1);
    expect(hub.next(permission()).turns).toEqual([]);
  });

  it("CC-56 CC-62 of long ago starts no turn when it is replayed", () => {
    const hub = openHub();
    hub.admit();
    expect(hub.next(permission({ emitted_at: hub.now - 90_000_000 })).turns).toEqual([]);
  });

  it("CC-35 CC-62 is answered as in a group where it came in one and the owner's own chat is not known", () => {
    const { homeConversationId: _none, ...homeless } = login;
    const hub = openHub({ login: () => homeless }).ready();
    const [inbound] = hub.next(permission({ chat: "cnv_group", type: "group" })).turns;
    expect(inbound).toMatchObject({ origin: { chatId: "cnv_group", chatType: "group" }, conversation: { kind: "group", id: "cnv_group" } });
  });
});

describe("a frame of any form", () => {
  it("CC-16 CC-47 does not throw: a dseq that is nested deeply", () => {
    const text = JSON.stringify({ ...message(), dseq: "HERE" }).replace('"HERE"', nested);
    expect(openHub().ready().frame(text).doings).toEqual(["close"]);
  });

  it("CC-16 does not throw: a delivery_mode that cannot be made a text", () => {
    const hub = openHub();
    hub.challenge();
    expect(hub.hello({ device_id: "x", delivery_mode: { toString: null }, ack_mode: "dseq", ack_epoch: "e" }).doings).toContain("ready");
  });
});

describe("what the model says", () => {
  it.each(["Slack: 3 replies\nClawChat: no reply\nTelegram: 1 reply", "What I found in ClawChat:\n\nNo reply from Ann yet."])("CC-34 is said: %j", (text) => expect(spoken(text)).toBe(text));
});

describe("the repeats of the last acknowledgement", () => {
  it("CC-49 go on after the clock was set back", () => {
    const hub = openHub().ready();
    expect(hub.wait(40_000).acked).not.toEqual([]);
    hub.setClock(hub.now - 3_600_000);
    hub.frame(envelope("pong", {}));
    expect(hub.wait(90_000).acked).not.toEqual([]);
  });
});

describe("ids of others", () => {
  it("CC-30 are not repeated where they could not stand on the wire", () => {
    const hub = openHub({ deliveryReceipts: true }).ready();
    // The double of the hub checks every frame.
    expect(hub.answers(hub.hears({ from: "usr_\ud800x" }), "ok").messages).toHaveLength(1);
    expect(hub.answers(hub.hears({ id: "\u0000\ud800" }), "ok").messages).toHaveLength(1);
  });
});

describe("a stream", () => {
  it("CC-19 CC-69 does not end because somebody else says that one of this id has failed", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "Hello");
    const streaming = { status: "failed", sequence: 0 };
    hub.frame(envelope("message.failed", { message_id: of.origin.answerId, fragments: [], streaming, completed_at: 1 }, { chat_id: "cnv_other", chat_type: "group", sender: { id: "usr_mallory", type: "direct" } }));
    expect(hub.streams(of, "Hello there").events).toEqual(["message.add"]);
  });

  it("CC-69 of thoughts fails with its turn", () => {
    const hub = openHub({ outputVisibility: "full" }).ready();
    const of = hub.hears({ type: "group" });
    hub.says({ say: "thought", of, content: "hm", attempt: 1 });
    expect(hub.fails(of).events).toContain("message.failed");
  });
});
