import { buildProtocol } from "../build.ts";
import type { Protocol } from "../ir.ts";
import { loadDocument } from "../load.ts";
import { compareFindings, formatFinding, type Sources } from "../source.ts";
import { loadArbitraries } from "./arbitraries.ts";
import type { Change } from "./change.ts";
import { compare } from "./compare.ts";
import { type Confirmation, confirmed, type Draw, experiment, type Party, type Sighting, type Trial } from "./experiment.ts";
import { StrictReader } from "./reader.ts";
import { announcesBreak } from "./version.ts";

/** A document as it is read on one side. */
export interface Read {
  readonly protocol: Protocol;
  readonly sources: Sources;
}

/** What a comparison of two documents found. */
export interface Comparison {
  readonly name: string;
  readonly old: Read;
  readonly now: Read;
  readonly changes: readonly Change[];
  readonly confirmations: ReadonlyMap<Change, Confirmation>;
  /** What the experiment refutes. */
  readonly unexplained: readonly Sighting[];
  readonly values: number;
  readonly breaking: number;
  /** Whether the version of the new document says that it breaks. */
  readonly announced: boolean;
}

/** The model of a document, or what is wrong with it in lines for people. */
export async function readDocument(file: string, name: string): Promise<Read | readonly string[]> {
  const loaded = await loadDocument(file, false);
  const errors = (): string[] =>
    loaded.sources.findings
      .filter(({ severity }) => severity === "error")
      .sort(compareFindings)
      .map(formatFinding);
  if (errors().length > 0) return errors();
  const protocol = buildProtocol(loaded, name, (shown) => shown);
  return errors().length > 0 ? errors() : { protocol, sources: loaded.sources };
}

export interface Confirming {
  readonly draw: Draw;
  progress(done: number, total: number): void;
}

/** A document made ready to write values and to read them; what is generated on the way goes into the folder. */
export async function partyOf({ protocol }: Read, folder: string): Promise<Party> {
  return { protocol, arbitraries: await loadArbitraries(protocol, folder), reader: new StrictReader(protocol) };
}

/** Compares two documents, and lets their arbitraries and validators judge the comparison. */
export async function compareDocuments(name: string, old: Read, now: Read, folder: string, confirming: Confirming): Promise<Comparison> {
  if (isSameWire(old.protocol, now.protocol)) return judge(name, old, now, []);
  const trials = tryOut(await partyOf(old, `${folder}/old`), await partyOf(now, `${folder}/new`), confirming);
  return judge(name, old, now, trials);
}

/** Where no schema and no way to a message differs, there is nothing to try. */
function isSameWire(old: Protocol, now: Protocol): boolean {
  const [was, is] = [old, now].map(({ types, channels }) =>
    JSON.stringify([types.map(({ name, schema }) => [name, schema]), channels.map(({ key, received, sent }) => [key, received.dispatch, sent.dispatch])]),
  );
  return was === is;
}

export function tryOut(old: Party, now: Party, { draw, progress }: Confirming): Trial[] {
  const trials: Trial[] = [];
  for (const { trial, done, total } of experiment(old, now, draw)) {
    trials.push(trial);
    progress(done, total);
  }
  return trials;
}

/** What changed, beside what the experiment saw of it. */
export function judge(name: string, old: Read, now: Read, trials: readonly Trial[]): Comparison {
  const changes = compare(old.protocol, now.protocol);
  return {
    name,
    old,
    now,
    changes,
    ...confirmed(changes, trials),
    values: trials.reduce((sum, { values }) => sum + values, 0),
    breaking: changes.filter(({ verdict }) => verdict === "breaking").length,
    announced: announcesBreak(old.protocol.version, now.protocol.version),
  };
}
