import fc from "fast-check";
import { expect, it } from "vitest";
import { nearMisses } from "../../generated/websocket/arbitraries.ts";
import { startAccount } from "./account.ts";
import { connectClient } from "../support/client.ts";

const FRAMES = 100_000;
/** Rejected frames in a row that a connection survives (WS-10). */
const PER_CONNECTION = 10;
const CONNECTIONS = 50;

it(`WS-7 WS-10 answers each of ${FRAMES} near-miss frames with one error, and serves on`, async () => {
  const account = await startAccount({ limits: { maxPayload: 16_777_216 } });
  const seed = Number(process.env["SEED"] ?? Date.now());
  let answered = 0;
  for (let batch = 0; answered < FRAMES; batch++) {
    const texts = fc.sample(nearMisses.ChatSend, { numRuns: PER_CONNECTION * CONNECTIONS, seed: seed + batch }).map(({ value }) => JSON.stringify(value));
    const slices = Array.from({ length: CONNECTIONS }, (_, index) => texts.slice(index * PER_CONNECTION, (index + 1) * PER_CONNECTION));
    const counts = await Promise.all(slices.map((slice) => countErrors(account.url, slice)));
    expect(counts, `SEED=${seed + batch}`).toEqual(slices.map(({ length }) => length));
    answered += texts.length;
  }
  const application = await connectClient(account.url, { senderId: "last" });
  application.send({ type: "chat.send", messageId: "after", content: "still there?" });
  expect(await application.answer("after")).toMatchObject({ type: "chat.response" });
  await application.close();
  await account.stop();
}, 300_000);

/** Sends the frames on a connection of their own and counts the errors that answer them. */
async function countErrors(url: string, texts: readonly string[]): Promise<number> {
  const application = await connectClient(url);
  for (const text of texts) application.send(text);
  await application.waitFor(() => application.frames.length >= texts.length, 60_000);
  const errors = application.frames.filter(({ type }) => type === "chat.error").length;
  await application.close();
  return errors;
}
