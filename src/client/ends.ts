import type { Model, Setting, Why } from "./model.ts";

/** What the end of a connection means. */
export type Verdict =
  | { readonly then: "close"; readonly why: Why; readonly text: string }
  /** `floorMs`: not before. */
  | { readonly then: "wait"; readonly why: Why; readonly text: string; readonly floorMs: number }
  /** With another token, and at once. */
  | { readonly then: "dial"; readonly why: Why; readonly text: string };

interface Row {
  readonly then: "close" | "wait";
  readonly why: Why;
  readonly text: string;
  readonly floorMs?: number;
}

/** Close codes with a meaning of their own; every other one is a connection that was lost. */
const rows: Readonly<Record<number, Row>> = {
  1001: { then: "wait", why: "restarting", text: "The gateway stops or restarts." },
  1008: { then: "close", why: "origin_refused", text: "The server accepts no pages from this origin. Its operator lists those it does in allowedOrigins." },
  1009: { then: "wait", why: "too_large", text: "A message was larger than the server takes." },
  1011: { then: "wait", why: "cut", text: "The server failed.", floorMs: 5_000 },
  1013: { then: "wait", why: "crowded", text: "The server has too many connections, or this sender has.", floorMs: 5_000 },
  4400: { then: "close", why: "parameters_refused", text: "The server refuses senderId or senderName: each is 1 to 128 characters, none of them a control character, and given once." },
  4403: { then: "close", why: "sender_refused", text: "The server does not admit this sender. Its operator lists those it does in allowFrom." },
  4408: { then: "wait", why: "silent", text: "The server has heard nothing for too long." },
  4429: { then: "wait", why: "cut", text: "The server has refused too many frames in a row.", floorMs: 10_000 },
};

/** The verifier said nothing of the token: it is away, or slow. */
const UNASKED = /: (timeout|service_unavailable)$/;

type Facts = Pick<Model, "phase" | "complaint" | "wasRefused">;

/** What the close of a socket means, which is all that a browser tells. */
export function judgeEnd(code: number, reason: string, { phase, complaint, wasRefused }: Facts, { token, place }: Setting): Verdict {
  if (code === 4401) return judgeToken(complaint || reason, wasRefused, token);
  const row = rows[code];
  if (row) return { floorMs: 0, ...row, text: complaint ? `${row.text} (${complaint})` : row.text };
  if (phase === "dialing") return { then: "wait", why: "unreachable", text: `There is no chat at ${place}, or no network.${reason && ` (${reason})`}`, floorMs: 0 };
  return { then: "wait", why: "lost", text: `The connection was lost (${code}${reason && `, ${reason}`}).`, floorMs: 0 };
}

function judgeToken(said: string, wasRefused: boolean, token: Setting["token"]): Verdict {
  if (UNASKED.test(said)) return { then: "wait", why: "token_unavailable", text: `The token could not be verified at the moment. (${said})`, floorMs: 0 };
  if (token === "none") return { then: "close", why: "token_refused", text: "The server lets nobody in without a token: pass one to connect()." };
  const text = `The server does not accept the token. (${said})`;
  return token === "asked" && !wasRefused ? { then: "dial", why: "token_refused", text } : { then: "close", why: "token_refused", text };
}
