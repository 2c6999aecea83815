import { contentFieldsIn, contentUnionsOf } from "./content.ts";
import { inferDispatch } from "./dispatch.ts";
import type { Channel, DefaultValue, Direction, Json, JsonObject, Message, NamedType, Node, Operation, Place, Protocol, Table, Traffic } from "./ir.ts";
import type { Loaded } from "./load.ts";
import { readMessageParts } from "./message-parts.ts";
import { buildNamedTypes } from "./named-types.ts";
import { camelCase, firstFree, pascalCase } from "./names.ts";
import { type Outline, type OutlineChannel, type OutlineMessage, readOutline } from "./outline.ts";
import { readAddressParameters, readBindingParameters } from "./parameters.ts";
import { SchemaReader } from "./schema.ts";
import { childOf, isObject, optionalText, placeKey, type Sources, textOf, under } from "./source.ts";
import { defaultsIn } from "./wire-schema.ts";

/** Builds the model of a document from its text, not from the parser's resolved tree, which has lost names. */
export function buildProtocol(loaded: Loaded, name: string, displayFile: (file: string) => string): Protocol {
  const builder = new ProtocolBuilder(loaded);
  const { sources, file } = loaded;
  const root: Place = { file, path: [] };
  const info = sources.at(under(root, "info"));
  const channels = builder.buildChannels();
  builder.nameRemainingSchemas();
  return {
    name,
    pascal: pascalCase(name),
    title: textOf(info, "title") ?? name,
    version: textOf(info, "version") ?? "0.0.0",
    ...optionalText(info, "description"),
    sources: sources.files().map(displayFile).sort(),
    channels,
    messages: [...builder.messages.values()],
    ...builder.buildContents(channels),
    operations: builder.operations,
    types: builder.buildTypes(),
    tables: buildTables(sources, root),
    defaults: builder.defaults(),
    secrets: builder.secrets(),
  };
}

class ProtocolBuilder {
  readonly messages = new Map<string, Message>();
  readonly operations: Operation[] = [];
  readonly #sources: Sources;
  readonly #root: Place;
  readonly #reader: SchemaReader;

  constructor({ sources, file }: Loaded) {
    this.#sources = sources;
    this.#root = { file, path: [] };
    this.#reader = new SchemaReader(sources);
    // What is listed has the first right to its name; in an own document a name that is wanted twice is refused anyway.
    if (!sources.own) for (const place of this.#listedSchemas()) this.#reader.reserve(place);
  }

  buildChannels(): Channel[] {
    const outline = readOutline(this.#sources, this.#root.file);
    const named = outline.channels.map((channel) => ({ ...channel, name: this.#channelName(channel) }));
    const written = named.map((channel) => ({ ...channel, built: channel.messages.map((message) => this.#messageAt(message)) }));
    const travels = this.#readOperations(outline);
    const resolve = (type: string): Node => this.#reader.followed(type);
    return written.map(({ key, name, place, address, built }) => {
      const data = this.#sources.at(place);
      const trafficOf = (direction: Direction): Traffic => {
        const travelling = built.filter((message) => travels.has(`${direction} ${placeKey(place)} ${placeKey(message.place)}`));
        const candidates = travelling.map((message) => ({ message: message.name, node: resolve(message.type), hot: message.hot }));
        return { messages: travelling, dispatch: candidates.length === 0 ? undefined : inferDispatch(candidates, resolve) };
      };
      const parameters = readAddressParameters(this.#sources, place);
      return {
        key,
        name,
        address,
        ...optionalText(data, "title"),
        ...optionalText(data, "summary"),
        ...optionalText(data, "description"),
        received: trafficOf("received"),
        sent: trafficOf("sent"),
        query: readBindingParameters(this.#sources, place, "query"),
        headers: readBindingParameters(this.#sources, place, "headers"),
        ...(parameters.length > 0 && { parameters }),
        place,
      };
    });
  }

  buildContents(channels: readonly Channel[]): Pick<Protocol, "contentFields" | "contents"> {
    const resolve = (type: string): Node => this.#reader.nodeOf(type);
    const isHot = (type: string): boolean => childOf(this.#sources.at(this.#reader.placeOf(type)), "x-hot") === true;
    const messages = [...this.messages.values()];
    const contentFields = contentFieldsIn(messages, resolve);
    return { contentFields, contents: contentUnionsOf(messages, contentFields, channels, resolve, isHot) };
  }

  /** Schemas that are listed but used nowhere get their types too. */
  nameRemainingSchemas(): void {
    for (const place of this.#listedSchemas()) this.#reader.nameSchema(place);
  }

  #listedSchemas(): Place[] {
    const place = under(this.#root, "components", "schemas");
    const listed = this.#sources.at(place);
    return isObject(listed) ? Object.keys(listed).map((key) => under(place, key)) : [];
  }

  buildTypes(): NamedType[] {
    return buildNamedTypes(this.#reader, this.#sources);
  }

  defaults(): DefaultValue[] {
    return [...this.#reader.entries()].flatMap(({ place }) =>
      defaultsIn(this.#sources.at(place) ?? true, place, this.#reader, this.#sources),
    );
  }

  /** Properties whose schema says that its values are nobody else's business. */
  secrets(): string[] {
    const found = new Set<string>();
    for (const { node } of this.#reader.entries()) {
      if (node.kind !== "object") continue;
      for (const property of node.properties) {
        const place = property.node.kind === "ref" ? this.#reader.placeOf(property.node.name) : property.node.place;
        if (childOf(this.#sources.at(place), "x-sensitive") === true) found.add(property.name);
      }
    }
    return [...found].sort();
  }

  /** All unions of a channel are named after it. */
  #channelName({ key, place }: OutlineChannel): string {
    const unions = ["Received", "Sent", "ReceivedByTag", "SentByTag"];
    return this.#reader.claimAll(pascalCase(key), place, (name) => unions.map((word) => `${name}${word}`));
  }

  #messageAt({ key, place }: OutlineMessage): Message {
    const known = this.messages.get(placeKey(place));
    const message = known ?? this.#buildMessage(key, place);
    this.messages.set(placeKey(place), message);
    return message;
  }

  #buildMessage(key: string, place: Place): Message {
    const data = this.#sources.at(place);
    const wanted = this.#messageName(pascalCase(key), place);
    const parts = readMessageParts(this.#sources, place);
    // Where a schema has the name already, the message takes the one that its payload gets.
    const name = this.#reader.nameSchema(parts.payload, wanted, `${wanted}Payload`);
    return {
      name,
      wireName: this.#wireName(textOf(data, "name") ?? key, name, place),
      type: name,
      ...(parts.headers && { headers: this.#reader.nameSchema(parts.headers, `${wanted}Headers`) }),
      ...optionalText(data, "title"),
      ...optionalText(data, "summary"),
      ...optionalText(data, "description"),
      hot: childOf(data, "x-hot") === true,
      ...(parts.grows !== undefined && { grows: parts.grows }),
      ...(parts.extension !== undefined && { extension: parts.extension }),
      ...(parts.correlationId !== undefined && { correlationId: parts.correlationId }),
      examples: parts.examples,
      place,
    };
  }

  /** Functions and rows are named after messages, so each name is had once. */
  #messageName(wanted: string, place: Place): string {
    const taken = new Set([...this.messages.values()].map(({ name }) => name));
    const name = firstFree(wanted, (candidate) => !taken.has(candidate));
    if (name !== wanted) this.#sources.complain(place, `two messages are named "${wanted}"; this one is "${name}" here`);
    return name;
  }

  #wireName(wanted: string, name: string, place: Place): string {
    const twin = [...this.messages.values()].find(({ wireName }) => wireName === wanted);
    if (!twin) return wanted;
    this.#sources.complain(place, `two messages have the name "${wanted}": ${twin.name} and ${name}`);
    return firstFree(name, (candidate) => ![...this.messages.values()].some(({ wireName }) => wireName === candidate));
  }

  /** Which way each message of each channel travels: with its operation, or against it as a reply. */
  #readOperations(outline: Outline): Set<string> {
    const travels = new Set<string>();
    for (const { key, place, action, channel, messages, replyChannel, replies } of outline.operations) {
      const [forth, back] = action === "receive" ? ["received", "sent"] : ["sent", "received"];
      for (const message of messages) travels.add(`${forth} ${placeKey(channel)} ${placeKey(message)}`);
      for (const message of replies) travels.add(`${back} ${placeKey(replyChannel)} ${placeKey(message)}`);
      const nameOf = (message: Place): string => this.messages.get(placeKey(message))?.name ?? "";
      this.operations.push({
        key,
        action,
        channel: String(channel.path.at(-1)),
        messages: messages.map(nameOf),
        replies: replies.map(nameOf),
        ...optionalText(this.#sources.at(place), "title"),
        ...optionalText(this.#sources.at(place), "summary"),
        ...optionalText(this.#sources.at(place), "description"),
      });
    }
    return travels;
  }
}

function buildTables(sources: Sources, root: Place): Table[] {
  const data = sources.at(root);
  return Object.entries(asObject(data))
    .filter(([key]) => key.startsWith("x-") && !key.startsWith("x-parser-"))
    .map(([key, value]) => ({ key, name: camelCase(key.slice(2)), value, place: under(root, key) }));
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
