import type { Direction, Message, NamedType, Node, Protocol } from "../ir.ts";
import { anchorOf, hrefOf, messageAnchor } from "./anchors.ts";
import { fieldsOf } from "./config-fields.ts";
import { createMarkdown, type Markdown } from "./markdown.ts";
import { isArray } from "../source.ts";
import { rowsOfTable } from "./fact-rows.ts";
import { type Conversation, namesOf, type RuleBook, rulesOf } from "./rules.ts";

/** An example that stands in a file of its own. */
export interface ExampleText {
  readonly message: string;
  readonly name: string;
  readonly value: Message["examples"][number]["value"];
}

/** All that a page is made from. */
export interface Material {
  readonly protocol: Protocol;
  readonly rules: RuleBook;
  readonly conversations: readonly Conversation[];
  readonly examples: readonly ExampleText[];
}

/** The material with what its parts need to find and to link to each other. */
export interface Model extends Material {
  readonly markdown: Markdown;
  /** The message whose table shows a type. */
  readonly shownBy: ReadonlyMap<string, Message>;
  resolve(type: string): Node;
  typeOf(type: string): NamedType | undefined;
}

export const directions: readonly Direction[] = ["received", "sent"];

export function createModel(material: Material): Model {
  const { protocol, rules } = material;
  const types = new Map([...protocol.types, ...(protocol.config?.input ?? [])].map((type) => [type.name, type]));
  const resolve = (type: string): Node => types.get(type)?.node ?? { kind: "any", place: { file: "", path: [] } };
  const shownBy = new Map<string, Message>();
  for (const message of messagesInOrder(protocol)) if (!shownBy.has(message.type)) shownBy.set(message.type, message);
  return {
    ...material,
    markdown: createMarkdown(linker(protocol, rules, resolve)),
    shownBy,
    typeOf: (type) => types.get(type),
    resolve,
  };
}

/** The messages that travel one way on any channel, each once. */
export function messagesOf(protocol: Protocol, direction: Direction): readonly Message[] {
  return [...new Set(protocol.channels.flatMap((channel) => channel[direction].messages))];
}

/** The messages as a page shows them: what travels both ways is shown with what is received. */
export function messagesInOrder(protocol: Protocol): readonly Message[] {
  return [...new Set([...directions.flatMap((direction) => messagesOf(protocol, direction)), ...protocol.messages])];
}

/** Where a name in a text has its place on the page: a message, a type, a rule, a limit or a setting of more than one word. */
function linker(protocol: Protocol, rules: RuleBook, resolve: (type: string) => Node): (text: string) => string | undefined {
  const known = new Map<string, string>();
  const add = (name: string, anchor: string): void => {
    if (!known.has(name)) known.set(name, hrefOf(anchor));
  };
  const messages = messagesInOrder(protocol);
  for (const message of messages) add(message.wireName, messageAnchor(message));
  for (const message of messages) for (const name of namesOf(protocol, message)) add(name, messageAnchor(message));
  for (const { name } of protocol.types) add(name, anchorOf("type", name));
  for (const { id } of rulesOf(rules)) add(id, anchorOf("rule", id));
  for (const { path } of protocol.config ? fieldsOf(protocol.config, resolve) : []) if (path.includes(".")) add(path, anchorOf("config", path));
  for (const table of protocol.tables) if (!isArray(table.value)) for (const { name, anchor } of rowsOfTable(table) ?? []) add(name, anchor);
  add(`spec/rules/${protocol.name}.md`, "rules");
  return (text) => known.get(text);
}
