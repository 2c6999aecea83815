import { describe, expect, it } from "vitest";
import { limits } from "../../../../generated/clawchat/index.ts";
import { envelope, message, openHub, payloadOf } from "./hub.ts";

const noise = () => envelope("typing.update", { is_typing: true }, { chat_id: "cnv_x" });

describe("reliable delivery by dseq", () => {
  it("CC-49 acknowledges replay.done at once, and what follows 200 ms after the first of it", () => {
    const hub = openHub();
    hub.admit();
    hub.next(message());
    const done = hub.replayDone();
    expect(done.of("message.sync_ack").map(payloadOf)).toEqual([{ dseq: 2, epoch: "epoch-1" }]);
    hub.next(message());
    hub.wait(150);
    hub.next(message());
    expect(hub.wait(49).frames).toEqual([]);
    expect(hub.wait(1).acked).toEqual([4]);
    expect(hub.wait(29_000).frames).toEqual([]);
  });

  it("CC-49 repeats the last acknowledgement every 30 seconds", () => {
    const hub = openHub().ready();
    expect(hub.wait(95_000).acked).toEqual([1, 1, 1]);
    hub.next(noise());
    expect(hub.wait(31_000).acked).toEqual([2, 2]);
  });

  it("CC-49 acknowledges nothing where nothing came", () => {
    const hub = openHub();
    hub.admit();
    expect(hub.wait(95_000).frames).toEqual([]);
  });

  it("CC-49 acknowledges at once from 512 frames on, and on a graceful close", () => {
    const hub = openHub().ready();
    for (let index = 1; index < limits.syncFlushFrames; index++) expect(hub.next(noise()).acked).toEqual([]);
    expect(hub.next(noise()).acked).toEqual([513]);
    hub.next(noise());
    expect(hub.says({ say: "goodbye" }).acked).toEqual([514]);
  });

  it("CC-48 waits with its acknowledgement for what could not be stored, and for nothing else", () => {
    const hub = openHub().ready();
    hub.stores((request) => !(request.ask === "turn" && request.inbound.content === "full disk"));
    hub.next(message());
    const [stuck] = hub.next(message({ text: "full disk" })).requests;
    hub.next(message());
    expect(hub.wait(1000).acked).toEqual([2]);
    hub.next(noise());
    expect(hub.wait(1000).acked).toEqual([]);
    if (!stuck) throw new Error("no request");
    hub.settled(stuck);
    expect(hub.wait(200).acked).toEqual([5]);
  });

  it("CC-47 gives the connection up when a frame is missing or comes twice, and never acknowledges it", () => {
    for (const wrong of [0, 1, 3, "2", 2.5, null, -1, 99]) {
      const hub = openHub().ready();
      const heard = hub.frame({ ...message(), dseq: wrong });
      expect(heard.doings).toEqual(["close"]);
      expect(heard.requests).toEqual([]);
      expect(hub.wait(60_000).frames).toEqual([]);
    }
  });

  it("CC-47 counts every frame that has a dseq, known or not, malformed or not, and no other", () => {
    const hub = openHub().ready();
    hub.frame({ event: "unknown", dseq: 2 });
    hub.frame({ event: "message.read", dseq: 3, payload: null });
    hub.frame(noise());
    hub.frame({ ...envelope("sync.mark", { covers_seq: 15_900 }), dseq: 4 });
    hub.frame(envelope("sync.mark", {}));
    expect(hub.wait(200).acked).toEqual([4]);
    expect(hub.frame({ event: "unknown", dseq: 4 }).doings).toEqual(["close"]);
  });

  it("CC-47 begins with 1 on a new connection", () => {
    const hub = openHub().ready();
    for (const _ of "12345") hub.next(message());
    hub.reconnect();
    hub.admit();
    expect(hub.frame({ ...message(), dseq: 1 }).turns.length).toBe(1);
  });

  it("CC-52 cannot count what it cannot read, and says when it does not get on", () => {
    const hub = openHub();
    const notes: string[] = [];
    for (const _ of "123") {
      hub.admit();
      hub.frame("not json");
      notes.push(...hub.frame({ ...message(), dseq: 2 }).notes);
      hub.reconnect();
    }
    expect(notes).toEqual(["warn delivery-gap", "warn delivery-gap", "warn delivery-stuck"]);
    hub.ready();
    expect(hub.frame({ ...message(), dseq: 7 }).notes).toEqual(["warn delivery-gap"]);
  });

  it("CC-50 gives up a connection on which nothing can be stored any more", () => {
    const hub = openHub().ready();
    hub.stores(() => false);
    for (let index = 0; index < limits.readPauseFrames; index++) expect(hub.next(message()).doings).toEqual([]);
    expect(hub.next(message()).doings).toEqual(["close"]);
  });

  it("CC-46 sends the epoch of this connection, whatever seq says", () => {
    const hub = openHub().ready();
    hub.next({ ...message(), seq: 500 });
    expect(hub.wait(200).frames.map(payloadOf)).toEqual([{ dseq: 2, epoch: "epoch-1" }]);
    hub.reconnect();
    hub.admit();
    expect(hub.replayDone().frames.map(payloadOf)).toEqual([{ dseq: 1, epoch: "epoch-2" }]);
  });
});

describe("reliable delivery by seq", () => {
  const legacy = () => openHub({ grant: "none" }).ready();

  it("CC-44 CC-45 acknowledges the highest seq that is stored, without waiting for any in between", () => {
    const hub = legacy();
    hub.frame({ ...message(), seq: 100 });
    hub.frame({ ...noise(), seq: 150 });
    hub.frame({ ...message(), seq: 120 });
    expect(hub.wait(200).frames.map(({ event, payload }) => [event, payload])).toEqual([["message.cursor_ack", { seq: 150 }]]);
    expect(hub.wait(120_000).frames).toEqual([]);
  });

  it("CC-45 does not acknowledge what could not be stored, nor what came after it", () => {
    const hub = legacy();
    hub.stores((request) => !(request.ask === "turn" && request.inbound.content === "full disk"));
    hub.frame({ ...message(), seq: 100 });
    hub.frame({ ...message({ text: "full disk" }), seq: 120 });
    hub.frame({ ...message(), seq: 140 });
    expect(hub.wait(1000).acked).toEqual([119]);
  });

  it("CC-44 says nothing about delivery where nothing was granted or promised", () => {
    const hub = openHub({ reliable: false }).ready();
    hub.frame({ ...message(), seq: 100, dseq: 50 });
    expect(hub.wait(60_000).frames).toEqual([]);
    const ungranted = legacy();
    ungranted.frame({ ...message(), dseq: 50 });
    expect(ungranted.wait(60_000).frames).toEqual([]);
    const halfGranted = openHub({ grant: "none" });
    halfGranted.challenge();
    halfGranted.hello({ ack_mode: "dseq" });
    halfGranted.frame({ ...message(), dseq: 1 });
    expect(halfGranted.wait(60_000).frames).toEqual([]);
  });
});

describe("receipts", () => {
  it("CC-66 tell each author once that a message is stored, replayed or not", () => {
    const hub = openHub({ deliveryReceipts: true });
    hub.admit();
    const first = hub.next(message({ id: "msg-a", emitted_at: 1 }));
    expect(first.of("message.delivered").map(({ to, chat_id: chat, payload }) => [to, chat, payload])).toEqual([
      [{ id: "usr_mira", type: "direct" }, "cnv_01K5N8Q2R4S6T8V0W2X4Y6Z8A0", { message_id: "msg-a", delivered_at: hub.now }],
    ]);
    hub.replayDone();
    expect(hub.next(message({ id: "msg-a" })).of("message.delivered")).toEqual([]);
    expect(hub.next(message({ event: "message.reply", id: "msg-b" })).of("message.delivered").length).toBe(1);
  });

  it("CC-66 are not sent unasked, for what was not stored, or for what is nobody's message", () => {
    expect(openHub().ready().next(message()).of("message.delivered")).toEqual([]);
    const hub = openHub({ deliveryReceipts: true }).ready();
    expect(hub.next(message({ from: "usr_agent" })).frames).toEqual([]);
    expect(hub.next(envelope("message.created", { message_id: "m" }, { chat_id: "cnv_x" })).frames).toEqual([]);
    hub.stores(() => false);
    expect(hub.next(message()).frames).toEqual([]);
  });
});
