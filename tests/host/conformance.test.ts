import { describeWebsocketConformance } from "../conformance/suite.ts";
import { startGateway } from "./gateway.ts";

describeWebsocketConformance(
  "the websocket channel in a real gateway",
  async () => {
    const gateway = await startGateway({ channel: { allowedOrigins: ["https://app.example"], limits: { messagesPerMinute: 100_000, messageBurst: 1000 } } });
    return { url: gateway.url, maxPayload: 1_048_576, allowedOrigin: "https://app.example", stop: () => gateway.stop() };
  },
  // It has no auth, and its agent answers in a few words at once.
  { answerMs: 30_000, unseen: ["WS-4", "WS-15", "WS-16", "WS-17", "WS-20"] },
);
