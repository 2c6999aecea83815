import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface PostCall {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Longer answers are not read to their end. */
  maxBytes: number;
  signal: AbortSignal;
}

export interface PostAnswer {
  status: number;
  /** Undefined when it is too long. */
  text: string | undefined;
}

export type Post = (url: string, call: PostCall) => Promise<PostAnswer>;

/**
 * One POST by Node's plain client, which follows no redirect and unpacks nothing. Of each call that `fetch` makes while
 * a connection comes, 8 KiB stay as holes between what lives as long as the connection: more than all of that is.
 * @throws what went wrong on the way, with its `code` where Node gives one.
 */
export async function post(url: string, call: PostCall): Promise<PostAnswer> {
  const sent = await send(url, call);
  return { status: sent.statusCode ?? 0, text: await readBody(sent, call.maxBytes) };
}

async function send(url: string, call: PostCall, isAgain = false): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  const headers = { ...call.headers, "Content-Length": Buffer.byteLength(call.body) };
  const outgoing = request(url, { method: "POST", headers, signal: call.signal }, resolve);
  outgoing.once("error", reject);
  outgoing.end(call.body);
  try {
    return await promise;
  } catch (thrown) {
    // The service has just closed the connection that was kept for the next call: it has read nothing of this one.
    if (!isAgain && outgoing.reusedSocket && isReset(thrown)) return await send(url, call, true);
    throw thrown;
  } finally {
    outgoing.on("error", () => {});
  }
}

function isReset(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ECONNRESET";
}

/** Counted while it comes: a length header is only a claim. */
async function readBody(answer: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
