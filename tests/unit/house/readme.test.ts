import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { packages } from "../../../build/packages.ts";

const root = `${import.meta.dirname}/../../..`;
const readme = readFileSync(`${root}/README.md`, "utf8");

interface Schema {
  type?: string | string[];
  enum?: string[];
  anyOf?: Schema[];
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  "x-env"?: string;
}

function rowsOf(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = path === "" ? name : `${path}.${name}`;
    const settings = field.anyOf?.find(({ properties }) => properties);
    if (settings) return [rowOf(full, field), ...rowsOf(settings, full)];
    return field.properties ? rowsOf(field, full) : [rowOf(full, field)];
  });
}

function rowOf(path: string, field: Schema): string {
  const initial = field.default === undefined ? "" : `\`${JSON.stringify(field.default)}\``;
  const env = field["x-env"] === undefined ? "" : ` Environment: \`${field["x-env"]}\`.`;
  return `| \`${path}\` | ${typeOf(field)} | ${initial} | ${field.description ?? ""}${env} |`;
}

function typeOf(field: Schema): string {
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(" ");
  if (field.anyOf) return field.anyOf.some(({ type }) => type === "boolean") ? "boolean or settings" : "string or SecretRef";
  if (Array.isArray(field.type)) return field.type.join(" or ");
  return field.type === "array" ? "list" : (field.type ?? "");
}

describe("the README", () => {
  it.each(packages.map(({ folder }) => folder))("lists every field of the configuration of %s as the spec has it", (name) => {
    const schema = parse(readFileSync(`${root}/spec/config/${name}.yaml`, "utf8"), { merge: true }) as Schema;
    const [, after = ""] = readme.split(`spec/config/${name}.yaml -->\n`);
    const [table = ""] = after.split("<!-- /configuration -->");
    expect(table.trim().split("\n").slice(2)).toEqual(rowsOf(schema, ""));
  });

  it("names scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?(start|test|chat|build|bench|codegen)\b/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    expect(named.length).toBeGreaterThan(8);
  });

  it("names files that exist", () => {
    for (const [, path] of readme.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)) expect(readFileSync(`${root}/${path}`).length).toBeGreaterThan(0);
  });
});
