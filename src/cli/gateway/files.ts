import { readFile, rename, writeFile } from "node:fs/promises";
import { Failure, codeOf } from "../failure.ts";
import { isBlock, type Block } from "./block.ts";

/** The JSON object in a file, or undefined when there is no file. */
export async function readBlock(file: string): Promise<Block | undefined> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isBlock(value)) return value;
  } catch {
    // Said below, like any other content that is no object.
  }
  throw new Failure(`${file} holds no JSON object; mend it or delete it`);
}

/** Replaces the file in one step, readable by its owner alone. */
export async function writeBlock(file: string, value: Block): Promise<void> {
  const draft = `${file}.${process.pid}.draft`;
  await writeFile(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}
