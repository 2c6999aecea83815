import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { listFiles, readText } from "./output.ts";

/** What a run read and what it left behind, so that the next one sees without a parser that there is nothing to do. */
export interface Memory {
  readonly read: string;
  readonly made: string;
  readonly files: number;
}

export interface Remembered {
  /** Folders and files that decide what comes out: the documents, the generator, the versions of what it uses. */
  readonly inputs: readonly string[];
  readonly out: string;
  /** Where the memory is kept; losing it costs a run its time and nothing else. */
  readonly file: string;
}

/** The number of files that are up to date, where nothing has changed since the last run that had nothing to say. */
export function recall({ inputs, out, file }: Remembered): number | undefined {
  const memory = readMemory(file);
  return memory && memory.read === digestOf(inputs) && memory.made === digestOf([out]) ? memory.files : undefined;
}

export function remember({ inputs, out, file }: Remembered, files: number): void {
  const memory: Memory = { read: digestOf(inputs), made: digestOf([out]), files };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(memory));
}

function readMemory(file: string): Memory | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    const { read, made, files } = JSON.parse(text) as Partial<Memory>;
    return typeof read === "string" && typeof made === "string" && typeof files === "number" ? { read, made, files } : undefined;
  } catch {
    return undefined;
  }
}

/** Of the names and the bytes of every file below these places. */
export function digestOf(places: readonly string[]): string {
  const hash = createHash("sha256").update(process.version);
  for (const place of places) {
    const below = listFiles(place).sort();
    for (const name of below.length === 0 ? [""] : below) {
      const bytes = readBytes(path.join(place, name));
      hash.update(`\0${name}\0${bytes?.length ?? "none"}\0`);
      if (bytes) hash.update(bytes);
    }
  }
  return hash.digest("hex");
}

/** Whether a file below these places was written at this time (epoch milliseconds) or later. */
export function wasTouchedSince(places: readonly string[], sinceMs: number): boolean {
  return places.some((place) => {
    const below = listFiles(place);
    return (below.length === 0 ? [""] : below).some((name) => (statSync(path.join(place, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= sinceMs);
  });
}

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
