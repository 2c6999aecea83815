import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEchoAgent } from "../conformance/account.ts";
import { startHostileStage } from "../support/hostile-stage.ts";
import { connectClient } from "../support/client.ts";
import { type ProtocolName, receivedTypes, withKeyInEach } from "../support/schema-fields.ts";
import { sessions } from "../support/sessions.ts";

const KEYS = ["__proto__", "constructor", "prototype"];
const HIDDEN = { polluted: true, id: "root", senderId: "root", type: "chat.send", content: "injected", toString: "x" };

/** Objects that are something else than JSON makes. */
function oddObjects(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  return [...(isPlain ? [] : [value]), ...Object.values(value).flatMap(oddObjects)];
}

const original = new Set(Reflect.ownKeys(Object.prototype));
/** What every object has that had nothing of the kind. */
const pollution = (): unknown[] => Reflect.ownKeys(Object.prototype).filter((key) => !original.has(key));

describe.each(Object.entries(sessions))("every object of every frame of %s", (name, { values, open }) => {
  const protocol = name as ProtocolName;

  it.each(receivedTypes(protocol))("may have __proto__, constructor and prototype as keys, which are no more than that: $message", ({ type }) => {
    const arbitrary = values[type];
    if (!arbitrary) throw new Error(`no values of ${type}`);
    const read = open();
    let tried = 0;
    for (const value of fc.sample(arbitrary, { numRuns: 8, seed: 7 })) {
      for (const key of KEYS) {
        for (const changed of withKeyInEach(value, key, HIDDEN)) {
          const effects = read(JSON.stringify(changed));
          expect([...effects.flatMap((effect) => (effect.do === "deliver" ? oddObjects(effect.inbound) : [])), ...pollution()]).toEqual([]);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(0);
  });
});

describe("a message with __proto__ in each of its objects", () => {
  it("WS-9 WS-11 is answered as if it had none, and changes neither its sender nor anybody's", async () => {
    const agent = createEchoAgent();
    const heard: unknown[] = [];
    const run = agent.run;
    agent.run = (request, reply, signal) => {
      heard.push(request.inbound);
      return run(request, reply, signal);
    };
    const stage = await startHostileStage({}, agent);
    const client = await connectClient(stage.account.url, { token: "mallory" });
    const whole = { type: "chat.send", content: "x", customData: { a: { b: [{ c: 1 }] } }, unknown: {} };
    const all = KEYS.flatMap((key) => withKeyInEach(whole, key, HIDDEN));
    for (const [index, frame] of all.entries()) {
      client.send(JSON.stringify({ ...(frame as object), messageId: `m${index}` }));
      client.send(JSON.stringify(frame).replace("{", `{"messageId":"raw${index}",`));
      expect(await client.answer(`raw${index}`)).toMatchObject({ type: "chat.response", content: "You said: x" });
    }
    const ofMallory = heard.slice(1) as { sender: { id: string } }[];
    expect(new Set(ofMallory.map(({ sender }) => sender.id))).toEqual(new Set(["mallory"]));
    expect([...heard.flatMap(oddObjects), ...pollution()]).toEqual([]);
    await client.close();
    await stage.holds();
    await stage.stop();
  });
});
