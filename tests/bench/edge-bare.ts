import { once } from "node:events";
import { WebSocketServer } from "ws";

/** What the edge is measured against: the library alone, echoing. */
export async function serve(): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/ws", perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on TCP");
  return `ws://127.0.0.1:${address.port}/ws`;
}
