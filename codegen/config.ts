import { configDefaultsOf } from "./config-defaults.ts";
import { hostSchema } from "./host-schema.ts";
import { nameInlineObjects } from "./inline.ts";
import type { Config, Json, NamedType, Node, Place } from "./ir.ts";
import { lintSchema } from "./lint-schema.ts";
import { pascalCase } from "./names.ts";
import { SchemaReader } from "./schema.ts";
import { childOf, isArray, isObject, type Sources, under } from "./source.ts";
import { ConfigWalk } from "./config-walk.ts";
import { defaultsIn, mapRefs, toWireSchema } from "./wire-schema.ts";

const configKeys = new Set(["x-ui", "x-env", "x-channel", "x-sensitive"]);

/** Builds the model of a configuration block from its JSON Schema. */
export function buildConfig(sources: Sources, file: string, name: string, shownFile: string): Config | undefined {
  const root: Place = { file, path: [] };
  const data = sources.at(root);
  if (!isObject(data)) {
    sources.error(root, "a configuration must be a JSON Schema");
    return undefined;
  }
  const prefix = pascalCase(name);
  const reader = new SchemaReader(sources, (wanted) => `${prefix}${wanted}`);
  const rootName = reader.nameSchema(root, "Config");
  const definitions = isObject(data["definitions"]) ? Object.keys(data["definitions"]) : [];
  for (const definition of definitions) reader.nameSchema(under(root, "definitions", definition));
  const entries = [...reader.entries()];
  for (const { place } of entries) lintSchema(sources, sources.at(place) ?? true, place, configKeys);
  const channel = readChannel(sources, under(root, "x-channel"), name);
  const walk = new ConfigWalk(sources);
  walk.visit(data, root, []);
  const resolve = (type: string): Node => reader.nodeOf(type);
  const account = textAt(channel, "account");
  return {
    source: shownFile,
    id: textAt(channel, "id") ?? name,
    label: textAt(channel, "label") ?? name,
    description: textAt(channel, "description") ?? "",
    legacyKeys: listAt(channel, "legacyKeys"),
    root: rootName,
    ...(account !== undefined && definitions.includes(account) && { account: `${prefix}${pascalCase(account)}` }),
    input: entries.map((entry) => inputType(entry, reader, sources)),
    resolved: entries.map(({ name: type, place, node }) =>
      namedType(
        type,
        place,
        resolvedNode(
          nameInlineObjects(node, type, (wanted) => wanted),
          false,
        ),
      ),
    ),
    defaults: configDefaultsOf(resolve(rootName), resolve),
    ...(account !== undefined &&
      definitions.includes(account) && { accountDefaults: configDefaultsOf(resolve(`${prefix}${pascalCase(account)}`), resolve) }),
    env: walk.env,
    uiHints: walk.hints,
    expectations: walk.expectations,
    secrets: [...walk.secrets].sort(),
    writtenDefaults: entries
      .flatMap(({ place }) => defaultsIn(sources.at(place) ?? true, place, reader, sources))
      .map((each) => ({ ...each, schema: renameDefinitions(each.schema) })),
    hostSchema: hostSchema(data, root, sources),
  };
}

/** The name of the type of what an operator may write. */
export function inputName(type: string): string {
  return `${type}Input`;
}

function inputType({ name, place, node }: { name: string; place: Place; node: Node }, reader: SchemaReader, sources: Sources): NamedType {
  const claim = (wanted: string, at: Place): string => reader.claim(inputName(wanted), at);
  const named = renameRefs(nameInlineObjects(node, name, claim));
  const schema = renameDefinitions(toWireSchema(sources.at(place) ?? true, place, reader, sources));
  return { name: inputName(name), place, node: named, schema, recursive: false };
}

function renameDefinitions(schema: Json): Json {
  return mapRefs(schema, (type) => `#/definitions/${inputName(type)}`);
}

function namedType(name: string, place: Place, node: Node): NamedType {
  return { name, place, node, schema: true, recursive: false };
}

function renameRefs(node: Node): Node {
  return mapNode(node, (inner) => (inner.kind === "ref" ? { ...inner, name: inputName(inner.name) } : inner));
}

/**
 * Every property with a default is there. What stands in a map (named accounts) stays as it was written: it inherits
 * from the root before any default counts.
 */
function resolvedNode(node: Node, inherits: boolean): Node {
  switch (node.kind) {
    case "object":
      if (inherits && node.name !== undefined) return { kind: "ref", name: inputName(node.name), place: node.place };
      return {
        ...node,
        properties: node.properties.map((property) => {
          const inner = resolvedNode(property.node, inherits);
          return { ...property, node: inner, required: property.required || hasDefault(property.node) };
        }),
        extra: resolvedNode(node.extra, true),
        patterns: node.patterns.map(([pattern, inner]) => [pattern, resolvedNode(inner, true)] as const),
      };
    case "ref":
      return inherits ? { ...node, name: inputName(node.name) } : node;
    case "array":
      return { ...node, items: resolvedNode(node.items, true) };
    case "union":
      return { ...node, branches: node.branches.map((branch) => resolvedNode(branch, inherits)) };
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "string":
    case "number":
    case "tuple":
      return node;
  }
}

function hasDefault(node: Node): boolean {
  return node.default !== undefined || (node.kind === "object" && node.properties.some((property) => hasDefault(property.node)));
}

function mapNode(node: Node, change: (node: Node) => Node): Node {
  switch (node.kind) {
    case "object":
      return change({
        ...node,
        properties: node.properties.map((property) => ({ ...property, node: mapNode(property.node, change) })),
        extra: mapNode(node.extra, change),
        patterns: node.patterns.map(([pattern, inner]) => [pattern, mapNode(inner, change)] as const),
      });
    case "array":
      return change({ ...node, items: mapNode(node.items, change) });
    case "tuple":
      return change({ ...node, items: node.items.map((item) => mapNode(item, change)), rest: mapNode(node.rest, change) });
    case "union":
      return change({ ...node, branches: node.branches.map((branch) => mapNode(branch, change)) });
    case "any":
    case "never":
    case "null":
    case "boolean":
    case "literal":
    case "string":
    case "number":
    case "ref":
      return change(node);
  }
}

function readChannel(sources: Sources, place: Place, name: string): Json | undefined {
  const channel = sources.at(place);
  if (!isObject(channel)) {
    sources.error(place, `the configuration of "${name}" needs x-channel with id, label and description`);
    return undefined;
  }
  for (const key of ["id", "label", "description"])
    if (typeof channel[key] !== "string") sources.error(place, `x-channel needs a "${key}"`);
  return channel;
}

function textAt(data: Json | undefined, key: string): string | undefined {
  const value = childOf(data, key);
  return typeof value === "string" ? value : undefined;
}

function listAt(data: Json | undefined, key: string): string[] {
  const value = childOf(data, key);
  return isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
