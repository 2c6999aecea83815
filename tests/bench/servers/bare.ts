import { once } from "node:events";
import { WebSocketServer } from "#host/websocket";
import { beginStory, type StoryOrder } from "./story.ts";

/** What the edge is measured against: the library alone. It echoes, and streams to whoever asks for a story. */
export async function serve(): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/ws", perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      const text = Buffer.isBuffer(data) ? data.toString() : "";
      if (!text.includes("story {")) return socket.send(data, { binary: isBinary });
      const { messageId, content } = JSON.parse(text) as { messageId: string; content: string };
      const order = JSON.parse(content.slice("story ".length)) as StoryOrder;
      beginStory(order, (told) => socket.send(JSON.stringify({ type: "chat.stream", messageId, content: told, done: false })));
    });
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on TCP");
  return `ws://127.0.0.1:${address.port}/ws`;
}
