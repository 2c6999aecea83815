import { lintContent } from "./content.ts";
import type { Dispatch, Json, Message, NamedType, Node, Place, Protocol } from "./ir.ts";
import { lintSchema } from "./lint-schema.ts";
import type { Loaded } from "./load.ts";
import { childOf, isArray, isObject, type Sources, under } from "./source.ts";

/**
 * Reports what the parser accepts but we could not keep, and what an own document owes its readers. `illustrated` are
 * the messages that have examples in files of their own.
 */
export function lintProtocol(loaded: Loaded, protocol: Protocol, illustrated: ReadonlySet<string>): void {
  const linter = new Linter(loaded, protocol, illustrated);
  linter.lintMessages();
  linter.lintTypes();
  linter.lintDispatch();
  linter.lintTables();
}

const wireKeys = new Set(["x-sensitive", "x-hot"]);

const messageKeys = new Set([
  "name",
  "title",
  "summary",
  "description",
  "payload",
  "correlationId",
  "examples",
  "tags",
  "externalDocs",
  "deprecated",
  "bindings",
  "contentType",
  "headers",
  "traits",
  "messageId",
  "schemaFormat",
  "x-hot",
  "x-grows",
  "x-extension",
]);

class Linter {
  readonly #sources: Sources;
  readonly #root: Place;
  readonly #protocol: Protocol;
  readonly #illustrated: ReadonlySet<string>;

  constructor({ sources, file }: Loaded, protocol: Protocol, illustrated: ReadonlySet<string>) {
    this.#sources = sources;
    this.#root = { file, path: [] };
    this.#protocol = protocol;
    this.#illustrated = illustrated;
  }

  lintMessages(): void {
    for (const message of this.#protocol.messages) {
      const { place } = message;
      this.#lintMessageKeys(place);
      const payload = under(place, "payload");
      if (childOf(this.#sources.at(payload), "$ref") !== undefined)
        lintSchema(this.#sources, this.#sources.at(payload) ?? true, payload, wireKeys);
      const travels = this.#protocol.channels.some(
        ({ received, sent }) => received.messages.includes(message) || sent.messages.includes(message),
      );
      if (!travels) this.#sources.complain(place, `no operation receives or sends "${message.wireName}"`);
      if (!this.#sources.own) continue;
      if (message.title === undefined && message.summary === undefined)
        this.#sources.error(place, `"${message.wireName}" has neither a title nor a summary`);
      if (message.examples.length === 0 && !this.#illustrated.has(message.name))
        this.#sources.error(place, `"${message.wireName}" has no example`);
    }
  }

  lintTypes(): void {
    for (const type of this.#protocol.types) lintSchema(this.#sources, this.#sources.at(type.place) ?? true, type.place, wireKeys);
    for (const channel of this.#protocol.channels) {
      for (const kind of ["query", "headers"]) {
        const place = under(this.#root, "channels", channel.key, "bindings", "ws", kind);
        const schema = this.#sources.at(place);
        if (schema !== undefined) lintSchema(this.#sources, schema, place, wireKeys);
      }
    }
    for (const message of this.#protocol.messages) {
      this.#lintCorrelation(message);
      this.#lintGrowth(message);
    }
    lintContent(this.#sources, this.#protocol);
  }

  lintDispatch(): void {
    for (const channel of this.#protocol.channels) {
      const place = under(this.#root, "channels", channel.key);
      for (const { dispatch } of [channel.received, channel.sent]) {
        if (dispatch?.by === "tag") for (const { value, then } of dispatch.cases) this.#lintCase(dispatch.tag, value, then, place);
      }
    }
  }

  lintTables(): void {
    for (const { key, value } of this.#protocol.tables) {
      const place = under(this.#root, key);
      const shape = Object.hasOwn(tableShapes, key) ? tableShapes[key] : undefined;
      if (!shape) continue;
      if (shape.form === "list" ? !isArray(value) : !isObject(value)) this.#sources.error(place, `"${key}" must be a ${shape.form}`);
      else
        for (const [step, row] of isArray(value) ? value.entries() : Object.entries(value as { [key: string]: Json }))
          this.#lintRow(under(place, step), row, shape.columns);
    }
  }

  #lintMessageKeys(place: Place): void {
    const data = this.#sources.at(place);
    if (!isObject(data)) return;
    for (const [key, value] of Object.entries(data)) {
      if (key.startsWith("x-parser-")) continue;
      const at = under(place, key);
      if (!messageKeys.has(key)) this.#sources.complain(at, `unknown key "${key}" of a message`);
      if (key === "contentType" && typeof value === "string" && !value.includes("json"))
        this.#sources.complain(at, `content type "${value}" is not JSON`);
      if (key === "x-hot" && typeof value !== "boolean") this.#sources.error(at, `"x-hot" must be true or false`);
      if (key === "x-extension" && typeof value !== "string") this.#sources.error(at, `"x-extension" must be the name of the extension`);
      if (key === "x-grows" && typeof value !== "string") this.#sources.error(at, `"x-grows" must be the name of a property`);
    }
  }

  #lintGrowth({ grows, hot, type, place }: Message): void {
    if (grows === undefined) return;
    const at = under(place, "x-grows");
    if (!hot) this.#sources.error(at, `"x-grows" goes with "x-hot: true"`);
    if (!this.#hasText(grows, this.#nodeOf(type), new Set())) this.#sources.error(at, `the payload has no text "${grows}"`);
  }

  #hasText(name: string, node: Node | undefined, seen: Set<string>): boolean {
    if (node?.kind === "ref") return !seen.has(node.name) && this.#hasText(name, this.#nodeOf(node.name), seen.add(node.name));
    if (node?.kind === "array") return this.#hasText(name, node.items, seen);
    if (node?.kind !== "object") return false;
    return node.properties.some((property) => (property.name === name && this.#isText(property.node)) || this.#hasText(name, property.node, seen));
  }

  #isText(node: Node | undefined): boolean {
    return node?.kind === "ref" ? this.#isText(this.#nodeOf(node.name)) : node?.kind === "string";
  }

  #lintCorrelation({ correlationId, type, place }: Message): void {
    if (correlationId === undefined) return;
    const names = correlationId.slice(1).split("/");
    let found: NamedType["node"] | undefined = this.#nodeOf(type);
    for (const name of names) {
      while (found?.kind === "ref") found = this.#nodeOf(found.name);
      found = found?.kind === "object" ? found.properties.find((property) => property.name === name)?.node : undefined;
    }
    if (!found) this.#sources.complain(under(place, "correlationId"), `the payload has no "${names.join("/")}" for the correlation id`);
  }

  #nodeOf(type: string): NamedType["node"] | undefined {
    return this.#protocol.types.find(({ name }) => name === type)?.node;
  }

  #lintCase(tag: string, value: Json, then: Dispatch, place: Place): void {
    if (then.by === "tag") {
      for (const inner of then.cases) this.#lintCase(then.tag, inner.value, inner.then, place);
      return;
    }
    const [first, second] = then.rest.map(({ message }) => this.#protocol.messages.find(({ name }) => name === message));
    if (first && second)
      this.#sources.complain(
        second.place,
        `"${second.wireName}" cannot be told from "${first.wireName}": both have ${JSON.stringify(value)} as their "${tag}"`,
      );
  }

  #lintRow(place: Place, row: Json, columns: Readonly<Record<string, string>>): void {
    if (!isObject(row)) {
      this.#sources.error(place, "a row must be an object");
      return;
    }
    for (const [name, type] of Object.entries(columns)) {
      const value = childOf(row, name.replace("?", ""));
      if (value === undefined ? !name.endsWith("?") : !type.split("|").includes(typeof value))
        this.#sources.error(place, `a row must have "${name.replace("?", "")}", a ${type.replace("|", " or ")}`);
    }
    for (const key of Object.keys(row)) {
      if (!Object.hasOwn(columns, key) && !Object.hasOwn(columns, `${key}?`))
        this.#sources.error(under(place, key), `unknown column "${key}"`);
    }
  }
}

interface TableShape {
  readonly form: "list" | "map";
  readonly columns: Readonly<Record<string, string>>;
}

const tableShapes: Readonly<Record<string, TableShape>> = {
  "x-close-codes": { form: "list", columns: { code: "number", reason: "string", when: "string", "by?": "string" } },
  "x-error-codes": { form: "list", columns: { code: "string|number", "error?": "string", when: "string" } },
  "x-limits": { form: "map", columns: { value: "number", unit: "string", description: "string" } },
};
