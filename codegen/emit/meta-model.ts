import {
  AnyModel,
  ArrayModel,
  BooleanModel,
  DictionaryModel,
  EnumModel,
  EnumValueModel,
  FloatModel,
  IntegerModel,
  type MetaModel,
  ObjectModel,
  ObjectPropertyModel,
  ReferenceModel,
  StringModel,
  TupleModel,
  TupleValueModel,
  UnionModel,
} from "@asyncapi/modelina";
import type { Node, ObjectShape } from "../ir.ts";
import { needsInterface } from "../inline.ts";

/** What travels through Modelina beside a model. */
export interface ModelInput {
  readonly node: Node;
  /** The type text where no model of Modelina has one. */
  readonly ts?: string;
}

export interface InlineModel {
  readonly name: string;
  readonly model: MetaModel;
}

/** The meta model of a type and of every interface written inline in it. */
export function toMetaModels(name: string, node: Node): InlineModel[] {
  const inline: InlineModel[] = [];
  const model = convert(name, node, (inner) => inline.push(inner), true);
  return [{ name, model }, ...inline];
}

type Lift = (inline: InlineModel) => void;

function convert(name: string, node: Node, lift: Lift, top = false): MetaModel {
  const input: ModelInput = { node };
  const inner = (child: Node): MetaModel => convert("", child, lift);
  switch (node.kind) {
    case "any":
      return anyOf(name, node, "unknown");
    case "never":
      return anyOf(name, node, "never");
    case "null":
      return anyOf(name, node, "null");
    case "boolean":
      return new BooleanModel(name, input, {});
    case "string":
      return new StringModel(name, input, {});
    case "number":
      return node.integer ? new IntegerModel(name, input, {}) : new FloatModel(name, input, {});
    case "literal":
      return new EnumModel(
        name,
        input,
        {},
        node.values.map((value) => new EnumValueModel(JSON.stringify(value), value)),
      );
    case "ref":
      if (top) return anyOf(name, node, node.name);
      // The target is named, not described, so that recursion ends here.
      return new ReferenceModel(node.name, input, {}, new AnyModel(node.name, input, {}));
    case "array":
      return new ArrayModel(name, input, {}, inner(node.items));
    case "tuple":
      return new TupleModel(
        name,
        input,
        {},
        [...node.items, node.rest].map((item, index) => new TupleValueModel(index, inner(item))),
      );
    case "union":
      return new UnionModel(
        name,
        input,
        {},
        withOpenStrings(node.branches).map((branch) => ("ts" in branch ? anyOf("", branch.node, branch.ts) : inner(branch))),
      );
    case "object":
      return convertObject(name, node, lift, top);
  }
}

function convertObject(name: string, node: Node & ObjectShape, lift: Lift, top: boolean): MetaModel {
  if (!needsInterface(node) && !top) return new DictionaryModel(name, { node }, {}, new StringModel("", {}, {}), unnamedModel(node, lift));
  const properties = node.properties.map((property) => [
    property.name,
    new ObjectPropertyModel(property.name, property.required, convert("", property.node, lift)),
  ]);
  const model = new ObjectModel(
    top ? name : (node.name ?? name),
    { node },
    {},
    Object.fromEntries(properties) as ObjectModel["properties"],
  );
  if (top || node.name === undefined) return model;
  lift({ name: node.name, model });
  return new ReferenceModel(node.name, { node }, {}, new AnyModel(node.name, { node }, {}));
}

/** What a property without a name of its own can be. */
export function unnamedNodes(shape: ObjectShape): Node[] {
  const nodes = shape.patterns.map(([, node]) => node);
  return shape.extra.kind === "never" ? nodes : [...nodes, shape.extra];
}

function unnamedModel(node: Node & ObjectShape, lift: Lift): MetaModel {
  const [only, ...more] = unnamedNodes(node);
  if (only === undefined) return anyOf("", node, "never");
  if (more.length === 0) return convert("", only, lift);
  return new UnionModel(
    "",
    { node },
    {},
    [only, ...more].map((each) => convert("", each, lift)),
  );
}

/** Literal strings beside any string stay visible to editors as `(string & {})` keeps the union from collapsing. */
function withOpenStrings(branches: readonly Node[]): (Node | { node: Node; ts: string })[] {
  const hasLiterals = branches.some((branch) => branch.kind === "literal" && branch.values.some((value) => typeof value === "string"));
  if (!hasLiterals) return [...branches];
  return branches.map((branch) =>
    branch.kind === "string" || branch.kind === "any" ? { node: branch, ts: branch.kind === "any" ? "unknown" : "(string & {})" } : branch,
  );
}

function anyOf(name: string, node: Node, ts: string): AnyModel {
  return new AnyModel(name, { node, ts } satisfies ModelInput, {});
}
