import { describe, expect, it } from "vitest";
import { play, soon } from "../support/clawchat-stage.ts";

describe("a probe of the clawchat channel", () => {
  it("asks who the account is with the token of now, and pings the link that is there", async () => {
    const { account, simulator } = await play();
    await expect.poll(() => account.status().connected, soon).toBe(true);
    const { userId } = simulator.config["clawchat"] as { userId: string };
    expect(await account.probe(5000)).toMatchObject({ ok: true, checked: [`logged in as ${userId}`, "connected", "round trip"] });
    expect(account.status().hello).toMatchObject({ acknowledged: expect.any(String) as string });
    expect(simulator.links).toHaveLength(1);
  });

  it("CC-80 renews a token that the REST side refuses, and is of use all the same", async () => {
    const { account, simulator, server } = await play();
    await expect.poll(() => account.status().connected, soon).toBe(true);
    server.spoilCall("me", "401", 1);
    expect(await account.probe(5000)).toMatchObject({ ok: true });
    expect(simulator.links.filter(({ closed }) => closed === undefined)).toHaveLength(1);
  });

  it("tells an ended login although the socket is still open", async () => {
    const { account, server } = await play();
    await expect.poll(() => account.status().connected, soon).toBe(true);
    server.revoke();
    expect(await account.probe(5000)).toMatchObject({ ok: false, fault: "credentials", error: expect.stringMatching(/login|token|refused/) as string });
  });

  it("tells that the account server is away while the socket works", async () => {
    const { account, server } = await play();
    await expect.poll(() => account.status().connected, soon).toBe(true);
    // More than one: an account that has just connected asks for its owner's permissions, too.
    server.spoilCall("me", "503", 5);
    expect(await account.probe(5000)).toMatchObject({ ok: false, fault: "account", checked: ["connected", "round trip"], error: expect.stringContaining("503") as string });
  });
});
