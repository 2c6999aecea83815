import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { DoorFault } from "./plan.ts";

/** The operator's own service that vouches for tokens: `token-a` is the user `a`. */
export interface FlawedVerifier {
  readonly endpoint: string;
  /** How it fails at the moment. */
  fault: DoorFault | undefined;
  /** What it has not answered well. */
  readonly failed: number;
  stop(): Promise<void>;
}

export async function startFlawedVerifier(slowMs: number): Promise<FlawedVerifier> {
  let failed = 0;
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => "");
    // Whoever asked was killed.
    if (request.destroyed && body === "") return;
    const { fault } = verifier;
    if (fault) failed += 1;
    if (fault === "down") return void request.socket.destroy();
    if (fault === "failing") return void response.writeHead(500).end("out of order");
    const userId = /^token-(.+)$/.exec((JSON.parse(body) as { token: string }).token)?.[1];
    const vouch = (): void => void response.writeHead(200, { "content-type": "application/json", connection: "close" }).end(JSON.stringify({ success: true, data: { userId } }));
    if (fault === "slow") setTimeout(vouch, slowMs);
    else vouch();
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const verifier: FlawedVerifier = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/verify`,
    fault: undefined,
    get failed() {
      return failed;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return verifier;
}
