import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { Project, type SourceFile, SyntaxKind } from "ts-morph";
import { describe, expect, it } from "vitest";

const root = `${import.meta.dirname}/../../..`;
const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
const files = project.addSourceFilesAtPaths([`${root}/src/**/*.{ts,tsx}`, `${root}/codegen/**/*.ts`, `!${root}/codegen/fixtures/**`]);

const pathOf = (file: SourceFile) => relative(root, file.getFilePath());

/** What a file imports: a path from the root, or a package. Type imports count too, dynamic ones as well. */
function importsOf(file: SourceFile): string[] {
  const dynamic = file
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getKind() === SyntaxKind.ImportKeyword)
    .map((call) => call.getArguments()[0]?.asKind(SyntaxKind.StringLiteral)?.getLiteralValue());
  const declared = [...file.getImportDeclarations(), ...file.getExportDeclarations()].map((declaration) => declaration.getModuleSpecifierValue());
  return [...declared, ...dynamic]
    .filter((specifier) => specifier !== undefined)
    .map((specifier) => (specifier.startsWith(".") ? relative(root, `${file.getDirectoryPath()}/${specifier}`) : specifier));
}

/** The layers and what each may see besides itself, as the page about them says. */
const layers: Record<string, readonly string[]> = Object.fromEntries(
  [...readFileSync(`${root}/docs/architecture.md`, "utf8").matchAll(/^\| `([\w/]+)` \|[^|]*\| ?((?:`[\w/]+` )*)\|$/gm)].map(([, layer = "", sees = ""]) => [layer, [...sees.matchAll(/`([\w/]+)`/g)].map(([, seen = ""]) => seen)]),
);

const layerOf = (path: string) => Object.keys(layers).find((layer) => path.startsWith(`${layer}/`));
const isPackage = (path: string) => !path.startsWith("src/") && !path.startsWith("generated/") && !path.startsWith("codegen/") && !path.startsWith("build/");
const all = files.flatMap((file) => importsOf(file).map((imported) => ({ from: pathOf(file), imported })));
const say = ({ from, imported }: { from: string; imported: string }) => `${from} imports ${imported}`;

describe("the house", () => {
  it("has the layers that its page names", () => {
    expect(Object.keys(layers)).toHaveLength(15);
    expect(layers["src/account"]).toEqual(["src/core", "src/protocols", "src/edge", "src/link", "src/store", "src/rest", "src/auth", "generated"]);
  });

  it("lets each layer see only what lies below it", () => {
    const wrong = all.filter(({ from, imported }) => {
      const layer = layerOf(from);
      if (layer === undefined) return true;
      return !isPackage(imported) && ![layer, ...(layers[layer] ?? [])].some((seen) => imported.startsWith(`${seen}/`));
    });
    expect(wrong.map(say)).toEqual([]);
  });

  it("keeps protocol folders apart", () => {
    const folder = (path: string) => /^src\/protocols\/([^/]+)\//.exec(path)?.[1];
    const wrong = all.filter(({ from, imported }) => folder(from) && folder(imported) && folder(from) !== folder(imported));
    expect(wrong.map(say)).toEqual([]);
  });

  it("gives pure files no platform: no node module, no socket library", () => {
    const pure = /^src\/(protocols\/|auth\/|client\/|rest\/|core\/(?!system\.ts)|link\/(?!shell\.ts))/;
    expect(all.filter(({ from, imported }) => pure.test(from) && isPackage(imported)).map(say)).toEqual([]);
  });

  it("imports the host's SDK in src/channel and src/plugins only", () => {
    const wrong = all.filter(({ from, imported }) => imported.startsWith("openclaw") && !/^src\/(channel|plugins)\//.test(from));
    expect(wrong.map(say)).toEqual([]);
  });

  it("imports ws where sockets are opened only", () => {
    expect([...new Set(all.filter(({ imported }) => imported === "ws" || imported === "#host/websocket").map(({ from }) => from.split("/").slice(0, 2).join("/")))].toSorted()).toEqual(["src/cli", "src/edge", "src/link", "src/testing"]);
  });

  it("touches clock, timers and randomness in core/system.ts only, and in core/web.ts what browsers have, too", () => {
    const platform = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|randomUUID|getRandomValues|performance\.now)\b/;
    const layered = /^src\/(core|protocols|edge|link|store|rest|auth|account|channel|plugins|client|page)\//;
    const wrong = files.filter((file) => layered.test(pathOf(file)) && !/^src\/core\/(system|web)\.ts$/.test(pathOf(file)) && platform.test(file.getFullText()));
    expect(wrong.map(pathOf)).toEqual([]);
  });

  it("gives the client the types of the wire alone: its validators are larger than a page should load", () => {
    const wrong = all.filter(({ from, imported }) => from.startsWith("src/client/") && imported.startsWith("generated/") && imported !== "generated/websocket/types.ts");
    expect(wrong.map(say)).toEqual([]);
  });

  it("gives the page the platform of a browser and two libraries, and from the rest of the house what runs there", () => {
    const packages = all.filter(({ from, imported }) => from.startsWith("src/page/") && isPackage(imported)).map(({ imported }) => imported);
    expect([...new Set(packages)].toSorted()).toEqual(["clawwire:messages", "marked", "preact", "preact/hooks"]);
    const core = all.filter(({ from, imported }) => from.startsWith("src/page/") && imported.startsWith("src/core/")).map(({ imported }) => imported);
    expect([...new Set(core)].toSorted()).toEqual(["src/core/every.ts", "src/core/web.ts"]);
  });

  it("has no file over 400 lines", () => {
    expect(files.filter((file) => file.getEndLineNumber() > 400).map(pathOf)).toEqual([]);
  });
});
