import type { Config, Json, Node } from "../ir.ts";
import { childOf } from "../source.ts";

/** One field of a configuration block, by its path with * for what has any name. */
export interface Field {
  readonly path: string;
  readonly label?: string;
  readonly help?: string;
  readonly default?: Json;
  readonly expected?: string;
  readonly env?: string;
  readonly secret: boolean;
  readonly required: boolean;
}

/** Every field in the order of the schema; those of a named account are the root's, and are told once. */
export function fieldsOf(config: Config, resolve: (type: string) => Node): Field[] {
  const fields = new Map<string, Field>();
  const visit = (node: Node, path: readonly string[]): void => {
    switch (node.kind) {
      case "ref":
        visit(resolve(node.name), path);
        return;
      case "object":
        for (const { name, required, node: property } of node.properties) add(property, [...path, name], required);
        if (node.extra.kind !== "any" && node.extra.kind !== "never") visit(node.extra, [...path, "*"]);
        return;
      case "array":
        visit(node.items, [...path, "*"]);
        return;
      case "union":
        for (const branch of node.branches) visit(branch, path);
        return;
      case "any":
      case "never":
      case "null":
      case "boolean":
      case "literal":
      case "string":
      case "number":
      case "tuple":
    }
  };
  const add = (node: Node, path: readonly string[], required: boolean): void => {
    const text = path.join(".");
    if (!fields.has(text)) fields.set(text, fieldOf(config, node, path, required));
    if (path[0] !== "accounts") visit(node, path);
  };
  visit(resolve(rootOf(config)), []);
  return [...fields.values()];
}

/** The type of what an operator may write, in which nothing with a default is required. */
function rootOf({ input, root }: Config): string {
  return input.find(({ name }) => name === `${root}Input`)?.name ?? root;
}

function fieldOf(config: Config, node: Node, path: readonly string[], required: boolean): Field {
  const name = path.join(".");
  const hint = config.uiHints[name];
  const [label, help] = [childOf(hint, "label"), childOf(hint, "help") ?? node.description];
  const expected = config.expectations[name];
  const env = config.env.find((variable) => variable.path === name)?.name;
  return {
    path: name,
    ...(typeof label === "string" && { label }),
    ...(typeof help === "string" && { help }),
    ...(node.default !== undefined && { default: node.default }),
    ...(expected !== undefined && { expected }),
    ...(env !== undefined && { env }),
    secret: childOf(hint, "sensitive") === true || config.secrets.includes(path.at(-1) ?? ""),
    required,
  };
}
