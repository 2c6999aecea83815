import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { overlay } from "../../src/cli/gateway/block.ts";
import { readBlock, writeBlock } from "../../src/cli/gateway/files.ts";
import { layoutOf } from "../../src/cli/gateway/layout.ts";
import { freePort, isListening } from "../../src/cli/gateway/ports.ts";
import { startModelServer } from "../../src/testing/model-server.ts";
import { connectClient } from "../support/client.ts";
import { packedPlugin } from "./gateway.ts";
import { commandOf, complete, filesHolding, processesNaming, run, untilNoneNames, type Running } from "./processes.ts";

const linux = process.platform === "linux";
let state = "";
let port = 0;

let address = "";

/** A gateway loads its agent in its first turn, after it said that it is ready: as long as a start may take, not as long as an answer may. */
const FIRST_TURN_MS = 120_000;

let running: Running[] = [];

function launch(...parameters: Parameters<typeof run>): Running {
  const one = run(...parameters);
  running.push(one);
  return one;
}

const start = (...more: string[]): Running => launch("npm", ["start", "--", "--port", String(port), "--state", state, ...more]);

beforeAll(async () => {
  await packedPlugin();
  state = await mkdtemp(path.join(tmpdir(), "clawwire-start-"));
  port = await freePort();
  address = `ws://127.0.0.1:${port}/ws?senderId=you`;
});

afterAll(() => rm(state, { recursive: true, force: true }));

beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    const log = await readFile(layoutOf(state).output, "utf8").catch(() => "");
    console.error(`What the gateway said at the end:\n${log.split("\n").slice(-40).join("\n")}`);
  });
});

// What one test left running is not the next one's failure.
afterEach(async () => {
  for (const one of running) if (one.isRunning()) one.signalGroup("SIGKILL");
  running = [];
  if (linux) await untilNoneNames(state, 15_000);
});

describe("npm start", () => {
  it("names the address, answers there, and leaves nothing behind after Ctrl-C", async () => {
    const started = start();
    await started.until(/Ctrl-C stops everything/, 120_000);
    expect(started.stdout()).toContain(address);

    const client = await connectClient(address);
    const answer = await client.answer(client.say("hello"), FIRST_TURN_MS);
    expect(answer).toMatchObject({ type: "chat.response", content: expect.stringContaining("You said: hello") });
    if (linux) expect((await processesNaming(state)).length).toBeGreaterThan(1);

    started.signalGroup("SIGINT");
    await started.exited;
    if (linux) expect(await untilNoneNames(state, 1000)).toEqual([]);
    expect(await isListening(port)).toBe(false);
  }, 180_000);

  it.each(["insta-claw", "local-im", "clawchat"])("gives %s a server to dial, through which lines of a pipe speak, and stops at /quit", async (channel) => {
    await packedPlugin(`clawwire-${channel}`);
    const input = "/user ann\nhello\n/wait reply\n/quit\n";
    const started = launch("npm", ["start", "--silent", "--", "--channel", channel, "--port", String(port), "--state", state], { input });
    await started.until(/= answer to \S+: You said: hello/, FIRST_TURN_MS);
    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(started.stdout()).toContain(`ws://127.0.0.1:${port}/`);
    if (linux) expect(await untilNoneNames(state, 1000)).toEqual([]);
  }, 180_000);

  it("talks to a real model with a key that it keeps to itself, and ends well on SIGTERM without waiting for its answer", async () => {
    const key = "sk-canary-5f2c9a71";
    const env = { ...process.env, CLAWWIRE_MODEL_API_KEY: key };
    const model = await startModelServer();
    const started = launch("node", ["src/cli/main.ts", "start", "--port", String(port), "--state", state, "--model-url", model.baseUrl, "--model", "large"], { env });
    await started.until(/Ctrl-C stops everything/, 120_000);
    const client = await connectClient(address);
    client.say("[[hang]]");
    await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(1);
    expect(model.requests[0]).toMatchObject({ path: "/v1/chat/completions", authorization: `Bearer ${key}`, body: { model: "large" } });

    const began = Date.now();
    started.signal("SIGTERM");
    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(10_000);
    await model.stop();
    if (linux) expect(await untilNoneNames(state, 1000)).toEqual([]);
    expect(await filesHolding(state, key)).toEqual([]);
    expect(started.stdout() + started.stderr()).not.toContain(key);
  }, 180_000);

  it.runIf(linux)(
    "is followed into death by its gateway even when it is killed outright",
    async () => {
      const started = start();
      await started.until(/Ctrl-C stops everything/, 120_000);
      expect((await processesNaming(state)).length).toBeGreaterThan(1);
      started.signalGroup("SIGKILL");
      expect(await untilNoneNames(state, 15_000)).toEqual([]);
      expect(JSON.parse(await readFile(path.join(state, "running.json"), "utf8"))).toMatchObject({ url: `ws://127.0.0.1:${port}/ws` });
    },
    180_000,
  );

  it.runIf(linux)(
    "says that its gateway died, how, and where to read more",
    async () => {
      const started = start();
      await started.until(/Ctrl-C stops everything/, 120_000);
      for (const pid of await processesNaming(`${state}/openclaw`)) if ((await commandOf(pid)).startsWith("openclaw-gateway")) process.kill(pid, "SIGKILL");
      expect((await started.exited).code).toBe(1);
      expect(started.stderr()).toMatch(/The gateway ended by itself \(killed by SIGKILL\)\.\nThe last it said:\n[^]*The whole log: .*gateway\.log/);
      expect(await untilNoneNames(state, 5000)).toEqual([]);
    },
    180_000,
  );

  it("says what is wrong when its configuration was broken by hand", async () => {
    const layout = layoutOf(state);
    const config = (await readBlock(layout.config)) ?? {};
    await writeBlock(layout.config, overlay(config, { gateway: { colour: "green" } }));
    const { code, stderr } = await complete("npm", ["start", "--silent", "--", "--port", String(port), "--state", state]);
    await writeBlock(layout.config, config);
    expect(code).toBe(1);
    expect(stderr).toMatch(/OpenClaw does not accept its configuration:\n[^]*gateway.*colour[^]*Mend .*openclaw\.json, or delete it/);
  }, 60_000);

  it("says what is wrong when the block of its channel was broken by hand, which OpenClaw starts without", async () => {
    const layout = layoutOf(state);
    const config = (await readBlock(layout.config)) ?? {};
    await writeBlock(layout.config, overlay(config, { channels: { websocket: { limits: { maxConnections: "many" } } } }));
    const { code, stderr } = await complete("npm", ["start", "--silent", "--", "--port", String(port), "--state", state]);
    await writeBlock(layout.config, config);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not listen on port \d+ after \d+ s\.\n[^]*channels\.websocket\.limits\.maxConnections is wrong: expected a whole number .*, got a string/);
  });

  it("says in one line that its port is taken, before it starts anything", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const taken = typeof address === "object" && address ? address.port : 0;
    const { code, stdout, stderr } = await complete("npm", ["start", "--silent", "--", "--port", String(taken), "--state", path.join(state, "other")]);
    other.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`clawwire start: Port ${taken} is taken by another program. Stop that one, or choose another port: npm start -- --port ${taken + 2}\n`);
  });
});
