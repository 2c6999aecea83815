import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** What a bundle that takes the validator of one message, and nothing else, weighs in bytes. */
export interface Size {
  readonly message: string;
  readonly source: number;
  readonly minified: number;
  readonly gzipped: number;
}

/** The sizes of the validators of a generated protocol, in the order of its messages. */
export async function sizesOf(folder: string): Promise<Size[]> {
  const sizes: Size[] = [];
  const { messages } = (await import(pathToFileURL(path.join(folder, "tables.ts")).href)) as { messages: Readonly<Record<string, { readonly name: string }>> };
  for (const [message, { name }] of Object.entries(messages)) {
    const [source, minified] = [await bundle(folder, name, false), await bundle(folder, name, true)];
    sizes.push({ message, source: Buffer.byteLength(source), minified: Buffer.byteLength(minified), gzipped: gzipSync(minified).length });
  }
  return sizes;
}

async function bundle(folder: string, type: string, minify: boolean): Promise<string> {
  const entry = "\0entry";
  const code = `export { ${type} } from ${JSON.stringify(path.join(folder, "validators.ts"))};`;
  const isEntry = (id: string): boolean => id === entry;
  const plugin = { name: "entry", resolveId: (id: string) => (isEntry(id) ? id : undefined), load: (id: string) => (isEntry(id) ? code : undefined) };
  const built = await rolldown({ input: entry, plugins: [plugin] });
  const { output } = await built.generate({ format: "esm", minify });
  await built.close();
  return output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
}

/** A table for people: what each message costs, the dearest first, and what all of them do. */
export function printSizes(protocol: string, sizes: readonly Size[]): string {
  const rows = sizes.toSorted((a, b) => b.minified - a.minified);
  const sum = (of: (size: Size) => number): number => sizes.reduce((total, size) => total + of(size), 0);
  const all: Size = { message: "each by itself", source: sum(({ source }) => source), minified: sum(({ minified }) => minified), gzipped: sum(({ gzipped }) => gzipped) };
  const width = Math.max(...[...rows, all].map(({ message }) => message.length));
  const line = ({ message, source, minified, gzipped }: Size): string =>
    `  ${message.padEnd(width)}  ${String(source).padStart(8)}  ${String(minified).padStart(8)}  ${String(gzipped).padStart(8)}`;
  const head = `${protocol.padEnd(width + 2)}  ${"source".padStart(8)}  ${"minified".padStart(8)}  ${"gzipped".padStart(8)}`;
  return [head, ...rows.map(line), line(all)].join("\n");
}
