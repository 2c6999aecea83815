import type { Act, ActName } from "../../protocols/acts.ts";
import type { Inbound } from "../../protocols/inbound.ts";
import { carriedBy } from "../../protocols/websocket/frames.ts";
import type { Origin } from "../../protocols/websocket/session.ts";
import type { Rooms } from "../../edge/rooms.ts";
import type { Acted, Recipient } from "../account.ts";
import type { Acts } from "../acts.ts";
import type { Member } from "./member.ts";

/** Who does what the agent does. */
const AGENT = "agent";

/** Whether a connection that shows this message wants to hear of it later, or one may that its sender comes back with. */
export function hasCarrier(rooms: Rooms<Member>, inbound: Inbound<Origin>): boolean {
  return rooms.forSender(inbound.sender.id).length === 0 || showing(rooms, inbound).some(({ state }) => carriedBy(state).length > 0);
}

/** What the connections that this reaches understand, or all of them. */
export function carriedIn(rooms: Rooms<Member>, to: Recipient | undefined): ActName[] {
  const members = to === undefined || to.kind === "group" ? rooms.all() : rooms.forSender(to.id);
  return [...new Set(members.flatMap(({ state }) => carriedBy(state)))];
}

/** The agent does something to a message: every connection that shows it, and understands this, hears of it (WS-35, WS-36). */
export async function actIn(rooms: Rooms<Member>, acts: Acts<Origin>, to: Recipient, messageId: string, act: Act): Promise<Acted> {
  const found = acts.find(to, messageId, act);
  if (!found) return { is: "foreign" };
  const members = showing(rooms, found.inbound);
  if (members.length === 0) return { is: "away" };
  const able = members.filter(({ state }) => carriedBy(state).includes(act.act));
  if (able.length === 0) return { is: "unsupported" };
  const said = await Promise.all(able.map(async (member) => await member.sayFinally({ say: "act", act, messageId: found.name, senderId: AGENT })));
  if (!said.includes(true)) return { is: "away" };
  if (act.act === "delete") acts.retract(found);
  return { is: "done" };
}

/** A person has done something: to whom it concerns, and to himself what is confirmed. */
export function passOn(rooms: Rooms<Member>, place: Inbound<Origin>, by: Member, command: { act: Act; messageId: string; senderId: string }): void {
  const others = place.conversation.kind === "group" ? rooms.forGroup(place.conversation.id).filter((member) => member !== by) : [];
  for (const member of [...(command.act.act === "react" ? [] : [by]), ...others]) member.say({ say: "act", ...command });
}

/** The connections of the sender, and those that follow the group. */
function showing(rooms: Rooms<Member>, { conversation, sender }: Inbound<Origin>): Member[] {
  const followers = conversation.kind === "group" ? rooms.forGroup(conversation.id) : [];
  return [...new Set([...rooms.forSender(sender.id), ...followers])];
}
