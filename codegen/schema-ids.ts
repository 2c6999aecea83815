import { pathToFileURL } from "node:url";
import type { Json, Path, Place } from "./ir.ts";
import type { Source } from "./source.ts";

/** Where values stand that only look like schemas. */
const valueKeywords = new Set(["const", "default", "enum", "example", "examples"]);

/**
 * The schemas that give themselves an address with `$id`, by that address, and the addresses that references resolve
 * against (JSON Schema draft-07, section 8.2).
 */
export class SchemaIds {
  readonly #places = new Map<string, Place>();
  readonly #bases = new Map<string, string>();

  /** `address` is that of the file itself, where it is known by another one than its path. */
  add({ file, data }: Source, address = pathToFileURL(file).href): void {
    this.#bases.set(file, address);
    this.#places.set(withoutFragment(address), { file, path: [] });
    this.#visit(data, { file, path: [] }, address);
  }

  /** The schema that an absolute or relative reference names, where some `$id` has a say in it. */
  resolve(from: Place, ref: string, at: (place: Place) => Json | undefined): Place | undefined {
    const base = this.#baseOf(from, at);
    const resolved = base === undefined ? undefined : addressOf(ref, base);
    if (resolved === undefined) return undefined;
    const [address, fragment] = splitAddress(resolved);
    const anchored = fragment === "" || fragment.startsWith("/") ? undefined : this.#places.get(resolved);
    const document = anchored ?? this.#places.get(address);
    if (!document || anchored) return document;
    return fragment === "" || fragment.startsWith("/") ? { file: document.file, path: [...document.path, ...stepsOf(fragment)] } : undefined;
  }

  #baseOf(place: Place, at: (place: Place) => Json | undefined): string | undefined {
    let base = this.#bases.get(place.file);
    for (let length = 0; base !== undefined && length < place.path.length; length++) {
      const id = idOf(at({ file: place.file, path: place.path.slice(0, length) }));
      if (id !== undefined && !id.startsWith("#")) base = addressOf(id, base) ?? base;
    }
    return base;
  }

  #visit(data: Json, place: Place, base: string): void {
    if (typeof data !== "object" || data === null) return;
    const id = idOf(data);
    const address = id === undefined ? undefined : addressOf(id, base);
    if (address !== undefined) this.#places.set(id?.startsWith("#") ? address : withoutFragment(address), place);
    const inner = address === undefined || id?.startsWith("#") ? base : address;
    const children: [string | number, Json][] = Array.isArray(data) ? [...(data as readonly Json[]).entries()] : Object.entries(data as { [key: string]: Json });
    const isNamed = ["properties", "patternProperties", "definitions", "schemas"].includes(String(place.path.at(-1)));
    for (const [step, child] of children)
      if (isNamed || !valueKeywords.has(String(step))) this.#visit(child, { file: place.file, path: [...place.path, step] }, inner);
  }
}

/** Beside `$ref` an `$id` means nothing. */
function idOf(data: Json | undefined): string | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const { $id, $ref } = data as { readonly [key: string]: Json };
  return typeof $id === "string" && $ref === undefined ? $id : undefined;
}

function addressOf(ref: string, base: string): string | undefined {
  try {
    return new URL(ref, base).href;
  } catch {
    // A name that no hierarchy has, such as urn:uuid:…, is not the base of anything.
    return ref.startsWith("#") ? `${withoutFragment(base)}${ref}` : undefined;
  }
}

function splitAddress(address: string): [string, string] {
  const hash = address.indexOf("#");
  return hash === -1 ? [address, ""] : [address.slice(0, hash), address.slice(hash + 1)];
}

function withoutFragment(address: string): string {
  return splitAddress(address)[0];
}

function stepsOf(fragment: string): Path {
  return fragment.split("/").slice(1).map(decodeStep);
}

/** One step of a JSON pointer in an address. */
export function decodeStep(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // A stray percent sign stands for itself.
  }
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}
