import {
  type ConstrainedMetaModel,
  ConstrainedEnumModel,
  ConstrainedUnionModel,
  InputMetaModel,
  type MetaModel,
  TypeScriptGenerator,
} from "@asyncapi/modelina";
import type { NamedType, ObjectShape } from "../ir.ts";
import { isIdentifier } from "../names.ts";
import { docComment, docLines } from "./jsdoc.ts";
import { type ModelInput, toMetaModels, unnamedNodes } from "./meta-model.ts";

/** Prints every named type and every inline object as exported TypeScript declarations. */
export async function printTypes(types: readonly NamedType[]): Promise<string> {
  const models = types.flatMap(({ name, node }) => toMetaModels(name, node));
  const input = new InputMetaModel();
  for (const { name, model } of models) input.models[name] = model;
  const rendered = new Map((await wireTypes.generate(input)).map(({ modelName, result }) => [modelName, result]));
  return models.map(({ name }) => `${rendered.get(name) ?? ""}\n`).join("\n");
}

/** The model is named already; nothing is to be split off. */
class WireTypes extends TypeScriptGenerator {
  override splitMetaModel(model: MetaModel): MetaModel[] {
    return [model];
  }
}

const wireTypes = new WireTypes({
  modelType: "interface",
  enumType: "union",
  mapType: "indexedObject",
  rawPropertyNames: true,
  constraints: {
    modelName: ({ modelName }) => modelName,
    propertyKey: ({ objectPropertyModel }) => objectPropertyModel.propertyName,
    enumKey: ({ enumKey }) => enumKey,
    enumValue: ({ enumValue }): string => JSON.stringify(enumValue),
    constant: () => undefined,
  },
  typeMapping: {
    Object: ({ constrainedModel }) => constrainedModel.name,
    Reference: ({ constrainedModel }) => constrainedModel.name,
    Any: ({ constrainedModel }) => inputOf(constrainedModel).ts ?? "unknown",
    Float: () => "number",
    Integer: () => "number",
    String: () => "string",
    Boolean: () => "boolean",
    Enum: ({ constrainedModel }) => constrainedModel.values.map(({ value }) => String(value)).join(" | "),
    Union: ({ constrainedModel }) => [...new Set(constrainedModel.union.map(({ type }) => type))].join(" | "),
    Array: ({ constrainedModel }) => `${bracketed(constrainedModel.valueModel)}[]`,
    Tuple: ({ constrainedModel }) => tupleText(constrainedModel),
    Dictionary: ({ constrainedModel }) => `{ [key: string]: ${constrainedModel.value.type} }`,
  },
  presets: [
    {
      interface: {
        self: ({ content, model }) => `${docOf(model)}export ${content.slice(0, -1)}${indexSignature(model)}}`,
        property: ({ property }) => {
          const { unconstrainedPropertyName: name, required, property: type } = property;
          const key = isIdentifier(name) ? name : JSON.stringify(name);
          return `${docOf(type)}${key}${required ? "" : "?"}: ${type.type};`;
        },
      },
      type: { self: ({ content, model }) => `${docOf(model)}export ${content}` },
      enum: { self: ({ model }) => `${docOf(model)}export type ${model.name} = ${model.type};` },
    },
  ],
});

function inputOf(model: ConstrainedMetaModel): ModelInput {
  return model.originalInput as ModelInput;
}

function docOf(model: ConstrainedMetaModel): string {
  return docComment(docLines(inputOf(model).node));
}

function bracketed(model: ConstrainedMetaModel): string {
  const several =
    (model instanceof ConstrainedUnionModel && model.union.length > 1) ||
    (model instanceof ConstrainedEnumModel && model.values.length > 1);
  return several ? `(${model.type})` : model.type;
}

function tupleText(model: ConstrainedMetaModel & { tuple: { value: ConstrainedMetaModel }[] }): string {
  const { node } = inputOf(model);
  if (node.kind !== "tuple") return "unknown[]";
  const types = model.tuple.map(({ value }) => value);
  const items = types.slice(0, -1).map((type, index) => (index < node.minItems ? type.type : `(${type.type})?`));
  const rest = types.at(-1);
  const open = rest && node.rest.kind !== "never" && (node.maxItems === undefined || node.maxItems > items.length);
  return `[${[...items, ...(open ? [`...${bracketed(rest)}[]`] : [])].join(", ")}]`;
}

/** Only a document that speaks of unnamed properties opens the type, or every typing error would compile. */
function indexSignature(model: ConstrainedMetaModel): string {
  const { node } = inputOf(model);
  if (node.kind !== "object" || (node.openness === "implicit" && node.patterns.length === 0)) return "";
  const unnamed = unnamedNodes(node);
  if (unnamed.length === 0) return "";
  if (node.properties.length === 0) return `  [key: string]: ${simpleText(unnamed) ?? "unknown"};\n`;
  const type = unnamed.every(({ kind }) => kind === "any") ? "unknown" : sharedText(model, node, simpleText(unnamed));
  return `  [key: string]: ${type};\n`;
}

/** An index signature must allow every named property too. */
function sharedText(model: ConstrainedMetaModel, shape: ObjectShape, unnamed: string | undefined): string {
  if (unnamed === undefined) return "unknown";
  const named = Object.values(
    (model as ConstrainedMetaModel & { properties: Record<string, { property: ConstrainedMetaModel }> }).properties,
  );
  const optional = shape.properties.some(({ required }) => !required);
  return [...new Set([unnamed, ...named.map(({ property }) => property.type), ...(optional ? ["undefined"] : [])])].join(" | ");
}

function simpleText(nodes: readonly { kind: string; name?: string }[]): string | undefined {
  const texts = nodes.map((node) =>
    ["string", "number", "boolean", "null"].includes(node.kind) ? node.kind : node.kind === "ref" ? node.name : undefined,
  );
  return texts.every((text) => text !== undefined) ? [...new Set(texts)].join(" | ") : undefined;
}
