import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { packages } from "../../../build/packages.ts";

const root = `${import.meta.dirname}/../../..`;
const pages = globSync(["*.md", "docs/**/*.md", "spec/rules/*.md"], { cwd: root }).toSorted();
const textOf = (page: string) => readFileSync(join(root, page), "utf8");

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

describe("the pages", () => {
  it.each(packages.map(({ folder }) => folder))("list every field of the configuration of %s as the spec has it", (name) => {
    const schema = parse(readFileSync(`${root}/spec/config/${name}.yaml`, "utf8"), { merge: true }) as Schema;
    const [, after = ""] = textOf(`docs/channels/${name}.md`).split(`spec/config/${name}.yaml -->\n`);
    const [table = ""] = after.split("<!-- /configuration -->");
    expect(table.trim().split("\n").slice(2)).toEqual(rowsOf(schema, ""));
  });

  it("name scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) => [...textOf(page).matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(start|test)\b)/g)].map(([, run, plain]) => ({ page, script: run ?? plain ?? "" })));
    expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
    expect(named.length).toBeGreaterThan(40);
  });

  it("lead to files and headings that exist", () => {
    const links = pages.flatMap((page) => [...textOf(page).matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?[^)]*\)/g)].map(([, path = "", heading]) => ({ page, path, heading })));
    const wrong = links.filter(({ page, path, heading }) => {
      const target = path === "" ? page : join(dirname(page), path);
      return !existsSync(join(root, target)) || (heading !== undefined && !headingsOf(textOf(target)).includes(heading));
    });
    expect(wrong).toEqual([]);
    expect(links.length).toBeGreaterThan(100);
  });
});

/** The anchors of a page, as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}
