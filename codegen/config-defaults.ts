import type { Json, JsonObject, Node } from "./ir.ts";

/** The defaults of a configuration as one nested object; only what has a default is in it. */
export function configDefaultsOf(node: Node, resolve: (type: string) => Node): JsonObject {
  if (node.kind === "ref") return configDefaultsOf(resolve(node.name), resolve);
  if (node.kind !== "object") return {};
  const defaults: Record<string, Json> = {};
  for (const { name, node: property } of node.properties) {
    const nested = property.kind === "object" ? configDefaultsOf(property, resolve) : {};
    const own = property.default;
    if (typeof own === "object" && own !== null && !Array.isArray(own)) defaults[name] = { ...nested, ...(own as JsonObject) };
    else if (own !== undefined) defaults[name] = own;
    else if (Object.keys(nested).length > 0) defaults[name] = nested;
  }
  return defaults;
}
