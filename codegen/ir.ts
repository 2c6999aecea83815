/** The model every emitter reads: one `Protocol` per document. Types only. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type Path = readonly (string | number)[];

/** Where something was written. */
export interface Place {
  readonly file: string;
  readonly path: Path;
}

/** What every node carries besides its shape. */
export interface Doc {
  readonly place: Place;
  readonly title?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly default?: Json;
  /** Keywords only the validator checks. */
  readonly checks?: readonly Check[];
  /** Whether the schema writes no type: what is said of an object then says nothing of a string. */
  readonly untyped?: true;
  /** The union of which this is the only branch that what stands beside it leaves; a validator still speaks of the union. */
  readonly remnant?: { readonly mode: UnionShape["mode"]; readonly base: Node; readonly branches: readonly Node[] };
  /** What a value may be besides, where a condition holds or fails: values are drawn from it, and judged by the validator. */
  readonly variants?: readonly Node[];
}

/** A keyword that has no TypeScript shape. */
export interface Check {
  readonly keyword: string;
  /** Every property the keyword mentions. */
  readonly mentions: readonly string[];
  /** The one conditional that is understood: when `property` is `value`, `requires` must be there. */
  readonly when?: { readonly property: string; readonly value: Json; readonly requires: readonly string[] };
  /** The keyword as written, with the keywords that belong to it. */
  readonly written: JsonObject;
}

export type Node = Doc & Shape;

export type Shape =
  | { readonly kind: "any" | "never" | "null" | "boolean" }
  | LiteralShape
  | StringShape
  | NumberShape
  | ArrayShape
  | TupleShape
  | ObjectShape
  | UnionShape
  | { readonly kind: "ref"; readonly name: string };

export interface LiteralShape {
  readonly kind: "literal";
  readonly keyword: "const" | "enum";
  readonly values: readonly Json[];
}

export interface StringShape {
  readonly kind: "string";
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  /** The type whose JSON the string is the text of. */
  readonly content?: string;
}

export interface NumberShape {
  readonly kind: "number";
  readonly integer: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

export interface ArrayShape {
  readonly kind: "array";
  readonly items: Node;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

export interface TupleShape {
  readonly kind: "tuple";
  readonly items: readonly Node[];
  readonly rest: Node;
  readonly minItems: number;
  readonly maxItems?: number;
}

export interface ObjectShape {
  readonly kind: "object";
  /** The interface name of an object that was written inline. */
  readonly name?: string;
  readonly properties: readonly Property[];
  /** What an unnamed property must be; `never` closes the object. */
  readonly extra: Node;
  /** Whether the document says anything about unnamed properties. */
  readonly openness: "implicit" | "explicit";
  readonly patterns: readonly (readonly [string, Node])[];
  /** What the names themselves must be. The validator judges them; this is what they are drawn from. */
  readonly names?: Node;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

export interface Property {
  readonly name: string;
  readonly required: boolean;
  readonly node: Node;
}

export interface UnionShape {
  readonly kind: "union";
  /** `type` is a list of types, whose keywords each speak of one type only. */
  readonly mode: "oneOf" | "anyOf" | "type";
  readonly branches: readonly Node[];
  /** What else stands beside the branches, which is part of each of them already, and the branches as they were written. */
  readonly narrowed?: { readonly base: Node; readonly branches: readonly Node[] };
  /** The property that tells the branches apart, where the document names it. */
  readonly tag?: string;
}

/** A type with a name of its own and a validator of its own. */
export interface NamedType {
  readonly name: string;
  readonly node: Node;
  /** The JSON Schema as written, references renamed and annotations dropped. */
  readonly schema: Json;
  readonly place: Place;
  /** Whether a value of the type can hold another one. */
  readonly recursive: boolean;
}

/** A default as written, with the schema it stands in. */
export interface DefaultValue {
  readonly value: Json;
  readonly schema: Json;
  readonly place: Place;
}

export interface Message {
  /** The TypeScript name. */
  readonly name: string;
  /** The name the document gives it, unique in the document. */
  readonly wireName: string;
  /** The named type of the payload. */
  readonly type: string;
  /** The named type of the headers. */
  readonly headers?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
  /** One of those that are sent or received most. */
  readonly hot: boolean;
  /** The property that holds all of a text so far. */
  readonly grows?: string;
  readonly extension?: string;
  /** JSON pointer into the payload. */
  readonly correlationId?: string;
  readonly examples: readonly Example[];
  readonly place: Place;
}

export interface Example {
  readonly value: Json;
  readonly place: Place;
  readonly name?: string;
  readonly summary?: string;
}

/** A property of a message that holds a JSON text of its own. */
export interface ContentField {
  readonly field: string;
  /** The named type of what the text says. */
  readonly type: string;
}

/** A type that messages hold as text. */
export interface ContentUnion {
  readonly type: string;
  /** The named types it can be. */
  readonly branches: readonly string[];
  /** The ones it is most. */
  readonly hot: readonly string[];
  readonly dispatch: Dispatch;
  /** `sent` where no message that is received holds it. */
  readonly direction: Direction;
}

export type Direction = "received" | "sent";

export interface Channel {
  readonly key: string;
  /** The TypeScript name. */
  readonly name: string;
  readonly address: string | null;
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly received: Traffic;
  readonly sent: Traffic;
  readonly query: readonly Parameter[];
  readonly headers: readonly Parameter[];
  /** What stands in braces in the address. */
  readonly parameters?: readonly Parameter[];
  readonly place: Place;
}

/** The messages that travel one way on one channel. */
export interface Traffic {
  readonly messages: readonly Message[];
  readonly dispatch: Dispatch | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonObject;
  readonly description?: string;
}

export interface Operation {
  readonly key: string;
  readonly action: "receive" | "send";
  readonly channel: string;
  readonly messages: readonly string[];
  readonly replies: readonly string[];
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
}

export type Tag = string | number | boolean;

/** How a frame finds its message: by one property after the other, then by trying. */
export type Dispatch =
  | { readonly by: "tag"; readonly tag: string; readonly cases: readonly DispatchCase[]; readonly rest: readonly RestMessage[] }
  | { readonly by: "trial"; readonly rest: readonly RestMessage[] };

export interface DispatchCase {
  readonly value: Tag;
  readonly then: Dispatch;
}

export interface RestMessage {
  readonly message: string;
  /** Whether the message has a use for a tag value that no case has. */
  readonly anyTag: boolean;
}

/** A table of facts beside the wire, copied from an `x-` key of the document's root. */
export interface Table {
  readonly name: string;
  readonly key: string;
  readonly value: Json;
  readonly place: Place;
}

export interface Protocol {
  readonly name: string;
  /** The name as a TypeScript identifier. */
  readonly pascal: string;
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** The files it was read from, for the header of what is generated. */
  readonly sources: readonly string[];
  readonly types: readonly NamedType[];
  readonly messages: readonly Message[];
  readonly channels: readonly Channel[];
  /** Of the messages that have such, by the type of the message. */
  readonly contentFields: ReadonlyMap<string, readonly ContentField[]>;
  readonly contents: readonly ContentUnion[];
  /** Examples that stand in files of their own, by the name of their message. */
  readonly illustrations?: ReadonlyMap<string, readonly Json[]>;
  readonly operations: readonly Operation[];
  readonly tables: readonly Table[];
  readonly defaults: readonly DefaultValue[];
  /** Property names whose values are never quoted in an error. */
  readonly secrets: readonly string[];
  readonly config?: Config;
}

export interface EnvVariable {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly description?: string;
}

/** The configuration block of a channel. */
export interface Config {
  readonly source: string;
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly legacyKeys: readonly string[];
  /** What an operator may write, and what it is after the defaults. */
  readonly input: readonly NamedType[];
  readonly resolved: readonly NamedType[];
  /** The type names of the block and of one named account. */
  readonly root: string;
  readonly account?: string;
  readonly defaults: JsonObject;
  readonly accountDefaults?: JsonObject;
  readonly env: readonly EnvVariable[];
  /** What each field may hold, in words, by its path with * for what has any name. */
  readonly expectations: Readonly<Record<string, string>>;
  /** The schema as the host reads it. */
  readonly hostSchema: JsonObject;
  readonly uiHints: JsonObject;
  readonly secrets: readonly string[];
  readonly writtenDefaults: readonly DefaultValue[];
}
