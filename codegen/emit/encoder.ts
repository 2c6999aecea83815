import { type FunctionDeclarationStructure, StructureKind } from "ts-morph";
import { casesOf } from "../dispatch.ts";
import type { ContentField, Message, Node, ObjectShape, Protocol } from "../ir.ts";
import { openedType } from "./content.ts";
import { propertyAccess } from "./module.ts";

/** What is known before, or an expression that gives text. */
type Piece = { readonly known: string } | { readonly code: string };

/** Pieces that are written where the condition holds; always where there is none. */
interface Stretch {
  readonly condition?: string;
  readonly pieces: readonly Piece[];
}

/** The function that writes one message. */
export function encoderOf(message: string): string {
  return `encode${message}`;
}

/**
 * The messages with an encoder of their own: the ones sent most, of which JSON.stringify would find out for each what
 * the document says of all.
 */
export function hotMessages(protocol: Protocol): Message[] {
  const sent = new Set(protocol.channels.flatMap((channel) => channel.sent.messages.map(({ name }) => name)));
  return protocol.messages.filter((message) => message.hot && sent.has(message.name) && printEncoder(protocol, message).length > 0);
}

/** Prints the encoder of one message: what is the same in each frame stands in it as text. Nothing where there can be none. */
export function printEncoder(protocol: Protocol, message: Message): (string | FunctionDeclarationStructure)[] {
  const { name, type, grows } = message;
  const [field, ...others] = protocol.contentFields.get(type) ?? [];
  const content = field === undefined ? undefined : hotContent(protocol, field);
  if (field !== undefined && (content === undefined || others.length > 0)) return [];
  const writer = new TemplateWriter(protocol, message, field, content?.branch);
  const stretches = writer.writeRoot(type);
  if (!stretches) return [];
  const guards = [...(content ? [content.test] : []), ...writer.guards];
  const rest = field === undefined ? "JSON.stringify(frame)" : `JSON.stringify({ ...frame, ${field.field}: JSON.stringify(${propertyAccess("frame", field.field)}) })`;
  const declaration: FunctionDeclarationStructure = {
    kind: StructureKind.Function,
    isExported: true,
    name: encoderOf(name),
    docs: [`The text of a \`${name}\`, as JSON.stringify writes it where its members stand in the order of the document.${grows === undefined ? "" : ` \`grown\` is its \`${grows}\`, where that is known.`}`],
    parameters: [
      { name: "frame", type: openedType(protocol, type) },
      ...(grows === undefined ? [] : [{ name: "grown", type: "Grown", hasQuestionToken: true }]),
    ],
    returnType: "string",
    statements: [
      ...writer.constants,
      ...(guards.length > 0 ? [`if (${guards.join(" || ")}) return ${rest};`] : []),
      ...(content ? [`const said = ${propertyAccess("frame", field?.field ?? "")} as ${content.branch};`] : []),
      ...printStretches(stretches),
    ],
  };
  return ["\n", ...writer.memories, declaration];
}

/** The type that the text in a message mostly is, and how one tells. */
function hotContent(protocol: Protocol, { field, type }: ContentField): { branch: string; test: string } | undefined {
  const content = protocol.contents.find((each) => each.type === type);
  const branch = content?.hot[0];
  if (!content || branch === undefined || content.dispatch.by !== "tag") return undefined;
  const values = casesOf(content.dispatch).find(({ message }) => message === branch)?.values;
  const tag = propertyAccess(propertyAccess("frame", field), content.dispatch.tag);
  return values?.length === 1 ? { branch, test: `${tag} !== ${JSON.stringify(values[0])}` } : undefined;
}

class TemplateWriter {
  readonly #protocol: Protocol;
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #message: string;
  readonly #grows: string | undefined;
  readonly #field: ContentField | undefined;
  readonly #branch: string | undefined;
  readonly constants: string[] = [];
  readonly guards: string[] = [];
  /** What stands before the function. */
  readonly memories: string[] = [];
  /** Whether what is written stands inside a text, where every quote is escaped. */
  #isInside = false;

  constructor(protocol: Protocol, { name, grows }: Message, field: ContentField | undefined, branch: string | undefined) {
    this.#protocol = protocol;
    this.#nodes = new Map(protocol.types.map(({ name, node }) => [name, node]));
    this.#grows = grows;
    this.#message = name;
    this.#field = field;
    this.#branch = branch;
  }

  writeRoot(type: string): Stretch[] | undefined {
    const node = this.#follow({ kind: "ref", name: type } as Node);
    return node.kind === "object" ? this.#object(node, "frame", true) : undefined;
  }

  /** Undefined for an object that may hold what the document does not name, or nothing at all. */
  #object(node: ObjectShape, at: string, mayBranch: boolean): Stretch[] | undefined {
    const isNamed = node.patterns.length === 0 && (node.openness === "implicit" || node.extra.kind === "never");
    const [first] = node.properties;
    if (!isNamed || !first?.required || (!mayBranch && node.properties.some(({ required }) => !required))) return undefined;
    const stretches: Stretch[] = [];
    for (const [index, { name, required, node: value }] of node.properties.entries()) {
      const member = propertyAccess(at, name);
      const pieces = [this.#known(`${index === 0 ? "{" : ","}${JSON.stringify(name)}:`)];
      if (!required) stretches.push({ condition: `${member} !== undefined`, pieces: [...pieces, ...this.#flat(name, value, member)] });
      else stretches.push({ pieces }, ...this.#value(name, value, member, mayBranch));
    }
    return [...stretches, { pieces: [this.#known("}")] }];
  }

  #flat(name: string, node: Node, at: string): readonly Piece[] {
    return this.#value(name, node, at, false).flatMap(({ pieces }) => pieces);
  }

  #value(name: string, node: Node, at: string, mayBranch: boolean): readonly Stretch[] {
    if (at === propertyAccess("frame", this.#field?.field ?? "")) return this.#inside();
    const followed = this.#follow(node);
    const written = followed.kind === "object" ? this.#object(followed, at, mayBranch) : followed.kind === "array" ? this.#only(name, followed.items, followed, at, mayBranch) : undefined;
    return written ?? [{ pieces: this.#scalar(name, followed, at) }];
  }

  /** What the text in the message says. */
  #inside(): readonly Stretch[] {
    const node = this.#follow({ kind: "ref", name: this.#branch ?? "" } as Node);
    this.#isInside = true;
    const written = node.kind === "object" ? this.#object(node, "said", true) : undefined;
    const pieces = [{ code: "escape(JSON.stringify(said))" }];
    this.#isInside = false;
    return [{ pieces: [{ known: '"' }] }, ...(written ?? [{ pieces }]), { pieces: [{ known: '"' }] }];
  }

  /** A list that always holds one. */
  #only(name: string, items: Node, { minItems, maxItems }: { minItems?: number; maxItems?: number }, at: string, mayBranch: boolean): readonly Stretch[] | undefined {
    const item = this.#follow(items);
    if (minItems !== 1 || maxItems !== 1 || this.#isInside || item.kind === "array") return undefined;
    const constant = `only${this.constants.length + 1}`;
    this.constants.push(`const ${constant} = ${at}[0];`);
    this.guards.push(`${at}.length !== 1 || ${constant} === undefined`);
    return [{ pieces: [this.#known("[")] }, ...this.#value(name, item, constant, mayBranch), { pieces: [this.#known("]")] }];
  }

  #scalar(name: string, node: Node, at: string): readonly Piece[] {
    const escape = this.#isInside ? "escapeTwice" : "escape";
    const quote = this.#known('"');
    const any: Piece = { code: this.#isInside ? `escape(JSON.stringify(${at}))` : `JSON.stringify(${at})` };
    switch (node.kind) {
      case "null":
        return [this.#known("null")];
      case "literal": {
        const [only, ...others] = node.values;
        return others.length === 0 ? [this.#known(JSON.stringify(only))] : [any];
      }
      case "string":
        return [quote, { code: name === this.#grows ? `known(grown, ${at})` : `${this.#remember(escape)}(${at})` }, quote];
      case "number":
        return [{ code: `(Number.isFinite(${at}) ? ${at} : "null")` }];
      case "boolean":
        return [{ code: at }];
      case "union": {
        const isText = node.branches.some((branch) => this.#follow(branch).kind === "string");
        const [open, close] = [printKnown(this.#text('"')), printKnown(this.#text('"'))];
        return isText && "code" in any ? [{ code: `(typeof ${at} === "string" ? ${open} + ${escape}(${at}) + ${close} : ${any.code})` }] : [any];
      }
      case "object":
        // Whom a reply is for is the same in all its frames, too.
        return this.#isInside ? [{ code: `${this.#remember("escape")}(JSON.stringify(${at}))` }] : [any];
      case "any":
      case "array":
      case "never":
      case "ref":
      case "tuple":
        return [any];
    }
  }

  /** A function for this place alone, to which its last text is known. */
  #remember(escape: string): string {
    const name = `write${this.#message}${this.memories.length + 1}`;
    this.memories.push(`const ${name} = /*#__PURE__*/ remembering(${escape});`);
    return name;
  }

  #known(json: string): Piece {
    return { known: this.#text(json) };
  }

  #text(json: string): string {
    return this.#isInside ? JSON.stringify(json).slice(1, -1) : json;
  }

  #follow(node: Node): Node {
    if (node.kind !== "ref") return node;
    const type = this.#protocol.types.find(({ name }) => name === node.name);
    const target = this.#nodes.get(node.name);
    return target === undefined || type?.recursive === true ? node : this.#follow(target);
  }
}

function printStretches(stretches: readonly Stretch[]): string[] {
  const joined = join(stretches);
  const last = joined.at(-1);
  if (joined.length === 1 && last) return [`return ${printPieces(last.pieces)};`];
  return joined.map(({ condition, pieces }, index) => {
    if (index === 0) return `let json = ${printPieces(pieces)};`;
    if (index === joined.length - 1) return `return json + ${printPieces(pieces)};`;
    return `${condition === undefined ? "" : `if (${condition}) `}json += ${printPieces(pieces)};`;
  });
}

/** Neighbours that are always written become one; the first and the last are, as every object has its braces. */
function join(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const stretch of stretches) {
    const before = joined.at(-1);
    if (before && before.condition === undefined && stretch.condition === undefined) joined[joined.length - 1] = { pieces: [...before.pieces, ...stretch.pieces] };
    else joined.push(stretch);
  }
  return joined;
}

function printPieces(pieces: readonly Piece[]): string {
  const printed: string[] = [];
  let known = "";
  for (const piece of pieces) {
    if ("known" in piece) known += piece.known;
    else {
      // The first one makes a text of what follows.
      if (known !== "" || printed.length === 0) printed.push(printKnown(known));
      printed.push(piece.code);
      known = "";
    }
  }
  if (known !== "") printed.push(printKnown(known));
  return printed.join(" + ");
}

function printKnown(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
