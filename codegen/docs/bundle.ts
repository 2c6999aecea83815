import { stringify } from "yaml";
import type { Json, NamedType, Place } from "../ir.ts";
import { nameOfPointer } from "../names.ts";
import { targetOf } from "../references.ts";
import { isArray, isObject, placeKey, type Sources, under } from "../source.ts";

/** What stands under these keys of a document is a schema, or holds schemas. */
const schemaKeys = new Set(["payload", "headers", "schemas", "schema"]);

/**
 * The document and all that it refers to as one document: schemas of other files are listed under their type's name,
 * everything else of other files is written out where it is used. Nothing where it refers to no other file.
 */
export function bundleDocument(sources: Sources, file: string, types: readonly NamedType[]): string | undefined {
  const bundler = new Bundler(sources, file, types);
  const bundled = bundler.bundle({ file, path: [] });
  return bundler.leftTheFile ? stringify(bundled, { lineWidth: 120, aliasDuplicateObjects: false }) : undefined;
}

class Bundler {
  leftTheFile = false;
  readonly #sources: Sources;
  readonly #file: string;
  readonly #names: ReadonlyMap<string, string>;
  /** The schemas of other files by their new names; each is there from when it is first met. */
  readonly #schemas = new Map<string, Json>();

  constructor(sources: Sources, file: string, types: readonly NamedType[]) {
    this.#sources = sources;
    this.#file = file;
    this.#names = new Map(types.map(({ name, place }) => [placeKey(place), name]));
  }

  bundle(root: Place): Json {
    const document = this.#copy(this.#sources.at(root) ?? null, root, false);
    if (this.#schemas.size === 0 || !isObject(document)) return document;
    const components = isObject(document["components"]) ? document["components"] : {};
    const own = isObject(components["schemas"]) ? components["schemas"] : {};
    // An own entry of that name can only be an alias of the schema: two types never share a name.
    return { ...document, components: { ...components, schemas: { ...own, ...Object.fromEntries(this.#schemas) } } };
  }

  #copy(data: Json, place: Place, isSchema: boolean): Json {
    if (isArray(data)) return data.map((item, index) => this.#copy(item, under(place, index), isSchema));
    if (!isObject(data)) return data;
    if (typeof data["$ref"] === "string") {
      const target = targetOf(this.#sources, place, data["$ref"]);
      if (target.file !== this.#file) this.leftTheFile = true;
      if (target.file !== this.#file && !isSchema) return this.#copy(this.#sources.at(target) ?? null, target, false);
      return { ...data, $ref: target.file === this.#file ? pointerTo(target) : this.#hoist(target) };
    }
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, isData(key, place) ? value : this.#copy(value, under(place, key), isSchema || schemaKeys.has(key))]),
    );
  }

  /** Lists a schema of another file and says where. */
  #hoist(target: Place): string {
    const name = this.#names.get(placeKey(target)) ?? nameOfPointer(target.path);
    if (!this.#schemas.has(name)) {
      this.#schemas.set(name, true);
      this.#schemas.set(name, this.#copy(this.#sources.at(target) ?? true, target, true));
    }
    return pointerTo({ file: this.#file, path: ["components", "schemas", name] });
  }
}

/** Whether a value is no part of the document but data, in which nothing is a reference. */
function isData(key: string, { path }: Place): boolean {
  const isName = ["properties", "patternProperties", "definitions", "schemas"].includes(String(path.at(-1)));
  return !isName && ["examples", "default", "const", "enum"].includes(key);
}

function pointerTo({ path }: Place): string {
  return `#${path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")}`;
}
