import {
  type FunctionDeclarationStructure,
  type InterfaceDeclarationStructure,
  type StatementStructures,
  StructureKind,
  VariableDeclarationKind,
  type VariableStatementStructure,
} from "ts-morph";
import type { Channel, Direction, Dispatch, Message, Protocol, Traffic } from "../ir.ts";
import { tolerantSchemas } from "../wire-schema.ts";
import { contentWays, encoderStatements, openedType, printOpened } from "./content.ts";
import { encoderOf, hotMessages, printEncoder } from "./encoder.ts";
import { decoder, strictValidator, tolerantValidator, type Way } from "./decoder.ts";
import { commentText } from "./jsdoc.ts";
import { importOf, header, printModule, propertyKey } from "./module.ts";
import { tolerantName } from "./validators.ts";

/** The types whose tolerant validators the codec needs: what we read of a peer that may be newer. */
export function tolerantTypes(protocol: Protocol): string[] {
  const opened = tolerantSchemas(protocol.types);
  const sent = protocol.channels.flatMap((channel) => channel.sent.messages.map(({ type }) => type));
  const held = protocol.contents.flatMap(({ branches, direction }) => (direction === "sent" ? branches : []));
  return [...new Set([...sent, ...held])].filter((type) => opened.has(type));
}

/** Prints unions, guards, decoders and encoders: whatever turns text into messages and back. */
export function printCodec(protocol: Protocol): string {
  const traffic = protocol.channels.flatMap((channel) => trafficOf(channel));
  const tolerant = tolerantTypes(protocol);
  const hot = hotMessages(protocol);
  const body = [
    "\n",
    ...protocol.types.map(({ name }) => validatorOf(name)),
    "\n",
    ...tolerant.map(tolerantValidatorOf),
    ...(traffic.length > 0 ? ["\n", constant("sensitive", JSON.stringify(protocol.secrets), "readonly string[]")] : []),
    ...contentWays(protocol).flatMap((way) => ["\n", decoder(protocol, way, new Set(tolerant))]),
    ...printOpened(protocol),
    ...traffic.flatMap((way) => [
      "\n",
      unionType(protocol, way),
      ...tagMap(protocol, way),
      decoder(protocol, way, new Set(tolerant)),
      encoder(protocol, way, hot),
    ]),
    ...hot.flatMap((message) => printEncoder(protocol, message)),
    ...protocol.messages.map(guard),
  ];
  const printed = printModule(body);
  const used = (names: readonly string[]): string[] => names.filter((name) => new RegExp(`\\b${name}[()]`, "u").test(printed));
  const [helpers, escapes] = [used(runtimeHelpers), used(escapeHelpers)];
  const text = printModule([...imports(protocol, helpers, escapes), ...body]);
  return `${header(protocol.sources)}\n${text.trim()}\n`;
}

const runtimeHelpers = ["refuseContent", "refuseDepth", "refuseEvent", "refuseInvalid", "refuseText", "refuseTrials"];
const escapeHelpers = ["escape", "escapeTwice", "known", "remembering"];

interface ChannelWay extends Way {
  readonly channel: Channel;
}

function trafficOf(channel: Channel): ChannelWay[] {
  const way = (direction: Direction, { messages, dispatch }: Traffic): ChannelWay[] =>
    dispatch ? [{ channel, direction, name: unionName(channel, direction), messages, dispatch }] : [];
  return [...way("received", channel.received), ...way("sent", channel.sent)];
}

function unionName(channel: Channel, direction: Direction): string {
  return `${channel.name}${direction === "received" ? "Received" : "Sent"}`;
}

function imports(protocol: Protocol, helpers: readonly string[], escapes: readonly string[]): StatementStructures[] {
  if (protocol.types.length === 0) return [];
  return [
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: "../runtime.ts",
      namedImports: [
        ...(helpers.length > 0 ? [{ name: "Decoded", isTypeOnly: true }] : []),
        { name: "Validator", isTypeOnly: true },
        ...helpers.map((name) => ({ name })),
      ],
    },
    ...importOf("../escape.ts", escapes),
    ...importOf("../escape.ts", escapes.includes("known") ? ["Grown"] : [], { isTypeOnly: true }),
    ...importOf("./types.ts", protocol.types.map(({ name }) => name).sort(), { isTypeOnly: true }),
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

function unionType(protocol: Protocol, { channel, direction, name, messages }: ChannelWay): StatementStructures {
  const where = channel.address === null ? `the channel \`${channel.key}\`` : `\`${channel.address}\``;
  return {
    kind: StructureKind.TypeAlias,
    isExported: true,
    name,
    type: messages.map(({ type }) => openedType(protocol, type)).join(" | "),
    docs: [commentText(`What the application that is described ${direction === "received" ? "receives" : "sends"} on ${where}.`)],
  };
}

function tagMap(protocol: Protocol, { name, dispatch, messages }: Way): StatementStructures[] {
  if (dispatch.by !== "tag") return [];
  const types = new Map(messages.map((message) => [message.name, openedType(protocol, message.type)]));
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

function encoder(protocol: Protocol, way: Way, hot: readonly Message[]): FunctionDeclarationStructure {
  const { name, messages } = way;
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: `encode${name}`,
    docs: [messages.length === 1 ? `The text of a \`${messages[0]?.type ?? ""}\`.` : `The text of a \`${name}\`.`],
    parameters: [{ name: "frame", type: name }],
    returnType: "string",
    statements: encoderStatements(protocol, way, new Map(hot.map(({ name }) => [name, encoderOf(name)]))),
  };
}
