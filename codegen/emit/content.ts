import { type FunctionDeclarationStructure, type StatementStructures, StructureKind, type WriterFunction } from "ts-morph";
import { casesOf } from "../dispatch.ts";
import type { ContentField, Protocol, Tag } from "../ir.ts";
import type { Way } from "./decoder.ts";
import { propertyAccess, propertyKey } from "./module.ts";

/** The type of a decoded message: with what its texts say in place of the texts. */
export function openedType(protocol: Protocol, type: string): string {
  return protocol.contentFields.has(type) ? `Opened${type}` : type;
}

/** The function that reads the texts in a message. */
export function openerOf(type: string): string {
  return `open${type}`;
}

/** One decoder for each type that is held as text. */
export function contentWays(protocol: Protocol): Way[] {
  return protocol.contents.map(({ type, branches, dispatch, direction }) => ({
    direction,
    name: type,
    messages: branches.map((branch) => ({ name: branch, type: branch })),
    dispatch,
  }));
}

/** The opened types, and the functions that open what was read. */
export function printOpened(protocol: Protocol): (string | StatementStructures)[] {
  return [...protocol.contentFields].flatMap(([type, fields]) => ["\n", openedAlias(type, fields), "\n", opener(type, fields)]);
}

function openedAlias(type: string, fields: readonly ContentField[]): StatementStructures {
  const names = fields.map(({ field }) => JSON.stringify(field)).join(" | ");
  const members = fields.map(({ field, type: held }) => `${propertyKey(field)}: ${held}`).join("; ");
  return {
    kind: StructureKind.TypeAlias,
    isExported: true,
    name: `Opened${type}`,
    type: `Omit<${type}, ${names}> & { ${members} }`,
    docs: [`\`${type}\` with its JSON texts read.`],
  };
}

function opener(type: string, fields: readonly ContentField[]): FunctionDeclarationStructure {
  return {
    kind: StructureKind.Function,
    name: openerOf(type),
    parameters: [{ name: "frame", type }],
    returnType: `Decoded<Opened${type}>`,
    statements: (writer) => {
      for (const [index, { field, type: held }] of fields.entries()) {
        writer.writeLine(`const inner${index} = decode${held}(${propertyAccess("frame", field)});`);
        writer.writeLine(
          `if (!inner${index}.ok) return refuseContent(${JSON.stringify(type)}, ${JSON.stringify(field)}, inner${index}, frame);`,
        );
      }
      const members = fields.map(({ field }, index) => `${propertyKey(field)}: inner${index}.value`);
      writer.writeLine(`return { ok: true, value: { ...frame, ${members.join(", ")} } };`);
    },
  };
}

/** Turns what a message holds into text again, before the message itself; messages with an encoder of their own are left to it. */
export function encoderStatements(protocol: Protocol, { direction, dispatch, messages }: Way, encoders: ReadonlyMap<string, string>): (string | WriterFunction)[] {
  const types = new Map(messages.map(({ name, type }) => [name, type]));
  const special = casesOf(dispatch).flatMap(({ values, message }): (string | WriterFunction)[] => {
    const type = types.get(message) ?? message;
    const fields = protocol.contentFields.get(type);
    const encoder = direction === "sent" ? encoders.get(message) : undefined;
    if (encoder !== undefined) return [`if (${isOneOf(values)}) return ${encoder}(frame as ${openedType(protocol, type)});`];
    return fields ? [closer(type, fields, values)] : [];
  });
  if (dispatch.by !== "tag" || special.length === 0) return ["return JSON.stringify(frame);"];
  const tag = propertyKey(dispatch.tag);
  return [`const { ${tag}: tag } = frame as { ${tag}?: unknown };`, ...special, "return JSON.stringify(frame);"];
}

function isOneOf(values: readonly Tag[]): string {
  return values.map((value) => `tag === ${JSON.stringify(value)}`).join(" || ");
}

function closer(type: string, fields: readonly ContentField[], values: readonly Tag[]): WriterFunction {
  return (writer) => {
    writer.write(`if (${isOneOf(values)})`).block(() => {
      writer.writeLine(`const opened = frame as Opened${type};`);
      const closed = fields.map(({ field }) => `${propertyKey(field)}: JSON.stringify(${propertyAccess("opened", field)})`);
      writer.writeLine(`return JSON.stringify({ ...opened, ${closed.join(", ")} });`);
    });
  };
}
