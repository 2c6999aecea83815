import { system } from "../../../src/core/system.ts";
import { openEdge } from "../../../src/edge/accept.ts";
import { edgeOptions } from "../../support/edge-options.ts";

/** The edge with a handler that echoes. */
export async function serve(): Promise<string> {
  const edge = await openEdge(
    edgeOptions({
      maxConnections: 100_000,
      opened: (connection) => ({ frame: (text) => connection.send(text), closed() {} }),
    }),
    system,
    console,
  );
  return `ws://127.0.0.1:${edge.address.port}/ws`;
}
