import { globSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { startSimulator, type Simulator } from "../../../src/testing/simulator/simulator.ts";
import { asOffice, dialRaw, heard } from "../../support/raw-plugin.ts";

const root = `${import.meta.dirname}/../../..`;

interface Line {
  from?: "server" | "plugin";
  /** The link ends, and another one takes its place. */
  link?: string;
  frame?: object;
  /** What is no frame. */
  text?: string;
}

const running: Simulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

describe("the example conversations", () => {
  const paths = (["local-im", "insta-claw"] as const).flatMap((protocol) => globSync(`spec/examples/${protocol}/*.conversation.jsonl`, { cwd: root }).map((path) => ({ protocol, path })));

  it.each(paths)("break no rule: $path", async ({ protocol, path }) => {
    const lines = readFileSync(`${root}/${path}`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    const sim = await startSimulator(protocol);
    running.push(sim);
    let plugin = await dialRaw(sim.url, asOffice[protocol]);
    let count = 0;
    for (const { from, link, frame, text = JSON.stringify(frame) } of lines) {
      if (link !== undefined) {
        sim.drop();
        plugin = await dialRaw(sim.url, asOffice[protocol]);
        continue;
      }
      await sim.link();
      if (from === "server") sim.raw(text);
      else {
        plugin.send(text);
        await heard(sim, ++count);
      }
    }
    expect(sim.violations).toEqual([]);
    expect(sim.replies.every(({ end }) => end)).toBe(true);
  });
});
