import type { Place } from "./ir.ts";
import { followReference } from "./references.ts";
import { childOf, isArray, isObject, listOf, placeKey, type Sources, textOf, under } from "./source.ts";

/** Who says what to whom, whatever version of AsyncAPI says it. */
export interface Outline {
  readonly channels: readonly OutlineChannel[];
  readonly operations: readonly OutlineOperation[];
}

export interface OutlineChannel {
  readonly key: string;
  readonly place: Place;
  readonly address: string | null;
  readonly messages: readonly OutlineMessage[];
}

export interface OutlineMessage {
  /** What the message is called where nothing else gives it a name. */
  readonly key: string;
  readonly place: Place;
}

export interface OutlineOperation {
  readonly key: string;
  readonly place: Place;
  /** As the application sees it that the document describes. */
  readonly action: "receive" | "send";
  readonly channel: Place;
  readonly messages: readonly Place[];
  readonly replyChannel: Place;
  readonly replies: readonly Place[];
}

/** Reads channels, messages and operations of AsyncAPI 2.x or 3.x; references are followed. */
export function readOutline(sources: Sources, file: string): Outline {
  const root: Place = { file, path: [] };
  return textOf(sources.at(root), "asyncapi")?.startsWith("2.") ? readVersion2(sources, root) : readVersion3(sources, root);
}

export function placesIn(sources: Sources, root: Place, ...steps: string[]): (readonly [string, Place])[] {
  const place = under(root, ...steps);
  const data = sources.at(place);
  return (isObject(data) ? Object.keys(data) : []).map((key) => [key, followReference(sources, under(place, key))] as const);
}

/** Operations stand apart and name the messages of their channels. */
function readVersion3(sources: Sources, root: Place): Outline {
  const channels = placesIn(sources, root, "channels").map(([key, place]): OutlineChannel => {
    const address = childOf(sources.at(place), "address");
    const messages = placesIn(sources, place, "messages").map(([, at]) => ({ key: String(at.path.at(-1) ?? "message"), place: at }));
    return { key, place, address: typeof address === "string" ? address : null, messages };
  });
  const operations = placesIn(sources, root, "operations").map(([key, place]): OutlineOperation => {
    const channel = followReference(sources, under(place, "channel"));
    const isReplied = sources.at(under(place, "reply")) !== undefined;
    const reply = followReference(sources, under(place, "reply"));
    const hasOwnChannel = isReplied && sources.at(under(reply, "channel")) !== undefined;
    const replyChannel = hasOwnChannel ? followReference(sources, under(reply, "channel")) : channel;
    return {
      key,
      place,
      action: childOf(sources.at(place), "action") === "send" ? "send" : "receive",
      channel,
      messages: messagesNamedBy(sources, place, channel, channels),
      replyChannel,
      replies: isReplied ? messagesNamedBy(sources, reply, replyChannel, channels) : [],
    };
  });
  return { channels, operations };
}

function messagesNamedBy(sources: Sources, owner: Place, channel: Place, channels: readonly OutlineChannel[]): Place[] {
  const all = channels.find(({ place }) => placeKey(place) === placeKey(channel))?.messages.map(({ place }) => place) ?? [];
  const listed = sources.at(under(owner, "messages"));
  if (!isArray(listed)) return all;
  return listed.flatMap((_, index) => {
    const place = under(owner, "messages", index);
    const message = followReference(sources, place);
    if (all.some((other) => placeKey(other) === placeKey(message))) return [message];
    sources.error(place, `this message is not among the messages of the channel "${String(channel.path.at(-1))}"`);
    return [];
  });
}

/** Operations stand in their channels: what others `publish` the application receives, what they `subscribe` to it sends. */
function readVersion2(sources: Sources, root: Place): Outline {
  const channels: OutlineChannel[] = [];
  const operations: OutlineOperation[] = [];
  for (const [key, place] of placesIn(sources, root, "channels")) {
    const messages = new Map<string, OutlineMessage>();
    for (const verb of ["publish", "subscribe"] as const) {
      const operation = under(place, verb);
      const data = sources.at(operation);
      if (data === undefined) continue;
      const operationId = childOf(data, "operationId");
      const name = typeof operationId === "string" ? operationId : `${key} ${verb}`;
      const said = messagesOfOperation(sources, operation, name);
      for (const message of said) messages.set(placeKey(message.place), messages.get(placeKey(message.place)) ?? message);
      operations.push({
        key: name,
        place: operation,
        action: verb === "publish" ? "receive" : "send",
        channel: place,
        messages: said.map((message) => message.place),
        replyChannel: place,
        replies: [],
      });
    }
    channels.push({ key, place, address: key, messages: [...messages.values()] });
  }
  return { channels, operations };
}

function messagesOfOperation(sources: Sources, operation: Place, operationName: string): OutlineMessage[] {
  const written = under(operation, "message");
  if (sources.at(written) === undefined) return [];
  const message = followReference(sources, written);
  const choices = listOf(childOf(sources.at(message), "oneOf"));
  if (choices.length === 0) return [{ key: keyOf(sources, message, `${operationName} message`), place: message }];
  return choices.map((_, index) => {
    const choice = followReference(sources, under(message, "oneOf", index));
    return { key: keyOf(sources, choice, `${operationName} message ${index + 1}`), place: choice };
  });
}

/** A message under `components` has its key; one written inline is called what it calls itself. */
function keyOf(sources: Sources, message: Place, otherwise: string): string {
  if (message.path[0] === "components" || message.path.length <= 1) return String(message.path.at(-1) ?? otherwise);
  const data = sources.at(message);
  const names = ["messageId", "name", "title"].map((key) => textOf(data, key));
  return names.find((name) => name !== undefined && name !== "") ?? otherwise;
}
