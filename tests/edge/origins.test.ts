import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";

let stage: HostileStage;
beforeAll(async () => void (stage = await startHostileStage({ allowedOrigins: ["https://app.example"] })));
afterAll(() => stage.stop());

describe("a page of another site", () => {
  it("WS-2 is closed with 1008 whatever its token, and its token is shown to nobody", async () => {
    const { port } = stage;
    const foreign = [
      "https://evil.example",
      "https://app.example.evil.example",
      "https://evil.example/https://app.example",
      "http://app.example",
      "https://app.example:8443",
      "https://app.example@evil.example",
      "null",
      "file://",
      // Names that were made to point at this machine after the page was loaded (DNS rebinding).
      `http://rebound.example:${port}`,
      `http://localhost.evil.example:${port}`,
      "http://127.0.0.1:1",
      `https://127.0.0.1:${port}, https://app.example`,
    ];
    for (const origin of foreign) {
      const page = await connectClient(stage.account.url, { origin, token: "mallory" });
      expect([origin, await page.closed, page.frames]).toEqual([origin, { code: 1008, reason: "Origin not allowed" }, []]);
    }
    expect(stage.verifier.asked.map(({ token }) => token)).not.toContain("mallory");
    await stage.holds();
  });

  it("WS-2 is closed with 1008 too where it dials the name that it was made to have", async () => {
    const headers = { Host: `rebound.example:${stage.port}`, Origin: `http://rebound.example:${stage.port}` };
    const page = await connectClient(stage.account.url, { headers, token: "mallory" });
    expect(await page.closed).toEqual({ code: 1008, reason: "Origin not allowed" });
    await stage.holds();
  });
});
