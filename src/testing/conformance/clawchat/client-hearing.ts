import { type Check, expectThat, Unseen } from "../check.ts";
import { ackedOn, acknowledging, answersIn, dense, eventOf, heardAfter, isAcknowledged, ofEvent, payloadOf, type Tested } from "./client-stage.ts";

const told = (frames: readonly { text: string }[]): string => frames.map(({ text }) => text).join(" ");

/** ms in which an acknowledgement leaves, with what a busy machine adds. */
const promptMs = 1000;

/** What a client does with what it hears: what it acknowledges and when, and what it answers. */
export const hearing: readonly Check<Tested>[] = [
  {
    rules: ["CC-10"],
    title: "begins its acknowledgements anew on a new connection",
    async run(subject) {
      await acknowledging(subject);
      await subject.dropped();
      const session = await dense(subject);
      expectThat(await isAcknowledged(subject, session), `message.sync_ack of ${session.dseq} with the epoch of the new connection`, () => `${ackedOn(subject, session)}`);
    },
  },
  {
    rules: ["CC-49"],
    title: "acknowledges replay.done at once",
    async run(subject) {
      await acknowledging(subject);
      const { link } = await subject.dropped();
      const session = await dense(subject);
      await isAcknowledged(subject, session);
      const mine = subject.simulator.frames.filter((frame) => frame.link === link.number);
      const done = mine.findIndex(ofEvent("replay.done"));
      const ack = mine.slice(done).find(ofEvent("message.sync_ack"));
      const ms = (ack?.at ?? Infinity) - (mine[done]?.at ?? 0);
      expectThat(ms <= promptMs, `message.sync_ack within ${promptMs} ms`, () => (ack ? `one after ${ms} ms` : "none"));
    },
  },
  {
    rules: ["CC-51"],
    title: "acknowledges a malformed frame like others",
    async run(subject) {
      const session = await acknowledging(subject);
      subject.simulator.control("event", "message.send {}");
      expectThat(await isAcknowledged(subject, session), `message.sync_ack of ${session.dseq}`, () => `${ackedOn(subject, session)}`);
    },
  },
  {
    rules: ["CC-55"],
    title: "acknowledges a second replay.done, and changes nothing for it",
    async run(subject) {
      const session = await acknowledging(subject);
      const link = await subject.link();
      subject.simulator.control("event", "replay.done {}");
      const isTaken = await isAcknowledged(subject, session);
      expectThat(isTaken && link.open, `message.sync_ack of ${session.dseq} on the same connection`, () => (link.open ? `${ackedOn(subject, session)}` : "the end of the connection"));
    },
  },
  {
    rules: ["CC-18"],
    title: "answers a message with members that it does not know",
    async run(subject) {
      await subject.replied({ text: "hello" });
      await subject.expectReply({ text: "hello", more: { conformance_mood: { good: [1, null] } } });
    },
  },
  {
    rules: ["CC-19"],
    title: "answers nothing of what others do beside writing",
    async run(subject) {
      const { simulator } = subject;
      const frames = await heardAfter(subject, () => {
        simulator.control("typing");
        simulator.control("typing", "off");
        simulator.control("metadata", "title");
        for (const event of ['message.read {"last_read_emitted_at":1}', "permission.request {}", "offline.done {}"]) simulator.control("event", event);
      });
      expectThat(answersIn(frames).length === 0, "no answer", () => told(answersIn(frames)));
    },
  },
  {
    rules: ["CC-25"],
    title: "starts no turn for a reaction",
    async run(subject) {
      await subject.replied({ text: "hello" });
      await subject.simulator.pause(500);
      const frames = await heardAfter(subject, () => subject.simulator.control("react", "👍"));
      expectThat(answersIn(frames).length === 0, "no answer", () => told(answersIn(frames)));
    },
  },
  {
    rules: ["CC-54"],
    title: "answers a message once, also where the hub puts it together from a stream afterwards",
    async run(subject) {
      await subject.replied({ text: "once" });
      await subject.simulator.pause(500);
      const frames = await heardAfter(subject, () => subject.simulator.control("merged"), 3000);
      expectThat(answersIn(frames).length === 0, "no answer to the merged copy", () => told(answersIn(frames)));
    },
  },
  {
    rules: ["CC-56"],
    title: "does not answer a replayed message that is older than a day",
    async run(subject) {
      const { simulator } = subject;
      await subject.link();
      const stale = simulator.server.signals.stale("Are you there?");
      await subject.dropped();
      const isThere = simulator.frames.some(({ from, text }) => from === "server" && text.includes(stale));
      if (!isThere) throw new Unseen("the message did not reach the client");
      await simulator.pause(2000);
      const answer = simulator.replies.find(({ messageId }) => messageId === stale);
      expectThat(answer === undefined, "no answer", () => answer?.text ?? "");
    },
  },
  {
    rules: ["CC-62"],
    title: "starts one turn for the outcome of what had to be approved",
    async run(subject) {
      const { simulator } = subject;
      await subject.link();
      const before = simulator.frames.length;
      const isPart = (frame: (typeof simulator.frames)[number]): boolean => frame.from === "plugin" && answersIn([frame]).length > 0;
      const notice = simulator.server.signals.permission("approved", "friend.add");
      const first = await simulator.until(() => simulator.frames.slice(before).find(isPart), "it", subject.timeoutMs).catch(() => undefined);
      if (!first) throw new Unseen("needs an agent that says something when it hears that it may go on");
      await simulator.pause(500);
      const frames = await heardAfter(subject, () => simulator.redeliver(notice));
      expectThat(answersIn(frames).length === 0, "no second turn for the same request_id", () => told(answersIn(frames)));
    },
  },
  {
    rules: ["CC-85"],
    title: "has one device id in all its connections",
    async run(subject) {
      await subject.dropped();
      const ids = subject.simulator.frames.filter((frame) => frame.from === "plugin" && eventOf(frame) === "connect").map((frame) => String(payloadOf(frame)["device_id"]));
      const different = [...new Set(ids)];
      expectThat(different.length === 1 && different.every((id) => id !== "" && Buffer.byteLength(id) <= 128), "one device_id of at most 128 bytes", () => different.join(", "));
    },
  },
];
