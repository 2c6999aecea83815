import { type Check, expectThat, Unseen } from "../check.ts";
import type { DialedSubject } from "../dialed-subject.ts";
import type { Dialed } from "../dialing.ts";
import { conversationIn, fieldsOf, type Fields, frameOf, newMessageId, replayed, say, textMessage, uplink } from "./visiting.ts";

const idOf = (frame: Fields): string | undefined => {
  const id = fieldsOf(frame["payload"])["message_id"];
  return typeof id === "string" ? id : undefined;
};

/** Ids of what the server had kept for the kit. */
function kept(replay: readonly Fields[]): string[] {
  const ids = replay.filter(({ seq }) => typeof seq === "number").flatMap((frame) => idOf(frame) ?? []);
  if (ids.length === 0) throw new Unseen("needs a message that waits: have somebody say something to this user");
  return ids;
}

function numbers(replay: readonly Fields[], name: "seq" | "dseq"): number[] {
  return replay.flatMap((frame) => (typeof frame[name] === "number" ? [frame[name]] : []));
}

/** Acknowledges, and looks what comes again on the next connection. */
async function againAfter(subject: DialedSubject, asking: "v1" | "v2", acknowledge: (dialed: Dialed, hello: Fields, replay: readonly Fields[]) => void): Promise<{ before: string[]; after: string[] }> {
  const first = await replayed(subject, asking);
  const before = kept(first.replay);
  acknowledge(first.dialed, first.hello, first.replay);
  await first.dialed.pause(300);
  await first.dialed.close();
  const { replay } = await replayed(subject, asking);
  return { before, after: replay.flatMap((frame) => idOf(frame) ?? []) };
}

const signal = (subject: DialedSubject, event: string, payload: object): object => ({ version: "2", event, trace_id: subject.newId("t"), emitted_at: 1, payload });

function expectGrant(hello: Fields): void {
  if (hello["ack_mode"] !== "dseq") throw new Unseen("the server did not grant the second generation of reliable delivery");
}

/** How a hub keeps messages until they are acknowledged, and takes those of the plugin. */
export const delivery: readonly Check<DialedSubject>[] = [
  {
    rules: ["CC-48"],
    title: "keeps what was not acknowledged, and brings it again",
    async run(subject) {
      const { before, after } = await againAfter(subject, "v2", (_dialed, hello) => expectGrant(hello));
      const lost = before.filter((id) => !after.includes(id));
      expectThat(lost.length === 0, `${before.join(", ")} again`, () => `without ${lost.join(", ")}`);
    },
  },
  {
    rules: ["CC-48"],
    title: "forgets what message.sync_ack acknowledges",
    async run(subject) {
      const { before, after } = await againAfter(subject, "v2", (dialed, hello, replay) => {
        expectGrant(hello);
        dialed.send(signal(subject, "message.sync_ack", { dseq: Math.max(0, ...numbers(replay, "dseq")), epoch: hello["ack_epoch"] }));
      });
      const again = before.filter((id) => after.includes(id));
      expectThat(again.length === 0, "none of what was acknowledged", () => again.join(", "));
    },
  },
  {
    rules: ["CC-45"],
    title: "forgets what message.cursor_ack acknowledges, where the first generation was asked for",
    async run(subject) {
      const { before, after } = await againAfter(subject, "v1", (dialed, hello, replay) => {
        if (hello["ack_mode"] === "dseq") throw new Unseen("the server granted the second generation to one who did not ask for it; see CC-44");
        dialed.send(signal(subject, "message.cursor_ack", { seq: Math.max(0, ...numbers(replay, "seq")) }));
      });
      const again = before.filter((id) => after.includes(id));
      expectThat(again.length === 0, "none of what was acknowledged", () => again.join(", "));
    },
  },
  {
    rules: ["CC-28"],
    title: "acknowledges a message again that comes again with its id",
    async run(subject) {
      const { dialed } = await replayed(subject);
      const { traceId, messageId, frame } = say(subject, dialed, conversationIn(dialed));
      const acks = (): Fields[] => dialed.received.flatMap(({ fields }) => (fields?.["event"] === "message.ack" && fields["trace_id"] === traceId ? [fields] : []));
      if (!(await dialed.until(() => acks()[0], subject.timeoutMs))) throw new Unseen("a message was not acknowledged; see CC-26");
      dialed.send(frame);
      const again = await dialed.until(() => acks()[1], subject.timeoutMs);
      expectThat(again !== undefined && idOf(again) === messageId, `a second message.ack of ${messageId}`, () => JSON.stringify(again ?? "nothing"));
    },
  },
  {
    rules: ["CC-69"],
    title: "takes an answer that was streamed, and the whole of it with the same id after that",
    async run(subject) {
      const { dialed } = await replayed(subject);
      const chatId = conversationIn(dialed);
      const [messageId, traceId] = [newMessageId(subject), subject.newId("t")];
      const state = (status: string, completed: number | null) => ({ status, sequence: 0, mutation_policy: "append_text_only", started_at: null, completed_at: completed });
      const fragment = { kind: "text", text: "You said it." };
      const frames: readonly (readonly [event: string, payload: object])[] = [
        ["message.created", { message_id: messageId, message_mode: "normal" }],
        ["message.add", { message_id: messageId, sequence: 0, mutation: { type: "append", target_fragment_index: 0 }, fragments: [{ ...fragment, delta: fragment.text }], streaming: state("streaming", null), added_at: 1 }],
        ["message.done", { message_id: messageId, fragments: [fragment], streaming: state("done", 1), completed_at: 1 }],
        ["message.reply", textMessage(messageId, fragment.text)],
      ];
      for (const [event, payload] of frames) dialed.send(uplink(event, event === "message.reply" ? traceId : subject.newId("t"), chatId, payload));
      const ack = await frameOf(subject, dialed, "message.ack", traceId);
      const refused = dialed.received.find(({ fields }) => fields?.["event"] === "message.error");
      expectThat(refused === undefined, "message.ack and no message.error", () => refused?.text ?? "nothing");
      if (!ack) throw new Unseen("a message was not acknowledged; see CC-26");
    },
  },
  // The last one: where nothing is acknowledged, nothing is kept.
  {
    rules: ["CC-44"],
    title: "grants nothing about delivery where nothing was asked for",
    async run(subject) {
      const { hello, replay } = await replayed(subject, "legacy");
      const undue = [...(hello["ack_mode"] === "dseq" ? ["ack_mode dseq"] : []), ...(numbers(replay, "dseq").length > 0 ? ["dseq"] : [])];
      expectThat(undue.length === 0, "neither ack_mode dseq nor a dseq", () => undue.join(", "));
    },
  },
];
