import { system } from "../../../core/system.ts";
import type { ClawchatServer } from "../../simulator/clawchat/server.ts";
import type { CallRecord, FrameRecord } from "../../simulator/record.ts";
import { Unseen } from "../check.ts";
import { fieldsIn } from "../dialing.ts";
import type { ListeningSubject } from "../listening-subject.ts";

export type Tested = ListeningSubject<ClawchatServer>;

export const eventOf = ({ text }: Pick<FrameRecord, "text">): string => String(fieldsIn(text)?.["event"]);

export const ofEvent = (event: string) => (frame: FrameRecord): boolean => eventOf(frame) === event;

export function payloadOf(frame: FrameRecord | undefined): Readonly<Record<string, unknown>> {
  const payload = fieldsIn(frame?.text ?? "")?.["payload"];
  return typeof payload === "object" && payload !== null ? (payload as Readonly<Record<string, unknown>>) : {};
}

const answers = ["message.send", "message.reply", "message.created"];

/** Frames of the client from here on, after it had time to say something. */
export async function heardAfter(subject: Tested, act: () => void | Promise<void>, ms = 1500): Promise<FrameRecord[]> {
  await subject.link();
  const before = subject.simulator.frames.length;
  await act();
  await subject.simulator.pause(ms);
  return subject.simulator.frames.slice(before).filter(({ from }) => from === "plugin");
}

/** Those that begin or are an answer. */
export const answersIn = (frames: readonly FrameRecord[]): FrameRecord[] => frames.filter((frame) => answers.includes(eventOf(frame)));

/** The session of the open link, where it was granted dseq. */
export async function dense(subject: Tested): Promise<Tested["simulator"]["server"]["sessions"][number]> {
  await subject.link();
  const session = subject.simulator.server.sessions.at(-1);
  if (session?.mode !== "v2") throw new Unseen("the client did not ask for the second generation of reliable delivery");
  return session;
}

type Numbered = Awaited<ReturnType<typeof dense>>;

/** The highest dseq that the frames of a connection acknowledge. */
export function ackedOn(subject: Tested, { link }: Numbered): number {
  const acks = subject.simulator.frames.filter((frame) => frame.link === link.number && frame.from === "plugin" && ofEvent("message.sync_ack")(frame));
  return Math.max(0, ...acks.map((frame) => Number(payloadOf(frame)["dseq"])));
}

/** The same for a client that acknowledges at all; one that never does breaks one rule, and not all of these. */
export async function acknowledging(subject: Tested): Promise<Numbered> {
  const session = await dense(subject);
  const { simulator } = subject;
  const isHeard = await simulator.until(() => (simulator.frames.some((frame) => frame.from === "plugin" && ofEvent("message.sync_ack")(frame)) ? true : undefined), "it", subject.timeoutMs).catch(() => false);
  if (!isHeard) throw new Unseen("the client acknowledges nothing; see CC-48");
  return session;
}

/** Whether everything that was numbered is acknowledged in time. */
export async function isAcknowledged(subject: Tested, session: Numbered): Promise<boolean> {
  return subject.simulator.until(() => (ackedOn(subject, session) >= session.dseq ? true : undefined), "it", subject.timeoutMs).catch(() => false);
}

/** Calls from here on whose path has this in it; waits for the first. What a client asks for on connecting is let pass. */
export async function calledAfter(subject: Tested, part: string, act: () => void): Promise<readonly CallRecord[]> {
  await subject.link();
  await subject.simulator.pause(500);
  const before = subject.simulator.calls.length;
  const calls = (): CallRecord[] => subject.simulator.calls.slice(before).filter(({ path }) => path.includes(part));
  act();
  await subject.simulator.until(() => calls()[0], "a call", subject.timeoutMs).catch(() => undefined);
  await subject.simulator.pause(500);
  return calls();
}

export const isRefresh = ({ path }: CallRecord): boolean => path.endsWith("/auth/refresh");

/** CC-73: nobody refreshes twice within 30 seconds, so whoever wants to see a refresh waits. */
export async function rested(subject: Tested): Promise<void> {
  const last = subject.simulator.calls.findLast(isRefresh);
  const ms = last ? last.at + 31_000 - system.now() : 0;
  if (ms > subject.timeoutMs) throw new Unseen("a refresh was seen less than 30 seconds before: --timeout 35, or this rule alone with --rule");
  if (ms > 0) await subject.simulator.pause(ms);
}

/** A group in which the client has been seen to answer, and its own settings are all that can keep it from it. */
export const group = "readers";

export async function addressed(subject: Tested): Promise<string> {
  await subject.link();
  return subject.simulator.say({ text: "@all hello", user: "ann", conversation: group });
}
