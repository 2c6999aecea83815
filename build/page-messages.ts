import { parse } from "yaml";

/** A message of the wire as the page explains it; `src/page/virtual.d.ts` has the same. */
export interface MessageDocs {
  type: string;
  by: "application" | "gateway";
  title: string;
  text: string;
  extension: string;
  fields: { name: string; type: string; isRequired: boolean; text: string }[];
  example: string;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  items?: Schema;
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
}

interface Message {
  name: string;
  title?: string;
  summary?: string;
  "x-extension"?: string;
  payload: Schema;
  examples?: { payload: unknown }[];
}

interface Document {
  channels: Record<string, { messages: Record<string, Schema> }>;
  operations: Record<string, { action: "send" | "receive"; channel: Schema; messages: Schema[] }>;
  components: { messages: Record<string, Message>; schemas: Record<string, Schema> };
}

/** The messages of the chat, in the words of the document. */
export function describeMessages(text: string): MessageDocs[] {
  const { channels, operations, components } = parse(text) as Document;
  const lastOf = ({ $ref = "" }: Schema): string => $ref.split("/").at(-1) ?? "";
  const received = new Set(Object.values(operations).flatMap(({ action, messages }) => (action === "receive" ? messages.map(lastOf) : [])));
  const look = (schema: Schema): Schema => (schema.$ref === undefined ? schema : (components.schemas[lastOf(schema)] ?? {}));

  const typeOf = (schema: Schema): string => {
    const seen = look(schema);
    if (seen.const !== undefined) return JSON.stringify(seen.const);
    if (seen.enum) return seen.enum.join(", ");
    if (seen.allOf?.[0]) return typeOf(seen.allOf[0]);
    if (seen.type === "array" && seen.items) return `list of ${typeOf(seen.items)}`;
    if (seen.type === "object" && schema.$ref !== undefined) return lastOf(schema);
    return [seen.type ?? "anything"].flat().join(" or ");
  };
  const fieldsOf = (payload: Schema): MessageDocs["fields"] => {
    const { properties = {}, required = [] } = look(payload);
    return Object.entries(properties).map(([name, field]) => ({ name, type: typeOf(field), isRequired: required.includes(name), text: field.description ?? look(field).description ?? "" }));
  };

  return Object.keys(channels["chat"]?.messages ?? {}).flatMap((key) => {
    const message = components.messages[key];
    if (!message) return [];
    return [
      {
        type: message.name,
        by: received.has(key) ? "application" : "gateway",
        title: message.title ?? message.name,
        text: message.summary ?? "",
        extension: message["x-extension"] ?? "",
        fields: fieldsOf(message.payload),
        example: JSON.stringify(message.examples?.[0]?.payload ?? {}, undefined, 2),
      } satisfies MessageDocs,
    ];
  });
}
