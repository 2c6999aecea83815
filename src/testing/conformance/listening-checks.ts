import { type Check, expectThat, Unseen } from "./check.ts";
import type { ListeningSubject } from "./listening-subject.ts";

type Tested = ListeningSubject;

/** ms in which a frame that must not come would have come. */
const silenceMs = 500;

/** What every client that dials is tried with; each protocol has its own rule for it. */

export const answersOnce = (rules: readonly string[]): Check<Tested> => ({
  rules,
  title: "answers a message, and ends its answer once",
  async run(subject) {
    const messageId = await subject.say({ text: "Hello there! Please answer in a sentence.", user: "user-1", session: "user-1" });
    const reply = await subject.reply(messageId);
    expectThat(reply !== undefined, `a complete answer within ${subject.timeoutMs} ms`, () => subject.frames().findLast(({ from }) => from === "peer")?.text ?? "nothing");
    await subject.simulator.pause(silenceMs);
  },
});

export const answersInOrder = (rules: readonly string[]): Check<Tested> => ({
  rules,
  title: "answers the messages of one conversation in the order in which they came",
  async run(subject) {
    const saying = { user: "user-1", session: "user-1" };
    const ids = [await subject.say({ text: "number one", ...saying }), await subject.say({ text: "number two", ...saying })];
    for (const id of ids) if (!(await subject.reply(id))) throw new Unseen(`a message was not answered within ${subject.timeoutMs} ms`);
    const order = subject.simulator.replies.flatMap(({ messageId, end }) => (messageId !== undefined && end && ids.includes(messageId) ? [messageId] : []));
    expectThat(order.join() === ids.join(), `answers to ${ids.join(", ")}`, () => order.join(", "));
  },
});

/** `isPart` tells frames of an answer from those that may come for a repeat. */
export const runsOnce = (rules: readonly string[], isPart: (text: string) => boolean): Check<Tested> => ({
  rules,
  title: "does not answer a message again that comes again",
  async run(subject) {
    const { simulator } = subject;
    await subject.replied({ text: "once", user: "user-1", session: "user-1" });
    await simulator.pause(silenceMs);
    const before = simulator.frames.length;
    simulator.duplicate();
    // What follows would come behind an answer to the repeat.
    await simulator.pause(silenceMs);
    const again = simulator.frames.slice(before).filter(({ from, text }) => from === "plugin" && isPart(text));
    expectThat(again.length === 0, "no frame of an answer", () => again.map(({ text }) => text).join(" "));
  },
});

/** `isPartial` tells that an answer is under way. */
export const outlivesTheConnection = (rules: readonly string[], isPartial: (text: string) => boolean): Check<Tested> => ({
  rules,
  title: "ends an answer on the next connection where the first one was cut in the middle of it",
  async run(subject) {
    const { simulator } = subject;
    const isUnderWay = ({ from, text }: { from: string; text: string }): boolean => from === "plugin" && isPartial(text);
    await subject.replied({ text: "hello", user: "user-3", session: "user-3" });
    const before = simulator.frames.length;
    const messageId = await subject.say({ text: "Tell me a long story of about three hundred words, please.", user: "user-3", session: "user-3" });
    const partial = await simulator.until(() => simulator.frames.slice(before).find(isUnderWay), "it", subject.timeoutMs).catch(() => undefined);
    if (!partial || simulator.replies.some((reply) => reply.messageId === messageId && reply.end)) throw new Unseen("needs an answer that takes a while, and is told in parts");
    await subject.dropped();
    const reply = await subject.reply(messageId);
    expectThat(reply !== undefined, `the end of the answer within ${subject.timeoutMs} ms`, () => subject.frames().findLast(({ from }) => from === "peer")?.text ?? "nothing");
  },
});

/** A frame that is too big closes the connection, by right. */
const MOST_BYTES = 65_536;

export const survives = (rules: readonly string[], frames: (options: Tested["options"]) => readonly string[]): Check<Tested> => ({
  rules,
  title: "keeps the connection whatever a frame holds, and answers what comes after",
  async run(subject) {
    const link = await subject.link();
    for (const kind of ["text", "json", "array", "null"]) subject.simulator.garbage(kind);
    const small = frames(subject.options).filter((text) => Buffer.byteLength(text) <= MOST_BYTES);
    for (const text of small) if (link.open) subject.simulator.raw(text);
    const reply = link.open ? await subject.reply(await subject.say({ text: "Are you still there?", user: "user-2", session: "user-2" })) : undefined;
    expectThat(link.open, "an open connection", () => `close code ${link.closed?.code ?? ""} ${link.closed?.reason ?? ""}`);
    if (!reply) throw new Unseen(`a message was not answered within ${subject.timeoutMs} ms`);
  },
});

/** `leastMs` is the shortest wait before a second attempt. */
export const comesBack = (rules: readonly string[], leastMs: number): Check<Tested> => ({
  rules,
  title: "dials again after the connection was cut, and not at once",
  async run(subject) {
    const { ms } = await subject.dropped();
    expectThat(ms >= leastMs, `no new connection before ${leastMs} ms`, () => `one after ${ms} ms`);
  },
});

export const followsNoRedirect = (rules: readonly string[]): Check<Tested> => ({
  rules,
  title: "follows no redirect",
  async run(subject) {
    const { simulator } = subject;
    simulator.refuse(302);
    const { link } = await subject.dropped();
    if (simulator.refusals.at(-1)?.how !== 302) throw new Unseen("the client did not ask while there was a redirect");
    expectThat(!link.request.path.endsWith("/elsewhere"), "the configured address", () => link.request.path);
  },
});

/** The last one: afterwards nobody is there for long. */
export const staysAway = (rules: readonly string[], { code, ms }: { code: number; ms: number }): Check<Tested> => ({
  rules,
  title: `stays away after close code ${code}`,
  async run(subject) {
    const { simulator } = subject;
    const before = await subject.link();
    simulator.close(code, "go away");
    const back = await simulator.link({ after: before, timeoutMs: ms }).catch(() => undefined);
    expectThat(back === undefined, `nobody within ${ms} ms`, () => `a connection after ${(back?.openedAt ?? 0) - (before.closed?.at ?? 0)} ms`);
  },
});
