import { readFileSync } from "node:fs";

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  pattern?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
}

interface Document {
  "x-ways": { channel: string; direction: string; messages: { message: string; schema: string }[] }[];
  definitions: Record<string, Schema>;
}

export type ProtocolName = "websocket" | "insta-claw" | "local-im" | "clawchat";

/** A field of a message that holds text, wherever it stands: names, and `*` for the items of a list. */
export interface TextField {
  message: string;
  steps: readonly string[];
  pattern: string | undefined;
}

function read(protocol: ProtocolName): Document {
  return JSON.parse(readFileSync(`${import.meta.dirname}/../../generated/${protocol}/schemas.json`, "utf8")) as Document;
}

/** The types of the frames that our side gets on the socket, as the document has them. */
export function receivedTypes(protocol: ProtocolName): { message: string; type: string }[] {
  const way = read(protocol)["x-ways"].find(({ direction }) => direction === "received");
  return (way?.messages ?? []).map(({ message, schema }) => ({ message, type: nameIn(schema) }));
}

/** Every text of these messages. */
export function textFields(protocol: ProtocolName): TextField[] {
  const { definitions } = read(protocol);
  const fieldsOf = (schema: Schema, steps: readonly string[]): Omit<TextField, "message">[] => {
    const target = schema.$ref === undefined ? schema : (definitions[nameIn(schema.$ref)] ?? {});
    const own = target.type === "string" ? [{ steps, pattern: target.pattern }] : [];
    const inner = Object.entries(target.properties ?? {}).flatMap(([name, field]) => fieldsOf(field, [...steps, name]));
    return [...own, ...inner, ...(target.items ? fieldsOf(target.items, [...steps, "*"]) : []), ...(target.allOf ?? []).flatMap((part) => fieldsOf(part, steps))];
  };
  return receivedTypes(protocol).flatMap(({ message, type }) => fieldsOf(definitions[type] ?? {}, []).map((field) => ({ message, ...field })));
}

function nameIn(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

/** The value with this text in the field, and in the field alone where it was not there. */
export function withText(value: object, steps: readonly string[], text: string): object {
  return put(structuredClone(value), steps, text) as object;
}

function put(value: unknown, [step, ...rest]: readonly string[], text: string): unknown {
  if (step === undefined) return text;
  if (step === "*") return [put(undefined, rest, text)];
  const record = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  return { ...record, [step]: put(record[step], rest, text) };
}

/** A copy for each object in the value, wherever it stands, in which that object alone has this key of its own. */
export function withKeyInEach(value: unknown, key: string, hidden: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const here = Array.isArray(value) ? [] : [define({ ...value }, key, hidden)];
  const inner = Object.entries(value).flatMap(([name, each]) =>
    withKeyInEach(each, key, hidden).map((changed) => (Array.isArray(value) ? value.map((item, index) => (String(index) === name ? changed : item)) : define({ ...value }, name, changed))),
  );
  return [...here, ...inner];
}

/** As `JSON.parse` does it: `__proto__` too becomes a key. */
function define(target: object, key: string, value: unknown): object {
  return Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A copy for each text in the value, wherever it stands, in which that text alone is this one. */
export function withTextInEach(value: unknown, text: string): unknown[] {
  if (typeof value === "string") return [text];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    withTextInEach(each, text).map((changed) => (Array.isArray(value) ? value.map((item, index) => (String(index) === name ? changed : item)) : define({ ...value }, name, changed))),
  );
}
