import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type State } from "../../src/client/index.ts";
import { startGateway, type TestGateway } from "./gateway.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway.stop());

describe("the client at a real gateway", () => {
  it("WS-14 WS-15 reads an answer as it grows, and goes on with nothing lost when the gateway is killed and started again", async () => {
    const chat = connect({ url: gateway.url, senderId: "ada", backoff: { maxMs: 2_000 } });
    const states: State[] = [];
    chat.on("state", (state) => void states.push(state));
    const faults: unknown[] = [];
    chat.on("fault", (fault) => void faults.push(fault));
    try {
      const parts: string[] = [];
      for await (const part of chat.send("[[words 60]] [[delay 20]]")) parts.push(part.replaced ? `=${part.text}` : part.delta);
      expect(parts.length).toBeGreaterThan(2);
      expect(parts.join("")).toMatch(/^word1 .* word60$/);

      const cut = chat.send("[[words 200]] [[delay 30]]");
      await expect.poll(() => cut.text.length, { timeout: 20_000 }).toBeGreaterThan(20);
      await gateway.kill("SIGKILL");
      await expect.poll(() => states.find(({ kind }) => kind === "waiting")).toMatchObject({ why: "lost" });
      const meanwhile = chat.send("[[say Still here]]");
      await gateway.restart();
      expect((await cut.done).text).toMatch(/^word1 .* word200$/);
      expect((await meanwhile.done).text).toBe("Still here");
      expect(states.filter(({ kind }) => kind === "open").length).toBeGreaterThan(1);
      expect(faults).toEqual([]);
    } finally {
      chat.close();
    }
  });
});
