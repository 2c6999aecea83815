import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeChatSent } from "../../../generated/websocket/index.ts";
import { startAccount } from "../../conformance/account.ts";
import { connectClient } from "../../support/client.ts";
import { until, upgradeRequest } from "../../support/edge-sockets.ts";
import { type FlawedVerifier, startFlawedVerifier } from "../../fault/verifier.ts";
import { insist, type Target } from "../target.ts";
import { bytesOf, framesAround } from "./frames.ts";
import { framesOf } from "./seeds.ts";

/** Stands for a request that every edge grants. */
const UPGRADE = "{upgrade}";
/** ms in which an honest application is answered, and the connections of the others are gone. */
const SOON = 10_000;
/** Batches after which the account is stopped, and another one started. */
const LIFE = 40;

type Account = Awaited<ReturnType<typeof startAccount>>;
let running: { account: Account; verifier: FlawedVerifier | undefined; batches: number } | undefined;
let lives = 0;

async function accountFor(): Promise<Account> {
  if (running && running.batches >= LIFE) await stop();
  running ??= await begin();
  running.batches += 1;
  return running.account;
}

/** Whom it lets in is asked of a verifier in every second life. */
async function begin(): Promise<NonNullable<typeof running>> {
  lives += 1;
  const verifier = lives % 2 === 0 ? await startFlawedVerifier(0) : undefined;
  const account = await startAccount({ limits: { maxPayload: 65_536 }, ...(verifier && { auth: { enabled: true, endpoint: verifier.endpoint } }) });
  return { account, verifier, batches: 0 };
}

async function stop(): Promise<void> {
  await running?.account.stop();
  await running?.verifier?.stop();
  running = undefined;
}

async function play(inputs: readonly string[]): Promise<void> {
  const account = await accountFor();
  const { port } = new URL(account.url);
  const answers = await Promise.all(inputs.map((input) => throwAt(Number(port), input)));
  for (const answer of answers) checkAnswer(answer);
  const honest = await connectClient(account.url, { senderId: "honest", token: "token-honest" });
  const answer = await honest.answer(honest.say("still there?"), SOON);
  insist(answer.type === "chat.response", () => `an honest application hears ${JSON.stringify(answer)}`);
  await honest.close();
  await until(() => account.status().connections === 0, SOON);
}

/** Sends the bytes, and returns what came back. */
async function throwAt(port: number, input: string): Promise<Buffer> {
  const bytes = bytesOf(input.replaceAll(UPGRADE, upgradeRequest("/ws?senderId=stranger&token=token-stranger")));
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => void chunks.push(chunk));
  socket.on("error", () => {});
  const gone = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  await once(socket, "connect");
  // Whole or in two pieces, with an end or without: as the input has it, so that it plays the same again.
  const cut = bytes.length % 3 === 0 ? Math.floor(bytes.length / 2) : bytes.length;
  socket.write(bytes.subarray(0, cut));
  if (cut < bytes.length) {
    await sleep(1);
    socket.write(bytes.subarray(cut));
  }
  if (bytes.length % 2 === 0) socket.end();
  await Promise.race([gone, sleep(bytes.length % 2 === 0 ? 200 : 20, undefined, { ref: false })]);
  socket.resetAndDestroy();
  await gone;
  return Buffer.concat(chunks);
}

const GO_ON = "HTTP/1.1 100 Continue\r\n\r\n";

/** What the edge says is HTTP, and after the upgrade frames of the protocol. */
function checkAnswer(whole: Buffer): void {
  // Node's own answer to whoever asks whether to go on, before the real one.
  const answer = whole.subarray(whole.toString("latin1", 0, GO_ON.length) === GO_ON ? GO_ON.length : 0);
  const head = answer.indexOf("\r\n\r\n");
  if (answer.length === 0) return;
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer.toString("latin1", 0, 20))?.[1];
  insist(status !== undefined && /^(101|4\d\d|503)$/.test(status), () => `the edge answers ${answer.toString("latin1", 0, 200)}`);
  if (status !== "101") return;
  for (let rest = answer.subarray(head + 4); rest.length >= 2; ) {
    const [first = 0, size = 0] = rest;
    insist([0x81, 0x88, 0x89, 0x8a].includes(first) && size < 127, () => `the edge sends a frame that begins with ${rest.toString("hex", 0, 8)}`);
    const start = size < 126 ? 2 : 4;
    const length = size < 126 ? size : rest.readUInt16BE(2);
    const payload = rest.subarray(start, start + length);
    if (payload.length < length) return;
    if (first === 0x81) {
      const decoded = decodeChatSent(payload.toString());
      insist(decoded.ok, () => `the edge sends no frame of the protocol: ${decoded.ok ? "" : decoded.detail}`);
    }
    rest = rest.subarray(start + length);
  }
}

export const edge: Target = {
  name: "edge",
  form: "bytes",
  batch: 32,
  isRepeatable: false,
  seeds() {
    const texts = framesOf("websocket", ({ channel, direction }) => channel === "chat" && direction === "received");
    const requests = [
      {}, { Upgrade: "h2c" }, { "Sec-WebSocket-Version": "8" }, { "Sec-WebSocket-Key": "short" }, { "Sec-WebSocket-Protocol": "openclaw.chat.v1, token.abc" }, { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" },
      { Origin: "https://evil.example" }, { Authorization: "Bearer abc" }, { "X-Forwarded-For": "1.2.3.4" }, { "Content-Length": "5" }, { "Transfer-Encoding": "chunked" }, { Expect: "100-continue" }, { Cookie: "a".repeat(9_000) },
    ].map((headers) => upgradeRequest("/ws?senderId=a&senderName=b", headers as Record<string, string>));
    const others = ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0003\u0001\u0002\u0000\u0001", `${UPGRADE}${UPGRADE}`, upgradeRequest("/ws?senderId=a&senderId=b&token=%ff"), upgradeRequest("//ws"), upgradeRequest("http://x/ws"), ""];
    return [...requests, ...others, ...framesAround(texts, true).map((frames) => `${UPGRADE}${frames}`)];
  },
  play,
  stop,
};
