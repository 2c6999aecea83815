import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect } from "vitest";
import type { RunningAccount } from "../../src/account/account.ts";
import type { ResolvedAccount } from "../../src/account/websocket/config.ts";
import type { Log } from "../../src/core/ports.ts";
import type { Journal } from "../../src/store/journal.ts";
import { type Changes, createEchoAgent, startAccount, type Verifier } from "../conformance/account.ts";
import { type ChatClient, connectClient } from "./client.ts";
import { pause, until, upgradeRequest } from "./edge-sockets.ts";
import { createRawPeer, opcodes, type RawPeer } from "./raw-frames.ts";
import type { ScriptedAgent } from "./scripted-agent.ts";

/** An account with a verifier, an honest application on it, and whoever comes to do harm. */
export interface HostileStage {
  account: RunningAccount<ResolvedAccount>;
  verifier: StrictVerifier;
  honest: ChatClient;
  port: number;
  /** A raw connection that was let in as the user of this token, and has been answered. */
  intrude(token?: string): Promise<RawPeer>;
  /**
   * The honest application is still answered, on the connection it had, and nothing is left of anybody else: neither a
   * connection nor a sender, a listener on this process or more sockets of it than the spare ones.
   */
  holds(spareSockets?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface StrictVerifier extends Verifier {
  revoked: Set<string>;
  /** When a token ends, in seconds since 1970. */
  ends: Map<string, number>;
  /** Requests that are not answered yet, at most. */
  crowd: number;
  /** Answers in the place of the verifier. */
  spoilt: ((response: ServerResponse, token: string) => void) | undefined;
}

/**
 * An operator's verifier. A token is the name of its user; what begins with `no` is refused, `slow` is never answered,
 * `once` is good for one time, and any may be revoked.
 */
export async function startStrictVerifier(): Promise<StrictVerifier> {
  const asked: Record<string, unknown>[] = [];
  const revoked = new Set<string>();
  const ends = new Map<string, number>();
  let open = 0;
  const server = createServer((request, response) => {
    verifier.crowd = Math.max(verifier.crowd, (open += 1));
    response.once("close", () => void (open -= 1));
    // What is kept open for the next request would come and go among the sockets that are counted.
    response.shouldKeepAlive = false;
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const read = JSON.parse(body) as Record<string, unknown>;
      const token = String(read["token"]);
      asked.push(read);
      if (verifier.spoilt) return verifier.spoilt(response, token);
      if (token.startsWith("slow")) return;
      const isGood = !token.startsWith("no") && !revoked.has(token);
      if (token.startsWith("once")) revoked.add(token);
      const [user] = token.replace(/^once-/, "").split(".");
      response.end(JSON.stringify(isGood ? { success: true, data: { userId: user, exp: ends.get(token) } } : { success: false, error: "unknown" }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const verifier: StrictVerifier = {
    endpoint: `http://127.0.0.1:${port}/verify`,
    asked,
    revoked,
    ends,
    crowd: 0,
    spoilt: undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return verifier;
}

export async function startHostileStage(changes: Changes = {}, agent: ScriptedAgent = createEchoAgent(), journal?: Journal, log?: Log): Promise<HostileStage> {
  const verifier = await startStrictVerifier();
  const account = await startAccount({ greeting: false, ...changes, auth: { enabled: true, required: true, endpoint: verifier.endpoint, ...changes.auth } }, agent, journal, undefined, log);
  const honest = await connectClient(account.url, { token: "honest" });
  const port = Number(new URL(account.url).port);
  await honest.answer(honest.say("before"));
  await pause(20);
  const before = traces();
  return {
    account,
    verifier,
    honest,
    port,
    async intrude(token = "mallory") {
      const peer = await openUpgraded(port, { Authorization: `Bearer ${token}` });
      say(peer, { type: "chat.send", content: "let me in" });
      await until(() => textsOf(peer).some(({ type }) => type === "chat.response"));
      peer.forget();
      return peer;
    },
    async holds(spareSockets = 0) {
      const since = performance.now();
      expect(await honest.answer(honest.say("after"))).toMatchObject({ type: "chat.response", content: "You said: after" });
      expect(performance.now() - since).toBeLessThan(2_000);
      await until(() => account.status().connections === 1, 8_000);
      expect(account.status()).toMatchObject({ connections: 1, senders: 1 });
      await until(() => traces().sockets <= before.sockets + spareSockets, 8_000);
      expect(traces().listeners).toEqual(before.listeners);
    },
    async stop() {
      honest.vanish();
      await account.stop();
      await verifier.stop();
    },
  };
}

/** What is left in this process of whoever was there. */
function traces(): { sockets: number; listeners: Record<string, number> } {
  const sockets = process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCPSocket")).length;
  return { sockets, listeners: Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)])) };
}

/** A TCP connection whose upgrade was accepted. */
export async function openUpgraded(port: number, headers: Record<string, string> = {}, more: Buffer = Buffer.alloc(0)): Promise<RawPeer> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(Buffer.concat([Buffer.from(upgradeRequest("/ws", headers)), more]));
  let head: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer) => void (head = Buffer.concat([head, chunk]));
  socket.on("data", take);
  await until(() => head.includes("\r\n\r\n"));
  socket.off("data", take);
  if (!head.toString().startsWith("HTTP/1.1 101 ")) throw new Error(`not upgraded: ${head.toString()}`);
  return createRawPeer(socket, true, head.subarray(head.indexOf("\r\n\r\n") + 4));
}

/** The texts a raw peer got, read. */
export function textsOf(peer: RawPeer): Record<string, unknown>[] {
  return peer.frames.filter(({ opcode }) => opcode === opcodes.text).map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
}

export function say(peer: RawPeer, frame: object | string): void {
  peer.send({ opcode: opcodes.text, payload: Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)) });
}
