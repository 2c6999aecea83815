import path from "node:path";
import type { Json, JsonObject, Path, Place } from "./ir.ts";
import { decodeStep, SchemaIds } from "./schema-ids.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A file that was read: its data, and where in the text each part of it stands. */
export interface Source {
  readonly file: string;
  readonly data: Json;
  locate(path: Path): Position;
}

export interface Finding {
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly position: Position;
  readonly message: string;
}

export const START: Position = { line: 1, column: 1 };

/** The files of one document and what is wrong with them. */
export class Sources {
  readonly findings: Finding[] = [];
  /** Own documents are held to more than other people's. */
  readonly own: boolean;
  readonly ids = new SchemaIds();
  /** Where schemas stood that were written in another language than JSON Schema. */
  readonly translated = new Set<string>();
  readonly #files = new Map<string, Source>();

  constructor(own: boolean) {
    this.own = own;
  }

  /** `address` is that of a schema which others refer to by an address of its own. */
  add(source: Source, address?: string): void {
    this.#files.set(source.file, source);
    this.ids.add(source, address);
  }

  has(file: string): boolean {
    return this.#files.has(file);
  }

  files(): string[] {
    return [...this.#files.keys()];
  }

  at(place: Place): Json | undefined {
    let data: Json | undefined = this.#files.get(place.file)?.data;
    for (const step of place.path) data = childOf(data, step);
    return data;
  }

  /** Puts something else where something was written; what it is made of keeps its positions. */
  rewrite(place: Place, data: Json): void {
    const source = this.#files.get(place.file);
    if (!source) return;
    this.#files.set(place.file, { file: source.file, data: withValue(source.data, place.path, data), locate: (path) => source.locate(path) });
  }

  locate(place: Place): Position {
    return this.#files.get(place.file)?.locate(place.path) ?? START;
  }

  report(severity: Finding["severity"], place: Place, message: string): void {
    const position = this.locate(place);
    const known = this.findings.some(
      (other) =>
        other.file === place.file &&
        other.message === message &&
        other.position.line === position.line &&
        other.position.column === position.column,
    );
    if (!known) this.findings.push({ severity, file: place.file, position, message });
  }

  /** An error in an own document, a warning in another one, whose output is right all the same. */
  complain(place: Place, message: string): void {
    this.report(this.own ? "error" : "warning", place, message);
  }

  error(place: Place, message: string): void {
    this.report("error", place, message);
  }

  warn(place: Place, message: string): void {
    this.report("warning", place, message);
  }
}

export function childOf(data: Json | undefined, step: string | number): Json | undefined {
  if (Array.isArray(data)) return (data as readonly Json[])[Number(step)];
  return isObject(data) && Object.hasOwn(data, step) ? data[step] : undefined;
}

function withValue(data: Json | undefined, [step, ...steps]: Path, value: Json): Json {
  if (step === undefined) return value;
  const inner = withValue(childOf(data, step), steps, value);
  return isArray(data) ? data.with(Number(step), inner) : { ...(isObject(data) && data), [step]: inner };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The items of a list; none where there is no list. */
export function listOf(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : [];
}

export function textOf(data: Json | undefined, key: string): string | undefined {
  const value = childOf(data, key);
  return typeof value === "string" ? value.trim() : undefined;
}

export function optionalText<Key extends string>(data: Json | undefined, key: Key): { [K in Key]?: string } {
  const text = textOf(data, key);
  return (text === undefined ? {} : { [key]: text }) as { [K in Key]?: string };
}

export function under(place: Place, ...steps: Path): Place {
  return { file: place.file, path: [...place.path, ...steps] };
}

/** The place a `$ref` points at. */
export function resolveRef(from: Place, ref: string): Place {
  const hash = ref.indexOf("#");
  const file = hash === -1 ? ref : ref.slice(0, hash);
  const pointer = hash === -1 ? "" : ref.slice(hash + 1);
  return {
    file: file === "" ? from.file : path.resolve(path.dirname(from.file), decodeURIComponent(file)),
    path: pointer.split("/").slice(1).map(decodeStep),
  };
}

export function placeKey(place: Place): string {
  return `${place.file}#${place.path.map((step) => `/${step}`).join("")}`;
}

export function samePlace(a: Place, b: Place): boolean {
  return placeKey(a) === placeKey(b);
}

/** `file:line:column: reason`, the file as seen from the working directory. */
export function formatFinding(finding: Finding): string {
  const { file, position, message } = finding;
  const shown = path.relative(process.cwd(), file) || file;
  const mark = finding.severity === "warning" ? "warning: " : "";
  return `${shown.split(path.sep).join("/")}:${position.line}:${position.column}: ${mark}${message}`;
}

export function compareFindings(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.position.line - b.position.line || a.position.column - b.position.column;
}
