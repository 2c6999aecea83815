import type { Connection } from "../../src/edge/accept.ts";

/** A connection in memory: what it was sent is a list, and the test decides when it is gone or full. */
export interface MemoryConnection extends Connection {
  frames: Record<string, unknown>[];
  closedWith: { code: number; reason: string } | undefined;
  full: boolean;
  busy: boolean;
  drop(): void;
}

export function createMemoryConnection(id: string): MemoryConnection {
  let open = true;
  const connection: MemoryConnection = {
    id,
    frames: [],
    closedWith: undefined,
    full: false,
    busy: false,
    get open() {
      return open;
    },
    get congested() {
      return connection.full;
    },
    send(text) {
      if (open) connection.frames.push(JSON.parse(text) as Record<string, unknown>);
    },
    sendFinal(text) {
      connection.send(text);
      return open;
    },
    close(code, reason) {
      connection.closedWith ??= { code, reason };
      open = false;
    },
    drop() {
      open = false;
    },
  };
  return connection;
}
