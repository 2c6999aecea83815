import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type About, fragmentsOf, type Json, openHub, payloadOf, type Sent, textOf } from "./hub.ts";

const root = `${import.meta.dirname}/../../../..`;

interface Line {
  from?: "server" | "plugin";
  frame?: Json;
  text?: string;
  link?: string;
}

const linesOf = (path: string) =>
  readFileSync(`${root}/${path}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

/** What counts of a frame of ours: not its ids and times. */
function gist(frame: Json): unknown[] {
  const { event } = frame;
  const { nonce, dseq, seq, sequence } = payloadOf(frame);
  const fragments = fragmentsOf(frame) as Json[] | undefined;
  return [event, frame["chat_id"], nonce ?? dseq ?? seq ?? sequence, fragments && [textOf(frame), fragments.flatMap(({ delta }) => delta ?? [])]];
}

/** Plays the hub's side of a conversation, and has the agent say what the plugin said there. */
function play(lines: readonly Line[]): readonly Sent[] {
  const first = payloadOf(lines.find(({ frame }) => frame?.["event"] === "connect")?.frame)["capabilities"] as Json;
  const hub = openHub({ reliable: first["reliable_delivery"] === true, deliveryReceipts: first["delivery_receipt"] === true });
  let of: About | undefined;
  const turn = () => of ?? hub.hears();
  for (const { from, frame, text, link } of lines) {
    if (link !== undefined) {
      hub.reconnect();
    } else if (from === "server") {
      const ours = hub.sent.findLast(({ event }) => event === (frame?.["event"] === "hello-ok" ? "connect" : "message.reply") || (frame?.["event"] !== "hello-ok" && event === "message.send"));
      const isAnswer = ["hello-ok", "message.ack", "message.error"].includes(String(frame?.["event"]));
      const answer = isAnswer && ours ? { ...frame, trace_id: ours["trace_id"], payload: { ...payloadOf(frame), ...("message_id" in payloadOf(frame) && { message_id: payloadOf(ours)["message_id"] }) } } : frame;
      of = hub.frame(text ?? answer).turns.at(-1) ?? of;
    } else if (frame) {
      const event = String(frame["event"]);
      if (event === "typing.update" && payloadOf(frame)["is_typing"] === true) hub.types(turn());
      if (event === "message.add") hub.streams(turn(), textOf(frame));
      if (event === "message.failed") hub.fails(turn(), "cancelled");
      if (event === "message.reply") hub.answers(turn(), textOf(frame));
      if (event === "message.send") {
        const to = hub.protocol.reach?.({ kind: "group", id: String(frame["chat_id"]) });
        if (to) hub.says({ say: "announce", messageId: hub.protocol.announcementId(), to, text: textOf(frame), mediaUrls: [] });
      }
      if (event === "message.sync_ack" || event === "message.cursor_ack") hub.wait(200);
    }
  }
  return hub.sent;
}

describe.each(globSync("spec/examples/clawchat/*.conversation.jsonl", { cwd: root }))("%s", (path) => {
  it("CC-4 CC-48 CC-67 is what the session says, in this order", () => {
    const lines = linesOf(path);
    const isTyping = ({ event }: Json) => event === "typing.update";
    const expected = lines.flatMap(({ from, frame }) => (from === "plugin" && frame ? [frame] : []));
    const sent = play(lines);
    expect(sent.filter((frame) => !isTyping(frame)).map(gist)).toEqual(expected.filter((frame) => !isTyping(frame)).map(gist));
  });
});
