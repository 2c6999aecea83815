import path from "node:path";
import type { Json } from "../ir.ts";
import type { Change } from "./change.ts";
import type { Comparison } from "./documents.ts";
import type { Confirmation, Sighting } from "./experiment.ts";
import { nextBreakingVersion } from "./version.ts";

const MOST_SHOWN = 160;
const LONGEST_TEXT = 40;
const MOST_MESSAGES = 4;

/** The folders the two documents were read from, which no reader wants to see. */
export interface Shown {
  readonly oldRoot: string;
  readonly newRoot: string;
  /** What the old side is called. */
  readonly oldName: string;
}

export function locate(change: Change, { old, now }: Comparison, shown: Shown): string {
  const isOld = change.side === "old";
  const { sources } = isOld ? old : now;
  const { line, column } = sources.locate(change.place);
  const file = shownPath(isOld ? shown.oldRoot : shown.newRoot, change.place.file);
  return `${file}:${line}:${column}${isOld ? ` in ${shown.oldName}` : ""}`;
}

/** A file as one names it from a folder: the way there, or its whole name where that would first lead out. */
export function shownPath(folder: string, file: string): string {
  const way = path.relative(folder, file);
  return (way.startsWith("..") ? file : way).split(path.sep).join("/");
}

export function printComparison(comparison: Comparison, shown: Shown): string {
  const { name, old, now, changes, breaking, announced, values, unexplained } = comparison;
  const versions = [old, now].map(({ protocol }) => protocol.version);
  const [was = "", is = ""] = versions;
  const title = `${name} ${was === is ? was : `${was} → ${is}`}`;
  const notes = changes.filter(({ verdict }) => verdict === "note").length;
  if (changes.length === 0 && unexplained.length === 0) return `${title}: no change of the wire`;
  const drawn = values > 0 ? `; ${values} values tried` : "";
  const lines = [`${title}: ${breaking} breaking, ${changes.length - breaking - notes} compatible, ${notes} to look at${drawn}`];
  for (const group of grouped(changes)) lines.push(...printGroup(group, comparison, shown));
  for (const sighting of unexplained) lines.push(`  said to be compatible, but ${whoOf(sighting)} ${quoted(sighting.value)} is refused: ${sighting.detail}`);
  if (breaking > 0)
    lines.push(
      announced
        ? `  The version ${is} announces that.`
        : `  The version has to announce that: info.version ${nextBreakingVersion(was)} (it is ${is}).`,
    );
  return lines.join("\n");
}

/** One edit of a shared schema is one line, however many messages hold it. */
function grouped(changes: readonly Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  const order = ["breaking", "compatible", "note"];
  for (const change of changes.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))) {
    const { verdict, direction, what, was, is, place, why } = change;
    const key = JSON.stringify([verdict, direction, what, was, is, place, why, change.message === undefined ? change.path : ""]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()];
}

function printGroup(group: readonly Change[], comparison: Comparison, shown: Shown): string[] {
  const [change] = group;
  if (!change) return [];
  const { verdict, direction = "", what, was, is, why } = change;
  const confirmations = group.map((each) => comparison.confirmations.get(each)).filter((each) => each !== undefined);
  const best = confirmations.find(({ seen }) => seen === "yes") ?? confirmations[0];
  return [
    `  ${verdict.padEnd(10)} ${direction}${direction === "" ? "" : " "}${subjectOf(group)}: ${what}, ${short(was)} → ${short(is)}`,
    `    ${locate(change, comparison, shown)}`,
    `    ${why}`,
    ...(best ? [`    ${confirmationInWords(best)}`] : []),
  ];
}

function subjectOf(group: readonly Change[]): string {
  const subjects = group.map(({ channel, message, path: at }) => [message ?? (channel === undefined ? "" : `channel ${channel}`), at].filter((part) => part !== "").join(" "));
  const more = subjects.length - MOST_MESSAGES;
  return `${subjects.slice(0, MOST_MESSAGES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export function confirmationInWords(confirmation: Confirmation): string {
  if (confirmation.seen === "cannot") return `not tried: ${confirmation.reason}`;
  if (confirmation.seen === "no") return `not seen in ${confirmation.values} values`;
  return `seen: ${quoted(confirmation.sighting.value)} is refused: ${confirmation.sighting.detail}`;
}

function whoOf({ direction, message }: Sighting): string {
  return direction === "received" ? `an old ${message}, which is received,` : `a new ${message}, which is sent,`;
}

/** A value on one line; of a long text only how it begins and how long it is. */
function quoted(value: Json): string {
  return short(JSON.stringify(value, (_, held: Json) => (typeof held === "string" ? abbreviated(held) : held)));
}

function abbreviated(text: string): string {
  const points = Array.from(text);
  return points.length > LONGEST_TEXT ? `${points.slice(0, LONGEST_TEXT / 2).join("")}… ${points.length} characters` : text;
}

function short(text: string): string {
  const points = Array.from(text);
  return points.length > MOST_SHOWN ? `${points.slice(0, MOST_SHOWN).join("")}…` : text;
}

/** The same for programs. */
export function comparisonAsJson(comparison: Comparison, shown: Shown): Json {
  const { name, old, now, changes, confirmations, unexplained, values, breaking, announced } = comparison;
  return {
    name,
    old: old.protocol.version,
    new: now.protocol.version,
    breaking,
    announced,
    values,
    changes: changes.map((change) => {
      const { side: _side, place: _place, ...facts } = change;
      const confirmation = confirmations.get(change);
      return { ...facts, location: locate(change, comparison, shown), ...(confirmation && { confirmation: confirmationAsJson(confirmation) }) };
    }),
    unexplained: unexplained.map(sightingAsJson),
  };
}

function confirmationAsJson(confirmation: Confirmation): Json {
  return confirmation.seen === "yes" ? { seen: "yes", ...sightingAsJson(confirmation.sighting) } : { ...confirmation };
}

function sightingAsJson({ message, direction, paths, detail, value }: Sighting): { readonly [key: string]: Json } {
  return { message, direction, paths, detail, value };
}
