import type { FrameRecord } from "../../simulator/record.ts";
import { type Check, expectThat, Unseen } from "../check.ts";
import { fieldsIn } from "../dialing.ts";
import { answersIn, eventOf, heardAfter, ofEvent, payloadOf, type Tested } from "./client-stage.ts";

const story = "Tell me a long story of about three hundred words, please.";

/** ms in which a client hears of a refusal, and what has crossed with it arrives. */
const crossingMs = 500;

const idOf = (frame: FrameRecord): string => String(payloadOf(frame)["message_id"]);

/** The first frame of this side and event from here on. */
async function first(subject: Tested, from: FrameRecord["from"], event: string, before: number): Promise<FrameRecord | undefined> {
  return subject.simulator.until(() => subject.simulator.frames.slice(before).find((frame) => frame.from === from && eventOf(frame) === event), "it", subject.timeoutMs).catch(() => undefined);
}

/** A hub that says no to the first frame of an answer. */
async function refused(subject: Tested, code: string, saying: { text: string; user?: string }): Promise<{ error: FrameRecord; place: number }> {
  const { simulator } = subject;
  await subject.link();
  const before = simulator.frames.length;
  simulator.control("error", `${code} 1`);
  await subject.say(saying);
  const error = await first(subject, "server", "message.error", before);
  if (!error) throw new Unseen(`nothing was said that could be refused within ${subject.timeoutMs} ms`);
  return { error, place: simulator.frames.indexOf(error) };
}

/** How a client says something, and what it does where that fails. */
export const saying: readonly Check<Tested>[] = [
  {
    rules: ["CC-27"],
    title: "does not say again what was refused",
    async run(subject) {
      const { simulator } = subject;
      const { error, place } = await refused(subject, "internal_error", { text: "hello" });
      const traceId = fieldsIn(error.text)?.["trace_id"];
      const said = simulator.frames.find((frame) => frame.from === "plugin" && fieldsIn(frame.text)?.["trace_id"] === traceId);
      await simulator.pause(1500);
      const again = simulator.frames.slice(place).find((frame) => said && frame.from === "plugin" && eventOf(frame) === eventOf(said) && idOf(frame) === idOf(said));
      expectThat(again === undefined, "nothing of what was refused", () => again?.text ?? "");
    },
  },
  {
    rules: ["CC-28"],
    title: "says what was not acknowledged first on the next connection, with the same id",
    async run(subject) {
      const { simulator } = subject;
      const before = await subject.link();
      simulator.control("cut");
      await subject.say({ text: "hello" });
      const link = await subject.link(before);
      const cut = simulator.frames.findLast((frame) => frame.link === before.number && frame.from === "plugin" && ["message.send", "message.reply"].includes(eventOf(frame)));
      if (!cut) throw new Unseen("nothing was said that could be lost");
      const again = await simulator.until(() => answersIn(simulator.frames.filter((frame) => frame.link === link.number && frame.from === "plugin"))[0], "it", subject.timeoutMs).catch(() => undefined);
      expectThat(again !== undefined && idOf(again) === idOf(cut), `the message ${idOf(cut)}`, () => again?.text ?? "nothing");
    },
  },
  {
    rules: ["CC-40"],
    title: "says nothing more in a conversation that is not there",
    async run(subject) {
      const { simulator } = subject;
      const { error } = await refused(subject, "chat_not_found", { text: story, user: "ann" });
      await simulator.pause(crossingMs);
      const chatId = fieldsIn(error.text)?.["chat_id"];
      const frames = (await heardAfter(subject, () => {}, 2000)).filter(({ text }) => fieldsIn(text)?.["chat_id"] === chatId);
      expectThat(frames.length === 0, "nothing there", () => frames[0]?.text ?? "");
    },
  },
  {
    rules: ["CC-69"],
    title: "says an answer whose stream has lost its connection as a whole, with the same id",
    async run(subject) {
      const { simulator } = subject;
      const before = await subject.link();
      const place = simulator.frames.length;
      await subject.say({ text: story });
      const begun = await first(subject, "plugin", "message.add", place);
      if (!begun) throw new Unseen("needs an account with streaming turned on, and an answer that takes a while");
      const { link } = await subject.dropped();
      const mine = (): FrameRecord[] => simulator.frames.filter((frame) => frame.link === link.number && frame.from === "plugin" && idOf(frame) === idOf(begun));
      const whole = await simulator.until(() => mine().find(ofEvent("message.reply")), "it", subject.timeoutMs).catch(() => undefined);
      const goesOn = mine().find((frame) => !ofEvent("message.reply")(frame));
      expectThat(whole !== undefined && goesOn === undefined && link.number > before.number, `message.reply of ${idOf(begun)} alone`, () => goesOn?.text ?? "nothing");
    },
  },
  {
    rules: ["CC-70"],
    title: "sends at most one part of a stream every 50 ms",
    async run(subject) {
      const reply = await subject.replied({ text: story });
      const times = reply.frames.filter(ofEvent("message.add")).map(({ at }) => at);
      if (times.length < 4) throw new Unseen("needs an account with streaming turned on, and an answer that takes a while");
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      const least = 50 * (times.length - 2);
      expectThat(span >= least, `${times.length} parts in no less than ${least} ms`, () => `${span} ms`);
    },
  },
];
