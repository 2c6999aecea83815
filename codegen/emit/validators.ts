import type { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { hasPlainPatterns, newAjv, sharedAjv, typeId } from "../compile.ts";
import type { NamedType } from "../ir.ts";
import { quickOrSmall, reachable } from "../quick.ts";
import { mapRefs, tolerantSchemas } from "../wire-schema.ts";
import { compact } from "./compact.ts";
import { isInterpretable, SchemaPrinter } from "./interpreted.ts";

export interface ValidatorOptions {
  readonly strict: boolean;
  /** Types whose tolerant twins are wanted too; each reads differently when closed objects are open. */
  readonly tolerant: readonly string[];
  /** The types that are checked often, where it is known which: the others are small before they are quick. */
  readonly quick?: readonly string[];
}

/** The export of the validator that lets unknown fields pass. */
export function tolerantName(type: string): string {
  return `${type}Tolerant`;
}

const tolerantId = "tolerant";

/**
 * Prints one module with a validator for every named type, without any import of ajv. Where it is known which are checked
 * often, these are compiled, and of the others is printed what an interpreter reads.
 */
export function printValidators(types: readonly NamedType[], { strict, tolerant, quick }: ValidatorOptions): string {
  const often = quick && reachable(types, quick);
  const opened = openedTypes(types);
  const readable = new SchemaReaders(types, opened);
  // One pattern that is no Unicode one makes all of a document's be read otherwise, where they are compiled.
  const isPlain = types.every(({ schema }) => hasPlainPatterns(schema));
  const isRead = (name: string, isTolerant: boolean): boolean => often !== undefined && isPlain && !often.has(name) && readable.canRead(name, isTolerant);
  const all = [...types.map(({ name }) => ({ name, as: name, id: typeId(name), isTolerant: false })), ...tolerant.map((name) => ({ name, as: tolerantName(name), id: `${tolerantId}#/definitions/${name}`, isTolerant: true }))];
  const ajv = often ? newAjv(quickOrSmall(types, often), { strict, small: true }) : sharedAjv(types, { strict });
  if (tolerant.length > 0) addTolerantTypes(ajv, opened, types, often);
  const compiled = all.filter(({ name, isTolerant }) => !isRead(name, isTolerant)).map(({ as, id }) => ({ name: as, id }));
  const read = all.filter(({ name, isTolerant }) => isRead(name, isTolerant)).map(({ name, as, isTolerant }) => `export const ${as} = /*#__PURE__*/ $interpret(${readable.nameOf(name, isTolerant)});`);
  const code = withImports(compact(withoutRest(printExports(ajv, compiled))));
  return read.length === 0 ? code : [importInterpret, code.trimEnd(), "", ...readable.declarations, "", ...read, ""].join("\n");
}

const importInterpret = 'import { interpret as $interpret } from "../interpret.ts";';

/** The types that read otherwise when closed objects are open, opened. */
function openedTypes(types: readonly NamedType[]): NamedType[] {
  const schemas = tolerantSchemas(types);
  return types.flatMap((type) => (schemas.has(type.name) ? [{ ...type, schema: schemas.get(type.name) ?? true }] : []));
}

/** The schemas that a validator reads, and those of their tolerant twins. */
class SchemaReaders {
  readonly #strict: SchemaPrinter;
  readonly #tolerant: SchemaPrinter;
  readonly #types: readonly NamedType[];
  readonly #opened: readonly NamedType[];

  constructor(types: readonly NamedType[], opened: readonly NamedType[]) {
    this.#types = types;
    this.#opened = opened;
    const isOpened = new Set(opened.map(({ name }) => name));
    this.#strict = new SchemaPrinter(types.filter(isInterpretable), (type) => type, "$s");
    this.#tolerant = new SchemaPrinter(opened.filter(isInterpretable), (type) => (isOpened.has(type) ? tolerantName(type) : this.#strict.nameOf(type)), "$t");
  }

  get declarations(): readonly string[] {
    return [...this.#strict.declarations, ...this.#tolerant.declarations];
  }

  nameOf(type: string, isTolerant: boolean): string {
    return (isTolerant ? this.#tolerant : this.#strict).nameOf(type);
  }

  /** A twin is only exported where somebody asks for it, so what one leads to must be readable, too. */
  canRead(type: string, isTolerant: boolean): boolean {
    if (!isTolerant) return this.#types.some((each) => each.name === type && isInterpretable(each));
    const reached = reachable(this.#opened, [type]);
    return this.#opened.every((each) => !reached.has(each.name) || isInterpretable(each));
  }
}
/** ajv exports nothing by a name in another script than the Latin one; such names are put in for plain ones. */
function printExports(ajv: Ajv, exported: readonly { readonly name: string; readonly id: string }[]): string {
  const printed = exported.map(({ name, id }, index) => ({ name, id, as: /^[a-z$_][\w$]*$/iu.test(name) ? name : `export$${index}` }));
  const code = standalone.default(ajv, Object.fromEntries(printed.map(({ as, id }) => [as, id])));
  return printed
    .filter(({ as, name }) => as !== name)
    .reduce((text, { as, name }) => text.replace(`export const ${as} =`, () => `export const ${name} =`), code);
}

function addTolerantTypes(ajv: Ajv, opened: readonly NamedType[], types: readonly NamedType[], often: ReadonlySet<string> | undefined): void {
  const printed = often ? quickOrSmall(opened, often, types) : opened;
  const names = new Set(printed.map(({ name }) => name));
  // References to types that stay as they are lead to the strict validators.
  const definitions = printed.map(({ name, schema }) => [name, mapRefs(schema, (ref) => (names.has(ref) ? `#/definitions/${ref}` : typeId(ref)))]);
  ajv.addSchema({ $id: tolerantId, definitions: Object.fromEntries(definitions) as Record<string, object> });
}

const equalImport = /require\("ajv\/dist\/runtime\/equal"\)\.default/gu;

/** What a name of the generated runtime is called here: a type may be named like it. */
const imported = { codePoints: "codePoints", equal: "equal", fail: "$fail", failAs: "$failAs", missing: "$missing", unknown: "$unknown", pointed: "$pointed", add: "$add", join: "$join" };

/** ajv imports its deep equality even into ESM, by `require`; the generated runtime has one of its own. */
function withImports(code: string): string {
  const own = code.replaceAll(equalImport, "equal").replace(/^"use strict";\n?/u, "");
  if (/\brequire\(/u.test(own)) throw new Error("the validators would import something at run time");
  const used = Object.entries(imported).filter(([, name]) => new RegExp(`= ${RegExp.escape(name)};|(?<![\\w$])${RegExp.escape(name)}\\(`, "u").test(own));
  const names = used.map(([name, as]) => (name === as ? name : `${name} as ${as}`));
  return names.length === 0 ? own : `import { ${names.join(", ")} } from "../runtime.ts";\n${own}`;
}

/**
 * Drops what nobody reads: where in the schema an error comes from, and schemas of which nothing but their checks is left.
 * A bundler may leave out what is marked as pure where its validator is not used.
 */
function withoutRest(code: string): string {
  // Inside a text the quote would be escaped, so this is never part of one.
  const lean = code.replaceAll(/\bschemaPath:"(?:[^"\\]|\\.)*",(?=keyword:)/gu, "").replaceAll(/^(const pattern\d+ = )(?=new RegExp\()/gmu, "$1/*#__PURE__*/ ");
  const uses = new Map<string, number>();
  for (const [name] of lean.matchAll(/\bschema\d+\b/gu)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return lean.replaceAll(/^const (schema\d+) = .*\n/gmu, (line, name: string) => (uses.get(name) === 1 ? "" : line));
}
