import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { completion, completionChunks } from "./model/completions-api.ts";
import { readQuestion, type Prompt, type Question } from "./model/prompt.ts";
import { planReply, type Reply } from "./model/reply.ts";
import { responsesEvents, type WireEvent } from "./model/responses-api.ts";

export interface ModelServerOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Pause between the pieces of an answer, where the message names none. */
  delayMs?: number;
  /** How many requests `requests` keeps, the newest ones. All by default. */
  remember?: number;
  /** What a request asks, where that is not what it says last; undefined where it is. */
  promptOf?: (body: unknown) => Prompt | undefined;
  /** Told of everything, after it was recorded. */
  tell?: (news: ModelNews) => void;
}

/** `answered`: the last of the answer is about to leave, to a caller that is still there. */
export interface ModelNews {
  news: "asked" | "answered";
  request: ModelRequest;
}

export interface ModelRequest {
  path: string;
  prompt: Prompt;
  /** The request as it came. */
  body: unknown;
  authorization: string | undefined;
  /** True once the caller hung up before the answer was complete. */
  aborted: boolean;
}

export interface ModelServer {
  port: number;
  /** What goes into a provider's `baseUrl`. */
  baseUrl: string;
  requests: readonly ModelRequest[];
  stop(): Promise<void>;
}

export const practiceModel = "practice";

const maxBody = 64 * 1024 * 1024;

/** A model on loopback that needs neither a key nor the internet; see `model/directives.ts` for steering it. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { port = 0, delayMs = 15, remember = Infinity, promptOf, tell } = options;
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch((cause: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, errorBody(cause instanceof Error ? cause.message : String(cause)));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (request.method === "GET" && path === "/v1/models") return sendJson(response, 200, models);
    if (request.method !== "POST" || !isAnswering(path)) return sendJson(response, 404, errorBody(`there is no ${request.method} ${path} here`));
    const body = await readJson(request);
    if (body === undefined) return sendJson(response, 400, errorBody("the body is not JSON"));
    const read = readQuestion(body);
    const question = { ...read, prompt: promptOf?.(body) ?? read.prompt };
    const entry: ModelRequest = { path, prompt: question.prompt, body, authorization: request.headers.authorization, aborted: false };
    requests.push(entry);
    if (requests.length > remember) requests.shift();
    tell?.({ news: "asked", request: entry });
    const hungUp = new AbortController();
    response.once("close", () => {
      entry.aborted = !response.writableFinished;
      hungUp.abort();
    });
    const caller: Caller = { response, hungUp: hungUp.signal, answered: () => tell?.({ news: "answered", request: entry }) };
    await serve(path, question, planReply(question.prompt, { delayMs }), caller);
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : port;
  return {
    port: taken,
    baseUrl: `http://127.0.0.1:${taken}/v1`,
    requests,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const models = { object: "list", data: [{ id: practiceModel, object: "model", created: 0, owned_by: "clawwire" }] };

function isAnswering(path: string): boolean {
  return path === "/v1/responses" || path === "/v1/chat/completions";
}

/** Whoever waits for an answer. */
interface Caller {
  response: ServerResponse;
  hungUp: AbortSignal;
  answered(): void;
}

async function serve(path: string, question: Question, reply: Reply, caller: Caller): Promise<void> {
  const { response, hungUp, answered } = caller;
  if (reply.do === "hang") return;
  if (reply.do === "fail") return sendJson(response, reply.status, errorBody("the message asked for this failure"));
  const id = randomUUID().replaceAll("-", "");
  const model = question.model ?? practiceModel;
  if (path === "/v1/chat/completions" && !question.stream) {
    if (reply.waitMs > 0) await pause(reply.waitMs, hungUp);
    if (!hungUp.aborted) answered();
    return sendJson(response, 200, completion(reply, id, model));
  }
  const events = path === "/v1/responses" ? responsesEvents(reply, id, model) : completionChunks(reply, id, model);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  await streamEvents(events, reply, caller);
}

async function streamEvents(events: Iterable<WireEvent>, reply: Extract<Reply, { do: "answer" }>, { response, hungUp, answered }: Caller): Promise<void> {
  let sent = 0;
  for (const event of events) {
    if (event.piece) {
      // Only after what was written has left; destroying drops the rest of it.
      if (sent === reply.cutAfter) return void response.write(": cut\n\n", () => response.destroy());
      const ms = sent === 0 ? reply.waitMs : reply.delayMs;
      if (ms > 0) await pause(ms, hungUp);
      sent += 1;
    }
    if (hungUp.aborted) return;
    response.write(encode(event));
  }
  answered();
  response.end();
}

/** Returns early, without an error, when the caller has gone. */
async function pause(ms: number, hungUp: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: hungUp }).catch(() => {});
}

function encode({ name, data }: WireEvent): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${name ? `event: ${name}\n` : ""}data: ${text}\n\n`;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBody) throw new Error(`the request is larger than ${maxBody} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    return undefined;
  }
}

function errorBody(message: string): object {
  return { error: { message, type: "practice_model", code: null } };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
