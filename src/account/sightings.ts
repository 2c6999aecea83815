import type { Inbound } from "../protocols/inbound.ts";
import type { Sighting } from "../store/seen.ts";

/** Who is known from a message, for whoever looks for people later. */
export function sightings({ sender, conversation }: Pick<Inbound, "sender" | "conversation">): Sighting[] {
  const person = { id: sender.id, ...(sender.name !== undefined && { name: sender.name }) };
  const user: Sighting = { kind: "user", ...person };
  if (conversation.kind === "direct") return [user];
  const { id, subject } = conversation;
  return [user, { kind: "group", id, ...(subject !== id && { name: subject }) }, { kind: "member", groupId: id, ...person }];
}
