import { expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { startGateway } from "./gateway.ts";

it("runs the channel from the older key channels.ws, as the original plugin had it", async () => {
  await using gateway = await startGateway({ key: "ws" });
  const client = await connectClient(gateway.url, { senderId: "ada" });
  expect(await client.answer(client.say("[[say still here]]"))).toMatchObject({ type: "chat.response", content: "still here" });
  await client.close();
});
