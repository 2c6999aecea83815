import process from "node:process";

/** One line that is written over, where somebody is looking; an empty one ends it. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
