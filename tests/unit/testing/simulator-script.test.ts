import { afterEach, describe, expect, it } from "vitest";
import { nobody, perform, ScriptError, type Stage } from "../../../src/testing/simulator/script.ts";
import { startSimulator, type Simulator } from "../../../src/testing/simulator/simulator.ts";
import { asOffice, dialRaw, type RawPlugin } from "../../support/raw-plugin.ts";

const running: Simulator[] = [];

async function serve(): Promise<Simulator> {
  const simulator = await startSimulator("local-im");
  running.push(simulator);
  return simulator;
}

async function connect(): Promise<{ sim: Simulator; plugin: RawPlugin }> {
  const sim = await serve();
  const plugin = await dialRaw(sim.url, asOffice["local-im"]);
  await sim.link();
  return { sim, plugin };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

describe("a script", () => {
  it("speaks as whom it names, until it names another", async () => {
    const { sim, plugin } = await connect();
    await sim.run(`
      # who and where
      /user u-1
      /session s-1
      /conversation c-1
      /id m-1
      hello there
      /session
      /shape legacy
      /more {"attachments":[]}
      /say /not a command
      /id m-3
      again
    `);
    const frames = (await plugin.frames(3)).map((text) => JSON.parse(text) as unknown);
    expect(frames).toEqual([
      { type: "message", messageId: "m-1", userId: "u-1", sessionId: "s-1", conversationId: "c-1", content: "hello there" },
      { messageId: expect.any(String), userId: "u-1", conversationId: "c-1", content: "/not a command", attachments: [] },
      { messageId: "m-3", userId: "u-1", conversationId: "c-1", content: "again" },
    ]);
  });

  it("does to the link what its lines say", async () => {
    const { sim, plugin } = await connect();
    await sim.run("/id m-1\none\n/dup\n/redeliver m-1\n/garbage array\n/control ping\n/raw {}\n/stall\nheld\n/go\n/close 4409 Replaced by another");
    expect(await plugin.closed).toEqual({ code: 4409, reason: "Replaced by another" });
    const one = '{"type":"message","messageId":"m-1","content":"one"}';
    expect(plugin.got).toEqual([one, one, one, "[1,2,3]", '{"type":"ping"}', "{}", expect.stringContaining("held")]);
  });

  it("turns connections away and drops them", async () => {
    const { sim, plugin } = await connect();
    await sim.run("/refuse 503 2\n/drop");
    expect((await plugin.closed).code).toBe(1006);
    for (let tries = 0; tries < 2; tries += 1) await expect(dialRaw(sim.url, asOffice["local-im"])).rejects.toThrow("503");
    await dialRaw(sim.url, asOffice["local-im"]);
  });

  it("waits for a link where a line needs one, and for the answer where it is told to", async () => {
    const sim = await serve();
    const run = sim.run("hello\n/wait reply\n/wait 30\nthanks");
    const plugin = await dialRaw(sim.url, asOffice["local-im"]);
    await plugin.frames(1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(plugin.got).toHaveLength(1);
    const began = performance.now();
    plugin.send({ type: "done", content: "hi", thought: "" });
    await run;
    expect(performance.now() - began).toBeGreaterThan(25);
    expect((await plugin.frames(2))[1]).toContain("thanks");
  });

  it.each([
    ["/fly", /there is no \/fly; there are \/say, /],
    ["/close 12", "12 is no close code that may be sent; try 1000, 1001, 1012 or one from 3000 to 4999"],
    ["/close 1006", /1006 is no close code/],
    ["/slow fast", 'expected ms, got "fast"'],
    ["/refuse 200", "200 is no HTTP status that refuses; try 401, 403 or 503"],
    ["/refuse", /expected an HTTP status or hang/],
    ["/garbage cans", /there is no garbage "cans"; there is text, json/],
    ["/control tower", /there is no control "tower"; there are ping, pong/],
    ["/shape round", '/shape takes one of message, legacy, not "round"'],
    ["/more 5", /expected a JSON object/],
    ["/more {", /expected a JSON object/],
    ["/id", "an id is missing"],
    ["/say", "something to say is missing"],
    ["/wait", 'expected ms, link or reply, got ""'],
    ["/wait reply", "/wait reply needs an id, as nothing was said yet"],
    ["/redeliver m-9", 'there was no message "m-9"'],
    ["/dup", "nothing was said yet"],
    ["/control __proto__", /there is no control/],
  ])("explains why %s cannot be done", async (line, text) => {
    const { sim } = await connect();
    const error = await sim.run(line).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ScriptError);
    expect((error as Error).message).toEqual(typeof text === "string" ? text : expect.stringMatching(text));
  });

  it("fails at once without a link where nobody wants to wait", async () => {
    const simulator = await serve();
    const stage: Stage = { simulator, speaker: { ...nobody }, patience: { waitMs: 1000 }, said: undefined };
    for (const line of ["hello", "/drop", "/stall", "/close"]) await expect(perform(line, stage)).rejects.toThrow("nobody is connected");
  });
});
