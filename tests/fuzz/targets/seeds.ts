import { readdirSync, readFileSync } from "node:fs";

const ROOT = `${import.meta.dirname}/../../..`;

interface Vectors {
  ways: readonly { channel: string; direction: "received" | "sent"; vectors: readonly { frame: string; valid: boolean }[] }[];
}

/** The frames of a protocol's test vectors: every message at its bounds, and just beyond them. */
export function framesOf(protocol: string, fits: (way: { channel: string; direction: "received" | "sent" }) => boolean = () => true): string[] {
  const { ways } = JSON.parse(readFileSync(`${ROOT}/generated/${protocol}/vectors.json`, "utf8")) as Vectors;
  return ways.filter(fits).flatMap(({ vectors }) => vectors.map(({ frame }) => frame));
}

/** Conversations as they stand in the examples: what the described application receives of each, in order. */
export function conversationsOf(protocol: string): string[][] {
  const folder = `${ROOT}/spec/examples/${protocol}`;
  return readdirSync(folder).filter((name) => name.endsWith(".conversation.jsonl")).map((name) =>
    readFileSync(`${folder}/${name}`, "utf8").split("\n").filter((line) => line !== ""));
}
