/** What happens to an HTTP request instead of an answer, or before it. `-after`: the server has done what was asked. */
export type RestFault =
  | { kind: "answer"; status: number; code?: number }
  | { kind: "hang" | "hang-after" | "drop" | "drop-after" | "html" | "text" }
  | { kind: "slow"; ms: number };

const words = ["hang", "hang-after", "drop", "drop-after", "html", "text"] as const;

/** `503`, `200:10003`, `slow:500` or one of the words; undefined where it is none of them. */
export function readFault(text: string): RestFault | undefined {
  const word = words.find((name) => name === text);
  if (word) return { kind: word };
  const slow = /^slow:(\d{1,7})$/.exec(text)?.[1];
  if (slow !== undefined) return { kind: "slow", ms: Number(slow) };
  const [, status, code] = /^([2-5]\d\d)(?::(\d{1,6}))?$/.exec(text) ?? [];
  return status === undefined ? undefined : { kind: "answer", status: Number(status), ...(code !== undefined && { code: Number(code) }) };
}
