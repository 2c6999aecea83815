import { StructureKind, type WriterFunction } from "ts-morph";
import { tagsOf } from "../dispatch.ts";
import type { Channel, Json, Message, Parameter, Protocol } from "../ir.ts";
import { commentText } from "./jsdoc.ts";
import { header, printConstant, printLiteral, printModule, propertyKey } from "./module.ts";

/** The shapes of the tables every document may have, as named in the generated runtime. */
const tableTypes: Readonly<Record<string, string>> = {
  closeCodes: "readonly CloseCodeRow[]",
  errorCodes: "readonly ErrorCodeRow[]",
  limits: "Readonly<Record<string, number>>",
};

export function printTables(protocol: Protocol): string {
  const extensions = Object.fromEntries(protocol.messages.flatMap(({ wireName, extension }) => (extension === undefined ? [] : [[wireName, extension]])));
  const tables = [
    table("messages", "The messages of the document, by their wire names.", rowsOf(protocol), "Readonly<Record<string, MessageRow>>"),
    ...(Object.keys(extensions).length > 0 ? [table("extensions", "The extension that a message belongs to, by its wire name; what belongs to none is not here.", extensions, "Readonly<Record<string, string>>")] : []),
    table(
      "channels",
      "The channels of the document, by their keys.",
      Object.fromEntries(protocol.channels.map((channel) => [channel.key, channelRow(channel)])),
      "Readonly<Record<string, ChannelRow>>",
    ),
    ...protocol.tables.map(({ name, key, value }) => (name === "limits" ? limitsTable(key, value) : table(name, `\`${key}\` of the document.`, value, tableTypes[name]))),
  ];
  const used = [
    "ChannelRow",
    "MessageRow",
    ...protocol.tables.flatMap(({ name }) => /\w+Row/u.exec(tableTypes[name] ?? "")?.[0] ?? []),
  ].sort();
  const text = printModule([
    { kind: StructureKind.ImportDeclaration, isTypeOnly: true, moduleSpecifier: "../runtime.ts", namedImports: used },
    table("protocol", "The document.", { name: protocol.name, title: protocol.title, version: protocol.version }, undefined),
    ...tables,
  ]);
  return `${header(protocol.sources)}\n${text.trim()}\n`;
}

type Row = { readonly [key: string]: Json | undefined };

function table(name: string, doc: string, value: Json | { readonly [key: string]: Row | Json }, type: string | undefined): WriterFunction {
  const checked = type === undefined ? "" : ` satisfies ${type}`;
  return printConstant(name, `${printLiteral(value as Json)} as const${checked}`, doc);
}

/** Numbers; what each is and in what it is counted is for people, and in no bundle. */
function limitsTable(key: string, value: Json): WriterFunction {
  const members = Object.entries(value as unknown as Readonly<Record<string, LimitRow>>).map(([name, row]) => `  /** ${commentText(`${row.description} In ${row.unit}.`)} */\n  ${propertyKey(name)}: ${row.value},\n`);
  return printConstant("limits", `{\n${members.join("")}} as const satisfies ${tableTypes["limits"] ?? ""}`, `\`${key}\` of the document.`);
}

interface LimitRow {
  readonly value: number;
  readonly unit: string;
  readonly description: string;
}

function rowsOf(protocol: Protocol): { [key: string]: Row } {
  return Object.fromEntries(protocol.messages.map((message) => [message.wireName, messageRow(protocol, message)]));
}

function messageRow(protocol: Protocol, message: Message): Row {
  const { name } = message;
  const channels = protocol.channels.filter(({ received, sent }) =>
    [...received.messages, ...sent.messages].some((other) => other.name === name),
  );
  const isReceived = channels.some(({ received }) => received.messages.includes(message));
  const isSent = channels.some(({ sent }) => sent.messages.includes(message));
  const dispatches = channels.flatMap(({ received, sent }) => [received, sent]).filter(({ messages }) => messages.includes(message));
  const tags = dispatches.map(({ dispatch }) => dispatch && tagsOf(dispatch, name)).find((found) => found !== undefined) ?? {};
  const operations = protocol.operations.filter(({ messages }) => messages.includes(name));
  return {
    name,
    tag: Object.values(tags)[0],
    tags,
    direction: isReceived && isSent ? "both" : isReceived ? "received" : "sent",
    channels: channels.map(({ key }) => key),
    operations: operations.map(({ key }) => key),
    replies: [...new Set(operations.flatMap(({ replies }) => replies))],
    repliesTo: [...new Set(protocol.operations.filter(({ replies }) => replies.includes(name)).flatMap(({ messages }) => messages))],
    correlationId: message.correlationId,
    ...(message.headers !== undefined && { headers: message.headers }),
    ...contentRow(protocol, message),
  };
}

function contentRow(protocol: Protocol, { type }: Message): Row {
  const fields = protocol.contentFields.get(type);
  return fields ? { content: Object.fromEntries(fields.map(({ field, type: held }) => [field, held])) } : {};
}

function channelRow({ address, received, sent, query, headers, parameters }: Channel): Row {
  return {
    address,
    received: received.messages.map(({ name }) => name),
    sent: sent.messages.map(({ name }) => name),
    query: parameterRows(query),
    headers: parameterRows(headers),
    ...(parameters && { parameters: parameterRows(parameters) }),
  };
}

function parameterRows(parameters: readonly Parameter[]): Json {
  return Object.fromEntries(
    parameters.map(({ name, required, description, schema }) => [
      name,
      { required, ...(description !== undefined && { description }), schema },
    ]),
  );
}
