import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openJournal } from "../../src/store/journal.ts";
import { connectClient } from "../support/client.ts";
import { pause, until } from "../support/edge-sockets.ts";
import { type HostileStage, startHostileStage } from "../support/hostile-stage.ts";
import { recordLog } from "../support/recorded-log.ts";
import { createScriptedAgent } from "../support/scripted-agent.ts";

let stage: HostileStage;
afterEach(() => stage.stop());

const REFUSED = { code: 4401, reason: "Authentication failed" };
const soon = (ms: number) => (Date.now() + ms) / 1000;

async function connectAs(token: string) {
  const client = await connectClient(stage.account.url, { token });
  client.send({ type: "chat.hello", extensions: ["auth"] });
  await client.waitFor(({ type }) => type === "chat.welcome");
  return client;
}

describe("a token that says when it ends", () => {
  it("WS-37 ends its connection then, with 4401 after a chat.error, and lets nobody in any more", async () => {
    stage = await startHostileStage({ auth: { cacheSeconds: 60 } });
    const end = soon(700);
    stage.verifier.ends.set("mallory.1", end).set("honest.later", soon(60_000));
    const client = await connectAs("mallory.1");
    const other = await connectAs("honest.later");
    expect(await client.answer(client.say("in time"))).toMatchObject({ type: "chat.response" });
    expect(await client.closed).toEqual(REFUSED);
    expect(Date.now()).toBeGreaterThanOrEqual(end * 1000);
    expect(Date.now()).toBeLessThan(end * 1000 + 3_000);
    expect(client.frames.at(-1)).toMatchObject({ type: "chat.error", code: "auth_failed", error: "Authentication failed: expired" });
    // Neither what is remembered of it nor the verifier, which has not noticed, lets it in again.
    const again = await connectClient(stage.account.url, { token: "mallory.1" });
    expect(await again.closed).toEqual(REFUSED);
    expect(again.frames).toEqual([{ type: "chat.error", error: "Authentication failed: expired" }]);
    expect(await other.answer(other.say("still here"))).toMatchObject({ type: "chat.response" });
    await other.close();
    await stage.holds();
  });

  it("WS-37 ends nothing where chat.auth has brought another one before", async () => {
    stage = await startHostileStage();
    stage.verifier.ends.set("mallory.1", soon(700)).set("mallory.2", soon(60_000));
    const client = await connectAs("mallory.1");
    client.send({ type: "chat.auth", token: "mallory.2" });
    await pause(2_400);
    expect(await client.answer(client.say("still here"))).toMatchObject({ type: "chat.response" });
    expect(client.frames.filter(({ type }) => type === "chat.welcome" || type === "chat.error")).toHaveLength(2);
    await client.close();
    await stage.holds();
  });

  it("WS-37 WS-20 does not end the turn that runs, whose answer waits for its sender's next connection", async () => {
    const thought = Promise.withResolvers<void>();
    const agent = createScriptedAgent({
      async answer({ request: { inbound }, reply }) {
        if (inbound.content === "long") await thought.promise;
        reply.payload({ text: `You said: ${inbound.content}` });
        return { ended: "completed" };
      },
    });
    stage = await startHostileStage({}, agent);
    stage.verifier.ends.set("mallory.1", soon(700));
    const client = await connectAs("mallory.1");
    const id = client.say("long");
    expect(await client.closed).toEqual(REFUSED);
    expect(agent.running).toHaveLength(1);
    thought.resolve();
    await until(() => agent.running.length === 0);
    const next = await connectClient(stage.account.url, { token: "mallory.2" });
    expect(await next.answer(id)).toMatchObject({ type: "chat.response", content: "You said: long" });
    expect(agent.began.filter((began) => began === id)).toHaveLength(1);
    await next.close();
    await stage.holds();
  });
});

describe("with auth.recheckSeconds a token", () => {
  it("WS-38 that was revoked ends its connection, and is not let in again by what auth.cacheSeconds remembers", async () => {
    stage = await startHostileStage({ auth: { recheckSeconds: 1, cacheSeconds: 3_600 } });
    const client = await connectAs("mallory.1");
    expect(await client.answer(client.say("hello"))).toMatchObject({ type: "chat.response" });
    stage.verifier.revoked.add("mallory.1");
    expect(await client.closed).toEqual(REFUSED);
    expect(client.frames.at(-1)).toMatchObject({ type: "chat.error", code: "auth_failed", error: "Authentication failed: unknown" });
    expect(await (await connectClient(stage.account.url, { token: "mallory.1" })).closed).toEqual(REFUSED);
    await stage.holds();
  });

  it("WS-38 stays good while the verifier is down, slow or odd, and is found out when it is well again", async () => {
    const log = recordLog();
    stage = await startHostileStage({ auth: { recheckSeconds: 1, timeout: 300 } }, undefined, undefined, log);
    const troubles: ((response: ServerResponse) => void)[] = [(response) => response.destroy(), () => {}, (response) => response.end("<html>"), (response) => response.end('{"success":"no"}'), (response) => response.writeHead(503).end('{"success":false}')];
    const clients = await Promise.all(troubles.map((_, index) => connectAs(`mallory.${index}`)));
    const asked = stage.verifier.asked.length;
    stage.verifier.spoilt = (response, token) => troubles[Number(token.split(".")[1] ?? 0)]?.(response);
    const timesAsked = (token: string) => stage.verifier.asked.slice(asked).filter((body) => body["token"] === token).length;
    await until(() => clients.every((_, index) => timesAsked(`mallory.${index}`) >= 1), 4_000);
    // The one that is not answered is given up by then.
    await pause(400);
    for (const client of clients) expect(await client.answer(client.say("still here"))).toMatchObject({ type: "chat.response" });
    expect(log.lines.filter((line) => line.includes("could not be checked, which stay open"))).toHaveLength(1);
    for (const [index] of clients.entries()) stage.verifier.revoked.add(`mallory.${index}`);
    stage.verifier.spoilt = undefined;
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => REFUSED));
    await stage.holds();
  });

  it("WS-38 is shown with at most fifteen others, and stands in no log, status or journal", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tokens-"));
    const log = recordLog();
    stage = await startHostileStage({ auth: { recheckSeconds: 1 } }, undefined, openJournal(join(folder, "journal.sqlite"), { remembered: 200 }), log);
    const clients = await Promise.all(Array.from({ length: 40 }, (_, index) => connectClient(stage.account.url, { token: `user${index}.SECRET-TOKEN` })));
    await Promise.all(clients.slice(0, 4).map((client) => client.answer(client.say("hello"))));
    stage.verifier.crowd = 0;
    const asked = stage.verifier.asked.length;
    stage.verifier.spoilt = (response, token) => {
      const answer = token === "honest" ? { success: true, data: { userId: token } } : { success: false, message: `${token} is over` };
      setTimeout(() => response.end(JSON.stringify(answer)), 20);
    };
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => REFUSED));
    expect(stage.verifier.asked.length - asked).toBeGreaterThanOrEqual(40);
    expect(stage.verifier.crowd).toBeLessThanOrEqual(16);
    const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    expect([...log.lines, JSON.stringify(stage.account.status()), ...kept].filter((text) => text.includes("SECRET-TOKEN"))).toEqual([]);
    expect(log.lines.some((line) => line.includes("not good any more"))).toBe(true);
    stage.verifier.spoilt = undefined;
    await stage.holds();
    rmSync(folder, { recursive: true });
  });
});
