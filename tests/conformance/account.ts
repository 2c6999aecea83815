import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import type { AccountStatus, RunningAccount } from "../../src/account/account.ts";
import { openWebsocketAccount } from "../../src/account/websocket/account.ts";
import type { Log } from "../../src/core/ports.ts";
import { system } from "../../src/core/system.ts";
import { type Journal, openJournal } from "../../src/store/journal.ts";
import { accountDefaults } from "../support/account-config.ts";
import { createScriptedAgent, laneOf, type Script, type ScriptedAgent } from "../support/scripted-agent.ts";
import { silentLog } from "../support/virtual.ts";

/** What a test changes of an account's configuration. */
export type Changes = Partial<Omit<ResolvedAccount, "auth" | "limits">> & {
  auth?: Partial<ResolvedAccount["auth"]>;
  limits?: Partial<ResolvedAccount["limits"]>;
};

/** The channel's own side without a host: real sockets, a real journal, an agent that does what the test says. */
export async function startAccount(changes: Changes = {}, agent: ScriptedAgent = createEchoAgent(), journal?: Journal, changed: (status: AccountStatus) => void = () => {}, log: Log = silentLog): Promise<RunningAccount<ResolvedAccount>> {
  return await openWebsocketAccount({
    accountId: "default",
    config: {
      ...accountDefaults,
      host: "127.0.0.1",
      // Any free port; the schema's minimum is for operators.
      port: 0,
      playground: false,
      ...changes,
      auth: { ...accountDefaults.auth, enabled: false, ...changes.auth },
      limits: { ...accountDefaults.limits, messagesPerMinute: 100_000, messageBurst: 100_000, ...changes.limits },
    },
    agent,
    journal: journal ?? openJournal(":memory:", { remembered: 200 }),
    system,
    log,
    changed,
    page: async () => (await import("../support/chat-page.ts")).packedPage(),
  });
}

/** Answers at once with what it was told, in two partial texts. */
export function createEchoAgent(): ScriptedAgent {
  return createScriptedAgent({
    answer({ request: { inbound }, reply }) {
      const answer = `You said: ${inbound.content}`;
      reply.started();
      reply.partial(answer.slice(0, 5));
      reply.partial(answer);
      reply.payload({ text: answer });
      return { ended: "completed" };
    },
  });
}

const shortStory = ["Once", "upon", "a time."];
const longStory = "Once upon a time there was a mill whose wheel went on turning while everybody in the village slept.".split(" ");

/** What is known so far, with each word more. */
const snapshotsOf = (words: readonly string[]): string[] => words.map((_, index) => words.slice(0, index + 1).join(" "));

/** Takes its time over a story, and reads no file: an agent that shows what a black box can be judged by. */
export function createStoryteller(): ScriptedAgent {
  const access: Script["access"] = (inbound) => (inbound.media.length > 0 ? { admitted: false, code: "media_rejected", error: "Attachment rejected: it is outside the allowed folders" } : { admitted: true, lane: laneOf(inbound) });
  return createScriptedAgent({
    access,
    async answer({ request: { inbound }, reply }) {
      reply.started();
      const parts = inbound.content.includes("story") ? snapshotsOf(inbound.content.includes("long") ? longStory : shortStory) : [`You said: ${inbound.content}`];
      for (const part of parts) {
        reply.partial(part);
        if (parts.length > 1) await new Promise((resolve) => void setTimeout(resolve, 60));
      }
      reply.payload({ text: parts.at(-1) ?? "" });
      return { ended: "completed" };
    },
  });
}

export interface Verifier {
  endpoint: string;
  /** The bodies it was sent. */
  asked: Record<string, unknown>[];
  stop(): Promise<void>;
}

/** An operator's verifier on loopback: `answers` maps a token to status and body. */
export async function startVerifier(answers: (token: string) => { status?: number; body: unknown }): Promise<Verifier> {
  const asked: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      // What asks whether anybody is there sends no body.
      if (body === "") return void response.writeHead(400).end();
      const parsed = JSON.parse(body) as Record<string, unknown>;
      asked.push(parsed);
      const { status = 200, body: answer } = answers(String(parsed["token"]));
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/verify`,
    asked,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
