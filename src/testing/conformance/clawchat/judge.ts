import { fieldsOf, numberIn, textIn } from "../../simulator/clawchat/frames.ts";
import type { Finding, Heard, Judge } from "../dialed-subject.ts";

type Fields = Heard["fields"];

interface Stream {
  sequence: number;
  text: string;
  isOver: boolean;
}

/** Holds a hub to what shows in its frames: one greeting, numbers where they were granted, streams in order, no token. */
export function judgeHub(token: string | undefined): Judge {
  const greeted = new Set<string>();
  const granted = new Set<number>();
  const epochs = new Set<string>();
  const streams = new Map<string, Stream>();

  function greeting(event: string, payload: Fields, link: number): Finding[] {
    const kind = `${link} ${event === "connect.challenge" ? event : "hello"}`;
    const findings: Finding[] = [{ rule: "CC-5", holds: !greeted.has(kind), expected: `one ${kind.slice(kind.indexOf(" ") + 1)} on a connection`, got: `a second one, ${event}` }];
    greeted.add(kind);
    if (payload["ack_mode"] !== "dseq") return findings;
    granted.add(link);
    const epoch = textIn(payload, "ack_epoch");
    const isNew = epoch !== "" && !epochs.has(epoch);
    epochs.add(epoch);
    return [...findings, { rule: "CC-46", holds: isNew, expected: "an ack_epoch that no other connection had", got: JSON.stringify(payload["ack_epoch"] ?? null) }];
  }

  function numbered(frame: Fields, link: number): Finding[] {
    if (frame["dseq"] === undefined) return [];
    return [{ rule: "CC-44", holds: granted.has(link), expected: "no dseq where it was not granted", got: `dseq ${JSON.stringify(frame["dseq"])}` }];
  }

  function streamed(event: string, payload: Fields, link: number): Finding[] {
    const id = `${link} ${textIn(payload, "message_id")}`;
    const stream = streams.get(id);
    const isStart = event === "message.created";
    const order: Finding = { rule: "CC-67", holds: isStart ? stream === undefined : stream?.isOver === false, expected: isStart ? "one message.created of a message" : "message.created before it, and nothing after its end", got: event };
    if (isStart) streams.set(id, { sequence: -1, text: "", isOver: false });
    if (isStart || !stream) return [order];
    if (event !== "message.add") stream.isOver = true;
    return event === "message.failed" ? [order] : [order, grown(event, payload, stream)];
  }

  return ({ fields: frame, text, link }) => {
    const event = textIn(frame, "event");
    const payload = fieldsOf(frame["payload"]);
    const findings: Finding[] = token === undefined ? [] : [{ rule: "CC-90", holds: !text.includes(token), expected: "a frame without the access token", got: `${event} with it` }];
    if (event === "connect.challenge" || event.startsWith("hello-")) return [...findings, ...greeting(event, payload, link)];
    if (["message.created", "message.add", "message.done", "message.failed"].includes(event)) findings.push(...streamed(event, payload, link));
    return [...findings, ...numbered(frame, link)];
  };
}

/** The text of an add is the one before and its delta; the end says the same as the last add. */
function grown(event: string, payload: Fields, stream: Stream): Finding {
  const fragments = Array.isArray(payload["fragments"]) ? payload["fragments"].map(fieldsOf) : [];
  const [text, delta] = [fragments.map((fragment) => textIn(fragment, "text")).join(""), fragments.map((fragment) => textIn(fragment, "delta")).join("")];
  const isAdd = event === "message.add";
  const sequence = isAdd ? numberIn(payload, "sequence") : numberIn(fieldsOf(payload["streaming"]), "sequence");
  const due = { sequence: isAdd ? stream.sequence + 1 : Math.max(0, stream.sequence), text: isAdd ? stream.text + delta : stream.text };
  const holds = sequence === due.sequence && text === due.text;
  Object.assign(stream, { sequence: sequence ?? stream.sequence, text });
  return { rule: "CC-68", holds, expected: `sequence ${due.sequence} and the text ${JSON.stringify(due.text)}`, got: `${event} with sequence ${sequence ?? "none"} and ${JSON.stringify(text)}` };
}
