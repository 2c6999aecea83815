import { describe, expect, it } from "vitest";
import { createDialedStage, type StageOptions } from "../../support/dialed-stage.ts";
import type { PlainFrame } from "../../support/plain-protocol.ts";

/** In whose place something was said unasked after each of these steps. */
async function placesOf(options: StageOptions, ...steps: ("ask" | "answer")[]): Promise<(string | undefined)[]> {
  const stage = createDialedStage(options);
  await stage.up();
  const account = await stage.opening;
  const [asked, answered] = [{ count: 0 }, { count: 0 }];
  for (const step of steps) {
    if (step === "ask") await stage.say(String((asked.count += 1)));
    else await stage.answer(String((answered.count += 1)));
    const sent = account.send({ kind: "direct", id: "r" }, { text: "wake up" });
    await stage.clock.pass(20_000);
    await sent;
  }
  const frames = stage.peers.flatMap((peer) => peer.sent).map((text) => JSON.parse(text) as PlainFrame);
  return frames.filter(({ say }) => say === "announce").map(({ inPlaceOf }) => inPlaceOf);
}

describe("what is said unasked", () => {
  it("is said where the receiver wrote last", async () => {
    expect(await placesOf({}, "ask", "answer", "ask", "ask", "answer")).toEqual(["1", "1", "2", "3", "3"]);
  });

  it("LI-24 is said in the place of the last message that was answered, where it would be taken for the answer to one that waits", async () => {
    expect(await placesOf({ mistakesUnasked: true }, "ask", "answer", "ask", "ask", "answer")).toEqual(["1", "1", "1", "1", "2"]);
  });
});
