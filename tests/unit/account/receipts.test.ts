import { describe, expect, it } from "vitest";
import { createDialedStage } from "../../support/dialed-stage.ts";
import { settle } from "../../support/virtual.ts";

const only = (lines: readonly string[], word: string) => lines.filter((line) => line.startsWith(word));
const known = (stage: ReturnType<typeof createDialedStage>) => stage.real.find({ sender: "", messageId: "1" });

async function answered(options: Parameters<typeof createDialedStage>[0] = {}) {
  const stage = createDialedStage({ acks: true, mostWrites: 3, ...options });
  await stage.up();
  await stage.say("1");
  await stage.answer("1");
  await stage.clock.pass(1_000);
  return stage;
}

describe("a reply that the peer acknowledges", () => {
  it("has arrived when the peer says so, and not because the link is alive", async () => {
    const stage = await answered();
    expect(known(stage)).toMatchObject({ wasHanded: true, wasDelivered: false });
    stage.peer().say('{"ack":"1"}');
    await settle();
    expect(known(stage)).toMatchObject({ wasDelivered: true });
  });

  it("goes out again with the next link, at most three times in all, and is then reported", async () => {
    const stage = await answered();
    for (let loss = 0; loss < 4; loss += 1) {
      stage.peer().end(1006);
      await stage.up();
      await stage.clock.pass(40_000);
    }
    expect(only(stage.sent(), "terminal")).toEqual(["terminal 1 to 1", "terminal 1 to 1", "terminal 1 to 1"]);
    expect(known(stage)).toMatchObject({ handings: 3, wasDelivered: false });
    expect((await stage.opening).status().lastError).toContain("it may have arrived or not");
  });

  it("counts its writes through a restart", async () => {
    const first = await answered();
    first.peer().end(1006);
    await settle();
    const second = createDialedStage({ acks: true, mostWrites: 2, journal: first.real, clock: first.clock });
    await second.up();
    second.peer().end(1006);
    await second.up();
    await second.clock.pass(40_000);
    expect(only(second.sent(), "terminal")).toEqual(["terminal 1 to 1"]);
  });

  it("is lost where the peer refuses it: the operator hears why, and it never goes out again", async () => {
    const stage = await answered();
    stage.peer().say('{"nack":"1"}');
    await settle();
    stage.peer().end(1006);
    await stage.up();
    await stage.clock.pass(40_000);
    expect(only(stage.sent(), "terminal")).toHaveLength(1);
    expect((await stage.opening).status().lastError).toBe("the server has refused the reply to 1: not_member");
    expect(known(stage)).toMatchObject({ wasDelivered: false });
  });

  it("does not wait for an acknowledgement of what never left", async () => {
    const stage = createDialedStage({ acks: true, mostWrites: 3 });
    await stage.up();
    await stage.say("1");
    // Silent for so long that the link is asked first, and dead.
    await stage.clock.pass(20_000);
    stage.peer().pongAfterMs = undefined;
    await stage.answer("1");
    stage.peer().end(1006);
    await settle();
    expect(stage.sent()).not.toContain("terminal 1 to 1");
    expect(known(stage)).toMatchObject({ wasHanded: false, handings: 0 });
  });
});

describe("what is said unasked to a peer that acknowledges", () => {
  it("is sent when it is acknowledged, rejects with the peer's reason, and is unknown where the peer says nothing", async () => {
    const stage = await answered();
    stage.peer().say('{"ack":"1"}');
    const account = await stage.opening;
    const send = () => account.send({ kind: "direct", id: "r" }, { text: "wake up" });
    const accepted = send();
    await settle();
    await stage.clock.pass(1_000);
    stage.peer().say('{"ack":"srv_1"}');
    expect(await accepted).toEqual({ messageId: "srv_1" });

    const refused = send().catch((thrown: unknown) => String(thrown));
    await stage.clock.pass(1_000);
    stage.peer().say('{"nack":"srv_1"}');
    expect(await refused).toContain("the server has refused the message to r: not_member");

    const unanswered = send();
    await stage.clock.pass(31_000);
    expect(await unanswered).toBe("unknown");
  });
});

describe("what the peer may forget", () => {
  it("is a message on disk, a repeat, and a frame put aside", async () => {
    const stage = await answered();
    await stage.say("1");
    stage.peer().say('{"quarantine":true}');
    await settle();
    expect(only(stage.sent(), "repeated settled")).toEqual(["repeated settled 1", "repeated settled 1", "repeated settled quarantine"]);
  });

  it("is not a message that could not be stored: it has to come again", async () => {
    let isFull = true;
    const stage = createDialedStage({ acks: true, broken: { admit: () => isFull, quarantine: () => isFull } });
    await stage.up();
    await stage.say("1");
    stage.peer().say('{"quarantine":true}');
    await settle();
    expect(only(stage.sent(), "repeated")).toEqual([]);
    isFull = false;
    await stage.say("1");
    expect(only(stage.sent(), "repeated")).toEqual(["repeated settled 1"]);
  });

  it("is asked for again by another connection a minute later, and not before", async () => {
    let isFull = true;
    const stage = createDialedStage({ acks: true, broken: { admit: () => isFull, quarantine: () => isFull } });
    await stage.up();
    await stage.say("1");
    isFull = false;
    await stage.clock.pass(59_000);
    expect(stage.peers).toHaveLength(1);
    await stage.clock.pass(2_000);
    await stage.up();
    expect(stage.peers).toHaveLength(2);
    await stage.say("1");
    await stage.clock.pass(120_000);
    expect(stage.peers).toHaveLength(2);
    const stopping = (await stage.opening).stop();
    await stage.clock.pass(5_000);
    await stopping;
    expect(stage.clock.pendingTimers()).toBe(0);
  });

  it("is a message that the account only keeps, or has no use for", async () => {
    const fates = ["keep", "drop"] as const;
    for (const fate of fates) {
      const stage = createDialedStage({ acks: true, duties: { screen: async () => fate } });
      await stage.up();
      await stage.say("1");
      expect(only(stage.sent(), "repeated")).toEqual(["repeated settled 1"]);
      expect(stage.agent.began).toEqual([]);
      expect(stage.real.recent('heard ["direct","r"]', 5).map(({ text }) => text)).toEqual(fate === "keep" ? ["ann: hello"] : []);
    }
  });
});

describe("what finds no room, from a peer that will not bring it again", () => {
  it("waits on disk and runs later, in order", async () => {
    const stage = createDialedStage({ acks: true, limits: { messageBurst: 2, messagesPerMinute: 2, queuedPerSession: 50 } });
    await stage.up();
    const ids = ["1", "2", "3", "4", "5"];
    for (const id of ids) await stage.say(id);
    expect(only(stage.sent(), "refused")).toEqual([]);
    for (let minute = 0; minute < 4; minute += 1) {
      while (stage.agent.running[0]) await stage.answer(stage.agent.running[0].request.inbound.messageId);
      if (minute === 0) expect(stage.agent.began).toEqual(["1", "2"]);
      await stage.clock.pass(61_000);
    }
    expect(stage.agent.began).toEqual(ids);
  });
});
