import { describe, expect, it } from "vitest";
import { clientLimits } from "../../../src/core/limits.ts";
import { failure, response, stream, typing } from "../../support/chat-frames.ts";
import { type ChatStage, createChatStage } from "../../support/chat-stage.ts";
import { settle } from "../../support/virtual.ts";

const open = async (): Promise<ChatStage> => {
  const stage = await createChatStage();
  await stage.welcome();
  return stage;
};
/** The parts of a reply as they come, and how it ends. */
function follow(reply: AsyncIterable<{ text: string; delta: string; replaced: boolean }>): { parts: string[]; end: Promise<unknown> } {
  const parts: string[] = [];
  const end = (async () => {
    try {
      for await (const { text, delta, replaced } of reply) parts.push(replaced ? `=${text}` : `+${delta}`);
      return "end";
    } catch (thrown) {
      return thrown;
    }
  })();
  return { parts, end };
}

describe("a message", () => {
  it("leaves at once on an open connection, with all that is said beside it", async () => {
    const { chat, peer } = await open();
    chat.send("Look", { messageId: "m1", group: "club", groupSubject: "Club", thread: "t", replyTo: "m0", mentioned: true, customData: { a: 1 }, media: ["a.png", { url: "https://x/b" }, { bytes: new Uint8Array([104, 105]), name: "c" }] });
    expect(peer.heard.at(-1)).toEqual({
      type: "chat.send", messageId: "m1", content: "Look", chatType: "group", groupId: "club", groupSubject: "Club", threadId: "t", replyToMessageId: "m0", mentioned: true, customData: { a: 1 },
      mediaPaths: ["a.png"], media: [{ url: "https://x/b" }, { data: "aGk=", name: "c" }],
    });
  });

  it("goes without the extension media where only addresses are attached, and fails where bytes are", async () => {
    const stage = await createChatStage();
    await stage.welcome({ extensions: [] });
    stage.chat.send("Look", { messageId: "m1", media: ["a.png", { url: "https://x/b" }] });
    expect(stage.peer.heard.at(-1)).toEqual({ type: "chat.send", messageId: "m1", content: "Look", mediaPaths: ["a.png", "https://x/b"] });
    await expect(stage.chat.send("Look", { media: [{ data: "aGk=" }] }).done).rejects.toMatchObject({ code: "unsupported" });
  });

  it("waits for a connection, in order, and a hundred of them at most", async () => {
    const stage = await createChatStage();
    const replies = Array.from({ length: clientLimits.waiting }, (_, index) => stage.chat.send("hello", { messageId: `m${index}` }));
    await expect(stage.chat.send("one more").done).rejects.toMatchObject({ code: "queue_full", retry: "later", message: "100 messages have no answer yet: wait for one of them." });
    await stage.welcome();
    expect(stage.peer.sends()).toEqual(["m0", "m1", "m2", "m3"]);
    stage.peer.say(response("m0", "hi"));
    await expect(replies[0]?.done).resolves.toMatchObject({ text: "hi" });
  });

  it.each(["", "x".repeat(129), "a\nb"])("fails at once with the id %o", async (messageId) => {
    const { chat, peer } = await open();
    await expect(chat.send("hello", { messageId }).done).rejects.toMatchObject({ code: "bad_option" });
    expect(peer.sends()).toEqual([]);
  });

  it("fails alone where its id is that of one without an answer", async () => {
    const { chat, peer } = await open();
    const first = chat.send("hello", { messageId: "m1" });
    await expect(chat.send("hello", { messageId: "m1" }).done).rejects.toMatchObject({ code: "bad_option", messageId: "m1" });
    peer.say(response("m1", "hi"));
    await expect(first.done).resolves.toEqual({ messageId: "m1", text: "hi", media: [] });
  });

  it("may be sent from within a listener of what happens", async () => {
    const { chat, peer } = await open();
    chat.on("message", ({ text }) => void chat.send(`you said ${text}`, { messageId: "m1" }));
    peer.say(response("srv_1", "Wake up"));
    expect(peer.heard.at(-1)).toMatchObject({ content: "you said Wake up" });
  });

  it("leaves after those that were said before, also from within a listener", async () => {
    const stage = await createChatStage();
    stage.chat.send("first", { messageId: "m1" });
    stage.chat.on("state", ({ kind }) => kind === "open" && void stage.chat.send("second", { messageId: "m2" }));
    await stage.welcome();
    expect(stage.peer.sends()).toEqual(["m1", "m2"]);
  });

  it("gets its answer although one with its id was taken back before", async () => {
    const { chat, peer } = await open();
    chat.send("hello", { messageId: "m1" }).abort();
    peer.say(failure("m1", "cancelled"));
    const again = chat.send("hello", { messageId: "m1" });
    peer.say(response("m1", "hi"));
    await expect(again.done).resolves.toMatchObject({ text: "hi" });
  });
});

describe("a reply", () => {
  it("WS-15 grows, part by part, and ends once", async () => {
    const { chat, peer, told } = await open();
    const reply = chat.send("hello", { messageId: "m1" });
    const { parts, end } = follow(reply);
    for (const frame of [typing("m1"), stream("m1", "Good"), stream("m1", "Good eve"), response("m1", "Good evening", { mediaUrls: ["https://x/a"], replyToMessageId: "m0" }), response("m1", "twice"), failure("m1", "timeout")]) {
      peer.say(frame);
      await settle();
    }
    expect([parts, await end]).toEqual([["+Good", "+ eve", "+ning"], "end"]);
    expect(await reply.done).toEqual({ messageId: "m1", text: "Good evening", media: ["https://x/a"], replyTo: "m0" });
    expect(told.map(([name]) => name)).toEqual(["state", "typing"]);
  });

  it("says what stands for what the agent took back", async () => {
    const { chat, peer } = await open();
    const reply = chat.send("hello", { messageId: "m1" });
    const { parts, end } = follow(reply);
    for (const frame of [stream("m1", "Good"), stream("m1", "Bad"), response("m1", "")]) {
      peer.say(frame);
      await settle();
    }
    expect([parts, await end, reply.text]).toEqual([["+Good", "=Bad", "="], "end", ""]);
  });

  it("WS-16 adds up what comes in pieces, and begins anew on another connection", async () => {
    const stage = await open();
    const reply = stage.chat.send("hello", { messageId: "m1" });
    const say = (content: string, seq: number): void => stage.peer.say(stream("m1", content, { delta: content, seq }));
    say("Good", 0);
    say(" eve", 1);
    expect(reply.text).toBe("Good eve");
    await stage.comeBack();
    say("Good even", 0);
    say("ing", 1);
    expect(reply.text).toBe("Good evening");
    // Where the text is not a continuation there is no delta.
    stage.peer.say(stream("m1", "No", { seq: 2 }));
    expect(reply.text).toBe("No");
  });

  it.each([
    { mode: "delta", early: ["Good", " eve"], late: { content: "ning", delta: "ning" }, told: ["Goo", "Good", "Good", "Good evening"] },
    { mode: "cumulative", early: ["Good", "Good eve"], late: { content: "Good evening", delta: "ning" }, told: ["Goo", "Good", "Good eve", "Good evening"] },
    { mode: "taken back", early: ["Good", "Bad"], late: { content: "Bad day", delta: " day" }, told: ["Goo", "Good", "Good", "Bad day"] },
  ])("WS-16 WS-28 reads what comes on a new connection before the welcome, which does not say whether it adds: $mode", async ({ early, late, told }) => {
    const stage = await open();
    const reply = stage.chat.send("hello", { messageId: "m1" });
    stage.peer.say(stream("m1", "Goo", { delta: "Goo", seq: 0 }));
    const texts = [reply.text];
    stage.peer.end(1006);
    await stage.clock.pass(1_000);
    stage.peer.open();
    for (const content of early) {
      stage.peer.say(stream("m1", content));
      texts.push(reply.text);
    }
    await stage.welcome();
    stage.peer.say(stream("m1", late.content, { delta: late.delta, seq: 2 }));
    texts.push(reply.text);
    expect(texts).toEqual(told);
  });

  it("gives who comes late, or is slow, larger parts", async () => {
    const { chat, peer } = await open();
    const reply = chat.send("hello", { messageId: "m1" });
    peer.say(stream("m1", "Good"));
    peer.say(stream("m1", "Good eve"));
    const first = follow(reply);
    await settle();
    peer.say(response("m1", "Good evening"));
    await first.end;
    const second = follow(reply);
    await second.end;
    expect([first.parts, second.parts]).toEqual([["+Good eve", "+ning"], ["+Good evening"]]);
  });

  it("WS-13 fails with the code and the words of the server, after the parts that came", async () => {
    const { chat, peer } = await open();
    const reply = chat.send("hello", { messageId: "m1" });
    peer.say(stream("m1", "Good"));
    peer.say(failure("m1", "agent_error", "The model is away"));
    const { parts, end } = follow(reply);
    expect(await end).toMatchObject({ name: "ChatError", code: "agent_error", message: "The model is away", messageId: "m1", retry: "later" });
    expect(parts).toEqual(["+Good"]);
    await expect(reply.done).rejects.toBe(await end);
  });

  it("fails with a code of a newer server, too, and without one of an older", async () => {
    const { chat, peer } = await open();
    const [first, second] = [chat.send("a", { messageId: "m1" }), chat.send("b", { messageId: "m2" })];
    peer.say(failure("m1", "constructor", "New"));
    peer.say({ type: "chat.error", messageId: "m2", error: "Old" });
    await expect(first.done).rejects.toMatchObject({ code: "constructor", retry: "never" });
    await expect(second.done).rejects.toMatchObject({ code: "agent_error", message: "Old" });
  });
});

describe("after a lost connection", () => {
  it("WS-14 asks again, with its id, for what has no answer, and for nothing else", async () => {
    const stage = await open();
    const [, second] = ["m1", "m2", "m3"].map((messageId) => stage.chat.send("hello", { messageId }));
    stage.peer.say(response("m1", "one"));
    stage.peer.say(stream("m2", "tw"));
    await stage.comeBack();
    expect(stage.peer.sends()).toEqual(["m2", "m3"]);
    stage.peer.say(response("m2", "two"));
    await expect(second?.done).resolves.toMatchObject({ text: "two" });
    await stage.comeBack();
    expect(stage.peer.sends()).toEqual(["m3"]);
  });

  it("WS-14 asks at once for what the server has taken, however much it has not", async () => {
    const stage = await open();
    for (let index = 0; index < 6; index += 1) stage.chat.send("hello", { messageId: `m${index}` });
    for (const id of ["m3", "m5"]) stage.peer.say(typing(id));
    stage.chat.send("hello", { messageId: "m6" });
    await stage.comeBack();
    expect(stage.peer.sends()).toEqual(["m0", "m1", "m2", "m3", "m4", "m5"]);
  });

  it("sends nothing on the connection that is gone, though what was taken back leaves room", async () => {
    const stage = await open();
    const [first] = Array.from({ length: 6 }, (_, index) => stage.chat.send("hello", { messageId: `m${index}` }));
    first?.abort();
    stage.peer.end(1006);
    await expect(first?.done).rejects.toMatchObject({ code: "cancelled" });
    await stage.clock.pass(1_000);
    await stage.welcome();
    expect(stage.peer.sends()).toEqual(["m1", "m2", "m3", "m4"]);
  });

  it("WS-20 takes an answer that waited before it is welcome, and does not ask for it", async () => {
    const stage = await open();
    const reply = stage.chat.send("hello", { messageId: "m1" });
    stage.peer.end(1006);
    await stage.clock.pass(1_000);
    stage.peer.open();
    stage.peer.say(response("m1", "hi"));
    await stage.welcome();
    expect([await reply.done, stage.peer.sends()]).toEqual([{ messageId: "m1", text: "hi", media: [] }, []]);
  });

  it("WS-14 does not ask for what the server may have forgotten, but says that nobody knows", async () => {
    const stage = await open();
    const [sent] = [stage.chat.send("hello", { messageId: "m1" })];
    stage.peer.end(1006);
    const unsent = stage.chat.send("hello", { messageId: "m2" });
    await stage.clock.pass(clientLimits.repeatMs - 60_000);
    const late = stage.clock.now();
    while (stage.clock.now() < late + 61_000) await stage.clock.pass(1_000);
    await stage.welcome();
    await expect(sent.done).rejects.toMatchObject({ code: "unknown_outcome", retry: "unsure" });
    expect(stage.peer.sends()).toEqual(["m2"]);
    stage.peer.say(response("m2", "hi"));
    await expect(unsent.done).resolves.toMatchObject({ text: "hi" });
    stage.peer.say(response("m1", "after all"));
    expect(stage.told.at(-1)).toEqual(["message", { messageId: "m1", from: "agent", text: "after all", media: [] }]);
  });

  it("WS-14 counts from when the server was last heard on a connection on which it was asked", async () => {
    const stage = await open();
    const reply = stage.chat.send("hello", { messageId: "m1" });
    for (let minutes = 0; minutes < 8; minutes += 1) {
      await stage.clock.pass(25_000);
      stage.peer.say(typing("m1"));
      await stage.comeBack(1006, 4_000);
    }
    stage.peer.say(response("m1", "at last"));
    await expect(reply.done).resolves.toMatchObject({ text: "at last" });
  });

  it("WS-14 does not ask as somebody else, whose message would be a new one", async () => {
    const stage = await open();
    const reply = stage.chat.send("hello", { messageId: "m1" });
    stage.peer.end(1006);
    await stage.clock.pass(1_000);
    await stage.welcome({ senderId: "anon-2" });
    await expect(reply.done).rejects.toMatchObject({ code: "unknown_outcome" });
    expect(stage.peer.sends()).toEqual([]);
  });

  it("WS-14 asks again for what an earlier page has sent, unless that could run twice", async () => {
    const stage = await createChatStage();
    const heardAt = stage.clock.now();
    const ask = (messageId: string, sent: { heardAt: number; senderId?: string }) => stage.chat.send("hello", { messageId, sent });
    const [known, ours, old, other] = [ask("m1", { heardAt, senderId: "ada" }), ask("m2", { heardAt }), ask("m3", { heardAt: heardAt - clientLimits.repeatMs - 1 }), ask("m4", { heardAt, senderId: "anon-1" })];
    await stage.welcome();
    for (const each of [old, other]) await expect(each.done).rejects.toMatchObject({ code: "unknown_outcome" });
    expect(stage.peer.sends()).toEqual(["m1", "m2"]);
    for (const id of ["m1", "m2"]) stage.peer.say(response(id, "hi"));
    expect(await Promise.all([known.done, ours.done])).toMatchObject([{ text: "hi" }, { text: "hi" }]);
  });

  it("WS-29 tells the server to stop what an earlier page has sent", async () => {
    const stage = await createChatStage();
    const reply = stage.chat.send("hello", { messageId: "m1", sent: { heardAt: stage.clock.now() } });
    reply.abort();
    await expect(reply.done).rejects.toMatchObject({ code: "cancelled" });
    await stage.welcome();
    expect(stage.peer.heard.slice(1)).toEqual([{ type: "chat.cancel", messageId: "m1" }]);
  });

  it("joins its groups again, but those it has left", async () => {
    const stage = await open();
    for (const group of ["a", "b", "a"]) stage.chat.join(group);
    stage.chat.leave("b");
    await stage.comeBack();
    expect(stage.peer.heard.filter(({ type }) => type === "chat.join")).toEqual([{ type: "chat.join", groupId: "a" }]);
  });

  it("fails the largest message of those that the server has not taken, where one was too large", async () => {
    const stage = await open();
    const [small, large] = [stage.chat.send("hello", { messageId: "m1" }), stage.chat.send("x".repeat(1_000), { messageId: "m2" })];
    await stage.comeBack(1009);
    await expect(large.done).rejects.toMatchObject({ code: "too_large", retry: "never" });
    expect(stage.peer.sends()).toEqual(["m1"]);
    stage.peer.say(response("m1", "hi"));
    await expect(small.done).resolves.toMatchObject({ text: "hi" });
  });
});

describe("a message of somebody else", () => {
  it("WS-24 has no answer where the server says so, and nothing is told twice", async () => {
    const { chat, peer, told } = await open();
    peer.say(failure("p1", "agent_error", "The model is away"));
    peer.say({ type: "chat.error", messageId: "p2", error: "Older" });
    expect(told.slice(-2)).toEqual([
      ["failure", { messageId: "p1", code: "agent_error", text: "The model is away" }],
      ["failure", { messageId: "p2", code: "agent_error", text: "Older" }],
    ]);
    const reply = chat.send("hello", { messageId: "m1" });
    const before = told.length;
    for (const end of [failure("m1", "timeout"), failure("m1", "timeout")]) peer.say(end);
    await expect(reply.done).rejects.toMatchObject({ code: "timeout" });
    expect(told.slice(before)).toEqual([]);
  });
});

describe("a server that has no room", () => {
  it("WS-12 gets the message again when it says that there is, and one at a time until it takes one", async () => {
    const { chat, clock, peer } = await open();
    const replies = ["m1", "m2", "m3"].map((messageId) => chat.send("hello", { messageId }));
    peer.say(typing("m1"));
    for (const id of ["m2", "m3"]) peer.say(failure(id, "rate_limited", "Too many messages. Try again in 3 s"));
    peer.say(response("m1", "one"));
    await clock.pass(2_999);
    expect(peer.sends()).toEqual(["m1", "m2", "m3"]);
    await clock.pass(1);
    expect(peer.sends()).toEqual(["m1", "m2", "m3", "m2"]);
    peer.say(typing("m2"));
    expect(peer.sends()).toEqual(["m1", "m2", "m3", "m2", "m3"]);
    for (const id of ["m2", "m3"]) peer.say(response(id, id));
    expect(await Promise.all(replies.map(async ({ done }) => (await done).text))).toEqual(["one", "m2", "m3"]);
  });

  it("WS-19 gets the message again when another one has ended", async () => {
    const { chat, peer } = await open();
    for (const messageId of ["m1", "m2"]) chat.send("hello", { messageId });
    peer.say(typing("m1"));
    peer.say(failure("m2", "queue_full"));
    expect(peer.sends()).toEqual(["m1", "m2"]);
    peer.say(response("m1", "one"));
    expect(peer.sends()).toEqual(["m1", "m2", "m2"]);
  });

  it("gets what it could not take before it stopped after it has started again", async () => {
    const stage = await open();
    const reply = stage.chat.send("hello", { messageId: "m1" });
    stage.peer.say(failure("m1", "shutting_down"));
    await stage.comeBack(1001);
    stage.peer.say(response("m1", "hi"));
    await expect(reply.done).resolves.toMatchObject({ text: "hi" });
  });

  it("WS-5 WS-10 has at most eight messages that it has not taken", async () => {
    const { chat, peer } = await open();
    for (let index = 0; index < 30; index += 1) chat.send("hello", { messageId: `m${index}` });
    let most = 0;
    for (let taken = 0; taken < 30; taken += 1) {
      most = Math.max(most, peer.sends().length - taken);
      peer.say(typing(`m${taken}`));
    }
    expect([most, peer.sends().length]).toEqual([8, 30]);
  });

  it("counts the typings of an older server, which name no message", async () => {
    const stage = await createChatStage();
    await stage.welcome({ extensions: [] });
    for (let index = 0; index < 6; index += 1) stage.chat.send("hello", { messageId: `m${index}` });
    expect(stage.peer.sends()).toHaveLength(4);
    stage.peer.say({ type: "chat.typing" });
    expect(stage.peer.sends()).toHaveLength(6);
  });
});
