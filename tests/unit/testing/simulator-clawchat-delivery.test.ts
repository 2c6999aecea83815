import { afterEach, describe, expect, it } from "vitest";
import type { ClawLink } from "./claw-client.ts";
import { blockOf, join, open, serve, settled, stopAll } from "./claw-world.ts";

afterEach(stopAll);

const first = { device_replay: true, reliable_delivery: true };
const texts = (link: ClawLink) => link.got.filter(({ event }) => event === "message.send").map(({ payload }) => payload.message?.body.fragments[0]?.text);
const dense = (link: ClawLink) => link.got.flatMap(({ dseq }) => dseq ?? []);

describe("what is said", () => {
  it("is kept for whoever is not there, and replayed in order before replay.done", async () => {
    const sim = await serve();
    for (const text of ["one", "two", "three"]) sim.say({ text });
    const link = await join(sim);
    expect(link.events()).toEqual(["connect.challenge", "hello-ok", "message.send", "message.send", "message.send", "replay.done"]);
    expect(texts(link)).toEqual(["one", "two", "three"]);
  });

  it("comes from a person in a direct conversation or a group, with the mentions in it", async () => {
    const sim = await serve();
    const link = await join(sim);
    sim.say({ text: "hello", user: "ada" });
    sim.say({ text: "and you, @simulator?", user: "ada", conversation: "harbour" });
    await link.frame("message.send", ({ chat_type: type }) => type === "group");
    const [direct, group] = link.got.filter(({ event }) => event === "message.send");
    const { id } = sim.server.world.user("ada");
    expect([direct?.chat_type, direct?.sender, group?.sender]).toEqual(["direct", { id, type: "direct", nick_name: "ada" }, { id, type: "direct", nick_name: "ada" }]);
    expect(direct?.chat_id).not.toBe(blockOf(sim).homeConversationId);
    const mention = { kind: "mention", user_id: blockOf(sim).userId, display: "simulator" };
    expect(group?.payload.message).toMatchObject({ body: { fragments: [{ kind: "text", text: "and you, " }, mention, { kind: "text", text: "?" }] }, context: { mentions: [mention], reply: null } });
  });

  it("can be an answer, a stream with its merge, or the merge alone", async () => {
    const sim = await serve();
    const link = await join(sim);
    sim.say({ text: "quoted", messageId: "m-1" });
    sim.say({ text: "an answer", shape: "reply", more: { reply: "m-1" } });
    sim.say({ text: "piece by piece", shape: "stream", messageId: "m-3" });
    sim.say({ text: "put together", shape: "merged" });
    await link.frame("message.reply", ({ payload }) => payload.message?.body.fragments[0]?.text === "put together");
    const got = link.got.slice(4);
    expect(got.map(({ event, payload }) => (payload["stream_merged"] === true ? `${event} merged` : event))).toEqual([
      "message.reply",
      "message.created",
      "message.add",
      "message.add",
      "message.add",
      "message.add",
      "message.done",
      "message.reply merged",
      "message.reply",
      "message.reply merged",
    ]);
    expect(got[0]?.payload.message?.context.reply).toMatchObject({ reply_to_msg_id: "m-1", reply_preview: { id: blockOf(sim).ownerUserId, fragments: [{ kind: "text", text: "quoted" }] } });
  });

  it("with an id that was used takes the place of the older text", async () => {
    const sim = await serve();
    sim.say({ text: "old", messageId: "m-1" });
    sim.say({ text: "other", messageId: "m-2" });
    sim.say({ text: "new", messageId: "m-1" });
    expect(texts(await join(sim))).toEqual(["other", "new"]);
  });
});

describe("what the people see", () => {
  it("CC-54 is what was said, not what the server has put together after it", async () => {
    const sim = await serve();
    const texts = ["merged", "send", "merged"].map((shape) => {
      sim.say({ text: `by ${shape}`, messageId: "m-1", shape });
      const { text, provisional } = sim.server.view.messages.get("m-1") ?? {};
      return [text, provisional];
    });
    expect(texts).toEqual([
      ["by merged", true],
      ["by send", false],
      ["by send", false],
    ]);
  });
});

describe("the second generation of reliable delivery", () => {
  it("CC-47 counts every frame that has a dseq from 1, marks among them", async () => {
    const sim = await serve({ server: { syncMarkEvery: 2 } });
    sim.say({ text: "one" });
    sim.say({ text: "two" });
    const link = await join(sim);
    sim.say({ text: "three" });
    sim.control("notify", "friend.added");
    await link.frame("notify.signal");
    await settled(link);
    expect(link.got.flatMap(({ event, dseq }) => (dseq === undefined ? [] : [[event, dseq]]))).toEqual([
      ["message.send", 1],
      ["message.send", 2],
      ["sync.mark", 3],
      ["replay.done", 4],
      ["message.send", 5],
      ["notify.signal", 6],
      ["sync.mark", 7],
    ]);
  });

  it("brings again what was not acknowledged, and nothing else", async () => {
    const sim = await serve();
    for (const text of ["one", "two", "three"]) sim.say({ text });
    const link = await join(sim);
    expect(sim.server.waiting()).toHaveLength(3);
    link.ack(2);
    await settled(link);
    expect([sim.server.waiting(), sim.server.waiting({ deviceId: "new" }).length]).toEqual([[link.got[4]?.payload.message_id], 3]);
    await link.crash();
    const second = await join(sim);
    expect([texts(second), dense(second)]).toEqual([["three"], [1, 2]]);
    second.ack();
    await settled(second);
    expect(texts(await join(sim))).toEqual([]);
  });

  it("keeps a place for each device", async () => {
    const sim = await serve();
    sim.say({ text: "one" });
    const link = await join(sim);
    link.ack();
    await settled(link);
    expect(texts(await join(sim, { deviceId: "new" }))).toEqual(["one"]);
  });

  it.each<[string, (link: ClawLink) => void, string]>([
    ["an epoch of before", (link) => link.ack(1, "old"), 'message.sync_ack has the epoch "old"'],
    ["more than was sent", (link) => link.ack(99), "message.sync_ack acknowledges 99, and 2 is the last that was sent"],
    ["less than before", (link) => [2, 1].forEach((dseq) => link.ack(dseq)), "message.sync_ack acknowledges 1 after 2"],
    ["the other generation", (link) => link.send("message.cursor_ack", { seq: 1 }), "message.cursor_ack came on a v2 link"],
  ])("CC-48 remembers an acknowledgement of %s, and does not believe it", async (_what, act, text) => {
    const sim = await serve();
    sim.say({ text: "one" });
    const link = await join(sim);
    act(link);
    await settled(link);
    expect(sim.violations.map((violation) => violation.text)).toEqual([expect.stringContaining(text)]);
    await link.crash();
    expect(texts(await join(sim))).toEqual(text.includes("after") ? [] : ["one"]);
  });

  it("CC-49 takes the same acknowledgement again as a sign of life", async () => {
    const sim = await serve();
    const link = await join(sim);
    link.ack();
    link.ack();
    await settled(link);
    expect(sim.violations).toEqual([]);
  });

  it("kicks whoever acknowledges nothing, without a code", async () => {
    const sim = await serve({ server: { ackSilenceMs: 250 } });
    const link = await join(sim);
    expect((await link.closed).code).toBe(1005);
    expect(sim.server.kicks).toEqual([{ link: 1, why: "ack silence" }]);
    const second = await join(sim);
    second.ack();
    await settled(second);
    await sim.pause(350);
    await settled(second);
  });

  it("does not blame a client that it does not read", async () => {
    const sim = await serve({ server: { ackSilenceMs: 300 } });
    const link = await join(sim);
    sim.stall();
    link.ack();
    await sim.pause(450);
    sim.go();
    await settled(link);
    expect(sim.server.kicks).toEqual([]);
  });

  it("kicks whoever has too much unacknowledged, and waits with a long replay instead", async () => {
    const sim = await serve({ server: { ackDepth: 5, replayDepth: 4, syncMarkEvery: 0 } });
    for (let count = 0; count < 10; count += 1) sim.say({ text: `${count}` });
    const { link } = await open(sim);
    for (const upTo of [4, 8]) {
      await link.until(() => (link.dseq >= upTo ? true : undefined));
      await settled(link);
      expect([link.dseq, link.events().includes("replay.done")]).toEqual([upTo, false]);
      link.ack();
    }
    expect((await link.frame("replay.done")).dseq).toBe(11);
    for (let count = 0; count < 3; count += 1) sim.say({ text: "more" });
    await link.closed;
    expect(sim.server.kicks).toEqual([{ link: 1, why: "too much unacknowledged" }]);
  });

  it("tells of a history that is gone", async () => {
    const sim = await serve();
    sim.say({ text: "lost" });
    sim.control("truncate");
    sim.say({ text: "kept" });
    const link = await join(sim);
    expect(link.events().slice(2)).toEqual(["history.truncated", "message.send", "replay.done"]);
    expect(link.got[2]?.dseq).toBeUndefined();
    link.ack();
    await settled(link);
    expect((await join(sim)).events().slice(2)).toEqual(["replay.done"]);
  });

  it("leaves a dseq out when told to, and says a replay twice", async () => {
    const sim = await serve();
    sim.say({ text: "one" });
    sim.control("replay-twice");
    const link = await join(sim);
    expect([texts(link), dense(link)]).toEqual([["one", "one"], [1, 2, 3]]);
    sim.control("gap");
    sim.say({ text: "two" });
    await link.until(() => (link.dseq > 3 ? true : undefined));
    expect(dense(link)).toEqual([1, 2, 3, 5]);
  });

  it("sends again, with the next dseq, what is sent again", async () => {
    const sim = await serve();
    const link = await join(sim);
    const id = sim.say({ text: "one" });
    sim.duplicate();
    sim.redeliver(id);
    sim.control("merged");
    await link.frame("message.reply");
    expect([texts(link), dense(link)]).toEqual([["one", "one", "one"], [1, 2, 3, 4, 5]]);
    expect(link.got.at(-1)?.payload).toMatchObject({ message_id: id, stream_merged: true });
    expect(() => sim.redeliver("m-9")).toThrow('there was no message "m-9"');
    const other = sim.say({ text: "two" });
    sim.redeliver(id);
    await link.until(() => (link.dseq === 7 ? true : undefined));
    link.ack();
    await settled(link);
    expect(sim.server.waiting()).not.toContain(other);
  });

  it("says everything again when what was acknowledged is forgotten", async () => {
    const sim = await serve();
    sim.say({ text: "one" });
    const link = await join(sim);
    link.ack();
    await settled(link);
    sim.control("rewind");
    await link.crash();
    expect(texts(await join(sim))).toEqual(["one"]);
  });

  it("starts anew, and closes, when the cursor is reset", async () => {
    const sim = await serve();
    sim.say({ text: "one" });
    const link = await join(sim);
    link.ack();
    link.send("device.cursor.reset", {});
    expect((await link.closed).code).toBe(1005);
    expect(texts(await join(sim))).toEqual(["one"]);
  });
});

describe("the older generations", () => {
  it("CC-45 the first one stamps numbers with holes, and moves where cursor_ack says", async () => {
    const sim = await serve();
    for (let count = 0; count < 20; count += 1) sim.say({ text: `${count}` });
    const link = await join(sim, { capabilities: first });
    const seqs = link.got.flatMap(({ seq }) => seq ?? []);
    expect(seqs).toHaveLength(20);
    expect(seqs).toEqual(seqs.toSorted((left, right) => left - right));
    expect((seqs.at(-1) ?? 0) - (seqs[0] ?? 0)).toBeGreaterThan(19);
    expect(dense(link)).toEqual([]);
    link.send("message.cursor_ack", { seq: seqs[14] });
    await settled(link);
    await link.crash();
    const second = await join(sim, { capabilities: first });
    expect(texts(second)).toEqual(["15", "16", "17", "18", "19"]);
    for (const seq of [seqs[19] ?? 0, seqs[18] ?? 0, 99_999]) second.send("message.cursor_ack", { seq });
    await settled(second);
    expect(sim.violations.map(({ text }) => text.replace(/\d+/g, "n"))).toEqual(["message.cursor_ack has n after n", "message.cursor_ack has n, and n is the last seq that was sent"]);
  });

  it("CC-44 without any, what was written to the socket has arrived", async () => {
    const sim = await serve({ server: { reliable: "legacy" } });
    sim.say({ text: "one" });
    const link = await join(sim);
    expect(link.got.some(({ seq, dseq }) => seq !== undefined || dseq !== undefined)).toBe(false);
    link.ack(1, "x");
    await settled(link);
    expect(sim.violations.map(({ text }) => text)).toEqual(["message.sync_ack came though hello-ok did not grant it"]);
    await link.crash();
    expect(texts(await join(sim))).toEqual([]);
  });

  it("needs a capability for signals, replayed ones too in the second generation", async () => {
    const sim = await serve();
    const both = { reliable_delivery: true, reliable_delivery_v2: true };
    sim.control("notify");
    const dumb = await join(sim, { capabilities: both, deviceId: "a" });
    const old = await join(sim, { capabilities: first, deviceId: "b" });
    sim.control("notify", "friend.added");
    sim.control("metadata", "title");
    await Promise.all([settled(dumb), settled(old)]);
    const signals = (link: ClawLink) => link.got.filter(({ event }) => event === "notify.signal" || event === "chat.metadata.invalidated").map(({ payload }) => payload["type"]);
    expect([signals(dumb), signals(old)]).toEqual([[], ["agent.config.changed"]]);
  });
});
