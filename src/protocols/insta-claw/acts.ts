import { encodeGatewaySent, type SentData } from "../../../generated/insta-claw/index.ts";
import type { Act, ActName, ActTarget, HeardAct } from "../acts.ts";
import type { Inbound } from "../inbound.ts";
import type { ControlFrame } from "./codec.ts";
import { frameOf, type Framing } from "./frames.ts";
import { NOBODY, type Origin, placeOf } from "./identity.ts";

export type Change = Extract<ControlFrame, { type: "instaclaw:reaction" | "instaclaw:message.edit" | "instaclaw:message.delete" }>;

export function isChange(frame: ControlFrame): frame is Change {
  return "type" in frame && (frame.type === "instaclaw:reaction" || frame.type === "instaclaw:message.edit" || frame.type === "instaclaw:message.delete");
}

/** What a server's hello has turned on (IC-33). */
export function carriedOf(extensions: readonly string[]): ActName[] {
  return [...(extensions.includes("reactions") ? (["react"] as const) : []), ...(extensions.includes("edit") ? (["edit", "delete"] as const) : [])];
}

/** What a person does to a message (IC-34, IC-35). */
export function heardChange(frame: Change, verified: boolean, now: number): HeardAct {
  const { actor_id: id } = frame;
  const actor = { id: id ?? NOBODY, verified: verified && id !== undefined };
  switch (frame.type) {
    case "instaclaw:reaction":
      return { act: { act: "react", emoji: frame.emoji, isRemoval: frame.op === "remove" }, name: frame.target_id, actor, at: now };
    case "instaclaw:message.edit":
      return { act: { act: "edit", content: frame.text }, name: frame.target_message_id, actor, at: now };
    case "instaclaw:message.delete":
      return { act: { act: "delete" }, name: frame.target_message_id, actor, at: now };
  }
}

/** The agent's own; `id` is unlike any other. */
export function sentChange(act: Act, { name, place }: ActTarget<Inbound<Origin>>, framing: Framing, id: string, now: number): string {
  const event = eventOf(act, name, { event_id: `evt_${now}_${id}`, sequence_number: 0, metadata: placeOf(place.origin) }, now);
  return encodeGatewaySent(frameOf(event, framing, undefined, now, `msg_${now}_${id}`));
}

function eventOf(act: Act, name: string, about: Pick<Extract<SentData, { target_id: string }>, "event_id" | "sequence_number" | "metadata">, now: number): SentData {
  switch (act.act) {
    case "react":
      return { type: "instaclaw:reaction", ...about, target_id: name, emoji: act.emoji, op: act.isRemoval ? "remove" : "add" };
    case "edit":
      return { type: "instaclaw:message.edit", ...about, target_response_id: name, text: act.content.toWellFormed(), revision: now };
    case "delete":
      return { type: "instaclaw:message.delete", ...about, target_response_id: name };
  }
}
