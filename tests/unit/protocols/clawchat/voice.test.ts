import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.ts";
import { followingId, IDS_PER_ANSWER } from "../../../../src/protocols/clawchat/ids.ts";
import { mayBeSilence, spoken } from "../../../../src/protocols/clawchat/silence.ts";
import { type About, CHAT, contextOf, envelope, fragmentsOf, type Hub, message, openHub, payloadOf, textOf } from "./hub.ts";

const think = (hub: Hub, of: About, content: string) => hub.says({ say: "thought", of, content });
const gap = (hub: Hub) => hub.frame({ ...message(), dseq: 99 });

describe("an answer", () => {
  const long = "word ".repeat(1500);
  const replies = (replyToMode: "off" | "first" | "all", more = {}) => {
    const hub = openHub({ replyToMode }).ready();
    return hub.answers(hub.hears({ id: "m-1" }), long, more).messages.map((frame) => (contextOf(frame)["reply"] as { reply_to_msg_id: string } | null)?.reply_to_msg_id);
  };

  it("CC-32 replies as the operator wants, where the agent does not say so itself", () => {
    expect(replies("off")).toEqual([undefined, undefined]);
    expect(replies("first")).toEqual(["m-1", undefined]);
    expect(replies("all")).toEqual(["m-1", "m-1"]);
    expect(replies("off", { replyToMessageId: "m-0" })).toEqual(["m-0", undefined]);
  });

  it("CC-34 CC-36 is silence or text, with links to the files that the hub does not keep", () => {
    const said = (content: string, more = {}) => {
      const hub = openHub().ready();
      return hub.answers(hub.hears(), content, more).messages.map(fragmentsOf);
    };
    const mediaUrls = ["https://a.example/1", "https://a.example/2"];
    const file = { kind: "image", url: "https://media.example/a" } as const;
    expect(said("clawchat:silent")).toEqual([]);
    expect(said("one", { mediaUrls })).toEqual([[{ kind: "text", text: "one\n\nhttps://a.example/1\n\nhttps://a.example/2" }]]);
    expect(said("[SILENT]", { mediaUrls: mediaUrls.slice(1) })).toEqual([[{ kind: "text", text: "https://a.example/2" }]]);
    expect(said("here <clawchat:silent>", { attachments: [file] })).toEqual([[{ kind: "text", text: "here" }, file]]);
    expect(said("[SILENT]", { attachments: [file] })).toEqual([[file]]);
  });

  it("CC-69 is told as a failure by the last id of the answer, to one who is alone with the agent", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    const [failure, ...others] = hub.fails(of, "timeout").messages;
    expect(others).toEqual([]);
    expect(payloadOf(failure)["message_id"]).toBe(followingId(of.origin.answerId, IDS_PER_ANSWER - 1));
    expect(textOf(failure)).toBe("The answer took too long and was given up. Please try again.");
    expect(hub.fails(hub.hears(), "cancelled").all).toEqual([]);
    expect(hub.fails(hub.hears({ type: "group" })).all).toEqual([]);
  });

  it("CC-68 CC-69 ends no stream on a connection that is given up, and is said all the same", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.streams(of, "who");
    gap(hub);
    expect(hub.answers(of, "who else").events).toEqual(["message.reply"]);
  });

  it("CC-40 says where it did not go, by a name that nobody waits for", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.frame(envelope("message.error", { code: "not_member" }, { chat_id: CHAT }));
    const why = "the hub has refused this chat lately";
    expect(hub.answers(of, "whole").all).toEqual([
      { do: "note", level: "warn", code: "chat-closed", data: { messageId: of.origin.answerId, why } },
      { do: "settle", receipt: `unsent trace-${of.origin.answerId}-0`, how: { is: "refused", why } },
    ]);
  });

  it("CC-22 is noted where the hub has not admitted the plugin", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    hub.reconnect();
    expect(hub.answers(of, "whole").all).toEqual([{ do: "note", level: "debug", code: "not-ready", data: { messageId: of.origin.answerId } }]);
  });

  it("CC-26 is the last on a connection on which nothing is acknowledged", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    let heard = hub.answers(of, "whole");
    for (let index = 1; heard.doings.length === 0 && index < 2 * limits.awaitedAcks; index++) {
      heard = hub.says({ say: "announce", messageId: hub.protocol.announcementId(), to: of, text: "more", mediaUrls: [] });
    }
    expect(heard.all.slice(-2)).toEqual([
      { do: "note", level: "warn", code: "nothing-acknowledged", data: { messages: limits.awaitedAcks } },
      { do: "close", code: 1000, reason: "nothing is acknowledged" },
    ]);
    expect(hub.state.phase).toEqual({ is: "lost", wasReady: true });
  });
});

describe("what is shown while the agent thinks and types", () => {
  it("CC-68 is each message's own", () => {
    const hub = openHub({ outputVisibility: "full" }).ready();
    const [one, two] = [hub.hears(), hub.hears()];
    expect([think(hub, one, "hm"), think(hub, two, "well")].map((heard) => heard.events)).toEqual([["message.created", "message.add"], ["message.created", "message.add"]]);
    expect(hub.answers(one, "so").events).toEqual(["message.done", "message.reply"]);
    expect(think(hub, two, "well, yes").of("message.add")).toHaveLength(1);
    const plain = openHub().ready();
    expect(think(plain, plain.hears(), "hm").all).toEqual([]);
  });

  it("CC-67 is nothing of a run that is made again, nor of what may be silence, nor of tools", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    expect(hub.streams(of, "who", 2).all).toEqual([]);
    expect(hub.streams(of, "NO_RE").all).toEqual([]);
    expect(hub.says({ say: "activity", of, activity: { id: "1", tool: "read", status: "started" } }).all).toEqual([]);
    expect(hub.says({ say: "repeated", of }).all).toEqual([]);
    expect(hub.streams(of, "who").events).toEqual(["message.created", "message.add"]);
  });

  it("CC-69 is of a bounded number of messages at once", () => {
    const hub = openHub().ready();
    const all = Array.from({ length: limits.openStreams + 1 }, () => hub.hears());
    expect(all.map((of) => hub.streams(of, "who").events.length)).toEqual([...Array<number>(limits.openStreams).fill(2), 0]);
    expect(all.map((of) => hub.streams(of, "who else").events.length)).toEqual([...Array<number>(limits.openStreams).fill(1), 0]);
  });

  it("CC-40 CC-69 is ended with the account where the chat is open, and not where it is closed", () => {
    const hub = openHub().ready();
    const [open, closed] = [hub.hears({ chat: "cnv_open" }), hub.hears()];
    for (const of of [open, closed]) hub.streams(of, "who");
    hub.next(envelope("message.error", { code: "not_member" }, { chat_id: CHAT }));
    expect(hub.says({ say: "goodbye" }).of("message.failed").map(({ chat_id: chat }) => chat)).toEqual(["cnv_open"]);
    const away = openHub().ready();
    away.types(away.hears());
    away.reconnect();
    expect(away.says({ say: "goodbye" }).all).toEqual([]);
  });

  it("CC-42 begins once for a message, however often it is said", () => {
    const hub = openHub().ready();
    const of = hub.hears();
    expect([hub.types(of), hub.types(of)].map((heard) => heard.events.length)).toEqual([1, 0]);
    expect(hub.answers(of, "whole").of("typing.update").map(payloadOf)).toEqual([{ is_typing: false }]);
    expect(hub.wait(60_000).of("typing.update")).toEqual([]);
  });
});

describe("a refusal", () => {
  const refused = (code: string, changes = {}) => {
    const hub = openHub().ready();
    return hub.says({ say: "refused", of: hub.hears(changes), refusal: { code: code as "agent_error", error: "not now" } }).messages.map((frame) => [frame["event"], textOf(frame)]);
  };

  it("CC-69 is told to one who is alone with the agent, where it is theirs to know", () => {
    for (const code of ["agent_error", "media_rejected", "not_stored", "queue_full", "rate_limited"]) expect(refused(code)).toEqual([["message.reply", "not now"]]);
    expect(refused("access_denied")).toEqual([]);
    expect(refused("queue_full", { type: "group" })).toEqual([]);
  });
});

describe("silence", () => {
  it("CC-34 is a marker of 64 characters at most", () => {
    const marker = (length: number) => `${"!".repeat(length - 6)}SILENT`;
    expect([spoken(marker(64)), spoken(marker(65))]).toEqual([undefined, marker(65)]);
    expect(spoken(` ${marker(64)}\n`)).toBeUndefined();
    expect([mayBeSilence(marker(64)), mayBeSilence(marker(65))]).toEqual([true, false]);
    const loose = (length: number) => `${"!".repeat(length - 17)}clawchat : silent`;
    expect([spoken(loose(64)), spoken(loose(65))]).toEqual([undefined, loose(65)]);
  });
});
