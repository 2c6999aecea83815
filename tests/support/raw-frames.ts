import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** One WebSocket frame, lawful or not. */
export interface RawFrame {
  opcode: number;
  payload: Buffer;
  /** The last of its message, unless said otherwise. */
  fin?: boolean;
  /** The three reserved bits as a number. */
  rsv?: number;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const MASK = Buffer.from([0x5a, 0xc3, 0x0f, 0x96]);

/** The bytes of a frame; a client's are masked (RFC 6455 5.3). `claimed` is a length that may be a lie. */
export function frameBytes({ opcode, payload, fin = true, rsv = 0 }: RawFrame, masked: boolean, claimed = payload.length): Buffer {
  const head = Buffer.alloc(claimed < 126 ? 2 : claimed < 65_536 ? 4 : 10);
  head.writeUInt8((fin ? 0x80 : 0) | (rsv << 4) | opcode, 0);
  const flag = masked ? 0x80 : 0;
  if (claimed < 126) head.writeUInt8(flag | claimed, 1);
  else if (claimed < 65_536) {
    head.writeUInt8(flag | 126, 1);
    head.writeUInt16BE(claimed, 2);
  } else {
    head.writeUInt8(flag | 127, 1);
    head.writeBigUInt64BE(BigInt(claimed), 2);
  }
  return masked ? Buffer.concat([head, MASK, hidden(payload)]) : Buffer.concat([head, payload]);
}

function hidden(payload: Buffer, mask: Buffer = MASK): Buffer {
  const bytes = Buffer.from(payload);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (bytes[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return bytes;
}

/** The payload of a close frame; without a code it is empty. */
export function closePayload(code?: number, reason: Buffer | string = ""): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** The code of a close frame; 1005 where it has none. */
export function codeOf({ payload }: RawFrame): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}

/** Puts the frames of a peer together again. */
export function createFrameReader(): (chunk: Buffer) => RawFrame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const frames: RawFrame[] = [];
    for (let read = readOne(rest); read; read = readOne(rest)) {
      frames.push(read.frame);
      rest = rest.subarray(read.length);
    }
    return frames;
  };
}

function readOne(bytes: Buffer): { frame: RawFrame; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = (second & 0x80) !== 0;
  const start = 2 + extra + (isMasked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return undefined;
  const payload = bytes.subarray(start, start + length);
  return {
    frame: { opcode: first & 0x0f, fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, payload: isMasked ? hidden(payload, bytes.subarray(start - 4, start)) : payload },
    length: start + length,
  };
}

/** The other end of a connection, as bytes: it may say whatever it likes. */
export interface RawPeer {
  readonly socket: Socket;
  /** What came, in order. */
  readonly frames: readonly RawFrame[];
  /** What came so far does not count. */
  forget(): void;
  bytesOf(frame: RawFrame, claimed?: number): Buffer;
  /** All at once, or in chops of so many octets. */
  write(bytes: Buffer, chop?: number): Promise<void>;
  send(frame: RawFrame): void;
  /** The close frame that came, and how it was said; undefined where the connection ended without. */
  readonly closed: Promise<{ code: number; reason: string } | undefined>;
}

/** `early` is what came together with the upgrade. */
export function createRawPeer(socket: Socket, masked: boolean, early: Buffer = Buffer.alloc(0)): RawPeer {
  const frames: RawFrame[] = [];
  const read = createFrameReader();
  const take = (chunk: Buffer) => {
    for (const frame of read(chunk)) {
      frames.push(frame);
      // Half of a closing handshake would be waited for (RFC 6455 5.5.1).
      if (frame.opcode === opcodes.close && socket.writable) socket.end(frameBytes({ opcode: opcodes.close, payload: frame.payload }, masked));
    }
  };
  take(early);
  socket.on("data", take);
  socket.on("error", () => {});
  const gone = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    socket.once("close", () => resolve());
    // Whoever has said a close frame ends the connection: the server does it first (RFC 6455 7.1.1).
    socket.once("end", () => socket.destroy());
  });
  const bytesOf = (frame: RawFrame, claimed?: number) => frameBytes(frame, masked, claimed);
  return {
    socket,
    frames,
    bytesOf,
    forget: () => void frames.splice(0),
    send: (frame) => void socket.write(bytesOf(frame)),
    async write(bytes, chop = bytes.length) {
      for (let at = 0; at < bytes.length && !socket.destroyed; at += chop) {
        socket.write(bytes.subarray(at, at + chop));
        if (chop < bytes.length) await turn();
      }
    },
    closed: gone.then(() => {
      const close = frames.find(({ opcode }) => opcode === opcodes.close);
      return close && { code: codeOf(close), reason: close.payload.subarray(2).toString() };
    }),
  };
}
