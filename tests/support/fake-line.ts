import type { Connection, ConnectionHandler } from "../../src/edge/edge.ts";
import { setPace } from "../../src/edge/heartbeat.ts";
import { Line } from "../../src/edge/line.ts";
import type { LineSocket, LineWire } from "../../src/edge/socket.ts";
import { edgeOptions } from "./edge-options.ts";
import { recordLog, type RecordedLog } from "./recorded-log.ts";

/** The sockets under a line, in memory: what was done to them is a list. */
export interface FakeSocket extends LineSocket, LineWire {
  readyState: number;
  bufferedAmount: number;
  bytesRead: number;
  errored: Error | null;
  sent: string[];
  calls: string[];
  /** Everything unsent leaves. */
  drain(): void;
}

export interface FakeLine {
  line: Line;
  socket: FakeSocket;
  log: RecordedLog;
  ends: string[];
  gone: number;
  /** Admits the line; what of the handler is not given does nothing, or records the end. */
  open(handler: Partial<ConnectionHandler> | ((connection: Connection) => ConnectionHandler)): void;
}

export function createFakeLine(): FakeLine {
  const { closings, ...bounds } = edgeOptions();
  const socket = createFakeSocket();
  const log = recordLog();
  const ends: string[] = [];
  const closed = (code: number, reason: string) => void ends.push(`${code} ${reason}`);
  const fake: FakeLine = {
    socket,
    log,
    ends,
    gone: 0,
    line: new Line("c1", 0, socket, socket, { bounds: { ...bounds, pace: setPace(bounds) }, closings, log, gone: () => (fake.gone += 1) }, 0),
    open: (handler) => fake.line.admit(typeof handler === "function" ? handler : () => ({ frame() {}, closed, ...handler })),
  };
  return fake;
}

function createFakeSocket(): FakeSocket {
  let drained = () => {};
  const socket: FakeSocket = {
    readyState: 1,
    bufferedAmount: 0,
    bytesRead: 0,
    errored: null,
    sent: [],
    calls: [],
    send(text, _options, sent) {
      socket.sent.push(text.toString());
      sent?.();
    },
    close(code, reason) {
      if (code < 1000) throw new TypeError("First argument must be a valid error code number");
      socket.readyState = 2;
      socket.calls.push(`close ${code} ${reason}`);
    },
    terminate: () => void socket.calls.push("terminate"),
    pause: () => void socket.calls.push("pause"),
    resume: () => void socket.calls.push("resume"),
    ping: () => void socket.calls.push("ping"),
    once: (_event, listener) => (drained = listener),
    drain() {
      socket.bufferedAmount = 0;
      drained();
    },
  };
  return socket;
}
