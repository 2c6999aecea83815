/** How long to wait before the next attempt; `random` is in [0, 1). */
export function retryDelayMs(attempt: number, random: number): number {
  return Math.min(1000 * 2 ** Math.min(attempt, 16), 30_000) + Math.floor(random * 1000);
}

/** Close codes after which the same attempt would fail again, and what to do about each. */
const final: Readonly<Record<number, string>> = {
  1008: "The channel does not accept connections from here (origin not allowed). Its allowedOrigins say who may.",
  4400: "The channel refused the address: the sender id or name is not acceptable. Try another --sender.",
  4401: "The channel refused the token. Pass a good one with --token, or ask whoever runs it.",
  4403: "The channel does not admit this sender. Ask whoever runs it to add you to allowFrom.",
};

/** Why trying again is useless, or undefined when it is not. */
export function finalRefusal(code: number, reason: string): string | undefined {
  const advice = final[code];
  return advice && `${advice} (${describeClose(code, reason)})`;
}

export function describeClose(code: number, reason: string): string {
  return reason ? `close code ${code}: ${reason}` : `close code ${code}`;
}

/** Why the connection could not be made, for the person who wanted it. */
export function explainRefusal(cause: { code?: string | undefined; message: string }, url: URL): string {
  const place = `${url.protocol}//${url.host}${url.pathname}`;
  if (cause.code === "ECONNREFUSED") return `Nothing listens at ${place}. Start the gateway ("npm start" in the workshop, else "openclaw gateway run"), or name another address with --url.`;
  if (cause.code === "ENOTFOUND" || cause.code === "EAI_AGAIN") return `There is no computer called ${url.hostname}. Check --url.`;
  const status = /Unexpected server response: (\d+)/.exec(cause.message)?.[1];
  if (status) return `${place} answered HTTP ${status} instead of opening a WebSocket. Check the path in --url.`;
  return `Could not connect to ${place}: ${cause.message}`;
}
