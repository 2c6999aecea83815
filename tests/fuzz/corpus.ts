import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Failure } from "./engine.ts";

const KEPT = `${import.meta.dirname}/corpus`;
/** Not committed. */
export const FOUND = resolve(import.meta.dirname, "../../.fuzz");

/** Characters of an input that is kept in the repository, and of all of one target. */
const LONGEST = 4_000;
const LONGEST_FILE = 48_000;

/** Inputs that reach each of them something, and those that were a crash once. One JSON text per line. */
export function readCorpus(target: string): string[] {
  return [`${KEPT}/${target}.jsonl`, `${KEPT}/${target}.crashes.jsonl`].filter((file) => existsSync(file)).flatMap((file) =>
    readFileSync(file, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as string),
  );
}

/** Writes the smallest of them, as far as there is room, the order being that of their length. */
export function writeCorpus(target: string, inputs: readonly string[]): number {
  const lines: string[] = [];
  let room = LONGEST_FILE;
  for (const input of inputs.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
    const line = JSON.stringify(input);
    if (input.length > LONGEST || (room -= Buffer.byteLength(line) + 1) < 0) break;
    lines.push(line);
  }
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(`${KEPT}/${target}.jsonl`, lines.map((line) => `${line}\n`).join(""));
  return lines.length;
}

/** @returns the file that plays it again. */
export function writeFailure(failure: Failure): string {
  mkdirSync(FOUND, { recursive: true });
  const digest = createHash("sha256").update(JSON.stringify(failure.inputs)).digest("hex").slice(0, 12);
  const file = `${FOUND}/${failure.target}-${digest}.json`;
  writeFileSync(file, `${JSON.stringify(failure, undefined, 2)}\n`);
  return file;
}

export function readFailure(file: string): Failure {
  return JSON.parse(readFileSync(file, "utf8")) as Failure;
}
