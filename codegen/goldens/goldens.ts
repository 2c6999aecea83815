import path from "node:path";
import { findDocuments, generate } from "../run.ts";
import { applyOutput, type OutputPlan, planOutput } from "../output.ts";
import { formatFinding } from "../source.ts";

/** A document and what the generator is expected to make of it, or to say of it. */
export interface Golden {
  /** The name of the document, which is the name of its folder of expected files. */
  readonly name: string;
  readonly document: string;
  /** Own documents are held to the strict rules and come with configuration and examples. */
  readonly own: boolean;
}

/** Every document below the folder of fixtures: other people's, our own, and of both those that are refused. */
export function findGoldens(fixtures: string): Golden[] {
  const folders = [
    { folder: ".", own: false },
    { folder: "refused", own: false },
    { folder: "own", own: true },
    { folder: "own/refused", own: true },
  ];
  return folders.flatMap(({ folder, own }) =>
    findDocuments(path.join(fixtures, folder)).map((document) => ({ name: path.basename(document, ".asyncapi.yaml"), document, own })),
  );
}

/** The folder of what is expected, inside the folder of fixtures. */
export function expectedIn(fixtures: string): string {
  return path.join(fixtures, "expected");
}

/**
 * All that is expected of one document, by path: what is generated, and what is said of it as `findings.txt`. A document
 * that is refused has nothing but the findings.
 */
export async function makeGolden(fixtures: string, { name, document, own }: Golden): Promise<ReadonlyMap<string, string>> {
  const { findings, files } = await generate({ root: fixtures, documents: [document], own });
  if (findings.length === 0) return files;
  const fromHere = `${path.relative(process.cwd(), fixtures).split(path.sep).join("/")}/`;
  const lines = findings.map((finding) => `${formatFinding(finding).replaceAll(fromHere, "")}\n`);
  return new Map([...files, [`${name}/findings.txt`, lines.join("")]]);
}

/** What differs from the committed files; all of the folder of what is expected is ours. */
export function planGoldens(fixtures: string, files: ReadonlyMap<string, string>): OutputPlan {
  return planOutput(files, { folder: expectedIn(fixtures), owns: () => true });
}

export function writeGoldens(fixtures: string, files: ReadonlyMap<string, string>, plan: OutputPlan): void {
  applyOutput(files, plan, expectedIn(fixtures));
}
