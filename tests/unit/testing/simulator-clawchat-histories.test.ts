import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { checkFromPlugin } from "../../../src/testing/simulator/clawchat/check.ts";
import { Grants } from "../../../src/testing/simulator/clawchat/grants.ts";
import { defaults } from "../../../src/testing/simulator/clawchat/options.ts";
import { World } from "../../../src/testing/simulator/clawchat/world.ts";
import { system } from "../../../src/core/system.ts";
import type { ClawLink } from "./claw-client.ts";
import { join, serve, settled, stopAll } from "./claw-world.ts";

afterEach(stopAll);

const root = `${import.meta.dirname}/../../..`;

const deeds = fc.array(fc.oneof(fc.record({ deed: fc.constant("say" as const), id: fc.integer({ min: 1, max: 9 }) }), fc.record({ deed: fc.constant("ack" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }), fc.record({ deed: fc.constantFrom("drop" as const, "again" as const) })), { maxLength: 25 });

describe("any history", () => {
  it("CC-47 CC-48 brings every message until it is acknowledged, in order and dense, and never after", async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (history) => {
        const sim = await serve({ server: { syncMarkEvery: 3 } });
        let link: ClawLink | undefined;
        /** What the server has to bring: ids in the order in which they were written last. */
        let owed: string[] = [];
        const expectDense = (): void => {
          const numbers = link?.got.flatMap(({ dseq }) => dseq ?? []) ?? [];
          expect(numbers).toEqual(numbers.map((_, index) => index + 1));
        };
        for (const step of history) {
          if (step.deed === "say") {
            sim.say({ text: "x", messageId: `m-${step.id}` });
            owed = [...owed.filter((id) => id !== `m-${step.id}`), `m-${step.id}`];
          }
          if (step.deed === "drop") {
            await link?.crash();
            link = undefined;
          }
          if (step.deed === "again" && link === undefined) {
            link = await join(sim);
            expect(link.got.flatMap(({ event, payload }) => (event === "message.send" ? [payload.message_id] : []))).toEqual(owed);
          }
          if (!link) continue;
          await settled(link);
          expectDense();
          if (step.deed !== "ack") continue;
          const upTo = Math.ceil(step.share * link.dseq);
          if (upTo < 1 || upTo < (sim.server.sessions.at(-1)?.acked ?? 0)) continue;
          link.ack(upTo);
          await settled(link);
          const last = new Map(link.got.flatMap(({ event, dseq, payload }) => (event === "message.send" && dseq !== undefined ? [[payload.message_id, dseq]] : [])));
          owed = owed.filter((id) => (last.get(id) ?? Infinity) > upTo);
        }
        expect(sim.violations).toEqual([]);
        await sim.stop();
      }),
      { numRuns: 30 },
    );
  });

  it("of refreshes keeps one pair that works, until a token comes twice", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }), (choices) => {
        const grants = new Grants(system, defaults);
        const grant = grants.issue(new World(undefined, system).agent(undefined), "device");
        const tokens = [grant.pair];
        let alive = true;
        for (const choice of choices) {
          const back = Math.min(choice, tokens.length - 1);
          const pair = tokens[tokens.length - 1 - back] ?? grant.pair;
          const rotation = grants.rotate(pair.refresh_token, "device");
          if (back > 0) alive = false;
          expect(rotation.ok).toBe(alive && back === 0);
          if (rotation.ok) tokens.push(rotation.grant.pair);
          expect(tokens.every(({ access_token: token }) => grants.check(token).ok === alive)).toBe(true);
        }
        expect(new Set(tokens.map(({ refresh_token: token }) => token)).size).toBe(tokens.length);
      }),
    );
  });
});

describe.each(globSync("spec/examples/clawchat/*.conversation.jsonl", { cwd: root }))("%s", (path) => {
  const lines = readFileSync(`${root}/${path}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { from?: string; frame?: object });

  it("has nothing that the simulator takes for a fault", () => {
    // What the server says there may be wrong on purpose.
    const frames = lines.filter(({ from, frame }) => from === "plugin" && frame !== undefined);
    expect(frames.length).toBeGreaterThan(0);
    const checks = frames.map(({ frame }) => checkFromPlugin(JSON.stringify(frame)));
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});
