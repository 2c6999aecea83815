import { describe, expect, it } from "vitest";
import { CHAT, envelope, HOME, ME, message, openHub, OWNER, START } from "./hub.ts";

const DAY = 86_400_000;

describe("a message of somebody", () => {
  it("CC-35 is delivered as the hub vouches for it, in the writer's own conversation", () => {
    const inbound = openHub().ready().hears({ id: "msg-a", from: "usr_mira", name: "Mira", text: "deploy it please" });
    expect(inbound).toMatchObject({
      messageId: "msg-a",
      sender: { id: "usr_mira", name: "Mira", verified: true },
      conversation: { kind: "direct", id: "usr_mira" },
      content: "deploy it please",
      media: [],
      mentioned: false,
      receivedAt: START,
      origin: { chatId: CHAT, chatType: "direct", messageId: "msg-a", mentions: [], isMentioned: false, emittedAt: START, preview: { id: "usr_mira", name: "Mira", text: "deploy it please" } },
    });
    expect(JSON.parse(JSON.stringify(inbound))).toEqual(inbound);
  });

  it("CC-35 belongs in a group to its writer's own conversation, or to the group's where all share one", () => {
    expect(openHub().ready().hears({ type: "group" }).conversation).toEqual({ kind: "group", id: CHAT, subject: CHAT, member: "usr_mira" });
    expect(openHub({ sessionsPerMember: false }).ready().hears({ type: "group" }).conversation).toEqual({ kind: "group", id: CHAT, subject: CHAT });
    expect(openHub({ verifiesSenders: false }).ready().hears().sender.verified).toBe(false);
  });

  it("CC-29 has the id of its answer from the moment it comes", () => {
    const hub = openHub().ready();
    const ids = [hub.hears(), hub.hears()].map(({ origin }) => origin.answerId);
    for (const id of ids) expect(id).toMatch(/^msg-[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    expect(new Set(ids).size).toBe(2);
  });

  it("CC-36 shows text, mentions, files and what it does not know, each in its place", () => {
    const fragments = [
      { kind: "text", text: "look " },
      { kind: "mention", user_id: "usr_a", display: "Ann" },
      { kind: "mention", user_id: "usr_b" },
      { kind: "mention" },
      { kind: "text", text: " here" },
      { kind: "image", url: "/media/cat.png", name: "cat", mime: "image/png" },
      { kind: "file", url: "https://files.example/a.pdf?x=1" },
      { kind: "video", url: "file:///etc/passwd" },
      { kind: "poll", text: "what now?" },
      { kind: "sticker" },
      { text: "no kind" },
      17,
      null,
      { kind: "audio" },
    ];
    const inbound = openHub().ready().hears({ fragments });
    expect(inbound.content.split("\n")).toEqual([
      "look @Ann@usr_b here",
      "![cat](https://media.example/media/cat.png)",
      "[https://files.example/a.pdf?x=1](https://files.example/a.pdf?x=1)",
      "[file:///etc/passwd](file:///etc/passwd)",
      "what now?[unsupported content: sticker][unsupported content: audio]",
    ]);
    expect(inbound.media).toEqual([
      { from: "url", url: "https://media.example/media/cat.png", mimeType: "image/png", name: "cat" },
      { from: "url", url: "https://files.example/a.pdf?x=1" },
    ]);
  });

  it("CC-36 is cut, and says so, where it is longer than the operator wants", () => {
    const inbound = openHub({ contentChars: 5 }).ready().hears({ text: "😀😀😀😀😀😀" });
    expect(inbound.content).toBe("😀😀😀😀…");
    expect(inbound.customData).toEqual({ truncated: true });
    expect(openHub({ contentChars: 5 }).ready().hears({ text: "😀😀😀😀😀" }).customData).toBeUndefined();
  });

  it.each([
    ["in its body", { fragments: [{ kind: "mention", user_id: ME, display: "bot" }] }, [ME]],
    ["beside its body", { mentions: [{ kind: "mention", user_id: ME }] }, [ME]],
    ["by a bare id", { mentions: [17, {}, "", null, ME] }, [ME]],
    ["as everyone", { mentions: [{ user_id: "all" }] }, ["all"]],
  ])("CC-37 mentions the agent %s", (_, changes, mentions) => {
    const inbound = openHub().ready().hears({ type: "group", ...changes });
    expect(inbound.mentioned).toBe(true);
    expect(inbound.origin).toMatchObject({ isMentioned: true, mentions });
  });

  it.each([[{ mentions: [{ user_id: "usr_other" }] }], [{ mentions: null }], [{ mentions: "usr_agent" }], [{ text: "@usr_agent" }]])("CC-37 does not mention the agent with %j", (changes) => {
    expect(openHub().ready().hears({ type: "group", ...changes }).mentioned).toBe(false);
  });

  it("CC-39 quotes the message it replies to, never the author's id", () => {
    const reply = { reply_to_msg_id: "msg-q", reply_preview: { id: "usr_agent", nick_name: "bot", fragments: [{ kind: "text", text: "shall I " }, { kind: "image", url: "u" }, { kind: "text", text: "go?" }] } };
    expect(openHub().ready().hears({ event: "message.reply", reply }).quote).toEqual({ messageId: "msg-q", body: "shall I go?", isAgents: true });
    const ofAnother = { ...reply, reply_preview: { ...reply.reply_preview, id: "usr_other" } };
    expect(openHub().ready().hears({ event: "message.reply", reply: ofAnother }).quote).toEqual({ messageId: "msg-q", body: "shall I go?" });
    expect(openHub().ready().hears({ reply: { reply_to_msg_id: "msg-q", reply_preview: null } }).quote).toEqual({ messageId: "msg-q" });
  });

  it.each(["msg-q", {}, { reply_to_msg_id: "" }, { reply_preview: { id: "msg-q", fragments: [] } }, 5])("CC-39 keeps the message and takes %j for no reply", (reply) => {
    expect(openHub().ready().hears({ reply }).quote).toBeUndefined();
  });

  it.each([
    ["of the agent's own user", { from: ME }],
    ["of the system that is no permission result", { from: "system", payload: { metadata: { kind: "greeting" } } }],
    ["in thinking mode", { payload: { message_mode: "thinking" } }],
    ["in a chat of an unknown kind", { type: "channel" }],
    ["without a sender", { sender: undefined }],
    ["of a sender without an id", { sender: { type: "direct" } }],
  ])("CC-57 is not answered when it is %s, and acknowledged all the same", (_, changes) => {
    const hub = openHub().ready();
    const heard = hub.next(message(changes));
    expect(heard.requests).toEqual([]);
    expect(hub.wait(200).acked).toEqual([2]);
  });

  it.each(["", undefined, "normal"])("CC-57 is answered in the mode %j", (mode) => {
    expect(openHub().ready().next(message({ payload: { message_mode: mode } })).turns.length).toBe(1);
  });

  it("CC-53 is known by its chat and its id", () => {
    const { protocol } = openHub();
    const hub = openHub().ready();
    const keys = [hub.hears({ id: "a" }), hub.hears({ id: "a", text: "edited" }), hub.hears({ id: "a", chat: "cnv_other" })].map((inbound) => protocol.identify(inbound));
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[2]).not.toEqual(keys[0]);
  });

  it("CC-56 is kept and not answered when it is replayed after more than a day", () => {
    const hub = openHub();
    hub.admit();
    expect(hub.next(message({ emitted_at: START - DAY - 1 }))).toMatchObject({ turns: [], kept: [{ content: "deploy it please" }] });
    expect(hub.next(message({ emitted_at: START - DAY })).turns.length).toBe(1);
    hub.replayDone();
    expect(hub.next(message({ emitted_at: START - DAY - 1 })).turns.length).toBe(1);
  });

  it("CC-56 is still a replayed one when the replay paused", () => {
    const hub = openHub();
    hub.admit();
    hub.wait(60_000);
    expect(hub.next(message({ emitted_at: START - 2 * DAY })).turns).toEqual([]);
  });
});

describe("a copy the hub made of a stream", () => {
  const copy = (id: string, text = "partial") => message({ event: "message.reply", id, text, payload: { stream_merged: true } });

  it("CC-54 is a message when its author's own does not come within two seconds", () => {
    const hub = openHub().ready();
    expect(hub.next(copy("msg-s")).requests).toEqual([]);
    expect(hub.wait(1999).requests).toEqual([]);
    const late = hub.wait(1);
    expect(late.turns).toMatchObject([{ messageId: "msg-s", content: "partial", origin: { isProvisional: true } }]);
  });

  it("CC-54 is kept and not answered when its author's own comes", () => {
    const hub = openHub().ready();
    hub.next(copy("msg-s"));
    const final = hub.next(message({ id: "msg-s", text: "whole" }));
    expect(final.requests.map(({ ask }) => ask)).toEqual(["keep", "turn"]);
    expect(final.turns[0]?.content).toBe("whole");
    expect(hub.wait(10_000).requests).toEqual([]);
    expect(hub.sent.filter(({ event }) => event === "message.sync_ack").map(({ payload }) => payload)).toContainEqual({ dseq: 3, epoch: "epoch-1" });
  });

  it("CC-54 says nothing when its author's own came before", () => {
    const hub = openHub().ready();
    hub.hears({ id: "msg-s", text: "whole" });
    expect(hub.next(copy("msg-s")).requests).toEqual([]);
    expect(hub.wait(10_000).requests).toEqual([]);
  });

  it("CC-54 waits in a replay for its end, across a lost connection too", () => {
    const hub = openHub();
    hub.admit();
    hub.next(copy("msg-s"));
    hub.wait(4_999);
    hub.reconnect();
    hub.admit();
    expect(hub.replayDone().turns.map(({ messageId }) => messageId)).toEqual(["msg-s"]);
  });

  it("CC-54 is not acknowledged before it is stored, and a second one takes its place", () => {
    const hub = openHub().ready();
    hub.wait(1000);
    hub.next(copy("msg-s", "a"));
    hub.next(copy("msg-s", "ab"));
    expect(hub.wait(1900).acked).toEqual([2]);
    const turns = hub.wait(200);
    expect(turns.turns.map(({ content }) => content)).toEqual(["ab"]);
    expect(hub.wait(300).acked).toEqual([3]);
  });
});

describe("a replay", () => {
  it("CC-55 is over after five seconds without a frame", () => {
    const hub = openHub();
    hub.admit();
    hub.next(message({ id: "msg-s", payload: { stream_merged: true } }));
    hub.wait(3000);
    hub.next(message());
    expect(hub.wait(4999).turns).toEqual([]);
    expect(hub.wait(1).turns.map(({ messageId }) => messageId)).toEqual(["msg-s"]);
  });

  it("CC-55 ends once, and a second end is acknowledged", () => {
    const hub = openHub().ready();
    const again = hub.replayDone();
    expect(again.requests).toEqual([]);
    expect(again.acked).toEqual([2]);
  });

  it("CC-17 CC-55 ends by a malformed replay.done too, and a malformed history.truncated counts", () => {
    const hub = openHub();
    hub.admit();
    hub.next(message({ id: "msg-s", payload: { stream_merged: true } }));
    expect(hub.frame(envelope("history.truncated", { oldest_seq: "x" })).notes).toContain("warn history-incomplete");
    expect(hub.frame(envelope("history.truncated", { oldest_seq: 15 })).notes).toEqual(["warn history-incomplete"]);
    expect(hub.next(envelope("replay.done", [])).turns.map(({ messageId }) => messageId)).toEqual(["msg-s"]);
  });
});

describe("a notice of the hub", () => {
  const result = (requestId: unknown, more = {}) => message({ from: "system", chat: HOME, payload: { metadata: { kind: "permission_result", request_id: requestId, operation: "friend.add", outcome: "approved", reason: "owner_allowed", ...more } } });

  it("CC-62 starts one turn for each permission that was decided, in the owner's direct chat", () => {
    const hub = openHub().ready();
    const [turn] = hub.next(result("req_a1")).turns;
    expect(turn).toMatchObject({ messageId: "permission:req_a1", sender: { id: OWNER }, conversation: { kind: "direct", id: OWNER }, origin: { chatId: HOME, chatType: "direct" } });
    expect(turn?.content).toBe("The request for permission req_a1 (friend.add) was decided: approved, owner_allowed.");
    expect(hub.next(result("req_a1")).turns).toEqual([]);
    expect(hub.next(result("req_a2", { operation: 5, outcome: null })).turns.map(({ content }) => content)).toEqual(["The request for permission req_a2 (unknown operation) was decided: unknown outcome, owner_allowed."]);
    expect(hub.next(result("")).turns).toEqual([]);
    expect(hub.next(result(5)).turns).toEqual([]);
  });

  it("CC-62 answers such a turn with a message of its own", () => {
    const hub = openHub().ready();
    const [turn] = hub.next(result("req_a1")).turns;
    if (!turn) throw new Error("no turn");
    expect(hub.answers(turn, "thanks").messages.map(({ event, chat_id: chat }) => [event, chat])).toEqual([["message.send", HOME]]);
  });
});

describe("a signal", () => {
  const signal = (type: string, entity = "agt_1", event = `ntf-${type}-${entity}`) => envelope("notify.signal", { type, entity_id: entity, version: 1, event_id: event, message_id: "notify:x" });

  it("CC-64 is acted on once", () => {
    const hub = openHub().ready();
    expect(hub.next(signal("agent.config.changed")).notices).toEqual([{ of: "group-settings" }]);
    expect(hub.next(signal("agent.permission.changed")).notices).toEqual([{ of: "permissions" }]);
    const again = hub.next(signal("agent.config.changed"));
    expect(again.all.filter((effect) => effect.do === "deliver")).toEqual([]);
    expect(hub.wait(200).acked).toEqual([4]);
    expect(hub.next(signal("friend.added")).notices).toEqual([]);
  });

  it("CC-64 is remembered across connections, the last 512 of them at most", () => {
    const hub = openHub().ready();
    hub.next(signal("agent.config.changed", "agt_1", "first"));
    hub.reconnect();
    hub.ready();
    expect(hub.next(signal("agent.config.changed", "agt_1", "first")).notices).toEqual([]);
    for (let index = 0; index < 440; index++) hub.next(signal("friend.added", "usr_x", `e${index}`));
    expect(hub.next(signal("agent.config.changed", "agt_1", "first")).notices).toEqual([]);
    for (let index = 440; index < 600; index++) hub.next(signal("friend.added", "usr_x", `e${index}`));
    expect(hub.next(signal("agent.config.changed", "agt_1", "first")).notices.length).toBe(1);
  });

  const invalidated = (payload: object, chat = CHAT) => envelope("chat.metadata.invalidated", payload, { chat_id: chat, chat_type: "group" });

  it("CC-63 names what has to be asked for again, unless something newer was named", () => {
    const hub = openHub().ready();
    expect(hub.frame(invalidated({ scope: ["title", 5, ""], version: 10 })).notices).toEqual([{ of: "conversation", id: CHAT, scope: ["title"] }]);
    expect(hub.frame(invalidated({ scope: ["title"], version: 10 })).notices).toEqual([]);
    expect(hub.frame(invalidated({ scope: "avatar", version: 11 })).notices).toEqual([{ of: "conversation", id: CHAT, scope: ["avatar"] }]);
    expect(hub.frame(invalidated({ version: 10 }, "cnv_other")).notices).toEqual([{ of: "conversation", id: "cnv_other", scope: [] }]);
    expect(hub.frame(invalidated({ version: "x", scope: ["colour"] })).notices).toEqual([{ of: "conversation", id: CHAT, scope: ["colour"] }]);
  });
});

describe("everything else", () => {
  const stream = { sequence: 0, status: "streaming" };
  const others: [string, object, object?][] = [
    ["message.created", { message_id: "m", message_mode: "normal" }],
    ["message.add", { message_id: "m", sequence: 0, fragments: [{ kind: "text", text: "hi", delta: "hi" }], streaming: stream }],
    ["message.done", { message_id: "m", fragments: [{ kind: "text", text: "hi" }], streaming: stream }],
    ["message.failed", { message_id: "m", fragments: [], streaming: stream }],
    ["message.read", { last_read_emitted_at: 5 }],
    ["message.delivered", { message_id: "m", delivered_at: 5 }],
    ["typing.update", { is_typing: true }],
    ["presence.update", { user_id: "usr_a", online: true }],
    ["permission.request", { request_id: "r" }],
    ["permission.resolved", { request_id: "" }],
    ["history.transit", { kind: "history_sync_done" }],
    ["offline.batch", { items: [], batch_id: 1 }],
    ["offline.done", {}],
    ["pong", {}],
    ["ping", {}],
    ["interaction.submit", {}],
  ];

  it.each(others)("CC-16 CC-18 CC-19 CC-71 starts no turn, gets no answer and is acknowledged: %s", (event, payload) => {
    const hub = openHub().ready();
    const heard = hub.next(envelope(event, { ...payload, future: 1 }, { chat_id: CHAT, chat_type: "direct", sender: { id: "usr_mira" }, future: {} }));
    expect(heard.all.filter((effect) => effect.do !== "note")).toEqual([]);
    expect(hub.wait(200).acked).toEqual([2]);
  });

  it("CC-19 CC-25 tells what somebody reacted with, and nothing of its own, of what is old or is no emoji", () => {
    const heard = (payload: object, more: object = {}) => openHub().ready().next(envelope("message.reaction", { target_message_id: "m", ...payload }, { chat_id: CHAT, sender: { id: "usr_mira" }, ...more })).all.filter(({ do: what }) => what === "deliver");
    expect(heard({ emoji: "🚀" })).toEqual([{ do: "deliver", inbound: { ask: "act", heard: expect.objectContaining({ act: { act: "react", emoji: "🚀", isRemoval: false }, name: "m" }) as object } }]);
    expect(heard({ removed: true })).toHaveLength(1);
    for (const emoji of ["", "a\nb", "x".repeat(65)]) expect(heard({ emoji })).toEqual([]);
    expect(heard({ emoji: "🚀" }, { emitted_at: 1 })).toEqual([]);
  });

  it.each(["", "no json", "[]", "null", "17", '"text"', "{", '{"event":5}', "{}"])("CC-16 ignores %j", (text) => {
    const hub = openHub({ grant: "none" }).ready();
    const heard = hub.frame(text);
    expect(heard.all.map((effect) => effect.do)).toEqual(["note"]);
    expect(hub.hears().content).toBe("deploy it please");
  });

  it("CC-51 puts a malformed message away, and acknowledges it when it is", () => {
    const hub = openHub().ready();
    const broken = { ...message(), payload: { message_id: 5 } };
    const heard = hub.next(broken);
    expect(heard.notes).toEqual(["warn invalid-frame"]);
    expect(heard.quarantined.map((text) => JSON.parse(text) as object)).toEqual([{ ...broken, dseq: 2 }]);
    expect(hub.wait(200).acked).toEqual([2]);
    hub.stores(() => false);
    hub.next(broken);
    expect(hub.wait(1000).acked).toEqual([]);
  });

  it("CC-51 puts other malformed frames away only where they are counted", () => {
    const broken = envelope("notify.signal", { type: "x" });
    expect(openHub().ready().next(broken).quarantined.length).toBe(1);
    expect(openHub({ grant: "none" }).ready().next(broken).quarantined).toEqual([]);
    expect(openHub().ready().next(envelope("typing.update", {}, { chat_id: CHAT })).quarantined.length).toBe(1);
    expect(openHub({ grant: "none" }).ready().next({ ...message(), payload: {} }).quarantined.length).toBe(1);
  });
});
