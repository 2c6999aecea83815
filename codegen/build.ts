import { contentFieldsIn, contentUnionsOf } from "./content.ts";
import { inferDispatch } from "./dispatch.ts";
import { reaches } from "./graph.ts";
import { nameInlineObjects } from "./inline.ts";
import type {
  Channel,
  DefaultValue,
  Direction,
  Json,
  JsonObject,
  Message,
  NamedType,
  Node,
  Operation,
  Parameter,
  Place,
  Protocol,
  Table,
  Traffic,
} from "./ir.ts";
import type { Loaded } from "./load.ts";
import { camelCase, pascalCase } from "./names.ts";
import { followReference } from "./references.ts";
import { SchemaReader } from "./schema.ts";
import { childOf, isArray, isObject, placeKey, type Sources, under } from "./source.ts";
import { defaultsIn, toWireSchema } from "./wire-schema.ts";

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
  }

  buildChannels(): Channel[] {
    const places = this.#placesIn("channels");
    for (const [key, place] of places)
      for (const word of ["Received", "Sent", "ReceivedByTag", "SentByTag"]) this.#reader.claim(`${pascalCase(key)}${word}`, place);
    const written = places.map(([key, place]) => ({ key, place, messages: this.#buildMessages(place) }));
    const directions = this.#readOperations(new Map(written.map(({ place, messages }) => [placeKey(place), [...messages.keys()]])));
    const resolve = (type: string): Node => this.#reader.nodeOf(type);
    return written.map(({ key, place, messages }) => {
      const data = this.#sources.at(place);
      const trafficOf = (direction: Direction): Traffic => {
        const travelling = [...messages]
          .filter(([message]) => directions.has(`${direction} ${placeKey(place)} ${message}`))
          .map(([, message]) => message);
        const candidates = travelling.map(({ name, type, hot }) => ({ message: name, node: resolve(type), hot }));
        return { messages: travelling, dispatch: candidates.length === 0 ? undefined : inferDispatch(candidates, resolve) };
      };
      const address = childOf(data, "address");
      return {
        key,
        name: pascalCase(key),
        address: typeof address === "string" ? address : null,
        ...optionalText(data, "description"),
        received: trafficOf("received"),
        sent: trafficOf("sent"),
        query: this.#readParameters(place, "query"),
        headers: this.#readParameters(place, "headers"),
      };
    });
  }

  buildContents(channels: readonly Channel[]): Pick<Protocol, "contentFields" | "contents"> {
    const resolve = (type: string): Node => this.#reader.nodeOf(type);
    const messages = [...this.messages.values()];
    const contentFields = contentFieldsIn(messages, resolve);
    return { contentFields, contents: contentUnionsOf(messages, contentFields, channels, resolve) };
  }

  /** Schemas that are listed but used nowhere get their types too. */
  nameRemainingSchemas(): void {
    for (const [, place] of this.#placesIn("components", "schemas")) this.#reader.nameSchema(place);
  }

  buildTypes(): NamedType[] {
    const read = [...this.#reader.entries()];
    const nodes = new Map(read.map(({ name, node }) => [name, node]));
    const claim = (name: string, place: Place): string => this.#reader.claim(name, place);
    return read.map(({ name, place, node }) => ({
      name,
      place,
      node: nameInlineObjects(node, name, claim),
      schema: toWireSchema(this.#sources.at(place) ?? true, place, this.#reader, this.#sources),
      recursive: reaches(name, name, nodes, new Set()),
    }));
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

  #buildMessages(channel: Place): Map<string, Message> {
    const built = new Map<string, Message>();
    const written = this.#sources.at(under(channel, "messages"));
    for (const key of isObject(written) ? Object.keys(written) : []) {
      const place = this.#follow(under(channel, "messages", key));
      const known = this.messages.get(placeKey(place));
      const message = known ?? this.#buildMessage(place);
      this.messages.set(placeKey(place), message);
      built.set(placeKey(place), message);
    }
    return built;
  }

  #buildMessage(place: Place): Message {
    const data = this.#sources.at(place);
    const key = String(place.path.at(-1) ?? "message");
    const name = pascalCase(key);
    const payload = this.#payloadPlace(place);
    const extension = childOf(data, "x-extension");
    const correlationId = this.#correlationPointer(place);
    const examples = childOf(data, "examples");
    return {
      name,
      wireName: textOf(data, "name") ?? key,
      type: this.#reader.nameSchema(payload, name),
      ...optionalText(data, "title"),
      ...optionalText(data, "summary"),
      ...optionalText(data, "description"),
      hot: childOf(data, "x-hot") === true,
      ...(typeof extension === "string" && { extension }),
      ...(correlationId !== undefined && { correlationId }),
      examples: (isArray(examples) ? examples : []).flatMap((example, index) => {
        const value = childOf(example, "payload");
        return value === undefined ? [] : [{ value, place: under(place, "examples", index, "payload") }];
      }),
      place,
    };
  }

  #payloadPlace(message: Place): Place {
    const payload = under(message, "payload");
    const data = this.#sources.at(payload);
    if (!isObject(data) || typeof data["schemaFormat"] !== "string") return payload;
    if (!/asyncapi|schema\+/u.test(data["schemaFormat"])) {
      this.#sources.error(under(payload, "schemaFormat"), `schema format "${data["schemaFormat"]}" is not read; use JSON Schema`);
    }
    return under(payload, "schema");
  }

  #correlationPointer(message: Place): string | undefined {
    const place = under(message, "correlationId");
    if (this.#sources.at(place) === undefined) return undefined;
    const location = textOf(this.#sources.at(this.#follow(place)), "location");
    const pointer = location === undefined ? undefined : /^\$message\.payload#(\/.*)$/u.exec(location)?.[1];
    if (pointer === undefined)
      this.#sources.complain(place, `correlation id location ${JSON.stringify(location)} is not read; only $message.payload#/... is`);
    return pointer;
  }

  /** Which way each message of each channel travels: with its operation, or against it as a reply. */
  #readOperations(channels: ReadonlyMap<string, readonly string[]>): Set<string> {
    const travels = new Set<string>();
    for (const [key, place] of this.#placesIn("operations")) {
      const data = this.#sources.at(place);
      const action = textOf(data, "action") === "send" ? "send" : "receive";
      const channel = this.#follow(under(place, "channel"));
      const messages = this.#messagesOf(place, channel, channels);
      const reply = under(place, "reply");
      const replyData = this.#sources.at(reply);
      const replyPlace = replyData === undefined ? undefined : this.#follow(reply);
      const replyChannel =
        replyPlace && this.#sources.at(under(replyPlace, "channel")) !== undefined ? this.#follow(under(replyPlace, "channel")) : channel;
      const replies = replyPlace ? this.#messagesOf(replyPlace, replyChannel, channels) : [];
      const [forth, back] = action === "receive" ? ["received", "sent"] : ["sent", "received"];
      for (const message of messages) travels.add(`${forth} ${placeKey(channel)} ${message}`);
      for (const message of replies) travels.add(`${back} ${placeKey(replyChannel)} ${message}`);
      const nameOf = (message: string): string => this.messages.get(message)?.name ?? "";
      this.operations.push({
        key,
        action,
        channel: String(channel.path.at(-1)),
        messages: messages.map(nameOf),
        replies: replies.map(nameOf),
        ...optionalText(data, "title"),
      });
    }
    return travels;
  }

  #messagesOf(owner: Place, channel: Place, channels: ReadonlyMap<string, readonly string[]>): string[] {
    const listed = this.#sources.at(under(owner, "messages"));
    const all = channels.get(placeKey(channel)) ?? [];
    if (!isArray(listed)) return [...all];
    return listed.flatMap((_, index) => {
      const place = under(owner, "messages", index);
      const message = placeKey(this.#follow(place));
      if (all.includes(message)) return [message];
      this.#sources.error(place, `this message is not among the messages of the channel "${String(channel.path.at(-1))}"`);
      return [];
    });
  }

  #readParameters(channel: Place, kind: "query" | "headers"): Parameter[] {
    const place = this.#follow(under(channel, "bindings", "ws", kind));
    const data = this.#sources.at(place);
    const properties = childOf(data, "properties");
    if (!isObject(properties)) return [];
    const required = childOf(data, "required");
    return Object.entries(properties).map(([name, schema]) => {
      const target = this.#follow(under(place, "properties", name));
      const merged = { ...asObject(this.#sources.at(target)), ...asObject(schema) };
      return {
        name,
        required: isArray(required) && required.includes(name),
        schema: Object.fromEntries(
          Object.entries(merged).filter(([key]) => key !== "$ref" && key !== "description" && !key.startsWith("x-")),
        ),
        ...optionalText(merged, "description"),
      };
    });
  }

  #follow(place: Place): Place {
    return followReference(this.#sources, place);
  }

  #placesIn(...steps: string[]): (readonly [string, Place])[] {
    const place = under(this.#root, ...steps);
    const data = this.#sources.at(place);
    return (isObject(data) ? Object.keys(data) : []).map(
      (key) => [key, steps.at(-1) === "schemas" ? under(place, key) : this.#follow(under(place, key))] as const,
    );
  }
}

function buildTables(sources: Sources, root: Place): Table[] {
  const data = sources.at(root);
  return Object.entries(asObject(data))
    .filter(([key]) => key.startsWith("x-") && !key.startsWith("x-parser-"))
    .map(([key, value]) => ({ key, name: camelCase(key.slice(2)), value: value }));
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function textOf(data: Json | undefined, key: string): string | undefined {
  const value = childOf(data, key);
  return typeof value === "string" ? value.trim() : undefined;
}

function optionalText<Key extends string>(data: Json | undefined, key: Key): { [K in Key]?: string } {
  const text = textOf(data, key);
  return (text === undefined ? {} : { [key]: text }) as { [K in Key]?: string };
}
