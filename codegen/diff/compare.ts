import { tagsOf } from "../dispatch.ts";
import type { Channel, Direction, Message, Node, Protocol } from "../ir.ts";
import { type Change, changeOf, type Edit } from "./change.ts";
import { Walk } from "./edits.ts";
import { parameterChanges } from "./parameters.ts";
import { tableChanges } from "./tables.ts";

/** Every change of the wire from one document to a later one, and whether it breaks a peer that keeps to the older. */
export function compare(old: Protocol, now: Protocol): Change[] {
  const pairs = pairChannels(old, now);
  return [
    ...pairs.flatMap(([was, is]) => channelChanges({ old, now, was, is })),
    ...goneChannels(old, pairs),
    ...newChannels(now, pairs),
    ...tableChanges(old, now),
  ];
}

export const directions: readonly Direction[] = ["received", "sent"];

/** One channel in both documents. */
export interface ChannelPair {
  readonly old: Protocol;
  readonly now: Protocol;
  readonly was: Channel;
  readonly is: Channel;
}

/** Channels belong together by their key, else by their address. */
export function pairChannels(old: Protocol, now: Protocol): (readonly [Channel, Channel])[] {
  const byKey = old.channels.flatMap((was) => now.channels.filter(({ key }) => key === was.key).map((is) => [was, is] as const));
  const rest = old.channels.filter((was) => !byKey.some(([other]) => other === was) && was.address !== null);
  const free = now.channels.filter((is) => !byKey.some(([, other]) => other === is));
  const byAddress = rest.flatMap((was) => free.filter(({ address }) => address === was.address).slice(0, 1).map((is) => [was, is] as const));
  return [...byKey, ...byAddress];
}

function channelChanges(pair: ChannelPair): Change[] {
  const { was, is } = pair;
  return [...addressChanges(pair), ...parameterChanges(was, is), ...directions.flatMap((direction) => trafficChanges(pair, direction))];
}

function addressChanges({ was, is }: ChannelPair): Change[] {
  if (was.address === is.address) return [];
  const facts = { channel: was.key, path: "", what: "address", was: was.address ?? "none", is: is.address ?? "none" };
  return [{ verdict: "breaking", ...facts, side: "new", place: is.place, why: `an old peer uses the address ${was.address ?? "it was told"}` }];
}

function trafficChanges(pair: ChannelPair, direction: Direction): Change[] {
  const { old, now, was, is } = pair;
  const messages = pairMessages(was, is, direction);
  const paired = messages.flatMap(([before, after]) => [
    ...extensionChanges(before, after, direction, was.key),
    ...walkMessage(old, now, before, after).edits.map((edit) => changeOf(edit, direction, { channel: was.key, message: after.wireName })),
  ]);
  const gone = was[direction].messages.filter((message) => !messages.some(([before]) => before === message));
  const added = is[direction].messages.filter((message) => !messages.some(([, after]) => after === message));
  return [
    ...paired,
    ...gone.map((message) => goneMessage(message, direction, pair)),
    ...added.map((message) => addedMessage(message, direction, pair)),
  ];
}

/** Messages belong together by the name the document gives them, else by the tags they are recognised by. */
export function pairMessages(was: Channel, is: Channel, direction: Direction): (readonly [Message, Message])[] {
  const [before, after] = [was[direction].messages, is[direction].messages];
  const byName = before.flatMap((message) => after.filter(({ wireName }) => wireName === message.wireName).map((other) => [message, other] as const));
  const rest = before.filter((message) => !byName.some(([other]) => other === message));
  const free = after.filter((message) => !byName.some(([, other]) => other === message));
  const byTags = rest.flatMap((message) => {
    const tags = tagsText(was, direction, message);
    const other = tags === undefined ? undefined : free.find((candidate) => tagsText(is, direction, candidate) === tags);
    return other ? [[message, other] as const] : [];
  });
  return [...byName, ...byTags];
}

function tagsText(channel: Channel, direction: Direction, { name }: Message): string | undefined {
  const { dispatch } = channel[direction];
  const tags = dispatch && tagsOf(dispatch, name);
  return tags && Object.keys(tags).length > 0 ? JSON.stringify(tags) : undefined;
}

export function typesOf(protocol: Protocol): ReadonlyMap<string, Node> {
  return new Map(protocol.types.map(({ name, node }) => [name, node]));
}

/** The differences of a message, and where it holds itself. */
export function walkMessage(old: Protocol, now: Protocol, before: Message, after: Message): { edits: Edit[]; aliases: ReadonlyMap<string, string> } {
  const walk = new Walk({ from: typesOf(old), to: typesOf(now) });
  const edits = walk.edits({ kind: "ref", name: before.type, place: before.place }, { kind: "ref", name: after.type, place: after.place }, "");
  return { edits, aliases: walk.aliases };
}

function extensionChanges(before: Message, after: Message, direction: Direction, channel: string): Change[] {
  if (before.extension === after.extension) return [];
  const asked = after.extension !== undefined && direction === "sent";
  const facts = { direction, channel, message: after.wireName, path: "", what: "extension" };
  const words = { was: before.extension ?? "none", is: after.extension ?? "none", side: "new" as const, place: after.place };
  if (direction === "received") return [{ verdict: "compatible", ...facts, ...words, why: "it is read whoever sends it" }];
  return asked && before.extension === undefined
    ? [{ verdict: "breaking", ...facts, ...words, why: `an old peer does not ask for "${after.extension ?? ""}" and does not get the message any more` }]
    : [{ verdict: "breaking", ...facts, ...words, why: `an old peer that does not know the message may get it without having asked` }];
}

function goneMessage(message: Message, direction: Direction, { old, was, is }: ChannelPair): Change {
  const turned = is[opposite(direction)].messages.some(({ wireName }) => wireName === message.wireName);
  const turnedBefore = was[opposite(direction)].messages.some(({ wireName }) => wireName === message.wireName);
  const facts = { direction, channel: was.key, message: message.wireName, path: "", what: turned && !turnedBefore ? "direction" : "message" };
  const words = { was: direction, is: turned ? opposite(direction) : "none", side: "old" as const, place: message.place };
  if (direction === "received") return { verdict: "breaking", ...facts, ...words, why: "an old peer may send it, and it is unknown now" };
  const asked = old.operations.filter(({ replies }) => replies.includes(message.name)).flatMap(({ messages }) => messages);
  return asked.length > 0
    ? { verdict: "breaking", ...facts, ...words, why: `an old peer that has sent ${[...new Set(asked)].join(" or ")} may wait for it` }
    : { verdict: "compatible", ...facts, ...words, why: "it answers nothing, so an old peer does not wait for it" };
}

function addedMessage(message: Message, direction: Direction, { is }: Pick<ChannelPair, "is">): Change {
  const facts = { direction, channel: is.key, message: message.wireName, path: "", what: "message" };
  const words = { was: "none", is: direction, side: "new" as const, place: message.place };
  if (direction === "received") return { verdict: "compatible", ...facts, ...words, why: "an old peer does not send it" };
  return message.extension === undefined
    ? { verdict: "breaking", ...facts, ...words, why: "an old peer that reads strictly gets a message it does not know" }
    : { verdict: "compatible", ...facts, ...words, why: `only a peer that asks for "${message.extension}" gets it` };
}

function opposite(direction: Direction): Direction {
  return direction === "received" ? "sent" : "received";
}

function goneChannels(old: Protocol, pairs: readonly (readonly [Channel, Channel])[]): Change[] {
  return old.channels
    .filter((channel) => !pairs.some(([was]) => was === channel))
    .map((channel) => ({
      verdict: "breaking",
      channel: channel.key,
      path: "",
      what: "channel",
      was: channel.address ?? channel.key,
      is: "none",
      side: "old",
      place: channel.place,
      why: "an old peer still uses it",
    }));
}

function newChannels(now: Protocol, pairs: readonly (readonly [Channel, Channel])[]): Change[] {
  return now.channels
    .filter((channel) => !pairs.some(([, is]) => is === channel))
    .map((channel) => ({
      verdict: "compatible",
      channel: channel.key,
      path: "",
      what: "channel",
      was: "none",
      is: channel.address ?? channel.key,
      side: "new",
      place: channel.place,
      why: "an old peer does not use it",
    }));
}
