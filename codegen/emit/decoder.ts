import { type CodeBlockWriter, type FunctionDeclarationStructure, StructureKind } from "ts-morph";
import { refsOf } from "../graph.ts";
import type { Direction, Dispatch, Message, NamedType, Node, Protocol, Tag } from "../ir.ts";
import { openerOf } from "./content.ts";
import { propertyAccess, propertyKey } from "./module.ts";

/** What one decoder tells apart: the messages that travel one way on one channel, or what a text in a message can be. */
export interface Way {
  readonly direction: Direction;
  /** The name of the union. */
  readonly name: string;
  readonly messages: readonly Pick<Message, "name" | "type">[];
  readonly dispatch: Dispatch;
}

/** The names of the typed validators in the codec. */
export function strictValidator(type: string): string {
  return `validate${type}`;
}

export function tolerantValidator(type: string): string {
  return `tolerate${type}`;
}

/** Prints the function that reads text: parses it, finds the message by its tags, and runs one validator. */
export function decoder(protocol: Protocol, way: Way, tolerant: ReadonlySet<string>): FunctionDeclarationStructure {
  const { name, direction, messages, dispatch } = way;
  const deep = deepMessages(protocol, way);
  const types = new Map(messages.map((message) => [message.name, message.type]));
  const resolve = resolver(protocol);
  const trialOf = (message: string): Trial => {
    const type = types.get(message) ?? message;
    return {
      check: direction === "sent" && tolerant.has(type) ? tolerantValidator(type) : strictValidator(type),
      opener: protocol.contentFields.has(type) && !isContent(protocol, name) ? openerOf(type) : undefined,
      required: requiredOf(resolve(type), resolve),
    };
  };
  const printer = new DispatchPrinter(trialOf, deep);
  const others = messages.filter(({ type }) => mayBeNoObject(resolve(type), resolve)).map((message) => message.name);
  const tolerance = direction === "sent" ? " Fields it does not know pass." : "";
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: `decode${name}`,
    docs: [`Reads the text of a \`${name}\`; never throws.${tolerance}`],
    parameters: [{ name: "text", type: "string" }],
    returnType: `Decoded<${name}>`,
    statements: (writer) => {
      writer.writeLine("let json: unknown;");
      writer.write("try ").inlineBlock(() => writer.writeLine("json = JSON.parse(text);"));
      writer.write(" catch ").block(() => writer.writeLine("return refuseText(text);"));
      const [tag, known] = dispatch.by === "tag" ? [dispatch.tag, dispatch.cases.map(({ value }) => value)] : ["", []];
      writer.write('if (typeof json !== "object" || json === null || Array.isArray(json))').block(() => {
        if (others.length === 0) writer.writeLine(refuse(tag, known, "json"));
        else printer.printTrials(writer, others, "json");
      });
      const fields = tagsIn(dispatch).map((name) => `${propertyKey(name)}?: unknown`);
      writer.writeLine(`const input = json as ${fields.length === 0 ? "object" : `{ ${fields.join("; ")} }`};`);
      printer.print(writer, dispatch);
    },
  };
}

function tagsIn(dispatch: Dispatch): string[] {
  return dispatch.by === "tag" ? [...new Set([dispatch.tag, ...dispatch.cases.flatMap(({ then }) => tagsIn(then))])] : [];
}

interface Trial {
  readonly check: string;
  /** The function that reads the texts in it. */
  readonly opener: string | undefined;
  readonly required: readonly string[];
}

class DispatchPrinter {
  readonly #trialOf: (message: string) => Trial;
  readonly #deep: ReadonlySet<string>;

  constructor(trialOf: (message: string) => Trial, deep: ReadonlySet<string>) {
    this.#trialOf = trialOf;
    this.#deep = deep;
  }

  print(writer: CodeBlockWriter, dispatch: Dispatch): void {
    if (dispatch.by === "trial") {
      this.printTrials(
        writer,
        dispatch.rest.map(({ message }) => message),
        "input",
      );
      return;
    }
    const { tag, cases, rest } = dispatch;
    const known = cases.map(({ value }) => value);
    const untagged = rest.map(({ message }) => message);
    const anyTag = rest.filter((message) => message.anyTag).map(({ message }) => message);
    writer.write(`switch (${propertyAccess("input", tag)})`).block(() => {
      for (const { value, then } of cases) {
        writer.writeLine(`case ${JSON.stringify(value)}:`).indent(() => this.print(writer, then));
      }
      if (untagged.length > anyTag.length) writer.writeLine("case undefined:").indent(() => this.printTrials(writer, untagged, "input"));
      writer.writeLine("default:").indent(() => {
        if (anyTag.length === 0) writer.writeLine(refuse(tag, known, "input"));
        else this.printTrials(writer, anyTag, "input");
      });
    });
  }

  /** Tries one message after the other. */
  printTrials(writer: CodeBlockWriter, messages: readonly string[], input: string): void {
    const [first] = messages;
    if (first === undefined) return;
    const guarded = messages.some((message) => this.#deep.has(message));
    const accept = ({ opener }: Trial): string => (opener === undefined ? `{ ok: true, value: ${input} }` : `${opener}(${input})`);
    const trials = (): void => {
      if (messages.length === 1) {
        const only = this.#trialOf(first);
        const refused = `refuseInvalid(${JSON.stringify(first)}, ${only.check}.errors, ${input}, sensitive)`;
        writer.writeLine(`return ${only.check}(${input}) ? ${accept(only)} : ${refused};`);
        return;
      }
      const tried = messages.map((message) => ({ message, ...this.#trialOf(message) }));
      for (const trial of tried) writer.writeLine(`if (${trial.check}(${input})) return ${accept(trial)};`);
      const rows = tried.map(
        ({ message, check, required }) => `[${JSON.stringify(message)}, ${check}.errors, ${JSON.stringify(required)}]`,
      );
      writer.writeLine(`return refuseTrials([${rows.join(", ")}], ${input}, sensitive);`);
    };
    if (!guarded) {
      trials();
      return;
    }
    writer.write("try ").inlineBlock(trials);
    writer.write(" catch ").block(() => writer.writeLine(`return refuseDepth(${JSON.stringify(first)}, ${input});`));
  }
}

function refuse(tag: string, known: readonly Tag[], input: string): string {
  return `return refuseEvent(${input}, ${JSON.stringify(tag)}, [${known.map((value) => JSON.stringify(value)).join(", ")}]);`;
}

type Resolve = (type: string) => Node;

function resolver(protocol: Protocol): Resolve {
  const nodes = new Map(protocol.types.map(({ name, node }) => [name, node]));
  return (type) => {
    const node = nodes.get(type);
    if (!node) throw new Error(`no type ${type}`);
    return node;
  };
}

function requiredOf(node: Node, resolve: Resolve): string[] {
  if (node.kind === "ref") return requiredOf(resolve(node.name), resolve);
  return node.kind === "object" ? node.properties.filter(({ required }) => required).map(({ name }) => name) : [];
}

/** A text within a text within a message is not opened. */
function isContent(protocol: Protocol, name: string): boolean {
  return protocol.contents.some(({ type }) => type === name);
}

function mayBeNoObject(node: Node, resolve: Resolve): boolean {
  if (node.kind === "ref") return mayBeNoObject(resolve(node.name), resolve);
  if (node.kind === "union") return node.branches.some((branch) => mayBeNoObject(branch, resolve));
  if (node.kind === "literal") return node.values.some((value) => typeof value !== "object" || value === null || Array.isArray(value));
  return node.kind !== "object";
}

/** Messages whose validator walks as deep as the value goes, so that a hostile value can exhaust the stack. */
function deepMessages(protocol: Protocol, way: Way): Set<string> {
  const types = new Map(protocol.types.map((type) => [type.name, type]));
  const isDeep = (name: string, seen: Set<string>): boolean => {
    const type: NamedType | undefined = types.get(name);
    if (!type || seen.has(name)) return false;
    seen.add(name);
    return (
      type.recursive || JSON.stringify(type.schema).includes('"uniqueItems":true') || refsOf(type.node).some((ref) => isDeep(ref, seen))
    );
  };
  return new Set(way.messages.filter(({ type }) => isDeep(type, new Set())).map(({ name }) => name));
}
