import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningAccount } from "../../../src/account/account.ts";
import { startAccount } from "../../conformance/account.ts";
import { until, upgradeRequest } from "../../support/edge-sockets.ts";
import { createRawPeer, opcodes, type RawFrame, type RawPeer } from "../../support/raw-frames.ts";
import { cases, counts, leftOut } from "./cases.ts";
import { faultsOf, pongName, type Said, type Subject, textName } from "./runner.ts";

const MOST_CONTENT = 65_000;
let account: RunningAccount<unknown>;

// The largest case has 16 MiB beside what makes it a frame of the protocol.
beforeAll(async () => void (account = await startAccount({ greeting: false, limits: { maxPayload: 17_825_792 } })));
afterAll(() => account.stop());

/** A socket that has asked for the upgrade and got it. */
async function openPeer(): Promise<RawPeer> {
  const socket = connect(Number(new URL(account.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(upgradeRequest(new URL(account.url).pathname));
  let head = Buffer.alloc(0);
  const take = (chunk: Buffer) => void (head = Buffer.concat([head, chunk]));
  socket.on("data", take);
  await until(() => head.includes("\r\n\r\n"));
  socket.off("data", take);
  return createRawPeer(socket, true, head.subarray(head.indexOf("\r\n\r\n") + 4));
}

/** What of an answer is an echo: the response, or the documented error where the text can be no content. */
function namesOf({ opcode, payload }: RawFrame): string[] {
  if (opcode === opcodes.pong) return [pongName(payload)];
  if (opcode !== opcodes.text) return [];
  const { type, content = "", error = "" } = JSON.parse(payload.toString()) as { type: string; content?: string; error?: string };
  if (type === "chat.response") return [textName(content.slice("You said: ".length))];
  return type === "chat.error" ? [error] : [];
}

function wrap(payload: Buffer, order: number, isExact: boolean): Said {
  const isLong = payload.length > MOST_CONTENT && !isExact;
  const head = Buffer.from(`{"type":"chat.send","messageId":"m${order}","content":"${isLong ? 'long","payload":"' : ""}`);
  const tail = Buffer.from('"}');
  const body = isExact ? payload.subarray(head.length + tail.length) : payload;
  return { head, body, tail, heard: answerTo(isLong ? Buffer.from("long") : body) };
}

function answerTo(content: Buffer): string {
  if (content.length === 0) return "Invalid message format. Expected: { type: 'chat.send', content: '...' }";
  return content.some((byte) => byte < 0x20) ? "Failed to parse message" : textName(content);
}

const subject: Subject = {
  wrap,
  async open() {
    const peer = await openPeer();
    const heard: string[] = [];
    let read = 0;
    const look = () => {
      for (; read < peer.frames.length; read += 1) heard.push(...peer.frames.slice(read, read + 1).flatMap(namesOf));
      return heard;
    };
    return { peer, heard: look, stop: async () => {} };
  },
};

describe("the listener, by the cases of the Autobahn testsuite", () => {
  it.each(cases)("$id $title", { timeout: 40_000 }, async (one) => expect(await faultsOf(one, subject)).toEqual([]));

  it("WS-6 are as many as there are in each group of the suite, or say why not", () => {
    const groupOf = (id: string) => Object.keys(counts).find((group) => id.startsWith(`${group}.`)) ?? id;
    const here = Map.groupBy(cases, ({ id }) => groupOf(id));
    expect(Object.fromEntries([...here].map(([group, { length }]) => [group, length]))).toEqual(counts);
    expect(Object.keys(leftOut).filter((group) => group in counts)).toEqual([]);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });

  it("leave no connection behind", async () => {
    await expect.poll(() => account.status().connections).toBe(0);
  });
});
