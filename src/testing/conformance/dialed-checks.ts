import { type Check, expectThat, Unseen } from "./check.ts";
import type { DialedSubject } from "./dialed-subject.ts";
import type { Dialed, DialOptions } from "./dialing.ts";

/** How a client of one wire shows who it is. */
export interface Manners {
  /** With what the options name; `token` stands in for theirs. */
  dials(subject: DialedSubject, token?: string): { url: string; options: DialOptions };
}

/** Close codes with which a server says that it does not want this client. */
const refusingCodes = [1008, 4401, 4403];

export async function enter(subject: DialedSubject, manners: Manners): Promise<Dialed> {
  const { url, options } = manners.dials(subject);
  const dialed = await subject.dial(url, options);
  if (dialed.status !== 101) throw new Unseen(`the server turned the kit away with HTTP ${dialed.status}`);
  return dialed;
}

/** Undefined where a client is let in with what the options name. */
export async function refusalOf(subject: DialedSubject, manners: Manners): Promise<string | undefined> {
  const { url, options } = manners.dials(subject);
  const { status } = await subject.dial(url, options);
  return status === 401 || status === 403 ? `it answers with HTTP ${status}` : undefined;
}

export const letsIn = (rule: string, manners: Manners): Check<DialedSubject> => ({
  rules: [rule],
  title: "lets a client in that shows its credentials as the rule says",
  async run(subject) {
    const { url, options } = manners.dials(subject);
    const { status } = await subject.dial(url, options);
    expectThat(status === 101, "an open connection", () => `HTTP ${status}`);
  },
});

export const turnsAway = (rule: string, manners: Manners): Check<DialedSubject> => ({
  rules: [rule],
  title: "turns a client with another secret away: HTTP 401 or 403, or close code 1008, 4401 or 4403",
  async run(subject) {
    if (subject.options.token === undefined) throw new Unseen("needs an account with a secret: --account and --token");
    await expectRefusal(subject, manners.dials(subject, "conformance-wrong-secret"));
  },
});

/** `manners` are those of somebody who says nothing of himself. */
export const turnsStrangersAway = (rule: string, manners: Manners): Check<DialedSubject> => ({
  rules: [rule],
  title: "turns a client without credentials away: HTTP 401 or 403, or close code 1008, 4401 or 4403",
  run: (subject) => expectRefusal(subject, manners.dials(subject)),
});

async function expectRefusal(subject: DialedSubject, { url, options }: ReturnType<Manners["dials"]>): Promise<void> {
  const dialed = await subject.dial(url, options);
  const closed = dialed.status === 101 ? await dialed.until(() => dialed.closed, subject.timeoutMs) : undefined;
  const isRefused = dialed.status === 401 || dialed.status === 403 || (closed !== undefined && refusingCodes.includes(closed.code));
  expectThat(isRefused, "a refusal", () => (closed ? `close code ${closed.code}` : dialed.status === 101 ? "an open connection" : `HTTP ${dialed.status}`));
}

export const answersPings = (rule: string, manners: Manners): Check<DialedSubject> => ({
  rules: [rule],
  title: "answers a WebSocket ping, so that it does not count as gone",
  async run(subject) {
    const dialed = await enter(subject, manners);
    dialed.ping();
    const pong = await dialed.until(() => (dialed.pongs > 0 ? true : undefined), subject.timeoutMs);
    expectThat(pong !== undefined, "a pong", () => (dialed.closed ? `close code ${dialed.closed.code}` : "nothing"));
  },
});

type Fields = Readonly<Record<string, unknown>>;

/** An answer to a message of a user, as a client may send it. */
export interface Answering {
  rule: string;
  title: string;
  /** `seen` is everything of this connection so far, the message last; undefined where that is no message. */
  answerTo(message: Fields, newId: () => string, seen: readonly Fields[]): readonly object[] | undefined;
}

/** Waits for a message of a user, answers it as the document has it, and looks whether the server takes that. */
export const takesAnswers = ({ rule, title, answerTo }: Answering, manners: Manners): Check<DialedSubject> => ({
  rules: [rule],
  title,
  async run(subject) {
    const dialed = await enter(subject, manners);
    const composed = (): readonly object[] | undefined => {
      const seen = dialed.received.map(({ fields }) => fields).filter((fields) => fields !== undefined);
      return seen.map((fields, index) => answerTo(fields, () => subject.newId("e"), seen.slice(0, index + 1))).find((frames) => frames !== undefined);
    };
    const answer = await dialed.until(composed, subject.timeoutMs);
    if (!answer) throw new Unseen("needs a user of the server who says something while the kit is connected");
    for (const frame of answer) dialed.send(frame);
    await dialed.pause(500);
    expectThat(dialed.closed === undefined, "an open connection", () => `close code ${dialed.closed?.code ?? ""} ${dialed.closed?.reason ?? ""}`);
  },
});

/** A rule that shows in the frames of all other checks; what broke it was told there. */
export const showsInFrames = (rule: string, title: string, need: string): Check<DialedSubject> => ({
  rules: [rule],
  title,
  async run(subject) {
    if (!subject.hasMet(rule)) throw new Unseen(`needs ${need}`);
  },
});

export const saysGoodbye = (rule: string, manners: Manners): Check<DialedSubject> => ({
  rules: [rule],
  title: "answers a close with a close, and repeats its code",
  async run(subject) {
    const dialed = await enter(subject, manners);
    dialed.leave();
    const closed = await dialed.until(() => dialed.closed, subject.timeoutMs);
    expectThat(closed?.code === 1000, "close code 1000", () => (closed ? `close code ${closed.code}` : "an open connection"));
  },
});
