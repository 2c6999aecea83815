import {
  type CodeBlockWriter,
  type FunctionDeclarationStructure,
  type InterfaceDeclarationStructure,
  type StatementStructures,
  StructureKind,
  VariableDeclarationKind,
  type VariableStatementStructure,
} from "ts-morph";
import { refsOf } from "../build.ts";
import type { Channel, Direction, Dispatch, Message, NamedType, Node, Protocol, Tag, Traffic } from "../ir.ts";
import { commentText } from "./jsdoc.ts";
import { header, printModule, propertyAccess, propertyKey } from "./module.ts";
import { tolerantSchemas } from "../wire-schema.ts";
import { tolerantName } from "./validators.ts";

/** The types whose tolerant validators the codec needs: what we read of a peer that may be newer. */
export function tolerantTypes(protocol: Protocol): string[] {
  const opened = tolerantSchemas(protocol.types);
  return [...new Set(protocol.channels.flatMap((channel) => channel.sent.messages.map(({ type }) => type)))].filter((type) => opened.has(type));
}

export function printCodec(protocol: Protocol): string {
  const traffic = protocol.channels.flatMap((channel) => trafficOf(channel));
  const tolerant = tolerantTypes(protocol);
  const body = [
    "\n",
    ...protocol.types.map(({ name }) => validatorOf(name)),
    "\n",
    ...tolerant.map(tolerantValidatorOf),
    ...(traffic.length > 0 ? ["\n", constant("sensitive", JSON.stringify(protocol.secrets), "readonly string[]")] : []),
    ...traffic.flatMap((way) => ["\n", unionType(way), ...tagMap(way), decoder(protocol, way, new Set(tolerant)), encoder(way)]),
    ...protocol.messages.map(guard),
  ];
  const printed = printModule(body);
  const helpers = ["refuseDepth", "refuseEvent", "refuseInvalid", "refuseText"].filter((name) => printed.includes(`${name}(`));
  const text = printModule([...imports(protocol, helpers), ...body]);
  return `${header(protocol.sources)}\n${text.trim()}\n`;
}

interface Way {
  readonly channel: Channel;
  readonly direction: Direction;
  /** The name of the union: the channel's and the direction's. */
  readonly name: string;
  readonly messages: readonly Message[];
  readonly dispatch: Dispatch;
}

function trafficOf(channel: Channel): Way[] {
  const way = (direction: Direction, { messages, dispatch }: Traffic): Way[] =>
    dispatch ? [{ channel, direction, name: unionName(channel, direction), messages, dispatch }] : [];
  return [...way("received", channel.received), ...way("sent", channel.sent)];
}

export function unionName(channel: Pick<Channel, "name">, direction: Direction): string {
  return `${channel.name}${direction === "received" ? "Received" : "Sent"}`;
}

function imports(protocol: Protocol, helpers: readonly string[]): StatementStructures[] {
  return [
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: "../runtime.ts",
      namedImports: [...(helpers.length > 0 ? [{ name: "Decoded", isTypeOnly: true }] : []), { name: "Validator", isTypeOnly: true }, ...helpers.map((name) => ({ name }))],
    },
    { kind: StructureKind.ImportDeclaration, isTypeOnly: true, moduleSpecifier: "./types.ts", namedImports: protocol.types.map(({ name }) => name).sort() },
    { kind: StructureKind.ImportDeclaration, namespaceImport: "checks", moduleSpecifier: "./validators.ts" },
  ];
}

function constant(name: string, initializer: string, type?: string): VariableStatementStructure {
  return {
    kind: StructureKind.VariableStatement,
    declarationKind: VariableDeclarationKind.Const,
    declarations: [{ name, initializer, ...(type !== undefined && { type }) }],
  };
}

/** The strict validator of a type. The printed one is plain JavaScript; its type is added here. */
function validatorOf(type: string): VariableStatementStructure {
  return { ...constant(strictValidator(type), `checks.${type} as unknown as Validator<${type}>`), isExported: true };
}

function tolerantValidatorOf(type: string): VariableStatementStructure {
  return constant(tolerantValidator(type), `checks.${tolerantName(type)} as unknown as Validator<${type}>`);
}

function strictValidator(type: string): string {
  return `validate${type}`;
}

function tolerantValidator(type: string): string {
  return `tolerate${type}`;
}

function unionType({ channel, direction, name, messages }: Way): StatementStructures {
  const where = channel.address === null ? `the channel \`${channel.key}\`` : `\`${channel.address}\``;
  return {
    kind: StructureKind.TypeAlias,
    isExported: true,
    name,
    type: messages.map(({ type }) => type).join(" | "),
    docs: [commentText(`What the application that is described ${direction === "received" ? "receives" : "sends"} on ${where}.`)],
  };
}

function tagMap({ name, dispatch, messages }: Way): StatementStructures[] {
  if (dispatch.by !== "tag") return [];
  const types = new Map(messages.map((message) => [message.name, message.type]));
  const map: InterfaceDeclarationStructure = {
    kind: StructureKind.Interface,
    isExported: true,
    name: `${name}ByTag`,
    docs: [commentText(`The types of \`${name}\` by their \`${dispatch.tag}\`.`)],
    properties: dispatch.cases.map(({ value, then }) => ({
      name: propertyKey(String(value)),
      type: [...new Set(messagesIn(then).map((message) => types.get(message) ?? "never"))].join(" | "),
    })),
  };
  return [map];
}

function messagesIn(dispatch: Dispatch): string[] {
  const rest = dispatch.rest.map(({ message }) => message);
  return dispatch.by === "tag" ? [...dispatch.cases.flatMap(({ then }) => messagesIn(then)), ...rest] : rest;
}

function guard({ type, name }: Message): FunctionDeclarationStructure {
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: `is${name}`,
    parameters: [{ name: "value", type: "unknown" }],
    returnType: `value is ${type}`,
    statements: [`return ${strictValidator(type)}(value);`],
  };
}

function encoder({ name, messages }: Way): FunctionDeclarationStructure {
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: `encode${name}`,
    docs: [messages.length === 1 ? `The text of a \`${messages[0]?.type ?? ""}\`.` : `The text of a \`${name}\`.`],
    parameters: [{ name: "frame", type: name }],
    returnType: "string",
    statements: ["return JSON.stringify(frame);"],
  };
}

function decoder(protocol: Protocol, way: Way, tolerant: ReadonlySet<string>): FunctionDeclarationStructure {
  const { name, direction, messages, dispatch } = way;
  const deep = deepMessages(protocol, way);
  const types = new Map(messages.map((message) => [message.name, message.type]));
  const resolve = resolver(protocol);
  const printer = new DispatchPrinter((message) => {
    const type = types.get(message) ?? message;
    return direction === "sent" && tolerant.has(type) ? tolerantValidator(type) : strictValidator(type);
  }, deep);
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

class DispatchPrinter {
  readonly #check: (message: string) => string;
  readonly #deep: ReadonlySet<string>;

  constructor(check: (message: string) => string, deep: ReadonlySet<string>) {
    this.#check = check;
    this.#deep = deep;
  }

  print(writer: CodeBlockWriter, dispatch: Dispatch): void {
    if (dispatch.by === "trial") {
      this.printTrials(writer, dispatch.rest.map(({ message }) => message), "input");
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

  /** Tries one message after the other; what the first finds wrong is reported. */
  printTrials(writer: CodeBlockWriter, messages: readonly string[], input: string): void {
    const [first] = messages;
    if (first === undefined) return;
    const guarded = messages.some((message) => this.#deep.has(message));
    const trials = (): void => {
      const refused = `refuseInvalid(${JSON.stringify(first)}, ${this.#check(first)}.errors, ${input}, sensitive)`;
      if (messages.length === 1) {
        writer.writeLine(`return ${this.#check(first)}(${input}) ? { ok: true, value: ${input} } : ${refused};`);
        return;
      }
      for (const message of messages) writer.writeLine(`if (${this.#check(message)}(${input})) return { ok: true, value: ${input} };`);
      writer.writeLine(`return ${refused};`);
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
    return type.recursive || JSON.stringify(type.schema).includes('"uniqueItems":true') || refsOf(type.node).some((ref) => isDeep(ref, seen));
  };
  return new Set(way.messages.filter(({ type }) => isDeep(type, new Set())).map(({ name }) => name));
}

