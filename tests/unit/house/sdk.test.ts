import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Project, SyntaxKind } from "ts-morph";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const root = path.resolve(import.meta.dirname, "../../..");
const host = path.join(root, "node_modules/openclaw");

const { exports } = z
  .object({ exports: z.record(z.string(), z.union([z.string(), z.looseObject({ types: z.string().optional() })])) })
  .parse(JSON.parse(readFileSync(path.join(host, "package.json"), "utf8")));

/** The focused paths that the host exports without types. Reading an agent's files safely has no typed path that resolves relative names. */
const untyped = ["openclaw/plugin-sdk/outbound-media"];

const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
const imported = project.addSourceFilesAtPaths([`${root}/src/channel/**/*.ts`, `${root}/src/plugins/**/*.ts`]).flatMap((file) =>
  file
    .getDescendantsOfKind(SyntaxKind.StringLiteral)
    .map((literal) => literal.getLiteralValue())
    .filter((text) => text === "openclaw" || text.startsWith("openclaw/"))
    .map((specifier) => ({ file: path.relative(root, file.getFilePath()), specifier })),
);
const specifiers = [...new Set(imported.map(({ specifier }) => specifier))].toSorted();

/** What the host's own migration guide calls deprecated, subpath by subpath. */
function deprecated(): string[] {
  const guides = ["docs/plugins/sdk-subpaths.md", "docs/plugins/sdk-migration/removal-timeline.md"].map((file) => readFileSync(path.join(host, file), "utf8"));
  const rows = guides.flatMap((guide) => guide.split("\n")).filter((line) => line.trimStart().startsWith("|"));
  const deprecatedRows = rows.filter((line) => /\| *Deprecated |Retained compatibility facade/.test(line)).flatMap((line) => /`plugin-sdk\/([a-z0-9-]+)`/.exec(line)?.[1] ?? []);
  const dated = rows.filter((line) => /^\| `(?:\d{4}-\d{2}-\d{2}|next-plugin-sdk-major)`/.test(line.trim())).flatMap((line) => [...(line.split("|")[3] ?? "").matchAll(/`([a-z0-9-]+)`/g)].map(([, name = ""]) => name));
  const prose = guides.flatMap((guide) => /The broad domain barrels([\s\S]*?)are likewise deprecated/.exec(guide)?.[1]?.match(/plugin-sdk\/[a-z0-9-]+/g) ?? []).map((name) => name.replace("plugin-sdk/", ""));
  return [...new Set([...deprecatedRows, ...dated, ...prose])].map((name) => `openclaw/plugin-sdk/${name}`);
}

describe("the plugins", () => {
  it("import focused, typed paths of the SDK that the host exports, and no root", () => {
    expect(specifiers.length).toBeGreaterThan(10);
    const typesOf = (specifier: string) => {
      const entry = exports[specifier.replace("openclaw", ".")];
      return typeof entry === "object" && entry.types !== undefined && existsSync(path.join(host, entry.types));
    };
    expect(specifiers.filter((specifier) => !/^openclaw\/plugin-sdk\/[a-z0-9-]+$/.test(specifier))).toEqual([]);
    expect(specifiers.filter((specifier) => exports[specifier.replace("openclaw", ".")] === undefined)).toEqual([]);
    expect(specifiers.filter((specifier) => !typesOf(specifier))).toEqual(untyped);
  });

  it("import nothing that the host's guide calls deprecated, a broad barrel or compatibility", () => {
    const gone = [...deprecated(), "openclaw/plugin-sdk/compat", "openclaw/plugin-sdk/core"];
    // The guide is read right: these are in it by each of its three forms.
    expect(gone).toEqual(expect.arrayContaining(["command-auth", "channel-lifecycle", "infra-runtime", "media-runtime"].map((name) => `openclaw/plugin-sdk/${name}`)));
    expect(imported.filter(({ specifier }) => gone.includes(specifier)).map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });
});
