import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { localIm } from "../../../src/testing/simulator/local-im/local-im.ts";
import type { PlayedProtocol } from "../../../src/testing/simulator/protocol.ts";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../../src/testing/simulator/simulator.ts";
import { asOffice, dialRaw, heard, type RawPlugin } from "../../support/raw-plugin.ts";

const running: Simulator[] = [];

async function serve(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator("local-im", options);
  running.push(simulator);
  return simulator;
}

async function connect(options: SimulatorOptions = {}): Promise<{ sim: Simulator; plugin: RawPlugin }> {
  const sim = await serve(options);
  const plugin = await dialRaw(sim.url, asOffice["local-im"]);
  await sim.link();
  return { sim, plugin };
}

const refusal = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  dialRaw(url, { headers }).then(
    () => "admitted",
    (cause: unknown) => (cause instanceof Error ? cause.message : ""),
  );

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

describe("a simulator's links", () => {
  it("are known by their account, several at once", async () => {
    const sim = await serve();
    await dialRaw(sim.url, { query: "?accountId=office" });
    await dialRaw(sim.url, { query: "?accountId=Office" });
    await sim.link({ account: "Office" });
    expect(sim.links.map(({ number, account, open }) => [number, account, open])).toEqual([
      [1, "office", true],
      [2, "Office", true],
    ]);
  });

  it.each([
    ["", {}, 400],
    ["?accountId=", {}, 400],
    ["?accountId=office&accountId=office", {}, 400],
    ["?accountId=office", { authorization: "Basic x" }, 400],
    ["?accountId=office", {}, 401],
    ["?accountId=office", { authorization: "Bearer wrong" }, 401],
    ["?accountId=elsewhere", { authorization: "Bearer s3cret" }, 403],
    ["?accountId=toString", { authorization: "Bearer s3cret" }, 403],
  ])("refuses the request %j with %j by %i", async (query, headers, status) => {
    const sim = await serve({ accounts: { office: "s3cret" } });
    expect(await refusal(`${sim.url}${query}`, headers)).toContain(`${status}`);
    expect(sim.refusals).toEqual([{ how: status, why: expect.any(String) }]);
    expect(sim.refusals[0]?.why).not.toContain("s3cret");
    expect(sim.links).toEqual([]);
  });

  it("admits the right token", async () => {
    const sim = await serve({ accounts: { office: "s3cret" } });
    await dialRaw(sim.url, { query: "?accountId=office", headers: { authorization: "Bearer s3cret" } });
    expect((await sim.link()).request.headers.authorization).toBe("Bearer s3cret");
  });

  it("are turned away as often as it is told, then admitted", async () => {
    const sim = await serve();
    sim.refuse(503, 2);
    const results = [];
    for (let count = 0; count < 3; count += 1) results.push(await refusal(`${sim.url}?accountId=office`));
    expect(results).toEqual([expect.stringContaining("503"), expect.stringContaining("503"), "admitted"]);
  });

  it("are led elsewhere by a redirect, to a place that would admit them", async () => {
    const sim = await serve();
    sim.refuse(302);
    const socket = new WebSocket(`${sim.url}?accountId=office`);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { headers: { location: string } }];
    socket.on("error", () => {}).terminate();
    expect(response.headers.location).toMatch(new RegExp(`^ws://127.0.0.1:${sim.port}/`));
  });

  it("wait for an answer for ever when told to hang", async () => {
    const sim = await serve();
    sim.refuse("hang");
    const socket = new WebSocket(`${sim.url}?accountId=office`, { handshakeTimeout: 100 });
    const [cause] = (await once(socket, "error")) as [Error];
    expect(cause.message).toMatch(/timed out/);
  });

  it("end without a close frame when dropped, and with one when closed", async () => {
    const { sim, plugin } = await connect();
    sim.drop();
    expect(await plugin.closed).toEqual({ code: 1006, reason: "" });
    const second = await dialRaw(sim.url, asOffice["local-im"]);
    const after = sim.links[0];
    await sim.link({ ...(after && { after }) });
    sim.close(4409, "Replaced by another connection");
    expect(await second.closed).toEqual({ code: 4409, reason: "Replaced by another connection" });
    expect(sim.links.map(({ closed }) => closed)).toEqual([
      { at: expect.any(Number), by: "server", code: 1006, reason: "" },
      { at: expect.any(Number), by: "server", code: 4409, reason: "Replaced by another connection" },
    ]);
  });

  it("notice how the plugin ended them", async () => {
    const { sim, plugin } = await connect();
    plugin.socket.close(1000, "Stopped");
    await sim.until(() => sim.links[0]?.closed, "the end");
    expect(sim.links[0]?.closed).toMatchObject({ by: "plugin", code: 1000, reason: "Stopped" });
  });
});

describe("a stalled link", () => {
  it("answers no ping, reads no frame and sends none until it goes on", async () => {
    const { sim, plugin } = await connect();
    sim.stall();
    let pongs = 0;
    const pong = once(plugin.socket, "pong");
    plugin.socket.on("pong", () => (pongs += 1));
    plugin.socket.ping();
    plugin.send({ type: "pong" });
    sim.say({ text: "hello" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([sim.links[0]?.stalled, sim.links[0]?.pings, plugin.got.length, sim.frames.filter(({ from }) => from === "plugin").length]).toEqual([true, 0, 0, 0]);
    sim.go();
    await pong;
    await heard(sim, 1);
    expect(await plugin.frames(1)).toEqual([expect.stringContaining("hello")]);
    expect([pongs, sim.links[0]?.pings]).toEqual([1, 1]);
  });

  it("is not taken for the one that comes after it", async () => {
    const { sim } = await connect();
    sim.stall();
    const [after] = sim.links;
    await expect(sim.link({ ...(after && { after }), timeoutMs: 30 })).rejects.toThrow("there was not a link");
    await dialRaw(sim.url, asOffice["local-im"]);
    expect((await sim.link({ ...(after && { after }) })).number).toBe(2);
  });

  it("lets what the plugin sends pile up there", async () => {
    const { sim, plugin } = await connect();
    sim.stall();
    const big = JSON.stringify({ type: "pong", filler: "x".repeat(1_000_000) });
    for (let count = 0; count < 20; count += 1) plugin.send(big);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(plugin.socket.bufferedAmount).toBeGreaterThan(1_000_000);
  });

  it("does not notice that the plugin has gone", async () => {
    const { sim, plugin } = await connect();
    sim.stall();
    plugin.socket.close(1000);
    plugin.socket.terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sim.links[0]?.open).toBe(true);
    sim.go();
    await sim.until(() => sim.links[0]?.closed, "the end");
  });

  it("does not keep the simulator from stopping", async () => {
    const { sim, plugin } = await connect();
    sim.stall();
    await sim.stop();
    expect((await plugin.closed).code).toBe(1006);
  });
});

describe("a slow link", () => {
  it("reads and writes one frame at a time, in order", async () => {
    const { sim, plugin } = await connect();
    sim.slow(30);
    const began = performance.now();
    const ids = ["a", "b", "c"].map((messageId) => sim.say({ text: messageId, messageId }));
    plugin.send({ type: "pong" }, { type: "pong" }, { type: "pong" });
    const frames = await plugin.frames(3);
    expect(performance.now() - began).toBeGreaterThan(80);
    await heard(sim, 3);
    expect(frames.map((text) => (JSON.parse(text) as { messageId: string }).messageId)).toEqual(ids);
    expect(performance.now() - began).toBeGreaterThan(80);
  });

  it("is quick again when told", async () => {
    const { sim, plugin } = await connect();
    sim.slow(60_000);
    sim.say({ text: "hello" });
    sim.slow(0);
    expect(await plugin.frames(1)).toHaveLength(1);
  });
});

describe("messages", () => {
  it("go over the link of their account, and fail where there is none", async () => {
    const { sim, plugin } = await connect();
    expect(() => sim.say({ text: "hello", account: "elsewhere" })).toThrow('"elsewhere" is not connected');
    sim.say({ text: "hello", messageId: "m-1", user: "u-1", session: "s-1", conversation: "c-1", account: "office" });
    expect(await plugin.frames(1)).toEqual(['{"type":"message","messageId":"m-1","conversationId":"c-1","userId":"u-1","sessionId":"s-1","content":"hello"}']);
  });

  it("come again byte for byte: the last one at once, an older one on a later link", async () => {
    const { sim, plugin } = await connect();
    sim.say({ text: "one", messageId: "m-1" });
    sim.say({ text: "two", messageId: "m-2" });
    sim.duplicate();
    const [one, two, again] = await plugin.frames(3);
    expect(again).toBe(two);
    sim.drop();
    const later = await dialRaw(sim.url, asOffice["local-im"]);
    await sim.link();
    sim.redeliver();
    sim.redeliver("m-2");
    expect(await later.frames(2)).toEqual([one, two]);
    expect(() => sim.redeliver("m-3")).toThrow('there was no message "m-3"');
  });

  it.each(["text", "json", "array", "null", "binary"])("can be garbage: %s", async (kind) => {
    const { sim, plugin } = await connect();
    sim.garbage(kind);
    await plugin.frames(1);
    expect(sim.frames).toEqual([expect.objectContaining({ from: "server", binary: kind === "binary", check: expect.objectContaining({ ok: false }) })]);
  });
});

describe("what the plugin sends", () => {
  it("is kept with what the protocol says about it", async () => {
    const { sim, plugin } = await connect();
    plugin.send({ type: "pong" }, { type: "stream", content: 5 }, "nonsense");
    plugin.socket.send(Buffer.from([1, 2]));
    await heard(sim, 4);
    expect(sim.frames.map(({ check }) => check)).toEqual([
      { ok: true, name: "pong" },
      { ok: false, path: "content", detail: "Invalid field content: expected a string, got 5" },
      { ok: false, path: "", detail: expect.stringContaining("Not JSON") },
      { ok: false, path: "", detail: "expected a text frame, got a binary one" },
    ]);
    expect(sim.violations).toHaveLength(3);
  });

  it("may have no field that the document does not know", async () => {
    const { sim, plugin } = await connect();
    plugin.send({ type: "done", content: "", thought: "", sessionid: "s" });
    await heard(sim, 1);
    expect(sim.violations.map(({ text }) => text)).toEqual(["Invalid field sessionid: there is no field of this name"]);
  });

  it("is waited for with a time limit, and the failure shows the last frames", async () => {
    const { sim } = await connect();
    sim.say({ text: "anybody?", messageId: "m-1" });
    await expect(sim.reply("m-1", 50)).rejects.toThrow(/within 50 ms there was not a complete answer to m-1; the last frames: server: .*anybody/);
  });

  it("is not waited for any more when the simulator stops", async () => {
    const { sim } = await connect();
    const waiting = sim.reply("m-1").catch((cause: unknown) => String(cause));
    await sim.stop();
    expect(await waiting).toBe("Error: the simulator was stopped");
  });
});

describe("a protocol that is none of ours", () => {
  const { announce: _none, ...plain } = localIm;
  const own: PlayedProtocol = { ...plain, channel: "lamp" };

  it("is played as ours are", async () => {
    const sim = await startSimulator(own);
    running.push(sim);
    const plugin = await dialRaw(sim.url, asOffice["local-im"]);
    await sim.link();
    const messageId = sim.say({ text: "hello" });
    plugin.send({ type: "done", content: "Good morning.", thought: "" });
    expect((await sim.reply(messageId)).text).toBe("Good morning.");
    expect(Object.keys(sim.config)).toEqual(["lamp"]);
  });

  it("announces no extensions where it has none, and says so", async () => {
    await expect(startSimulator(own, { extensions: ["ack"] })).rejects.toThrow('lamp has no extensions, so none can be announced: leave "extensions" out');
  });
});
