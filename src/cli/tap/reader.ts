import type { Writable } from "node:stream";
import * as library from "ws";
import { messageOf } from "../failure.ts";

/** What one direction of a connection says, frame by frame. */
export interface Ears {
  message(bytes: Buffer, isBinary: boolean): void;
  ping(payload: Buffer): void;
  pong(payload: Buffer): void;
  closing(code: number, reason: string): void;
  /** It is no WebSocket any more: nothing after it can be read, and all of it passes. */
  broken(why: string): void;
}

interface Deflate {
  accept(offers: readonly object[]): unknown;
}

/** What the library reads its own sockets with; younger than its types. */
const { Receiver, PerMessageDeflate, extension } = library as unknown as {
  Receiver: new (options: object) => Writable;
  PerMessageDeflate: new (options: object) => Deflate;
  extension: { parse(header: string): Record<string, object[] | undefined> };
};

/** One frame, unpacked; a larger one is not read, and passes. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface Reader {
  read(chunk: Buffer): void;
  /** Resolves when all that was read has been told: what is compressed takes its time. Nothing more is read then. */
  finish(): Promise<void>;
}

/** Reads along: the bytes that are written stay as they are. `extensions` is what the server says was agreed on. */
export function createReader({ isFromClient, extensions }: { isFromClient: boolean; extensions: string | undefined }, ears: Ears): Reader {
  let isOver = false;
  const giveUp = (error: unknown): void => {
    isOver = true;
    ears.broken(messageOf(error));
  };
  let receiver: Writable;
  try {
    receiver = new Receiver({ isServer: isFromClient, maxPayload: MOST_BYTES, extensions: deflateOf(extensions, isFromClient) });
  } catch (cause) {
    giveUp(cause);
    return { read() {}, async finish() {} };
  }
  receiver.on("message", (bytes: Buffer, isBinary: boolean) => ears.message(bytes, isBinary));
  receiver.on("ping", (payload: Buffer) => ears.ping(payload));
  receiver.on("pong", (payload: Buffer) => ears.pong(payload));
  receiver.on("conclude", (code: number, reason: Buffer) => ears.closing(code, reason.toString()));
  receiver.on("error", giveUp);
  return {
    // A copy: the library takes the mask off in place.
    read: (chunk) => void (isOver || receiver.write(Buffer.from(chunk))),
    finish: () => new Promise((resolve) => void receiver.end(() => resolve())),
  };
}

/** @throws where the server says what cannot be. */
function deflateOf(header: string | undefined, isServer: boolean): object {
  const agreed = header === undefined ? undefined : extension.parse(header)["permessage-deflate"];
  if (!agreed) return {};
  const deflate = new PerMessageDeflate({ isServer, maxPayload: MOST_BYTES });
  deflate.accept(agreed);
  return { "permessage-deflate": deflate };
}
