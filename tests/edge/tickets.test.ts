import { afterEach, describe, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";

let stage: HostileStage;
afterEach(() => stage.stop());

const REFUSED = { code: 4401, reason: "Authentication failed" };

describe("a ticket that is good for one time", () => {
  it("WS-3 is refused with 4401 when it is shown again, in whatever place, also while its connection is open", async () => {
    stage = await startHostileStage();
    const owner = await connectClient(stage.account.url, { token: "once-ann" });
    expect(await owner.answer(owner.say("hello"))).toMatchObject({ type: "chat.response" });
    const replays = [{ token: "once-ann" }, { query: { token: "once-ann" } }, { protocols: ["openclaw.chat.v1", "bearer.once-ann"] }];
    for (const replay of replays) expect(await (await connectClient(stage.account.url, replay)).closed).toEqual(REFUSED);
    expect(await owner.answer(owner.say("still me"))).toMatchObject({ type: "chat.response" });
    await owner.close();
    expect(await (await connectClient(stage.account.url, { token: "once-ann" })).closed).toEqual(REFUSED);
    await stage.holds();
  });

  it("WS-3 is good again for as long as auth.cacheSeconds remembers it, for who says the same beside it", async () => {
    stage = await startHostileStage({ auth: { cacheSeconds: 60 } });
    await (await connectClient(stage.account.url, { token: "once-ann" })).close();
    const again = await connectClient(stage.account.url, { token: "once-ann" });
    expect(await again.answer(again.say("again"))).toMatchObject({ type: "chat.response" });
    await again.close();
    expect(await (await connectClient(stage.account.url, { token: "once-ann", senderId: "other" })).closed).toEqual(REFUSED);
    await stage.holds();
  });
});

describe("a token that was revoked while its connection is open", () => {
  it("WS-3 is found out by chat.auth, which closes with 4401 after a chat.error, and lets nobody in any more", async () => {
    stage = await startHostileStage();
    const client = await connectClient(stage.account.url, { token: "mallory.1" });
    client.send({ type: "chat.hello", extensions: ["auth"] });
    await client.waitFor(({ type }) => type === "chat.welcome");
    stage.verifier.revoked.add("mallory.1");
    client.send({ type: "chat.auth", token: "mallory.1" });
    expect(await client.closed).toEqual(REFUSED);
    expect(client.frames.at(-1)).toMatchObject({ type: "chat.error", code: "auth_failed", error: "Authentication failed: unknown" });
    expect(await (await connectClient(stage.account.url, { token: "mallory.1" })).closed).toEqual(REFUSED);
    await stage.holds();
  });

  it("WS-3 is not made good by the token of somebody else", async () => {
    stage = await startHostileStage();
    const client = await connectClient(stage.account.url, { token: "mallory.1" });
    client.send({ type: "chat.hello", extensions: ["auth"] });
    await client.waitFor(({ type }) => type === "chat.welcome");
    client.send({ type: "chat.auth", token: "honest" });
    expect(await client.closed).toEqual(REFUSED);
    await stage.holds();
  });
});
