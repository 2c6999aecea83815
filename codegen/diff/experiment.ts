import fc from "fast-check";
import { boundaryValues, type Edges } from "../boundary.ts";
import type { Channel, Direction, Json, Message, Protocol } from "../ir.ts";
import { refsInSchema } from "../wire-schema.ts";
import type { Arbitraries } from "./arbitraries.ts";
import type { Change } from "./change.ts";
import { directions, pairChannels, pairMessages, typesOf, walkMessage } from "./compare.ts";
import type { Refusal, StrictReader } from "./reader.ts";
import { smallest } from "./smallest.ts";

/** One of the two documents, ready to write values and to read them. */
export interface Party {
  readonly protocol: Protocol;
  readonly arbitraries: Arbitraries;
  readonly reader: StrictReader;
}

export interface Draw {
  readonly seed: number;
  /** Values per message and direction. */
  readonly runs: number;
}

/** A value of one document that the other one refuses. */
export interface Sighting {
  readonly channel: string;
  readonly message: string;
  readonly direction: Direction;
  /** The pointers of everything that is wrong, and what is wrong first. */
  readonly paths: readonly string[];
  readonly detail: string;
  readonly value: Json;
}

/** What was drawn of one message that travels one way. */
export interface Trial {
  readonly channel: string;
  readonly message: string;
  readonly direction: Direction;
  readonly values: number;
  readonly sightings: readonly Sighting[];
}

interface Task {
  readonly direction: Direction;
  readonly key: string;
  /** The name a change has the message under. */
  readonly name: string;
  readonly message: Message;
  readonly writer: Party;
  readonly reader: Party;
  readonly readerChannel: Channel;
  /** Where the message holds itself. */
  readonly aliases: ReadonlyMap<string, string>;
}

const SHOWN_PER_MESSAGE = 24;
/** The longest text that is written out to its bound; a larger frame than this no channel takes. */
const LONGEST = 1024 * 1024;

/** Lets the old document write what the new one receives, and the new one what an old peer reads. */
export function* experiment(old: Party, now: Party, draw: Draw): Generator<{ trial: Trial; done: number; total: number }> {
  const tasks = tasksOf(old, now);
  for (const [index, task] of tasks.entries()) yield { trial: tried(task, draw), done: index + 1, total: tasks.length };
}

function tasksOf(old: Party, now: Party): Task[] {
  return pairChannels(old.protocol, now.protocol).flatMap(([was, is]) =>
    directions.flatMap((direction) => {
      const pairs = pairMessages(was, is, direction).filter(([before, after]) => differs(old.protocol, now.protocol, [was, is], [before, after], direction));
      const [writer, reader, from, readerChannel] = direction === "received" ? [old, now, was, is] : [now, old, is, was];
      const both = { direction, key: was.key, writer, reader, readerChannel };
      const known = pairMessages(was, is, direction).flat();
      const alone = from[direction].messages.filter((message) => !known.includes(message) && !(direction === "sent" && message.extension !== undefined));
      return [
        ...pairs.map(([before, after]) => ({
          ...both,
          name: after.wireName,
          message: direction === "received" ? before : after,
          aliases: walkMessage(old.protocol, now.protocol, before, after).aliases,
        })),
        ...alone.map((message) => ({ ...both, name: message.wireName, message, aliases: new Map() })),
      ];
    }),
  );
}

/** Whether anything of a message, or of the way it is found, is written differently. */
function differs(old: Protocol, now: Protocol, [was, is]: readonly [Channel, Channel], [before, after]: readonly [Message, Message], direction: Direction): boolean {
  const print = (protocol: Protocol, channel: Channel, { type }: Message): string =>
    JSON.stringify([schemasOf(protocol, type), channel[direction].dispatch]);
  return print(old, was, before) !== print(now, is, after);
}

/** The schemas of a type and of every type it refers to, also from within text. */
function schemasOf(protocol: Protocol, type: string): (readonly [string, Json])[] {
  const schemas = new Map(protocol.types.map(({ name, schema }) => [name, schema]));
  const reached = new Set([type]);
  for (const name of reached) {
    const inner = (protocol.contentFields.get(name) ?? []).map((field) => field.type);
    for (const ref of [...refsInSchema(schemas.get(name) ?? true), ...inner]) reached.add(ref);
  }
  return [...reached].map((name) => [name, schemas.get(name) ?? true] as const);
}

function tried({ direction, key, name, message, writer, reader, readerChannel, aliases }: Task, { seed, runs }: Draw): Trial {
  const where = { channel: key, message: name, direction };
  const edges: Edges = { types: typesOf(writer.protocol), longest: LONGEST };
  const edgeValues = boundaryValues(message.type, 24, edges, (value) => writer.reader.accepts(message.type, value));
  const arbitrary = writer.arbitraries[message.type];
  const values = [...edgeValues, ...(arbitrary ? fc.sample(arbitrary, { seed, numRuns: runs }) : [])];
  const refusals = (value: Json): readonly Refusal[] => reader.reader.refusals(readerChannel, direction, value);
  const pathsOf = (refused: readonly Refusal[]): string[] => [...new Set(refused.map(({ path }) => outermost(general(path), aliases)))];
  const keyOf = (refused: readonly Refusal[]): string | undefined => (refused.length === 0 ? undefined : pathsOf(refused).join("\n"));
  const seen = new Map<string, Json>();
  for (const value of values) {
    const paths = keyOf(refusals(value));
    const known = paths === undefined ? undefined : seen.get(paths);
    if (paths !== undefined && (known === undefined || JSON.stringify(value).length < JSON.stringify(known).length)) seen.set(paths, value);
  }
  const sightings = [...seen].slice(0, SHOWN_PER_MESSAGE).map(([paths, first]): Sighting => {
    const value = smallest(first, (less) => keyOf(refusals(less)) === paths && writer.reader.accepts(message.type, less));
    const refused = refusals(value);
    return { ...where, paths: pathsOf(refused), detail: refused[0]?.detail ?? "", value };
  });
  return { ...where, values: values.length, sightings };
}

/** Pointers to the items of an array are one, however many items there are. */
function general(path: string): string {
  return path.replaceAll(/\/\d+(?=\/|$)/gu, "/*");
}

/** The pointer of the same place as far up as a message that holds itself has it. */
function outermost(path: string, aliases: ReadonlyMap<string, string>): string {
  for (const [below, above] of aliases) {
    if (path.length > above.length && isAbove(below, path)) return outermost(`${above}${path.split("/").slice(below.split("/").length).map((name) => `/${name}`).join("")}`, aliases);
  }
  return path;
}

export type Confirmation =
  | { readonly seen: "yes"; readonly sighting: Sighting }
  | { readonly seen: "no"; readonly values: number }
  | { readonly seen: "cannot"; readonly reason: string };

/** What the experiment says about each breaking change, and what it saw that no breaking change explains. */
export function confirmed(changes: readonly Change[], trials: readonly Trial[]): { confirmations: ReadonlyMap<Change, Confirmation>; unexplained: Sighting[] } {
  const breaking = changes.filter(({ verdict }) => verdict === "breaking");
  const confirmations = new Map(breaking.map((change) => [change, confirmationOf(change, trials)]));
  const unexplained = trials.flatMap(({ sightings }) => sightings.filter((sighting) => !breaking.some((change) => isOf(change, sighting) && explains(change, sighting))));
  return { confirmations, unexplained };
}

function confirmationOf(change: Change, trials: readonly Trial[]): Confirmation {
  const trial = trials.find((each) => isOf(change, each));
  if (!trial || change.what === "extension") return { seen: "cannot", reason: "no value of a message can show it" };
  const exact = trial.sightings.find(({ paths }) => paths.includes(general(change.path)));
  const sighting = exact ?? trial.sightings.find((each) => explains(change, each));
  return sighting ? { seen: "yes", sighting } : { seen: "no", values: trial.values };
}

function isOf(change: Change, { channel, message, direction }: Pick<Sighting, "channel" | "message" | "direction">): boolean {
  return change.channel === channel && change.message === message && change.direction === direction;
}

/** Whether one of the faults stands where the change does, above it or below it. */
function explains(change: Change, { paths }: Sighting): boolean {
  return paths.some((path) => isAbove(change.path, path) || isAbove(path, change.path));
}

function isAbove(above: string, below: string): boolean {
  const [high, low] = [above, below].map((path) => path.split("/"));
  return (high ?? []).every((name, index) => low?.[index] !== undefined && (name === "*" || low[index] === "*" || name === low[index]));
}
