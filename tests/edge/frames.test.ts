import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, pause, until, upgradeRequest } from "../support/edge-sockets.ts";
import { type HostileStage, say, startHostileStage, textsOf } from "../support/hostile-stage.ts";
import { frameBytes, opcodes } from "../support/raw-frames.ts";

let stage: HostileStage;
beforeAll(async () => void (stage = await startHostileStage()));
afterAll(() => stage.stop());

const text = (payload: string | Buffer, more: { fin?: boolean; rsv?: number } = {}) => ({ opcode: opcodes.text, payload: Buffer.from(payload), ...more });

describe("a giant frame", () => {
  it("WS-6 closes with 1009 by its length alone, before a byte of it came", async () => {
    for (const claimed of [1_048_577, 2 ** 32, 2 ** 53 - 1]) {
      const peer = await stage.intrude();
      peer.socket.write(peer.bytesOf(text(""), claimed));
      expect([claimed, (await peer.closed)?.code]).toEqual([claimed, 1009]);
    }
    await stage.holds();
  });

  it("WS-6 closes with 1009 too where it comes in fragments, and with 1008 where those are more than 1,024", async () => {
    const large = await stage.intrude();
    for (let i = 0; i < 33; i += 1) large.send({ opcode: i === 0 ? opcodes.text : opcodes.continuation, payload: Buffer.alloc(32_768, "x"), fin: false });
    expect((await large.closed)?.code).toBe(1009);
    const many = await stage.intrude();
    for (let i = 0; i < 1_025; i += 1) many.send({ opcode: i === 0 ? opcodes.text : opcodes.continuation, payload: Buffer.alloc(0), fin: false });
    expect((await many.closed)?.code).toBe(1008);
    await stage.holds();
  });
});

describe("deep JSON", () => {
  it.each([
    ["lists", "[", "]", 500_000],
    ["objects", '{"a":', "}", 170_000],
    ["lists without an end", "[", "", 1_000_000],
  ])("WS-7 WS-9 of %s is answered with an error wherever it stands", async (_, open, shut, depth) => {
    const deep = `${open.repeat(depth)}${shut === "" ? "" : `1${shut.repeat(depth)}`}`;
    const wholes = [deep, `{"type":"chat.send","content":"x","customData":{"a":${deep}}}`, `{"type":${deep},"content":"x"}`, `{"type":"chat.send","content":${deep}}`];
    const peer = await stage.intrude();
    for (const whole of wholes) say(peer, whole);
    await until(() => textsOf(peer).length === wholes.length, 10_000);
    expect(textsOf(peer).map(({ type }) => type)).toEqual(wholes.map(() => "chat.error"));
    peer.socket.destroy();
    await stage.holds();
  });

  it("WS-9 WS-11 in customData is too_large beyond eight levels, and in a field that nobody knows harms nobody", async () => {
    const peer = await stage.intrude();
    say(peer, { type: "chat.hello", extensions: [] });
    say(peer, `{"type":"chat.send","messageId":"deep","content":"x","customData":{"a":${"[".repeat(8)}1${"]".repeat(8)}}}`);
    say(peer, `{"type":"chat.send","messageId":"unknown","content":"x","unknown":${"[".repeat(1_000)}1${"]".repeat(1_000)}}`);
    await until(() => textsOf(peer).some(({ type, messageId }) => type === "chat.response" && messageId === "unknown"));
    expect(textsOf(peer).find(({ messageId }) => messageId === "deep")).toMatchObject({ type: "chat.error", code: "too_large" });
    peer.socket.destroy();
    await stage.holds();
  });
});

describe("a compressed bomb", () => {
  it("WS-6 is not unpacked: what would allow it is not negotiated, and its bit closes with 1002", async () => {
    const offer = { Authorization: "Bearer mallory", "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits, permessage-deflate, x-webkit-deflate-frame" };
    const wire = await openWire(stage.port);
    wire.socket.write(upgradeRequest("/ws", offer));
    await until(() => wire.received().includes("\r\n\r\n"));
    expect(wire.received()).not.toMatch(/sec-websocket-extensions/i);
    wire.socket.destroy();
    const peer = await stage.intrude();
    peer.send(text(deflateRawSync(Buffer.alloc(100_000_000)), { rsv: 4 }));
    expect((await peer.closed)?.code).toBe(1002);
    await stage.holds();
  });
});

describe("a frame that is none", () => {
  it.each([
    ["is not masked", 1002, frameBytes(text("{}"), false)],
    ["is no UTF-8", 1007, frameBytes(text(Buffer.from("c328", "hex")), true)],
    ["ends within a letter", 1007, frameBytes(text(Buffer.from("7be282", "hex")), true)],
    ["is binary", 1003, frameBytes({ opcode: opcodes.binary, payload: Buffer.from("{}") }, true)],
    ["is a ping of 126 octets", 1002, frameBytes({ opcode: opcodes.ping, payload: Buffer.alloc(126) }, true)],
    ["continues nothing", 1002, frameBytes({ opcode: opcodes.continuation, payload: Buffer.from("{}") }, true)],
    ["is of no kind", 1002, frameBytes({ opcode: 7, payload: Buffer.from("{}") }, true)],
    ["is a request", 1002, Buffer.from("GET /ws HTTP/1.1\r\n\r\n")],
  ])("WS-6 because it %s closes with %i, and nothing after it is read", async (_, code, bytes) => {
    const peer = await stage.intrude();
    peer.socket.write(Buffer.concat([bytes, peer.bytesOf(text('{"type":"chat.send","content":"and now?"}'))]));
    expect((await peer.closed)?.code).toBe(code);
    expect(textsOf(peer)).toEqual([]);
    await stage.holds();
  });

  it("WS-6 but a frame in as many pieces as it has octets is one", async () => {
    const peer = await stage.intrude();
    await peer.write(peer.bytesOf(text('{"type":"chat.send","content":"in pieces"}')), 1);
    await until(() => textsOf(peer).some(({ content }) => content === "You said: in pieces"));
    await pause(10);
    expect(peer.frames.some(({ opcode }) => opcode === opcodes.close)).toBe(false);
    peer.socket.destroy();
    await stage.holds();
  });
});
