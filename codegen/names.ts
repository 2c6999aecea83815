import type { Place } from "./ir.ts";

/** PascalCase of a key or a wire name; always an identifier. */
export function pascalCase(text: string): string {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[\p{L}_$]/u.test(joined) ? joined : `_${joined}`;
}

export function camelCase(text: string): string {
  const pascal = pascalCase(text);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** The name itself, or the first numbered one that is free. */
export function firstFree(name: string, isFree: (candidate: string) => boolean): string {
  let candidate = name;
  for (let count = 2; !isFree(candidate); count++) candidate = `${name}${count}`;
  return candidate;
}

/** The name of one item of a list. */
export function singular(name: string): string {
  if (/(ss|us|is)$/u.test(name)) return `${name}Item`;
  if (/[^aeiou]ies$/u.test(name)) return `${name.slice(0, -3)}y`;
  if (/(ches|shes|xes|sses)$/u.test(name)) return name.slice(0, -2);
  if (name.endsWith("s") && name.length > 1) return name.slice(0, -1);
  return `${name}Item`;
}

const structural = new Set(["payload", "schema", "schemas", "properties", "definitions", "components", "items", "messages"]);

/** The type name a `$ref` pointer stands for. */
export function nameOfPointer(path: readonly (string | number)[]): string {
  const words = path.filter((step) => typeof step === "string" && !structural.has(step));
  const inProperties = path.lastIndexOf("properties");
  const taken = inProperties > 0 ? words.slice(-2) : words.slice(-1);
  return taken.length === 0 ? "Root" : taken.map((word) => pascalCase(String(word))).join("");
}

/** The type name of a schema: what a pointer says, or the name of the file that is nothing but the schema. */
export function nameOfPlace({ file, path: steps }: Place): string {
  const fileName = /([^/\\]+?)(?:\.schema)?\.(?:json|ya?ml)$/u.exec(file)?.[1];
  return steps.length === 0 && fileName !== undefined ? pascalCase(fileName) : nameOfPointer(steps);
}

export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(text);
}

/** Names TypeScript or the generated modules already use. */
export const reservedNames: ReadonlySet<string> = new Set([
  "Array",
  "Boolean",
  "Date",
  "Error",
  "Function",
  "JSON",
  "Map",
  "Number",
  "Object",
  "Promise",
  "Record",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "Decoded",
  "Defaults",
  "ErrorDescription",
  "NotDecoded",
  "ValidationError",
  "Validator",
  "Partial",
  "Readonly",
  "Required",
]);
