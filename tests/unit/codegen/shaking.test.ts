import { readFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const generated = path.resolve(import.meta.dirname, "../../../generated");
const protocols = ["clawchat", "insta-claw", "local-im", "websocket"];

/** What a bundler makes of one import from the index of a protocol, or of an import of nothing. */
async function bundle(protocol: string, name?: string): Promise<string> {
  const entry = "\0entry";
  const index = JSON.stringify(`${generated}/${protocol}/index.ts`);
  const code = name === undefined ? `import ${index};` : `export { ${name} } from ${index};`;
  const resolve = (id: string): string | undefined => (id === entry ? id : undefined);
  const built = await rolldown({ input: entry, plugins: [{ name: "entry", resolveId: resolve, load: (id) => (id === entry ? code : undefined) }] });
  const { output } = await built.generate({ format: "esm" });
  return output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("\n");
}

/** Functions, and schemas that a validator reads. */
function functionsIn(code: string): Map<string, string> {
  const starts = [...code.matchAll(/^(?:function |const (?=\$[st]\d))([\w$]+)/gmu)];
  return new Map(starts.map((start, index) => [start[1] ?? "", code.slice(start.index, starts[index + 1]?.index)]));
}

/** All functions that one of them leads to, itself among them. */
function reached(start: string, functions: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string): void => {
    // Behind a function stands what is exported next.
    const body = functions.get(name)?.replaceAll(/^export const .*$/gmu, "");
    if (body === undefined || found.has(name)) return;
    found.set(name, body);
    for (const [called] of body.matchAll(/[\w$]+/gu)) visit(called);
  };
  visit(start);
  return found;
}

/** What the generated modules say themselves about who needs whom. */
class Source {
  readonly #codec: Map<string, string>;
  readonly #validators: Map<string, string>;
  readonly #owners: Map<string, string>;

  constructor(protocol: string) {
    const read = (name: string): string => readFileSync(`${generated}/${protocol}/${name}.ts`, "utf8");
    this.#codec = functionsIn(read("codec").replaceAll(/^export (?=function)/gmu, ""));
    this.#validators = functionsIn(read("validators"));
    this.#owners = new Map([...read("validators").matchAll(/^export const (\w+) = (?:\/\*#__PURE__\*\/ \$interpret\()?([\w$]+)\)?;$/gmu)].map(([, type = "", name = ""]) => [type, name]));
  }

  /** The validators that a function of the codec needs, those of the texts in a message among them. */
  neededBy(name: string): Set<string> {
    const bodies = [...reached(name, this.#codec).values()].join("\n");
    const types = [...bodies.matchAll(/\b(validate|tolerate)(\w+)\b/gu)].map(([, kind, type]) => (kind === "validate" ? `${type}` : `${type}Tolerant`));
    return new Set(types.flatMap((type) => [...reached(this.#owners.get(type) ?? "", this.#validators).keys()]));
  }

  validators(): string[] {
    return [...this.#validators.keys()];
  }
}

const compiledIn = (names: readonly string[]): string[] => names.filter((name) => name.startsWith("validate")).toSorted();
const isCheck = /^(?:validate|\$[st])\d/u;
const namesIn = (code: string, pattern: RegExp): string[] => [...functionsIn(code).keys()].filter((name) => pattern.test(name)).toSorted();

describe.each(protocols)("a bundle of %s", (protocol) => {
  const source = new Source(protocol);
  const names = async (kind: RegExp): Promise<string[]> => Object.keys((await import(`${generated}/${protocol}/codec.ts`)) as object).filter((name) => kind.test(name));

  async function bundleOf(name: string): Promise<string> {
    const code = await bundle(protocol, name);
    expect(code).not.toContain("config-validator.ts");
    const held = namesIn(code, isCheck);
    const needed = source.neededBy(name);
    expect(compiledIn(held)).toEqual(compiledIn([...needed]));
    // A schema that one validator alone reads is written into it.
    expect(held.filter((each) => !needed.has(each))).toEqual([]);
    expect(code).toMatch(compiledIn(held).length > 0 ? /validate\d/u : /= .*interpret\(/u);
    expect(held.length).toBeLessThan(source.validators().length);
    return code;
  }

  it("that takes nothing holds nothing", async () => {
    expect((await bundle(protocol)).trim()).toBe("");
  });

  it("that takes one guard holds the validator of that message, and nothing else", async () => {
    const guards = await names(/^is/u);
    for (const guard of [guards[0] ?? "", guards.at(-1) ?? ""]) expect(namesIn(await bundleOf(guard), /^(?:encode|decode|is[A-Z])/u)).toEqual([guard]);
  });

  it("that takes one decoder holds that one, and the validators of its messages", async () => {
    const decoders = await names(/^decode\w+(?:Received|Sent)$/u);
    expect(decoders.length).toBeGreaterThan(1);
    for (const decoder of decoders) {
      const code = await bundleOf(decoder);
      expect(namesIn(code, /^encode/u)).toEqual([]);
      expect(namesIn(code, /^decode/u).filter((name) => decoders.includes(name))).toEqual([decoder]);
    }
  });
});
